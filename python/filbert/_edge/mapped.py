"""Arrays that lie in a file which is mapped into memory: np.memmap, and parts of one."""

from __future__ import annotations

import mmap
import os
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class OpenFile:
    """A file that is open for reading as long as this object lives."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.descriptor = os.open(path, os.O_RDONLY)

    def __del__(self) -> None:
        if (descriptor := getattr(self, "descriptor", None)) is not None:
            os.close(descriptor)


class Mapped(NamedTuple):
    """How an array lies in a file.

    shared: with the file, so that the memory of the process may be given back. file: the same file,
    to read from without the mapping, where that can be; position: of the first element in it.
    """

    shared: bool
    file: OpenFile | None = None
    position: int = 0

    @classmethod
    def of(cls, X: object, array: NDArray[Any]) -> Mapped | None:
        """None if X is no memmap, nor a part of one. array: X as an ndarray."""
        part: Any = X
        while isinstance(part, np.ndarray):
            base: Any = part.base
            if isinstance(part, np.memmap) and isinstance(base, mmap.mmap):
                if part.mode == "c":
                    return cls(shared=False)
                return cls(True, *_file_at(array, part.filename))
            part = base
        return None


def _file_at(array: NDArray[Any], path: object) -> tuple[OpenFile | None, int]:
    """The file that lies in memory at the address of an array, and the position there.

    Linux says which file that is. Elsewhere, and where the file has another name now, it is None.
    """
    if not isinstance(path, (str, os.PathLike)):
        return None, 0
    address = array.__array_interface__["data"][0]
    try:
        with open("/proc/self/maps", encoding="utf-8", errors="replace") as maps:
            for line in maps:
                span, _, offset, device, inode, *_ = line.split(maxsplit=5)
                start, end = (int(number, 16) for number in span.split("-"))
                if start <= address < end:
                    break
            else:
                return None, 0
        file = OpenFile(path)
    except (OSError, ValueError):
        return None, 0
    status = os.fstat(file.descriptor)
    major, minor = (int(number, 16) for number in device.split(":"))
    if (os.major(status.st_dev), os.minor(status.st_dev)) != (major, minor) or (
        status.st_ino != int(inode)
    ):
        return None, 0
    return file, int(offset, 16) + address - start
