"""Cost functions that have a parameter. Where none is needed, a name such as "cross_entropy" will do.

A cost function is C0(a, y), of the output a of one training example and its target y; it sums over
the outputs. docs/numerics.md has the formula of each.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from filbert import _core
from filbert._edge import checks

__all__ = ["Huber"]


_classes: dict[str, type[Loss]] = {}  # by the core's names


class Loss(ABC):
    """A cost function with its parameter: a value, equal to others of the same kind and parameter."""

    _kind: str  # the core's name of a subclass
    _parameter: str  # what its parameter is called

    def __init_subclass__(cls) -> None:
        _classes[cls._kind] = cls

    @abstractmethod
    def __init__(self, value: float) -> None:
        self._value = checks.real(self._parameter, value)

    @property
    def text(self) -> str:
        """The same as the core knows it, exactly."""
        return f"{self._kind}({self._value.hex()})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Loss) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._parameter}={self._value!r})"


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


def text_of(loss: object) -> str:
    """A loss as users pass it, a name or a Loss, for the core. TypeError, ValueError if it is none."""
    return loss.text if isinstance(loss, Loss) else checks.choice("loss", loss, _core.loss_names())


def shown(text: str) -> str:
    """What the core calls a loss, for people."""
    name, _, value = text.rstrip(")").partition("(")
    return repr(_classes[name](float.fromhex(value))) if value else name
