"""What the columns of a table are, found while it is read: numbers, or text with some values."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from filbert._commands.cell_numbers import Words, has_decimal_comma
from filbert._commands.text_rows import NO_UTF8, is_utf8
from filbert._edge.checks import shown
from filbert._edge.encoding import first_too_large, too_large
from filbert.errors import FormatError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FLOAT32 = np.dtype(np.float32)
_MOST = float(np.finfo(_FLOAT32).max)
MOST_VALUES = 64  # of a column of text

_DATE = re.compile(
    r"\d{4}-\d{1,2}-\d{1,2}([T ].*)?|\d{1,4}[./]\d{1,2}[./]\d{1,4}([ ].*)?|\d{1,2}:\d{2}(:\d{2}.*)?"
)
# What people write where they have no number, beside the words that are always taken so.
_MARKERS = frozenset(
    {"missing", "unknown", "nil", "nul", "undefined", "no data", "nodata", "not available"}
)


class Numbers(NamedTuple):
    """A column of numbers (n,), NaN where they are missing."""

    values: NDArray[np.float64]


class Texts(NamedTuple):
    """A column of text: its values, sorted, and which of them each row has (n,); -1: missing."""

    values: list[str]
    codes: NDArray[np.int32]


class Cells:
    """The fields of one column, block by block.

    Up to `most` different ones are kept as they are. Where there are more, all have to be numbers.
    what: how messages call the column, with the remedy where there is one.
    """

    def __init__(self, what: str, words: Words, most: int, remedy: str) -> None:
        self._what, self._words, self._most, self._remedy = what, words, most, remedy
        self._codes: dict[str, int] = {}  # of fields as they are in the file
        self._parts: list[NDArray[Any]] = []  # codes, or numbers once there are too many of them
        self._many = False
        self.rows = 0

    def add(self, fields: Sequence[str], place: Callable[[int], str]) -> None:
        """Take a block. place(i) says where field i is."""
        if self._many:
            self._parts.append(self._numbers(fields, place))
        else:
            codes, known = self._codes, len(self._codes)
            self._parts.append(
                np.array([codes.setdefault(field, len(codes)) for field in fields], np.int32)
            )
            if len(codes) > known:
                self._look_at_new(fields, known, place)
        self.rows += len(fields)

    def _look_at_new(self, fields: Sequence[str], known: int, place: Callable[[int], str]) -> None:
        if len(self._codes) > self._most and self._are_numbers(place):
            return
        for field in list(self._codes)[known:]:
            if not is_utf8(field):
                raise FormatError(f"{place(fields.index(field))}: {NO_UTF8}")
            number = self._words.number(field)
            if number is not None and abs(number) > _MOST:
                raise FormatError(f"{place(fields.index(field))}: {too_large(number, _FLOAT32)}")
        if len(self._codes) > self._most and len(self._values()) > self._most:
            raise self._too_many()

    def _are_numbers(self, place: Callable[[int], str]) -> bool:
        """Whether all fields so far are numbers. Then they are kept as such from now on."""
        table = self._words.numbers(list(self._codes))
        if isinstance(table, int):
            return False
        self._require_fits(table[self._parts[-1]], place)
        self._require_one_point()
        self._parts = [table[part] for part in self._parts]
        self._many = True
        self._codes.clear()
        return True

    def _require_fits(self, numbers: NDArray[np.float64], place: Callable[[int], str]) -> None:
        if (i := first_too_large(numbers, _FLOAT32)) is not None:
            raise FormatError(f"{place(i)}: {too_large(float(numbers[i]), _FLOAT32)}")

    def _numbers(self, fields: Sequence[str], place: Callable[[int], str]) -> NDArray[np.float64]:
        numbers = self._words.numbers(fields)
        if isinstance(numbers, int):
            field = fields[numbers].strip()
            hint = f"; if that stands for a missing value, give --missing {field!r}"
            if has_decimal_comma([field]):
                hint = "; decimal commas are read where semicolons separate fields"
            raise FormatError(
                f"{place(numbers)}: expected a number, as in the rows before, got "
                f"{shown(fields[numbers])}{hint}"
            )
        self._require_fits(numbers, place)
        return numbers

    def _values(self) -> set[str]:
        """The different texts so far, without blanks around them and without what is missing."""
        return {field.strip() for field in self._codes if not self._words.is_missing(field)}

    def _require_one_point(self) -> None:
        if not self._words.decimal_comma:
            return
        values = self._values()
        if has_decimal_comma(values) and any("." in value for value in values):
            raise FormatError(
                f"{self._what}: expected numbers with a decimal point or with a decimal comma, got "
                "both"
            )

    def _too_many(self) -> FormatError:
        values = self._values()
        words = [value for value in values if self._words.number(value) is None]
        if all(_DATE.fullmatch(word) for word in words):
            return self._dates(words)
        if has_decimal_comma(words):
            return FormatError(
                f"{self._what}: expected numbers with a decimal point, got {shown(min(words))}; "
                "decimal commas are read where semicolons separate fields"
            )
        if len(words) <= len(values) // 2:
            word = min(words)
            return FormatError(
                f"{self._what}: expected numbers, as in most rows, got {shown(word)}; if that stands "
                f"for a missing value, give --missing {word!r}{self._or_remedy()}"
            )
        return FormatError(
            f"{self._what}: expected at most {self._most} values of text, each of which becomes an "
            f"input, got more, such as {shown(min(words))}{self._or_remedy(' ')}"
        )

    def _dates(self, words: Sequence[str]) -> FormatError:
        return FormatError(
            f"{self._what}: expected numbers or values of text, got dates or times, such as "
            f"{shown(min(words))}; make numbers of them, such as the year{self._or_remedy()}"
        )

    def _or_remedy(self, before: str = ", or ") -> str:
        if not self._remedy:
            return ""
        return f"{';' if before == ' ' else ''}{before}{self._remedy}"

    def finish(self) -> Numbers | Texts | None:
        """The whole column; None if all of its values are missing."""
        if self._many:
            parts, self._parts = self._parts, []
            return Numbers(np.concatenate(parts))
        values = sorted(self._values())
        if not values:
            return None
        codes = np.concatenate(self._parts)
        self._parts = []
        words = [value for value in values if self._words.number(value) is None]
        if not words:
            self._require_one_point()
            table = np.array([self._words.number(field) for field in self._codes], np.float64)
            return Numbers(table[codes])
        self._require_values(values, words)
        index = {value: i for i, value in enumerate(values)}
        return Texts(
            values, np.array([index.get(f.strip(), -1) for f in self._codes], np.int32)[codes]
        )

    def _require_values(self, values: list[str], words: list[str]) -> None:
        """FormatError unless the words of a column with text are values that come again."""
        if all(_DATE.fullmatch(word) for word in words) and self._remedy:
            raise self._dates(words)
        if len(words) < len(values):  # numbers among them
            markers = [word for word in words if _is_marker(word)]
            if len(markers) == len(words) or has_decimal_comma(words):
                raise self._mixed(words, markers)
        if self._remedy and len(values) == self.rows >= 10:
            raise FormatError(
                f"{self._what}: expected values of text that come again, got another one in each row, "
                f"such as {shown(values[0])}{self._or_remedy(' ')}"
            )

    def _mixed(self, words: list[str], markers: list[str]) -> FormatError:
        if markers:
            return FormatError(
                f"{self._what}: expected numbers, as in other rows, got {shown(words[0])}; if that "
                f"stands for a missing value, give --missing {words[0]!r}"
            )
        return FormatError(
            f"{self._what}: expected numbers with a decimal point, as in other rows, got "
            f"{shown(words[0])}; decimal commas are read where semicolons separate fields"
        )


def _is_marker(word: str) -> bool:
    """Whether people write this where they have no number."""
    return not any(map(str.isalnum, word)) or word.casefold() in _MARKERS
