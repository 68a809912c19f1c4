"""Reads tables in numpy's format. Files are not mapped: a mapped one that shrinks crashes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from filbert._commands.tables import Input, TableRows
from filbert.errors import FormatError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Header = tuple[tuple[int, ...], bool, np.dtype[Any]]  # shape, Fortran order, dtype


class Npy:
    """An array of shape (n, width), or (width,), which is one row, or (n,) where width is 1.

    width: how many columns it has to have; None: any number. most: how many rows a block
    has.
    """

    unit = "rows"

    def __init__(self, source: Input, width: int | None, most: int) -> None:
        self._name, self._file, size = source
        self.done = 0
        start = self._file.tell() if self._file.seekable() else 0
        self._shape, is_fortran, self._dtype = self._header()
        if self._dtype.kind not in "biuf":
            raise FormatError(f"{self._name}: expected real numbers, got dtype {self._dtype}")
        shape = self._shape
        if width is None:
            width = shape[-1] if len(shape) == 2 and shape[1] > 0 else 0
            self._expected = "(rows, columns)"
        else:
            self._expected = f"(n, {width})"
        if len(shape) == 1:
            shape = (shape[0], 1) if width == 1 else (1, shape[0])
        if len(shape) != 2 or shape[1] != width or shape[0] < 0:
            raise FormatError(f"{self._name}: expected shape {self._expected}, got {self._shape}")
        self.width, self._most = width, most
        self.total = shape[0]
        self._is_fortran = is_fortran and min(shape) > 1
        self._wanted = math.prod(shape) * self._dtype.itemsize
        if self._file.seekable():
            self._start = self._file.tell()
            if size is not None and size - (self._start - start) != self._wanted:
                raise self._wrong_size(size - (self._start - start))
        elif self._is_fortran:
            raise FormatError(
                f"{self._name}: expected an array in C order where the input is a pipe, got Fortran "
                "order; give a file"
            )

    def __iter__(self) -> Iterator[TableRows]:
        """Iterate over blocks of at most `most` rows."""
        for start in range(0, self.total, self._most):

            def place(i: int, j: int, start: int = start) -> str:
                return f"{self._name}[{start + i}, {j}]"

            count = min(self._most, self.total - start)
            rows = self._columns(start, count) if self._is_fortran else self._rows(count)
            self.done = start + count
            yield TableRows(rows, place)
        if not self._file.seekable() and self._file.read(1):
            raise self._wrong_size("more")

    def _rows(self, count: int) -> NDArray[Any]:
        data = self._read(count * self.width * self._dtype.itemsize)
        return data.view(self._dtype).reshape(count, self.width)

    def _columns(self, start: int, count: int) -> NDArray[Any]:
        """Read rows of an array in Fortran order, whose columns lie apart in the file."""
        rows = np.empty((count, self.width), self._dtype)
        item = self._dtype.itemsize
        for j in range(self.width):
            self._file.seek(self._start + (j * self.total + start) * item)
            rows[:, j] = self._read(count * item).view(self._dtype)
        return rows

    def _read(self, count: int) -> NDArray[np.uint8]:
        """Read exactly so many bytes."""
        data = np.empty(count, np.uint8)
        filled = 0
        while filled < count:
            got = self._file.readinto(data.data[filled:])
            if not got:
                raise self._wrong_size("fewer")
            filled += got
        return data

    def _wrong_size(self, got: int | str) -> FormatError:
        return FormatError(
            f"{self._name}: expected {self._wanted} bytes for shape {self._shape} of {self._dtype}, "
            f"got {got}"
        )

    def _header(self) -> Header:
        readers = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }
        try:
            version = np.lib.format.read_magic(self._file)
            if version not in readers:
                raise ValueError(f"version {version[0]}.{version[1]} of the format")
            return readers[version](self._file)
        except OSError:
            raise
        except Exception as error:  # noqa: BLE001  # numpy raises many kinds for a foreign file
            raise FormatError(
                f"{self._name}: expected an array of numbers in .npy, got: {error}"
            ) from None
