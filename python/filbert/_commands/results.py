"""Writes results as CSV or .npy, some rows at a time. A file appears whole or not at all."""

from __future__ import annotations

import contextlib
import csv
import errno
import io
import os
import stat
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

from filbert import _core

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Results(Protocol):
    """Takes blocks of results of shape (n, width) or (n,), all of the same width and dtype."""

    def write(self, portion: NDArray[Any]) -> None: ...


class Csv:
    """CSV: a line for each row. A number is the shortest text that reads back as the same."""

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write = write

    def write(self, portion: NDArray[Any]) -> None:
        text = io.StringIO(newline="")
        rows = portion if portion.ndim == 2 else portion[:, None]
        csv.writer(text, lineterminator="\n").writerows(rows)
        self._write(text.getvalue())


class Npy:
    """numpy's format, version 1.0. The number of rows is written at the end."""

    def __init__(self, file: _core.FileReplacement) -> None:
        self._file = file
        self._rows = 0
        self._header: dict[str, Any] = {}

    def write(self, portion: NDArray[Any]) -> None:
        if self._rows == 0:
            self._header = {"descr": portion.dtype.str, "fortran_order": False}
            self._file.write(self._head(portion.shape))
        self._rows += len(portion)
        self._shape = (self._rows, *portion.shape[1:])
        self._file.write(portion.tobytes())

    def finish(self) -> None:
        self._file.overwrite(self._head(self._shape))

    def _head(self, shape: tuple[int, ...]) -> bytes:
        """The head of the file, which has 128 bytes for any number of rows."""
        text = repr({**self._header, "shape": shape}).ljust(117) + "\n"
        return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode("ascii")


@contextlib.contextmanager
def file_of_results(path: str) -> Iterator[Results]:
    """Results that become the file at path at once, when all of them have been written.

    The suffix of the path, .csv or .npy, decides on the format. After an exception the file is as
    it was.
    """
    _require_regular(path)
    file = _core.FileReplacement(path)
    try:
        if format_of(path) == ".npy":
            npy = Npy(file)
            yield npy
            npy.finish()
        else:
            yield Csv(lambda text: file.write(text.encode()))
        file.commit()
    finally:
        file.discard()


def format_of(path: str) -> str:
    """The suffix of a path, in lower case, which names the format."""
    return os.path.splitext(path)[1].lower()


def _require_regular(path: str) -> None:
    """OSError for a device or a pipe, because the core's message says only that it is invalid."""
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return  # it does not exist, or the core says what is wrong with it
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise OSError(errno.EINVAL, "expected a regular file, got another kind", path)
