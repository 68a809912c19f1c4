"""stdout and stderr of a command, which may lack characters, be closed, or not exist."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Callable
from typing import TextIO

from filbert._edge.stderr import dropping_errors, is_terminal


def prepare() -> None:
    """Make sure that no print fails for want of stdout or of a character in its encoding.

    Such a character is written as in Python's strings, \\u20ac, as Python itself does on stderr.
    """
    if sys.stdout is None:  # it was closed by the program that started this one
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def abandon(stream: TextIO) -> None:
    """Drop what is still to be written, of which Python would complain at its exit."""
    # The stream may be no file, closed, or None.
    with contextlib.suppress(AttributeError, OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def settle(stream: TextIO) -> None:
    """Write what is still to be written, or drop it."""
    flushed = False
    with dropping_errors():
        stream.flush()
        flushed = True
    if not flushed:
        abandon(stream)


def results_to(stream: TextIO) -> Callable[[str], object]:
    """A function that writes text to a stream. A file or a pipe gets it in UTF-8, unchanged."""
    binary = getattr(stream, "buffer", None)
    if binary is None or is_terminal(stream):
        return stream.write
    stream.flush()
    return lambda text: binary.write(text.encode())


def printable(text: str) -> str:
    """The text in one line, without characters that control a terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
