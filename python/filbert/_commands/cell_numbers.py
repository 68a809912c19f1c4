"""Fields of a table as numbers, many at a time."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import numpy as np

from filbert._edge.fields import MISSING, is_number

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Words:
    """What the fields of a table mean: which are missing, and how a number is written.

    missing: what the user has named beside MISSING.
    """

    def __init__(self, missing: Collection[str], decimal_comma: bool) -> None:
        self._missing = MISSING | {word.strip().casefold() for word in missing}
        words = [*MISSING, *missing]
        self._spelled = {f(w) for w in words for f in (str, str.lower, str.upper, str.capitalize)}
        self.decimal_comma = decimal_comma

    def is_missing(self, field: str) -> bool:
        return field.strip().casefold() in self._missing

    def number(self, field: str) -> float | None:
        """The number that a field is, NaN if it is missing, or None if it is neither."""
        if self.is_missing(field):
            return np.nan
        if is_number(field):
            return float(field)
        if self.decimal_comma and field.count(",") == 1 and "." not in field:
            point = field.replace(",", ".")
            if is_number(point):
                return float(point)
        return None

    def numbers(self, fields: Sequence[str]) -> NDArray[np.float64] | int:
        """All fields as numbers, or the place of the first that is neither a number nor missing."""
        with contextlib.suppress(ValueError):
            return _plain_numbers(fields)
        spelled = self._spelled
        with contextlib.suppress(ValueError):
            return _plain_numbers(["nan" if field in spelled else field for field in fields])
        known: dict[str, float] = {}
        for i, field in enumerate(fields):
            if field not in known:
                number = self.number(field)
                if number is None:
                    return i
                known[field] = number
        return np.array([known[field] for field in fields])


def _plain_numbers(fields: Sequence[str]) -> NDArray[np.float64]:
    """Fields that are nothing but numbers. ValueError if some may be something else."""
    numbers = list(map(float, fields))
    text = "".join(fields)
    if not text.isascii() or "_" in text:  # which float() takes, too
        raise ValueError
    return np.array(numbers)


def has_decimal_comma(fields: Collection[str]) -> bool:
    """Whether a field is a number but for a comma in the place of the point."""
    return any("," in field and is_number(field.replace(",", ".", 1)) for field in fields)
