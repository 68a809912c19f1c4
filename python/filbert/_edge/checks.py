"""Checks of arguments that are not arrays. Messages name the argument and what was expected."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence

import numpy as np


def shown(value: object) -> str:
    """A value as messages show it: itself if it is short, else its type."""
    text = repr(value) if isinstance(value, (str, bytes, int, float, complex, np.generic)) else ""
    if value is None or 0 < len(text) <= 40:
        return repr(value)
    return f"the class {value.__name__}" if isinstance(value, type) else type(value).__name__


def first_ten(values: Sequence[object]) -> str:
    """Values as messages show them: the first ten, and that there are more."""
    return ", ".join(map(repr, values[:10])) + (", ..." if len(values) > 10 else "")


def integer(name: str, value: object, low: int, high: int = sys.maxsize) -> int:
    """An int in low .. high. A bool or a float is a TypeError, another int a ValueError."""
    expected = f"an integer >= {low}" if high == sys.maxsize else f"an integer in {low} .. {high}"
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{name}: expected {expected}, got {shown(value)}")
    result = int(value)
    if not low <= result <= high:
        raise ValueError(f"{name}: expected {expected}, got {shown(result)}")
    return result


def real(name: str, value: object, expected: str = "a number") -> float:
    """A float. Only the type is checked here; the caller checks the range."""
    allowed = isinstance(value, (int, float, np.integer, np.floating))
    if not allowed or isinstance(value, bool):
        raise TypeError(f"{name}: expected {expected}, got {shown(value)}")
    try:
        return float(value)  # type: ignore[arg-type]  # allowed says that it is a number
    except OverflowError:
        raise ValueError(f"{name}: expected a number that fits in a float, got more") from None


def real_or_reals(name: str, value: object, count: int, of: str) -> list[float]:
    """One number, or a sequence of `count` numbers, one for each of what `of` says: as a list."""
    expected = f"a number, or {count}, one for each {of}"
    if isinstance(value, (int, float, np.integer, np.floating)):
        return [real(name, value, expected)]
    if isinstance(value, np.ndarray) and value.ndim == 1:
        value = list(value)
    if not isinstance(value, Sequence) or isinstance(value, (str, bytes)):
        raise TypeError(f"{name}: expected {expected}, got {shown(value)}")
    values = [real(f"{name}[{i}]", each, expected) for i, each in enumerate(value)]
    if len(values) != count:
        raise ValueError(f"{name}: expected {expected}, got {len(values)}")
    return values


def reals(name: str, value: object) -> tuple[float, ...]:
    """Floats, of a list, a tuple or a one-dimensional array. The caller checks the range."""
    if not isinstance(value, (list, tuple)) and (
        not isinstance(value, np.ndarray) or value.ndim != 1
    ):
        raise TypeError(f"{name}: expected a list of numbers, got {shown(value)}")
    return tuple(real(f"{name}[{i}]", number) for i, number in enumerate(value))


def flag(name: str, value: object) -> bool:
    """True or False."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name}: expected True or False, got {shown(value)}")
    return bool(value)


def path(name: str, value: object) -> str:
    """The path of a file or folder, as a str."""
    if not isinstance(value, (str, bytes, os.PathLike)):
        raise TypeError(f"{name}: expected a path, a str or PathLike, got {shown(value)}")
    text = os.fsdecode(value)
    if text == "":
        raise FileNotFoundError(
            errno.ENOENT, os.strerror(errno.ENOENT), text
        )  # the exception that open raises
    if "\0" in text:
        raise ValueError(f"{name}: expected a path without NUL, got {shown(text)}")
    try:
        os.fsencode(text)
    except UnicodeEncodeError:
        raise ValueError(f"{name}: expected a path, got {shown(text)}, half a character") from None
    return text


def choice(name: str, value: object, names: Sequence[str]) -> str:
    """One of several names. The message for any other name lists them."""
    if not isinstance(value, str):
        raise TypeError(f"{name}: expected {listed(names)}, got {shown(value)}")
    if value not in names:
        raise ValueError(f"{name}: expected {listed(names)}, got {shown(value)}")
    return value


def listed(names: Sequence[str]) -> str:
    """Several names as a message lists them."""
    return ", ".join(names[:-1]) + " or " + names[-1]
