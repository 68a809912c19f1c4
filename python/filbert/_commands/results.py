"""Arrays of results, written a block at a time: as CSV or .npy, whole or not at all."""

from __future__ import annotations

import contextlib
import csv
import errno
import io
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

if TYPE_CHECKING:
    from _typeshed import SupportsWrite
    from numpy.typing import NDArray


class Results(Protocol):
    """Where blocks of results go: (n, width) or (n,), each of the same width and dtype."""

    def write(self, block: NDArray[Any]) -> None: ...


class Csv:
    """A line a row. Numbers are the shortest that read back as the same."""

    def __init__(self, file: SupportsWrite[str]) -> None:
        self._writer = csv.writer(file, lineterminator="\n")

    def write(self, block: NDArray[Any]) -> None:
        self._writer.writerows(block if block.ndim == 2 else block[:, None])


class Npy:
    """numpy's format, version 1.0. The number of rows is filled in at the end."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._rows = 0
        self._header: dict[str, Any] = {}

    def write(self, block: NDArray[Any]) -> None:
        if self._rows == 0:
            self._header = {"descr": block.dtype.str, "fortran_order": False}
            self._file.write(self._head(block.shape))
        self._rows += len(block)
        self._shape = (self._rows, *block.shape[1:])
        self._file.write(block.tobytes())

    def finish(self) -> None:
        self._file.seek(0)
        self._file.write(self._head(self._shape))

    def _head(self, shape: tuple[int, ...]) -> bytes:
        """128 bytes, however many rows."""
        text = repr({**self._header, "shape": shape}).ljust(117) + "\n"
        return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode("ascii")


@contextlib.contextmanager
def file_of_results(path: str) -> Iterator[Results]:
    """Results that become the file at path, in one moment, when all of them have been written.

    The suffix says the format: .csv or .npy. After an exception, what was there is there.
    """
    with _replacing(path) as file:
        if path.endswith(".npy"):
            npy = Npy(file)
            yield npy
            npy.finish()
        else:
            text = io.TextIOWrapper(file, encoding="utf-8", newline="")
            yield Csv(text)
            text.detach()


def _require_replaceable(path: str) -> None:
    """OSError for what is there, but no file that may be written to; as filbert.save says it."""
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "expected a regular file, got another kind", path)
    if not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)


@contextlib.contextmanager
def _replacing(path: str) -> Iterator[BinaryIO]:
    target = os.path.realpath(path)  # a link stays a link
    _require_replaceable(path)
    folder = os.path.dirname(target)
    temporary = os.path.join(folder, f".filbert-{secrets.token_hex(8)}.tmp")
    try:
        file = open(temporary, "xb")  # noqa: SIM115
    except OSError as error:
        raise OSError(error.errno, error.strerror, path) from None
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if os.path.exists(target):
            shutil.copymode(target, temporary)
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
