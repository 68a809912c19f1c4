"""Cost functions that have a parameter. Where none is needed, a name such as "cross_entropy" will do.

A cost function is C0(a, y), of the output a of one training example and its target y; it sums over
the outputs. docs/numerics.md has the formula of each.
"""

from __future__ import annotations

from abc import abstractmethod

from filbert import _core
from filbert._edge import values
from filbert._edge.values import Value

__all__ = ["Huber"]


class Loss(Value):
    """A cost function with its parameter: a value, equal to others of the same kind and parameter."""

    @abstractmethod
    def __init__(self, value: float) -> None:
        super().__init__(value)


class Huber(Loss):
    """Half the square of an error up to delta, and its size beyond (Huber 1964), as in PyTorch.

    Parameters
    ----------
    delta
        Positive, and a normal number in float32. In units of the output.
    """

    _kind = "huber"
    _parameter = "delta"

    def __init__(self, delta: float = 1.0) -> None:
        super().__init__(delta)

    @property
    def delta(self) -> float:
        """The error at which the square ends."""
        return self._value


def text_of(loss: object) -> str:
    """A loss as users pass it, a name or a Loss, for the core. TypeError, ValueError if it is none."""
    return values.text_of("loss", loss, _core.loss_names())


def shown(text: str) -> str:
    """What the core calls a loss, for people."""
    return values.shown(text)
