"""Data sets from files: the IDX format, in which MNIST comes."""

from __future__ import annotations

import gzip
import math
import os
import struct
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from filbert._edge import checks
from filbert.errors import FormatError

if TYPE_CHECKING:
    import io

    from numpy.typing import NDArray

    Path = str | os.PathLike[str]

__all__ = ["load_idx", "load_mnist"]

_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: "i2", 0x0C: "i4", 0x0D: "f4", 0x0E: "f8"}
_MOST_DIMENSIONS = 32  # of every numpy
_MOST_INFLATION = 1100  # deflate cannot do more


def load_idx(path: Path) -> NDArray[Any]:
    """Read one IDX file, plain or compressed by gzip; the content tells which.

    Parameters
    ----------
    path : str or PathLike
        Where the file is.

    Returns
    -------
    array
        Of the shape and type that the file declares, in native byte order.

    Raises
    ------
    FormatError
        If the file is no IDX file, damaged, or shorter or longer than it declares.
    OSError
        If it cannot be opened or read.
    """
    name = checks.path("path", path)
    with open(name, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        compressed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        if not compressed:
            return _read(file, name, size, exact=True)
        try:
            with gzip.open(file) as inflated:
                return _read(inflated, name, size * _MOST_INFLATION, exact=False)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise FormatError(f"{name}: expected a whole gzip file, got {error}") from None


def _read(
    file: io.BufferedReader | gzip.GzipFile, name: str, size: int, *, exact: bool
) -> NDArray[Any]:
    """size: of the file; or the most that it can be, if not exact."""
    magic = file.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0":
        raise FormatError(
            f"{name}: expected an IDX file, which starts with 00 00, got {magic.hex(' ') or 'none'}"
        )
    code, dimensions = magic[2], magic[3]
    if code not in _TYPES:
        expected = ", ".join(f"{c:02x}" for c in _TYPES)
        raise FormatError(f"{name}: expected one of the type codes {expected}, got {code:02x}")
    if not 1 <= dimensions <= _MOST_DIMENSIONS:
        raise FormatError(f"{name}: expected 1 .. {_MOST_DIMENSIONS} dimensions, got {dimensions}")
    header = file.read(4 * dimensions)
    if len(header) < 4 * dimensions:
        raise FormatError(
            f"{name}: expected {dimensions} sizes in the header, got a file that ends there"
        )
    shape = struct.unpack(f">{dimensions}I", header)
    dtype = np.dtype(_TYPES[code])
    wanted = math.prod(shape) * dtype.itemsize
    there = size - 4 - len(header)
    # numpy multiplies the sizes without those that are 0.
    too_many = math.prod(filter(None, shape)) * dtype.itemsize > np.iinfo(np.intp).max
    if wanted > there or (exact and wanted < there) or too_many:
        got = f"{there}" if exact else f"a file that can hold {max(there, 0)} at most"
        raise FormatError(f"{name}: expected {wanted} bytes for shape {shape}, got {got}")
    data = np.empty(wanted, np.uint8)
    filled = 0
    while filled < wanted:
        count = file.readinto(data.data[filled:])
        if not count:
            raise FormatError(f"{name}: expected {wanted} bytes for shape {shape}, got {filled}")
        filled += count
    if file.read(1):  # at the end this also checks the sums of gzip
        raise FormatError(f"{name}: expected {wanted} bytes for shape {shape}, got more")
    stored = data.view(dtype.newbyteorder(">"))
    return stored.astype(dtype, copy=False).reshape(shape)


def load_mnist(folder: Path) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Read MNIST, or a set in its format such as Fashion-MNIST, from a folder.

    Parameters
    ----------
    folder : str or PathLike
        Holds train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and
        t10k-labels-idx1-ubyte, each plain or with the suffix .gz. As programs that unpack them
        leave them, they may also have a dot in place of the second hyphen (train-images.idx3-ubyte),
        and lie in a folder that has the name of the file. Where only one of the two pairs is there,
        its first four fifths train and the rest test.

    Returns
    -------
    X_train, y_train, X_test, y_test
        X: (n, rows * columns) float32 in [0, 1]; y: (n,) int32.

    Raises
    ------
    FormatError
        If a file is damaged or images and labels do not fit together.
    OSError
        If files are missing or cannot be read.
    """
    folder = checks.path("folder", folder)
    train, test = _load_pair(folder, "train"), _load_pair(folder, "t10k")
    if train is not None and test is not None:
        return *train, *test
    both = train or test
    if both is None:
        names = ", ".join([*_names("train"), *_names("t10k")])
        raise FileNotFoundError(
            f"{folder}: expected MNIST's IDX files ({names}; {_VARIANTS}), got none of them"
        )
    X, y = both
    if len(X) < 2:
        raise FormatError(f"{folder}: expected at least 2 images, got {len(X)}")
    split = len(X) * 4 // 5
    return X[:split], y[:split], X[split:], y[split:]


def _load_pair(folder: str, kind: str) -> tuple[NDArray[Any], NDArray[Any]] | None:
    names = _names(kind)
    images_path, labels_path = (_find(folder, name) for name in names)
    if images_path is None and labels_path is None:
        return None
    if images_path is None or labels_path is None:
        missing = names[0 if images_path is None else 1]
        raise FileNotFoundError(f"{folder}: expected {missing} ({_VARIANTS}), got none")
    images, labels = load_idx(images_path), load_idx(labels_path)
    for path, array, dimensions in ((images_path, images, 3), (labels_path, labels, 1)):
        if array.ndim != dimensions or array.dtype != np.uint8:
            raise FormatError(
                f"{path}: expected uint8 in {dimensions} dimensions, got {array.dtype} in "
                f"{array.ndim}"
            )
    if len(images) != len(labels):
        raise FormatError(
            f"{labels_path}: expected {len(images)} labels, one for each image, got {len(labels)}"
        )
    X = images.reshape(len(images), math.prod(images.shape[1:])).astype(np.float32)
    X /= 255
    return X, labels.astype(np.int32)


def _names(kind: str) -> tuple[str, str]:
    """Of images and labels."""
    return f"{kind}-images-idx3-ubyte", f"{kind}-labels-idx1-ubyte"


_VARIANTS = "each also with .idx in place of -idx, with .gz, or in a folder of such a name"


def _find(folder: str, name: str) -> str | None:
    """The file of that name or a variant of it, the plainest one if there are several."""
    names = [name, name.replace("-idx", ".idx")]
    names += [f"{plain}.gz" for plain in names]
    paths = [*names, *(os.path.join(outer, inner) for outer in names for inner in names)]
    found = (os.path.join(folder, path) for path in paths)
    return next((path for path in found if os.path.exists(path) and not os.path.isdir(path)), None)
