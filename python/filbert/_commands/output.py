"""The outputs of a command, whatever they can hold and whether or not they are there."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Callable
from typing import TextIO

from filbert._edge.stderr import dropping_errors, is_terminal


def prepare() -> None:
    """No print fails for want of stdout, or for a character that its encoding does not have.

    Such a character is written as Python's strings have it: \\u20ac. Python does that on stderr.
    """
    if sys.stdout is None:  # closed by whoever started the process
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def abandon(stream: TextIO) -> None:
    """Lose what is still to be written, or Python complains of it at its exit."""
    with contextlib.suppress(AttributeError, OSError, ValueError):  # it is no file, closed, or None
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def settle(stream: TextIO) -> None:
    """Write what is still to be written, or lose it."""
    flushed = False
    with dropping_errors():
        stream.flush()
        flushed = True
    if not flushed:
        abandon(stream)


def results_to(stream: TextIO) -> Callable[[str], object]:
    """What writes text to a stream: to a file or a pipe as it would be in a file, in UTF-8."""
    binary = getattr(stream, "buffer", None)
    if binary is None or is_terminal(stream):
        return stream.write
    stream.flush()
    return lambda text: binary.write(text.encode())


def printable(text: str) -> str:
    """The same in one line, which does not control the terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
