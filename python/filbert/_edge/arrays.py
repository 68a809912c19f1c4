"""What users pass as arrays becomes what the core takes. No other module converts or copies arrays.

The core takes C-contiguous, aligned arrays in native byte order, of one dtype. An array that is
like that already is passed on as it is; any other is converted once. Rows to train on or to evaluate
may be of any type and layout in native byte order: the core converts them, batch by batch.

Conversions ignore numpy's error state. However the caller has called numpy.seterr, a number that
becomes 0 is no error, and one that becomes infinite is an error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from filbert import _core
from filbert._edge import elements, frames
from filbert._edge.checks import shown
from filbert._edge.mapped import Mapped

if TYPE_CHECKING:
    from numpy.typing import NDArray

ON_CPU = (1, 3)  # the numbers of DLPack for main memory, and for that which a GPU can read too


def as_array(name: str, value: object, *, wanted: str = "numbers") -> NDArray[Any]:
    """The value as an ndarray of whatever dtype, not converted yet. TypeError if it is none."""
    if value is None:
        raise TypeError(f"{name}: expected an array of {wanted}, got None")
    if isinstance(value, np.ndarray) and hasattr(value, "mask"):
        raise TypeError(
            f"{name}: expected an array without a mask, got a masked array; fill it first"
        )
    if hasattr(value, "toarray") and hasattr(value, "nnz"):
        raise TypeError(f"{name}: expected a dense array, got a sparse one; use its .toarray()")
    if isinstance(value, np.ndarray):
        return np.asarray(value)
    if hasattr(value, "__dlpack__"):
        return _of_tensor(name, value)
    try:
        with np.errstate(all="ignore"):
            return _of_one_kind(value, np.asarray(value))
    except (ValueError, TypeError) as error:
        if "inhomogeneous" in str(error):
            raise TypeError(f"{name}: expected rows of one length, got ragged ones") from None
        raise TypeError(
            f"{name}: expected an array of {wanted}, got {shown(value)}: {error}"
        ) from None


def _of_tensor(name: str, value: Any) -> NDArray[Any]:
    """A tensor of another library as an array in the same memory, if the CPU can read it."""
    if getattr(value, "requires_grad", False) is True:
        raise TypeError(
            f"{name}: expected numbers, got a tensor that requires grad; use its .detach()"
        )
    try:
        kind = int(value.__dlpack_device__()[0])
    except (AttributeError, ValueError, RuntimeError, BufferError):
        kind = 0  # of a device that DLPack does not know, such as PyTorch's "meta"
    if kind not in ON_CPU:
        device = getattr(value, "device", f"of DLPack's type {kind}")
        raise TypeError(
            f"{name}: expected a tensor on the CPU, got one on device {device}; use its .cpu()"
        )
    try:
        return np.asarray(value) if hasattr(value, "__array__") else np.from_dlpack(value)
    except (TypeError, ValueError, RuntimeError, BufferError, AttributeError) as error:
        reason = str(error).partition("\n")[0]
        raise TypeError(
            f"{name}: expected a tensor of numbers, got one without: {reason}"
        ) from None


def as_column(name: str, y: object) -> NDArray[Any]:
    """The same for what may be labels: a frame of one column is that column."""
    framed = frames.array_of(name, y, strings=True)
    if framed is None:
        return as_array(name, y)
    return framed[:, 0] if framed.ndim == 2 and framed.shape[1] == 1 else framed


def _of_one_kind(value: object, array: NDArray[Any]) -> NDArray[Any]:
    """The array, or one of objects where numpy has made strings of numbers, as of [1.0, "a"]."""
    if array.dtype.kind not in "US" or hasattr(value, "__array__"):
        return array
    objects = np.asarray(value, dtype=object)
    kind = str if array.dtype.kind == "U" else bytes
    return array if elements.are_all(objects.flat, kind) else objects


def as_numbers(
    name: str, value: object, *, strings: bool = False, gaps: bool = False
) -> NDArray[Any]:
    """The value as an ndarray of bools, integers or floats, not converted yet.

    strings: whether the caller takes arrays of strings as well, so that messages say so. gaps:
    whether missing values of a frame become NaN.
    """
    framed = frames.array_of(name, value, gaps=gaps)
    array = as_array(name, value) if framed is None else framed
    if array.dtype.kind in "biuf":
        return array
    if array.dtype.kind == "O" or (strings and array.dtype.kind == "T"):  # in a T, some are missing
        expected = "numbers or strings" if strings else "numbers"
        raise TypeError(
            f"{name}: expected {expected}, got dtype {array.dtype}"
            + elements.complaint(array, strings=strings)
        )
    if strings and array.dtype.kind == "S":
        raise TypeError(
            f"{name}: expected numbers or strings, got bytes, dtype {array.dtype}; decode them, as "
            "np.char.decode does"
        )
    raise TypeError(f"{name}: expected real numbers, got dtype {array.dtype}")


def converted(
    name: str, array: NDArray[Any], dtype: np.dtype[Any], *, nan: bool = False
) -> NDArray[Any]:
    """The array as the core takes it, with finite numbers in it.

    Returns the same array if it is ready, else a new one. ValueError for NaN, unless `nan` allows
    it, and infinity, also if a number becomes infinite by the conversion; the message says where.
    """
    ready = array
    if array.dtype != dtype or not (array.flags.c_contiguous and array.flags.aligned):
        with np.errstate(all="ignore"):
            ready = np.asarray(array, dtype=dtype, order="C")
            if not ready.flags.aligned:
                ready = ready.copy()
    if nan:
        rows = ready.reshape(1, -1) if ready.ndim != 2 else ready
        position = _core.first_unfit(rows, dtype.name, nan)
    else:
        position = _core.first_nonfinite(ready)
    if position >= 0:
        index = tuple(int(i) for i in np.unravel_index(position, array.shape))
        raise unfit(name, array, index, dtype, nan=nan)
    return ready


def as_batch(
    name: str,
    X: object,
    width: int,
    dtype: np.dtype[Any],
    *,
    single: bool = True,
    own: bool = False,
    nan: bool = False,
) -> tuple[NDArray[Any], bool]:
    """Rows of numbers, ready for the core.

    Parameters
    ----------
    name
        What messages call the argument.
    X
        (n, width), or (width,) where `single` allows one row.
    own
        Whether the result must not share memory with X.
    nan
        Whether NaN is allowed.

    Returns
    -------
    array, was_1d
        (n, width) of dtype, ready for the core; whether X was one row.

    Raises
    ------
    TypeError
        If X is not an array of real numbers.
    ValueError
        If its shape is not the expected one, it has no rows or not only finite numbers.
    """
    array = as_numbers(name, X, gaps=nan)
    was_1d = single and array.shape == (width,)
    if not was_1d:
        require_rows(name, array, width, f" or ({width},)" if single else "")
    ready = converted(name, array, dtype, nan=nan)
    if own and np.may_share_memory(ready, array):
        ready = ready.copy()
    return (ready[None, :] if was_1d else ready), was_1d


def as_input(
    name: str,
    X: object,
    width: int,
    dtype: np.dtype[Any],
    *,
    look: bool = True,
    nan: bool = False,
) -> tuple[NDArray[Any], Mapped | None]:
    """Rows of numbers that the core converts to dtype as it takes them, batch by batch.

    Returns (n, width) in native byte order, of bools, or of integers or floats of at most 64 bits;
    and how they lie in a file, if that is what they do: then nobody has looked whether they are
    finite, as without `look`. nan: whether NaN is allowed. Raises what `as_batch` raises.
    """
    array = as_numbers(name, X, gaps=nan)
    require_rows(name, array, width)
    if not array.dtype.isnative or array.dtype.itemsize > 8:
        return converted(name, array, dtype, nan=nan), None
    if (mapped := Mapped.of(X, array)) is None and look:
        require_fit(name, array, dtype, nan=nan)
    return array, mapped


def require_rows(name: str, array: NDArray[Any], width: int, other: str = "") -> None:
    """ValueError unless the shape is (n, width), with at least one row. other: in the message."""
    if array.ndim != 2 or array.shape[1] != width:
        hint = "; one column is X[:, None]" if array.ndim == 1 and width == 1 else ""
        raise ValueError(f"{name}: expected shape (n, {width}){other}, got {array.shape}{hint}")
    if array.shape[0] == 0:
        raise ValueError(f"{name}: expected at least one row, got shape {array.shape}")


def require_fit(name: str, array: NDArray[Any], dtype: np.dtype[Any], *, nan: bool = False) -> None:
    """ValueError unless all numbers of a matrix are finite, and as dtype too. It is not copied.

    nan: whether NaN is allowed.
    """
    looked_at = elements.without_repetitions(array)  # there may be more rows than anybody can count
    # The name of a dtype takes numpy longer than a small table takes the core.
    to = "float64" if dtype.itemsize == 8 else "float32"
    position = _core.first_unfit(looked_at, to, nan)
    if position >= 0:
        raise unfit(name, array, divmod(position, looked_at.shape[1]), dtype, nan=nan)


def unfit(
    name: str,
    array: NDArray[Any],
    index: tuple[int, ...],
    dtype: np.dtype[Any],
    *,
    nan: bool = False,
) -> ValueError:
    """The error for a number that is not finite, or not as dtype."""
    at = ", ".join(str(i) for i in index)
    finite = "finite numbers or NaN" if nan else "finite numbers"
    expected = f"numbers that fit in {dtype}" if np.isfinite(array[index]) else finite
    return ValueError(f"{name}: expected {expected}, got {array[index]} at [{at}]")


def as_shaped(
    name: str, value: object, shape: tuple[int, ...], dtype: np.dtype[Any]
) -> NDArray[Any]:
    """Numbers of exactly that shape, ready for the core."""
    array = as_numbers(name, value)
    if array.shape != shape:
        raise ValueError(f"{name}: expected shape {shape}, got {array.shape}")
    return converted(name, array, dtype)


def copied(memory: memoryview, columns: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    """A copy of rows that lie in memory without gaps."""
    return np.frombuffer(memory, dtype).reshape(-1, columns).copy()


def fill(memory: memoryview, array: NDArray[Any]) -> None:
    """Write an array of the memory's size and dtype there."""
    np.frombuffer(memory, array.dtype)[:] = array.ravel()


