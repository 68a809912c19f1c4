"""The columns of a table, and how they become the inputs of a network."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from filbert._edge import columns as cells

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Column(NamedTuple):
    """A column of the table that a network was trained with.

    One of numbers becomes one input, and where `has_gaps` a second one, which is 1 where the number
    is missing, else 0. One of text has an input for each of its `values`, which is 1 where the text
    is that value, else 0.
    """

    name: str
    values: list[str]  # of a column of text; empty: numbers
    has_gaps: bool  # whether numbers or texts were missing in training

    @property
    def inputs(self) -> int:
        """How many inputs of the network it becomes."""
        return len(self.values) or 1 + self.has_gaps


Column.__module__ = "filbert"


class Unknown:
    """Counts what the training had not seen: other texts, and gaps in columns that had none."""

    def __init__(self) -> None:
        self._texts: dict[str, Counter[str]] = {}
        self._gaps: Counter[str] = Counter()

    def add_texts(self, column: str, texts: Iterable[str]) -> None:
        self._texts.setdefault(column, Counter()).update(texts)

    def add_gaps(self, column: str, count: int) -> None:
        self._gaps[column] += count

    def __str__(self) -> str:
        """One sentence, or nothing."""
        parts = []
        count = sum(counter.total() for counter in self._texts.values())
        if count:
            name, counter = max(self._texts.items(), key=lambda item: item[1].total())
            text = counter.most_common(1)[0][0]
            parts.append(
                f"{count} {'value' if count == 1 else 'values'} of text that training had not seen, "
                f"such as {text[:60]!r} of column {name!r}: all inputs of such a column are 0"
            )
        if gaps := self._gaps.total():
            name = self._gaps.most_common(1)[0][0]
            parts.append(
                f"{gaps} {'gap' if gaps == 1 else 'gaps'} in columns that had none in training, "
                f"such as {name!r}"
            )
        return "; and ".join(parts)


def encode(
    columns: Sequence[Column], table: Any, name: str, dtype: np.dtype[Any]
) -> NDArray[np.floating[Any]]:
    """The inputs (n, inputs) for the rows of a frame, a dict of columns or a list of dicts.

    NaN where a number is missing. Warns of what training had not seen.

    Raises
    ------
    TypeError, ValueError
        If the table is none of these, lacks a column, or has a value where a number is expected.
    """
    count, by_name = cells.columns_of(name, table, [column.name for column in columns])
    out = np.zeros((count, sum(column.inputs for column in columns)), dtype)
    unknown = Unknown()
    at = 0
    for column in columns:

        def place(row: int, column: str = column.name) -> str:
            return f"{name}, row {row}, column {column!r}"

        into = out[:, at : at + column.inputs]
        at += column.inputs
        if column.values:
            texts = cells.texts_of(by_name[column.name])
            put_texts(column, texts, into, unknown)
        else:
            numbers = cells.numbers_of(by_name[column.name], place)
            if (row := first_too_large(numbers, dtype)) is not None:
                raise ValueError(f"{place(row)}: {too_large(numbers[row], dtype)}")
            put_numbers(column, numbers, into, unknown)
    if text := str(unknown):
        warnings.warn(f"{name}: {text}", stacklevel=3)
    return out


def put_numbers(
    column: Column, numbers: NDArray[np.float64], into: NDArray[Any], unknown: Unknown
) -> None:
    """Fill the inputs (n, inputs) of a column of numbers, of which NaN are missing."""
    missing = np.isnan(numbers)
    into[:, 0] = numbers
    if column.has_gaps:
        into[:, 1] = missing
    elif count := np.count_nonzero(missing):
        unknown.add_gaps(column.name, int(count))


def put_texts(
    column: Column, texts: Sequence[str | None], into: NDArray[Any], unknown: Unknown
) -> None:
    """Fill the inputs (n, inputs) of a column of text, of which None are missing."""
    index = {value: i for i, value in enumerate(column.values)}
    codes: dict[str | None, int] = {None: -1}
    new = set()
    for text in set(texts):
        if text is not None:
            codes[text] = index.get(text, index.get(cells.other_spelling(text, index), -1))
            if codes[text] < 0:
                new.add(text)
    places = np.array([codes[text] for text in texts], np.intp)
    known = np.flatnonzero(places >= 0)
    into[known, places[known]] = 1
    if new:
        unknown.add_texts(column.name, (text for text in texts if text is not None and text in new))
    if not column.has_gaps and (gaps := sum(text is None for text in texts)):
        unknown.add_gaps(column.name, gaps)


def first_too_large(numbers: NDArray[np.float64], dtype: np.dtype[Any]) -> int | None:
    """The place of the first number that is infinite, or would be in this dtype; or None."""
    most = float(np.finfo(dtype).max)
    if len(numbers) == 0 or not np.fmax.reduce(np.abs(numbers)) > most:
        return None
    return int(np.argmax(np.abs(numbers) > most))


def too_large(number: float, dtype: np.dtype[Any]) -> str:
    """What a message says of such a number."""
    expected = f"a number that fits in {dtype}" if np.isfinite(number) else "a finite number"
    return f"expected {expected}, got {number}"


def columns_from(parts: Sequence[tuple[str, list[str], bool]] | None) -> list[Column] | None:
    """The columns of a network, as the core has them."""
    return None if parts is None else [Column(*each) for each in parts]
