"""The exceptions of the package that are not Python's own."""

from filbert._core import BusyError

__all__ = ["BusyError", "FormatError"]

BusyError.__module__ = "filbert"


class FormatError(ValueError):
    """A file is not what it should be: foreign, truncated or damaged.

    A file that is missing gets an OSError instead.
    """

    __module__ = "filbert"
