"""Recognises by their first bytes files that cannot be read, and says what to do about them."""

from __future__ import annotations

NPY = b"\x93NUMPY"
HEAD = 4096  # how many bytes are enough to tell

_DECOMPRESS = "decompress it, as by {} -dc FILE | filbert predict NETWORK -"
_SAVE = "read it in Python, and save the array by numpy.save"
_FOREIGN = {  # no text starts like this
    b"\x1f\x8b": ("data compressed by gzip", _DECOMPRESS.format("gzip")),
    b"BZh91AY&SY": ("data compressed by bzip2", _DECOMPRESS.format("bzip2")),
    b"\xfd7zXZ\0": ("data compressed by xz", _DECOMPRESS.format("xz")),
    b"\x28\xb5\x2f\xfd": ("data compressed by zstd", _DECOMPRESS.format("zstd")),
    b"PK\x03\x04": ("a zip archive, as spreadsheets are", "save the table as CSV"),
    b"PAR1\x15": ("Parquet", _SAVE),
    b"\x89HDF\r\n\x1a\n": ("HDF5", _SAVE),
    b"\xff\xfe": ("text in UTF-16", "save it in UTF-8"),
    b"\xfe\xff": ("text in UTF-16", "save it in UTF-8"),
}


def foreign(head: bytes) -> str | None:
    """What a file that starts like this is, and the remedy; or None if it may be text."""
    if head.startswith(b"PK\x03\x04") and b".npy" in head[:256]:  # the name of the first array
        return "an archive of arrays (.npz); save the one array by numpy.save"
    for magic, (what, remedy) in _FOREIGN.items():
        if head.startswith(magic):
            return f"{what}; {remedy}"
    return f"binary data; {_SAVE}" if b"\0" in head else None
