"""The argument `y`: whether it holds labels or rows of values, and what the core takes for it.

The core takes int32 labels (n,), which stand for rows of 0 with a 1 at the label, or values
(n, n_out) of the network's dtype.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from filbert import _core
from filbert._edge import arrays, elements, probabilities, target_ranges, values
from filbert._edge.checks import first_ten
from filbert._edge.labels import require_text

if TYPE_CHECKING:
    from numpy.typing import NDArray


# What the core knows of an output and of a loss, by their texts; a fit asks several times.
_activation_traits = functools.lru_cache(_core.activation_traits)
_loss_traits = functools.lru_cache(_core.loss_traits)


class Wanted(NamedTuple):
    """What a network and a loss require of y."""

    outputs: int
    output: str  # activation of the last layer
    loss: str | None  # None: a function of the user's
    dtype: np.dtype[Any]
    classes: NDArray[Any] | None  # the labels that the network knows, in the order of its outputs

    @property
    def labels(self) -> bool:
        """Whether a 1-D y holds labels; if not, it holds the values of one output."""
        return self.tells_classes and self.class_count == self.outputs

    @property
    def tells_classes(self) -> bool:
        """Whether y may hold labels or strings."""
        return self.traits["classifies"] or (self.of("of_signs") and self.outputs > 1)

    @property
    def columns(self) -> int | None:
        """How many columns values have. None: any number."""
        return None if self.loss is None else _core.target_columns(self.loss, self.outputs)

    def of(self, trait: str) -> bool:
        """What the core knows of the loss."""
        return self.loss is not None and _loss_traits(self.loss)[trait]

    @property
    def in_unit_interval(self) -> bool:
        """Whether targets are in [0, 1]: as activations of the output are, or under the loss."""
        if self.loss is None:
            return False
        return self.traits["probabilities"] or self.of("of_distributions")

    @property
    def class_count(self) -> int:
        """How many classes the outputs tell apart."""
        return _core.class_count(self.outputs, self.output)

    @property
    def traits(self) -> dict[str, bool]:
        """What the core knows of the output activation."""
        return _activation_traits(self.output)


def as_targets(
    name: str, y: object, n: int, wanted: Wanted, *, learn: bool = False
) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """Targets of n training examples.

    Parameters
    ----------
    name
        What messages call the argument.
    y
        (n, columns) values. Or (n,): of integers or of strings, if the network classifies; of
        values, if they have one column. Values of a sigmoid or softmax output are in [0, 1], and
        under the cross entropy and divergence of a softmax rows sum to 1; both but for rounding, as
        dtype and width of y allow it. Other losses may take certain values only.
    learn
        Whether strings may be labels that the network does not know yet.

    Returns
    -------
    targets, classes
        What the core takes; the labels, sorted where they are learned, or None if y holds no
        strings.

    Raises
    ------
    TypeError
        If y is neither numbers nor strings.
    ValueError
        If the shape or a value is not one that the network and the loss allow.
    """
    with np.errstate(all="ignore"):  # the caller's error state is not meant for the checks of y
        return _checked(name, arrays.as_column(name, y), n, wanted, learn)


def _checked(
    name: str, array: NDArray[Any], n: int, wanted: Wanted, learn: bool
) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """The work of as_targets, which runs while numpy ignores underflow and the like."""
    if array.ndim > 0 and len(array) != n:  # checked first, because the rest looks at every value
        raise ValueError(f"{name}: expected shape {_shapes(n, wanted)}, got {array.shape}")
    classes = None
    if _is_strings(array):
        array, classes = _string_labels(name, array, n, wanted, learn)
    array = arrays.as_numbers(name, array, strings=wanted.tells_classes)
    if wanted.classes is not None and wanted.classes.dtype.kind == "i" and array.shape == (n,):
        array = _indices(name, array, wanted.classes)
    if array.ndim == 1 and wanted.labels:
        return _labels(name, array, wanted), classes
    columns = wanted.columns
    if columns is None:
        columns = array.shape[1] if array.ndim == 2 else 1
    one_dimensional = array.ndim == 1 and columns == 1
    if (array.shape != (n, columns) and not one_dimensional) or columns == 0:
        raise ValueError(f"{name}: expected shape {_shapes(n, wanted)}, got {array.shape}")
    values = arrays.converted(name, array, wanted.dtype)
    if wanted.in_unit_interval:
        if wanted.labels:
            remedy = f"labels 0 .. {wanted.outputs - 1}, or rows of numbers in [0, 1]"
        else:
            remedy = "0 and 1, labels as strings, or Network(..., classes=[...])"
        probabilities.require_range(name, array, values, wanted.output, remedy)
    if wanted.of("of_signs"):
        values = target_ranges.as_signs(name, array, values, str(wanted.loss))
    elif wanted.of("nonnegative"):
        target_ranges.require_nonnegative(name, array, str(wanted.loss))
    rows = values.reshape(n, columns)
    if wanted.of("of_distributions"):
        probabilities.require_sums(name, rows, array.dtype)
    return rows, classes


def as_target(name: str, y: object, wanted: Wanted) -> NDArray[Any]:
    """The target of one training example: a label, a value, or a row (n_out,). See as_targets."""
    array = arrays.as_array(name, y)
    if array.ndim == 0:
        return as_targets(name, array[None], 1, wanted)[0]
    if array.shape != (wanted.columns,):
        kind = "a label or " if wanted.labels else ""
        raise ValueError(f"{name}: expected {kind}shape ({wanted.columns},), got {array.shape}")
    return as_targets(name, array[None, :], 1, wanted)[0]


def _shapes(n: int, wanted: Wanted) -> str:
    columns = wanted.columns
    one_dimensional = wanted.labels or columns is None or columns == 1
    shown = "k" if columns is None else columns
    return (f"({n},) or " if one_dimensional else "") + f"({n}, {shown})"


def _is_strings(array: NDArray[Any]) -> bool:
    if array.dtype.kind in "OT":  # as in pandas, where some may be missing
        return array.size > 0 and elements.are_all(elements.without_repetitions(array).flat, str)
    return array.dtype.kind == "U"


def _string_labels(
    name: str, array: NDArray[Any], n: int, wanted: Wanted, learn: bool
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Indices into labels that are strings, and these labels, sorted where they are learned."""
    if not wanted.tells_classes:
        raise TypeError(
            f"{name}: expected numbers, got strings; labels need a softmax or sigmoid output, "
            f"not {values.shown(wanted.output)}"
        )
    if array.shape != (n,):
        raise ValueError(f"{name}: expected shape ({n},) of strings, got {array.shape}")
    if array.dtype.kind in "OT":
        array = np.array(array.tolist(), dtype=str)
    classes = wanted.classes
    if classes is None:
        if not learn:
            raise ValueError(
                f"{name}: expected integers, as no fit has learned labels yet, got strings"
            )
        classes = np.unique(array)
        if len(classes) != wanted.class_count:
            raise ValueError(
                f"{name}: expected {wanted.class_count} different labels, as many as the "
                f"network tells apart, got {len(classes)}: {first_ten(classes.tolist())}; "
                "Network(..., classes=...) knows in advance those that are not in y"
            )
        require_text(name, classes.tolist())
    if classes.dtype.kind != array.dtype.kind:
        raise TypeError(f"{name}: expected labels of dtype {classes.dtype}, got {array.dtype}")
    return _indices(name, array, classes), classes


