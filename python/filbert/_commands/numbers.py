"""Numbers as arguments of a command."""

from __future__ import annotations

import argparse
import contextlib
import math


def seed(text: str) -> int:
    """An integer in 0 .. 2^32 - 1."""
    return integer(text, 0, 2**32 - 1)


def positive(text: str) -> int:
    """An integer of at least 1."""
    return integer(text, 1)


def integer(text: str, least: int, most: int = 2**31 - 1) -> int:
    """An integer in this range. ArgumentTypeError for any other text."""
    with contextlib.suppress(ValueError):
        value = int(text)
        if least <= value <= most and text.isascii() and "_" not in text:
            return value
    bounds = f"of at least {least}" if most == 2**31 - 1 else f"in {least} .. {most}"
    raise argparse.ArgumentTypeError(f"expected an integer {bounds}, got {text!r}")


def share(text: str) -> float:
    """A number of at least 0 and less than 1."""
    with contextlib.suppress(ValueError):
        value = float(text)
        if 0 <= value < 1:
            return value
    raise argparse.ArgumentTypeError(f"expected a number in [0, 1), got {text!r}")


def seconds(text: str) -> float:
    """A positive, finite number."""
    with contextlib.suppress(ValueError):
        value = float(text)
        if 0 < value < math.inf:
            return value
    raise argparse.ArgumentTypeError(f"expected a positive number of seconds, got {text!r}")
