"""Activations, losses and initialisers that have a parameter: values, and what the core calls
them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from filbert._edge import checks

_classes: dict[str, type[Value]] = {}  # by the core's names


class Value(ABC):
    """A kind with its parameters, equal to others of the same kind and parameters."""

    _kind: str  # the core's name of a subclass
    _parameter: str  # what its parameter is called, or each of several

    def __init_subclass__(cls) -> None:
        if "_kind" in cls.__dict__:
            _classes[cls._kind] = cls

    @abstractmethod
    def __init__(self, *values: float) -> None:
        self._values = tuple(checks.real(self._parameter, value) for value in values)

    @property
    def text(self) -> str:
        """The same as the core knows it, exactly."""
        return f"{self._kind}({', '.join(value.hex() for value in self._values)})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Value) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._parameter}={self._values[0]!r})"


def text_of(name: str, value: object, names: Sequence[str]) -> str:
    """A value as users pass it, a name or a Value of one of these kinds, for the core.

    name: what messages call the argument. TypeError, ValueError if it is none of these.
    """
    if isinstance(value, Value) and value._kind in names:
        return value.text
    return checks.choice(name, value, names)


def value_of(text: str) -> str | Value:
    """What the core calls a kind with its parameter, for users: a name, or a Value."""
    name, _, values = text.rstrip(")").partition("(")
    return _classes[name](*map(float.fromhex, values.split(", "))) if values else name


def shown(text: str) -> str:
    """The same, for messages."""
    return str(value_of(text))