def _indices(name: str, array: NDArray[Any], classes: NDArray[Any]) -> NDArray[Any]:
    """The indices of labels among those that the network knows."""
    unsigned = array.dtype.kind == "u"  # because numpy compares uint64 with int64 as floats
    labels = array.astype(np.int64) if unsigned else array
    known = np.isin(labels, classes)
    if unsigned:
        known &= labels >= 0  # numbers beyond int64 have become negative
    if not known.all():
        wrong = int(np.argmin(known))
        raise ValueError(
            f"{name}: expected the labels {first_ten(classes.tolist())}, got "
            f"{array[wrong].item()!r} at [{wrong}]"
        )
    order = np.argsort(classes)
    return order[np.searchsorted(classes, labels, sorter=order)]


def _labels(name: str, array: NDArray[Any], wanted: Wanted) -> NDArray[Any]:
    if array.dtype.kind == "f":
        wrong = array != np.floor(array)  # this is true for NaN as well; infinity is out of range
        if wrong.any():
            at = int(np.argmax(wrong))
            raise ValueError(
                f"{name}: expected integers as labels, or shape {len(array), wanted.outputs}, "
                f"got {array[at]} at [{at}]"
            )
    if array.dtype.kind != "b":
        wrong = (array < 0) | (array >= wanted.outputs)
        if wrong.any():
            at = int(np.argmax(wrong))
            raise ValueError(
                f"{name}: expected labels in 0 .. {wanted.outputs - 1}, got {array[at]} at [{at}]"
            )
    elif wanted.outputs < 2 and array.any():
        raise ValueError(f"{name}: expected labels in 0 .. 0, got True")
    return np.asarray(array, dtype=np.int32, order="C")
