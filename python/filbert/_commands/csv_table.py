"""Reads tables that are text: numbers separated by commas or by another delimiter."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import numpy as np

from filbert._commands.dialect import SEPARATORS
from filbert._commands.tables import Input, TableRows
from filbert._edge.checks import shown
from filbert._edge.feature_names import require_feature_names
from filbert._edge.fields import is_name, is_number
from filbert.errors import FormatError

_WHICH = "give --header if this line names the columns"


class Csv:
    """A table of text. Blank lines are skipped unless they may be rows, and fields may be quoted.

    header: whether the first line names the columns; if None, it does if each of its fields can
    only be a name. names: the names that a header has to have, in this order, or None. separator: a
    key of SEPARATORS.
    """

    unit = "B"

    def __init__(
        self,
        source: Input,
        width: int,
        most: int,
        *,
        header: bool | None,
        names: list[str] | None,
        separator: str,
    ) -> None:
        self._name, self._file, self.total = source
        self._width, self._most, self._header = width, most, header
        self._names, self._separator = names, separator
        self.done = 0

    def __iter__(self) -> Iterator[TableRows]:
        """Iterate over blocks of at most `most` rows."""
        rows = np.empty((self._most, self._width))
        lines: list[int] = []

        def place(i: int, j: int) -> str:
            return f"{self._name}, line {lines[i]}, column {j + 1}"

        text = io.TextIOWrapper(
            self._file, encoding="utf-8-sig", errors="backslashreplace", newline=""
        )
        for line, fields in self._records(text):
            rows[len(lines)] = self._numbers(line, fields)
            lines.append(line)
            if len(lines) == self._most:
                yield TableRows(rows, place)
                lines.clear()
        if lines:
            yield TableRows(rows[: len(lines)], place)

    def _records(self, file: io.TextIOBase) -> Iterator[tuple[int, list[str]]]:
        """The number and the fields of each line that is neither the header nor blank."""
        character = SEPARATORS[self._separator]
        reader = csv.reader(
            self._lines(file),
            delimiter=character,
            skipinitialspace=character == " ",
            strict=True,
        )
        blank = 0  # the first blank line
        first = True
        while True:
            try:
                fields = next(reader, None)
            except csv.Error as error:
                raise FormatError(f"{self._name}, line {reader.line_num}: {error}") from None
            if fields is None:
                return
            if self._is_blank(fields):
                blank = blank or reader.line_num
                continue
            if (
                blank and self._width == 1
            ):  # a blank line that is not at the end is a row whose value is missing
                raise self._no_number(blank, 0, "")
            if len(fields) != self._width:
                raise self._wrong_width(reader.line_num, fields)
            header = first and self._is_header(reader.line_num, fields)
            first = False
            if header:
                self._require_names(reader.line_num, fields)
            else:
                yield reader.line_num, fields

    def _lines(self, file: io.TextIOBase) -> Iterator[str]:
        most = (
            2**16 + 2**10 * self._width
        )  # a file without line breaks would fill the memory otherwise
        while text := file.readline(most):
            if len(text) == most:
                raise FormatError(
                    f"{self._name}: expected lines of less than {most:,} characters, got a longer one"
                )
            self.done += len(text)
            yield text

    def _is_blank(self, fields: list[str]) -> bool:
        if self._width == 1 and fields == [""]:
            return False  # because the line has quotes
        return len(fields) <= 1 and not "".join(fields).strip()

    def _is_header(self, line: int, fields: list[str]) -> bool:
        """Whether fields are a header. No row counts as one, also where a value is missing."""
        if self._header is not None:
            return self._header
        if all(map(is_number, fields)):
            if [field.strip() for field in fields] != [str(i) for i in range(len(fields))]:
                return False
            got = ", ".join(fields[:3]) + (", ..." if len(fields) > 3 else "")
            raise FormatError(
                f"{self._name}, line {line}: expected names or numbers, got {got}, which may be "
                f"either; {_WHICH}, else --no-header"
            )
        if all(map(is_name, fields)):
            return True
        words = [j for j, field in enumerate(fields) if not is_number(field)]
        column = next((j for j in words if not is_name(fields[j])), words[0])
        raise self._no_number(line, column, fields[column], f"; {_WHICH}")

    def _require_names(self, line: int, fields: list[str]) -> None:
        """Check the names of a header. Blanks around a name count if the network has them."""
        if self._names is None:
            return
        pairs = zip(self._names, fields, strict=True)
        got = [field if field == name else field.strip() for name, field in pairs]
        try:
            require_feature_names(f"{self._name}, line {line}", self._names, got)
        except ValueError as error:
            raise FormatError(str(error)) from None

    def _numbers(self, line: int, fields: list[str]) -> list[float]:
        text = "".join(fields)
        try:
            numbers = list(map(float, fields))
            if text.isascii() and "_" not in text:  # nearly always; no need to look closer
                return numbers
        except ValueError:
            pass
        for column, field in enumerate(fields):
            if not is_number(field):
                raise self._no_number(line, column, field)
        return numbers

    def _no_number(self, line: int, column: int, field: str, hint: str = "") -> FormatError:
        return FormatError(
            f"{self._name}, line {line}, column {column + 1}: expected a number, got "
            f"{shown(field)}{hint}"
        )

    def _wrong_width(self, line: int, fields: list[str]) -> FormatError:
        text = (
            f"{self._name}, line {line}: expected {self._width} columns separated by "
            f"{self._separator}s, got {len(fields)}"
        )
        for other, character in SEPARATORS.items():
            if len(fields) == 1 and fields[0].count(character) == self._width - 1:
                text += f"; give --separator {other} if {other}s separate them"
        return FormatError(text)