def fill_indices(name: str, memory: memoryview, value: object) -> None:
    """Write integers 0 .. n - 1, of which the memory has n, there."""
    array, to = as_numbers(name, value), np.frombuffer(memory, np.int64)
    if array.dtype.kind in "iu" and array.shape != to.shape:
        raise ValueError(f"{name}: expected shape {to.shape}, got {array.shape}")
    _require_indices(name, array, len(to))
    to[:] = array


def as_indices(name: str, value: object, n: int) -> NDArray[np.uint64]:
    """Indices (k,) of some of n rows, in their order, of a list of them or of a boolean mask (n,)."""
    array = as_numbers(name, value)
    if array.ndim != 1:
        raise ValueError(f"{name}: expected one dimension, got shape {array.shape}")
    if array.dtype.kind == "b":
        if len(array) != n:
            raise ValueError(f"{name}: expected a mask of shape ({n},), got {array.shape}")
        array = np.flatnonzero(array)
    elif len(array) > 0:
        _require_indices(name, array, n)
    if len(array) == 0:
        raise ValueError(f"{name}: expected at least one row, got none")
    return np.ascontiguousarray(array, np.uint64)


def _require_indices(name: str, array: NDArray[Any], n: int) -> None:
    if array.dtype.kind not in "iu":
        raise TypeError(f"{name}: expected integers, got dtype {array.dtype}")
    wrong = (array < 0) | (array >= n)
    if wrong.any():
        at = int(np.argmax(wrong))
        raise ValueError(f"{name}: expected integers in 0 .. {n - 1}, got {array[at]} at [{at}]")


def joined(first: NDArray[Any], second: NDArray[Any]) -> NDArray[Any]:
    """The rows of two arrays of one dtype, one after another."""
    return np.concatenate([first, second])


def joined_weights(
    first: NDArray[Any] | None, n_first: int, second: NDArray[Any] | None, n_second: int
) -> NDArray[Any] | None:
    """The weights of two groups of rows, one after another; None counts as 1 for each."""
    if first is None:
        if second is None:
            return None
        return np.concatenate([np.ones(n_first, second.dtype), second])
    return np.concatenate([first, np.ones(n_second, first.dtype) if second is None else second])


def empty(shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
    """A new array that the core is going to fill."""
    return np.empty(shape, dtype)


def as_rows(name: str, value: object) -> NDArray[Any]:
    """An array of anything that has at least one row. The caller is going to take rows of it."""
    array = as_array(name, value, wanted="rows")
    if array.ndim == 0:
        raise TypeError(f"{name}: expected an array of rows, got {shown(value)}")
    if len(array) == 0:
        raise ValueError(f"{name}: expected at least one row, got shape {array.shape}")
    return array
