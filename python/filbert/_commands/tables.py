"""Tables of numbers in files, read a block of rows at a time."""

from __future__ import annotations

import csv
import io
import os
import stat
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from filbert._checks import shown
from filbert.errors import FormatError

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Block(NamedTuple):
    """Some rows, valid until the next block is read."""

    rows: NDArray[Any]  # (n, width)
    place: Callable[[int, int], str]  # of rows[i, j] in the file, for messages


class Csv:
    """Numbers separated by commas. Blank lines are skipped; fields may be quoted.

    header: whether the first line names the columns; None: if none of its fields is a number.
    """

    unit = "B"

    def __init__(self, path: str, width: int, most: int, header: bool | None) -> None:
        self._path, self._width, self._most, self._header = path, width, most, header
        self.done = 0
        status = os.stat(path)
        self.total = status.st_size if stat.S_ISREG(status.st_mode) else None

    def __iter__(self) -> Iterator[Block]:
        """Blocks of at most `most` rows."""
        rows = np.empty((self._most, self._width))
        lines: list[int] = []

        def place(i: int, j: int) -> str:
            return f"{self._path}, line {lines[i]}, column {j + 1}"

        with open(self._path, encoding="utf-8-sig", errors="backslashreplace", newline="") as file:
            for line, fields in self._records(file):
                rows[len(lines)] = self._numbers(line, fields)
                lines.append(line)
                if len(lines) == self._most:
                    yield Block(rows, place)
                    lines.clear()
        if lines:
            yield Block(rows[: len(lines)], place)

    def _records(self, file: io.TextIOBase) -> Iterator[tuple[int, list[str]]]:
        """Line numbers and fields, without the header and blank lines."""
        reader = csv.reader(self._lines(file))
        first = True
        while True:
            try:
                fields = next(reader, None)
            except csv.Error as error:
                raise FormatError(f"{self._path}, line {reader.line_num}: {error}") from None
            if fields is None:
                return
            if len(fields) <= 1 and not "".join(fields).strip():
                continue
            if len(fields) != self._width:
                raise FormatError(
                    f"{self._path}, line {reader.line_num}: expected {self._width} columns "
                    f"separated by commas, got {len(fields)}"
                )
            header = first and self._is_header(reader.line_num, fields)
            first = False
            if not header:
                yield reader.line_num, fields

    def _lines(self, file: io.TextIOBase) -> Iterator[str]:
        most = 2**16 + 2**10 * self._width  # else a file without line breaks would fill the memory
        while text := file.readline(most):
            if len(text) == most:
                raise FormatError(
                    f"{self._path}: expected lines of less than {most:,} characters, got a longer one"
                )
            self.done += len(text)
            yield text

    def _is_header(self, line: int, fields: list[str]) -> bool:
        if self._header is not None:
            return self._header
        numbers = [_is_number(field) for field in fields]
        if any(numbers) and not all(numbers):
            raise self._no_number(line, fields, "; if this line names the columns, say --header")
        return not any(numbers)

    def _numbers(self, line: int, fields: list[str]) -> list[float]:
        try:
            return list(map(float, fields))
        except ValueError:
            raise self._no_number(line, fields) from None

    def _no_number(self, line: int, fields: list[str], hint: str = "") -> FormatError:
        column = [_is_number(field) for field in fields].index(False)
        return FormatError(
            f"{self._path}, line {line}, column {column + 1}: expected a number, got "
            f"{shown(fields[column])}{hint}"
        )


def _is_number(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True


class Npy:
    """An array (n, width); or (width,), which is a row; or (n,), where width is 1. Memory-mapped."""

    unit = "rows"

    def __init__(self, path: str, width: int, most: int) -> None:
        self._path, self._most = path, most
        self.done = 0
        try:
            array: NDArray[Any] = np.lib.format.open_memmap(path, mode="r")
        except OSError:
            raise
        except Exception as error:  # noqa: BLE001  # numpy raises many kinds for a foreign file
            raise FormatError(
                f"{path}: expected an array of numbers in .npy, got: {error}"
            ) from None
        if array.dtype.kind not in "biuf":
            raise FormatError(f"{path}: expected real numbers, got dtype {array.dtype}")
        shape = array.shape
        if len(shape) == 1:
            array = array[:, None] if width == 1 else array[None, :]
        if array.ndim != 2 or array.shape[1] != width:
            raise FormatError(f"{path}: expected shape (n, {width}), got {shape}")
        self._array = array
        self.total = len(array)

    def __iter__(self) -> Iterator[Block]:
        """Blocks of at most `most` rows."""
        for start in range(0, self.total, self._most):

            def place(i: int, j: int, start: int = start) -> str:
                return f"{self._path}[{start + i}, {j}]"

            rows = self._array[start : start + self._most]
            self.done = start + len(rows)
            yield Block(rows, place)
