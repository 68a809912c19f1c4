"""Tables of numbers from files or the standard input, which are read some rows at a time."""

from __future__ import annotations

import contextlib
import errno
import io
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, cast

from filbert._commands import kinds
from filbert.errors import FormatError

if TYPE_CHECKING:
    from numpy.typing import NDArray

STDIN = "-"


class TableRows(NamedTuple):
    """Some rows of a table. They are valid until the next ones are read."""

    rows: NDArray[Any]  # (n, width)
    place: Callable[[int, int], str]  # says where rows[i, j] is in the file, for messages


class Table(Protocol):
    """Rows of numbers. `done` of `total` units have been read; total is None if it is not known."""

    unit: str

    @property
    def done(self) -> int: ...
    @property
    def total(self) -> int | None: ...
    def __iter__(self) -> Iterator[TableRows]: ...


class Input(NamedTuple):
    """A file from which a table is to be read, at its beginning."""

    name: str  # for messages
    file: io.BufferedReader
    size: int | None  # of what follows, or None if that is not known


@contextlib.contextmanager
def opened(path: str) -> Iterator[tuple[Input, bool]]:
    """Open a file or the standard input, and tell whether it is a .npy file or may be CSV.

    That depends on the content, not on the name. Other kinds of files are a FormatError.
    """
    with _bytes(path) as (name, file):
        head = file.read(kinds.HEAD)
        is_npy = head.startswith(kinds.NPY)
        if not is_npy and (kind := kinds.foreign(head)) is not None:
            raise FormatError(f"{name}: expected CSV in UTF-8 or .npy, got {kind}")
        is_npy = is_npy or path.lower().endswith(".npy")
        size = None
        if file.seekable():
            here = file.tell()
            size = file.seek(0, io.SEEK_END) - here + len(head)
            file.seek(here - len(head) if is_npy else here)
        if size is None or not is_npy:
            file = io.BufferedReader(_Rejoined(head, file))
        yield Input(name, file, size), is_npy


@contextlib.contextmanager
def _bytes(path: str) -> Iterator[tuple[str, io.BufferedReader]]:
    if path != STDIN:
        with open(path, "rb") as file:
            yield path, file
        return
    name = "standard input"
    if sys.stdin is None:
        raise OSError(errno.EBADF, "expected data, got a closed one", name)
    yield name, cast(io.BufferedReader, sys.stdin.buffer)


class _Rejoined(io.RawIOBase):
    """The bytes that have been read of a file, and then the rest. It never closes the file."""

    def __init__(self, head: bytes, file: io.BufferedReader) -> None:
        self._head, self._file = head, file
        self._at_end = len(head) < kinds.HEAD  # because a terminal would ask for more

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._head or self._at_end:
            into = memoryview(buffer).cast("B")
            part, self._head = self._head[: len(into)], self._head[len(into) :]
            into[: len(part)] = part
            return len(part)
        return self._file.readinto1(buffer)
