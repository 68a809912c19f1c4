"""Reads tables that are text, some rows at a time, as lists of fields."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from filbert._commands import dialect as dialects
from filbert._commands import header as headers
from filbert._commands.tables import Input
from filbert._edge.checks import first_ten
from filbert.errors import FormatError

_SAMPLE = 2**16  # how many characters are looked at, to find out how the table is written
_LINE = 2**24  # a file without line breaks would fill the memory otherwise
_WHICH = "give --header if this line names the columns, else --no-header"


class Block(NamedTuple):
    """Some rows of a table."""

    lines: list[int]  # where each row ends in the file, from 1
    columns: list[Sequence[str]]


class TextRows:
    """A table of text. Blank lines are skipped.

    header: whether the first line names the columns, or None to find out. separator: a key of
    SEPARATORS, or None. known: names of which one in the first line makes it a line of names.
    After the constructor, `dialect`, `names` (those of the first line, or None), `summary` and
    `width` are known.
    """

    unit = "B"

    def __init__(
        self,
        source: Input,
        *,
        header: bool | None = None,
        separator: str | None = None,
        known: Sequence[str] = (),
    ) -> None:
        self.name, file, self.total = source
        self.done = 0
        self._text = io.TextIOWrapper(
            file, encoding="utf-8-sig", errors="surrogateescape", newline=""
        )
        lines, whole = self._sample()
        self.dialect = dialects.find(lines, whole, separator)
        self._reader = self.dialect.records(itertools.chain(lines, self._lines()))
        self._waiting: list[tuple[int, list[str]]] = []
        rows = self._first_rows(lines, whole)
        nothing: list[str] = []
        first_line, first = next(self._records(), (0, nothing))
        self.names, self.summary = self._understood(first_line, first, rows[1:], header, known)
        self.width = len(self.names or (self._waiting[0][1] if self._waiting else first))
        if self.summary is not None:
            self.width = self.summary.inputs + 1

    def _first_rows(self, lines: list[str], whole: bool) -> list[list[str]]:
        rows: list[list[str]] = []
        try:
            rows.extend(
                fields for fields in self.dialect.records(lines) if not dialects.is_blank(fields)
            )
        except csv.Error:
            pass  # the error comes again when the table is read
        return rows if whole else rows[:1000]

    def _understood(
        self,
        line: int,
        first: list[str],
        rest: list[list[str]],
        header: bool | None,
        known: Sequence[str],
    ) -> tuple[list[str] | None, headers.Summary | None]:
        """The names, or the summary, that the first line is; neither if it is a row."""
        if not first:
            return None, None
        if header is None:
            if (summary := headers.summary_of(first, rest)) is not None:
                return None, summary
            stripped = [field.strip() for field in first]
            header = True if set(known) & set(stripped) else headers.has_names(first, rest)
        if header is None:
            raise FormatError(
                f"{self.name}, line {line}: expected names or a row, got {first_ten(first[:3])}, "
                f"which may be either; {_WHICH}"
            )
        if not header:
            self._waiting.append((line, first))
            return None, None
        names = [field.strip() for field in first]
        self._require_text(line, names)
        return names, None

    def _require_text(self, line: int, names: list[str]) -> None:
        for j, name in enumerate(names):
            if not is_utf8(name):
                raise FormatError(f"{self.name}, line {line}, column {j + 1}: {NO_UTF8}")

    def blocks(self, most: int) -> Iterator[Block]:
        """Iterate over blocks of at most `most` rows, all of the table's width."""
        waiting, self._waiting = self._waiting, []
        records = itertools.chain(waiting, self._records())
        while True:
            lines: list[int] = []
            rows: list[list[str]] = []
            for line, fields in itertools.islice(records, most):
                if len(fields) != self.width:
                    fields = self._fitted(line, fields)
                lines.append(line)
                rows.append(fields)
            if not rows:
                return
            yield Block(lines, list(zip(*rows, strict=True)))

    def place(self, line: int, column: int) -> str:
        """Where the field of a line and of a column, from 0, is, for messages."""
        name = f" ({self.names[column]!r})" if self.names else ""
        return f"{self.name}, line {line}, column {column + 1}{name}"

    def _fitted(self, line: int, fields: list[str]) -> list[str]:
        if len(fields) == self.width + 1 and not fields[-1].strip():
            return fields[:-1]  # a separator at the end of the line
        what = f"{self.dialect.separator}s"
        if len(fields) == 1 and self.dialect.separator == "comma" and self.width > 1:
            what += " (--separator says what else separates them)"
        raise FormatError(
            f"{self.name}, line {line}: expected {self.width} columns, as before, separated by "
            f"{what}, got {len(fields)}"
        )

    def _records(self) -> Iterator[tuple[int, list[str]]]:
        """The number and the fields of each line that is not blank."""
        while True:
            try:
                for fields in self._reader:
                    if len(fields) > 1 or not dialects.is_blank(fields):
                        yield self._reader.line_num, fields
                return
            except csv.Error as error:
                hint = "; a quotation mark is not closed" if "end of data" in str(error) else ""
                raise FormatError(
                    f"{self.name}, line {self._reader.line_num}: {error}{hint}"
                ) from None

    def _sample(self) -> tuple[list[str], bool]:
        """The first lines, and whether they are all."""
        lines: list[str] = []
        size = 0
        for line in self._lines():
            lines.append(line)
            size += len(line)
            if size >= _SAMPLE:
                return lines, False
        return lines, True

    def _lines(self) -> Iterator[str]:
        while text := self._text.readline(_LINE):
            if len(text) == _LINE:
                raise FormatError(
                    f"{self.name}: expected lines of less than {_LINE:,} characters, got a longer one"
                )
            self.done += len(text)
            yield text


NO_UTF8 = "expected text in UTF-8, got other bytes; save the table in UTF-8"


def is_utf8(text: str) -> bool:
    """Whether the bytes of a text were UTF-8: others have become half surrogates."""
    return text.isascii() or not any("\udc80" <= character <= "\udcff" for character in text)
