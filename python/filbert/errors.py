"""The exceptions and warnings of the package that are not Python's own."""

from __future__ import annotations

from typing import Any

from filbert._core import BusyError

__all__ = ["BusyError", "DivergedError", "FormatError", "TrainingWarning"]

BusyError.__module__ = "filbert"
BusyError.__doc__ = (
    """Something is in use by another thread, in a way that the call may not share."""
)


class FormatError(ValueError):
    """A file is not what it should be: foreign, truncated or damaged.

    A file that is missing gets an OSError instead.
    """

    __module__ = "filbert"


class DivergedError(ArithmeticError):
    """A training whose cost, or a parameter, has become infinite or NaN.

    The network has finite parameters: those after the epoch `kept`. That is the last whole epoch,
    unless epochs have so few rows that a copy of the parameters would take more than a hundredth of
    each; then it is one before. 0: those with which the fit began. If the optimizer has made steps
    since, it has no state any more, and its learning rate stays. Files of a Checkpoint stay as they
    were written last.

    Attributes
    ----------
    epoch : int
        1, 2, ...: the one in which it has happened.
    step : int
        The step of that epoch, from 1.
    layer : int
        The first layer with a parameter or a z that is not finite.
    suspect : str
        What may be the cause: the scale of a column of X, where one is far larger than the others
        or has |x| > 1000, else the learning rate.
    column : int or None
        That column.
    kept : int
        The epoch of the parameters that the network has.
    """

    __module__ = "filbert"

    def __init__(
        self,
        message: str,
        *,
        epoch: int = 1,
        step: int = 1,
        layer: int = 1,
        suspect: str = "the learning rate",
        column: int | None = None,
        kept: int = 0,
    ) -> None:
        super().__init__(message)
        self.epoch: int = epoch
        self.step: int = step
        self.layer: int = layer
        self.suspect: str = suspect
        self.column: int | None = column
        self.kept: int = kept

    def __reduce__(self) -> Any:
        return (_diverged, (str(self), dict(self.__dict__)))


def _diverged(message: str, attributes: dict[str, Any]) -> DivergedError:
    """A DivergedError, of a pickle."""
    return DivergedError(message, **attributes)


class TrainingWarning(UserWarning):
    """A fit that has come to its end, but whose result is of little use."""

    __module__ = "filbert"
