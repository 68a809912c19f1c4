"""Whether the first line of a table names its columns, and what else it may be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from filbert._edge.fields import is_missing, is_name, is_number


class Summary(NamedTuple):
    """What the first line of scikit-learn's tables says: `150,4,setosa,versicolor,virginica`."""

    rows: int
    inputs: int
    classes: list[str]  # of which the last column has the numbers


def summary_of(first: Sequence[str], rest: Sequence[Sequence[str]]) -> Summary | None:
    """The summary that the first line is; or None."""
    if len(first) < 4 or not rest or not (first[0].isdecimal() and first[1].isdecimal()):
        return None
    width, words = len(rest[0]), list(first[2:])
    if int(first[1]) != width - 1 or any(map(is_number, words)) or len(set(words)) < len(words):
        return None
    if not all(len(row) == width and all(map(is_number, row)) for row in rest):
        return None
    return Summary(int(first[0]), int(first[1]), words)


def has_names(first: Sequence[str], rest: Sequence[Sequence[str]]) -> bool | None:
    """Whether the first line has the names of the columns. None if that cannot be told.

    It has none if a field is a number, or one that stands further below in its column too. It has
    if what is above numbers can be no number, or if every field can only be a name.
    """
    fields = [field.strip() for field in first]
    rows = [row for row in rest if len(row) == len(fields)]
    if any(is_number(field) for field in fields):
        return _counts_or_row(fields, rows)
    columns = list(zip(*rows, strict=True)) or [()] * len(fields)
    if any(field in map(str.strip, column) for field, column in zip(fields, columns, strict=True)):
        return False  # text that comes again is a value
    above_numbers = any(
        column
        and all(is_number(value) or is_missing(value) for value in column)
        and any(map(is_number, column))
        for field, column in zip(fields, columns, strict=True)
        if not is_missing(field)
    )
    nameless = [field for field in fields[1:] if not is_name(field) and field]
    return above_numbers or (not nameless and (is_name(fields[0]) or not fields[0]))


def _counts_or_row(fields: Sequence[str], rows: Sequence[Sequence[str]]) -> bool | None:
    """Of a first line with a number: a row, or names some of which are numbers, as years are."""
    if all(map(is_number, fields)):
        return None if fields == [str(i) for i in range(len(fields))] else False
    for j, field in enumerate(fields):
        below = [row[j] for row in rows]
        if is_name(field) and below and all(is_number(value) for value in below):
            return None  # a name above numbers, beside a number
    return False
