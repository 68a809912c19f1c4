"""Finds the element because of which an array of Python objects is not one of numbers."""

from __future__ import annotations

import datetime
import numbers
from typing import TYPE_CHECKING, Any

import numpy as np

from filbert._edge.checks import shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

_DATES = (datetime.date, datetime.time, datetime.timedelta, np.datetime64, np.timedelta64)


def without_repetitions(array: NDArray[Any]) -> NDArray[Any]:
    """A view of an array in which every broadcast axis is of length 1.

    It holds each element at its first index, and has no more elements than are in memory.
    """
    return array[(*(slice(0, 1) if s == 0 else slice(None) for s in array.strides), ...)]


def are_all(elements: Iterable[object], kind: type) -> bool:
    """Whether every element is an instance of that type."""
    return all(issubclass(each, kind) for each in set(map(type, elements)))


def complaint(array: NDArray[Any], *, strings: bool) -> str:
    """The end of a message about an array of Python objects: what is wrong with it, and a remedy.

    strings: whether an array of strings alone would do as well as one of numbers.
    """
    if array.ndim == 0:
        return f": {shown(array.item())}"
    number = string = ""
    for index, value in np.ndenumerate(without_repetitions(array)):
        at = f"[{', '.join(map(str, index))}]"
        if _is_missing(value):
            return f": {value} at {at} is missing; fill it in, or leave its row out"
        if isinstance(value, str):
            string = string or f"{shown(value)} at {at} is a string"
        elif _is_number(value):
            number = number or f"{shown(value)} at {at} is a number"
        else:
            return f": {shown(value)} at {at} {_kind(value, array, strings)}"
    if string and strings:
        return f": {string}, {number}; make all of them the one or the other"
    if string:
        return f": {string}; make a number of it"
    return "; convert it with .astype(float), a list with np.array(..., float)"


def _is_missing(value: object) -> bool:
    """Whether it is None, NaN of any type, NaT, or pandas's NA, which is not equal to anything."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    if isinstance(value, (np.datetime64, np.timedelta64)):
        return bool(np.isnat(value))
    try:
        return isinstance(value, numbers.Number) and bool(value != value)  # noqa: PLR0124  # NaN
    except ArithmeticError:  # comparing a signaling NaN of decimal raises this
        return True


def _is_number(value: object) -> bool:
    """Whether it is a real number that float() takes; numpy's durations count as integers there."""
    if isinstance(value, np.timedelta64) or not isinstance(value, (numbers.Number, np.bool_)):
        return False
    try:
        float(value)  # type: ignore[arg-type]  # not every Number has it: complex has not
    except (TypeError, ValueError, OverflowError):
        return False
    return True


def _kind(value: object, array: NDArray[Any], strings: bool) -> str:
    """What messages call an element that is neither a number nor a string."""
    if isinstance(value, (bytes, bytearray)):
        return "is bytes; decode it, as .decode() does" + ("" if strings else ", to a number")
    if isinstance(value, _DATES):
        return "is a date or a time; count days or seconds instead"
    if isinstance(value, (list, tuple, np.ndarray)):
        if _can_be_stacked(array):
            return "is a row of its own; make one array of the rows with np.stack"
        return "is a sequence, where a single value belongs"
    return "is neither a number nor a string" if strings else "is no real number"


def _can_be_stacked(array: NDArray[Any]) -> bool:
    if array.ndim != 1:
        return False
    try:
        return np.stack(list(array)).dtype.kind in "biuf"
    except (TypeError, ValueError):
        return False
