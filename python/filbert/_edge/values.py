"""Activations and losses that have a parameter: values, and what the core calls them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from filbert._edge import checks

_classes: dict[str, type[Value]] = {}  # by the core's names


class Value(ABC):
    """A kind with its parameter, equal to others of the same kind and parameter."""

    _kind: str  # the core's name of a subclass
    _parameter: str  # what its parameter is called

    def __init_subclass__(cls) -> None:
        if "_kind" in cls.__dict__:
            _classes[cls._kind] = cls

    @abstractmethod
    def __init__(self, value: float) -> None:
        self._value = checks.real(self._parameter, value)

    @property
    def text(self) -> str:
        """The same as the core knows it, exactly."""
        return f"{self._kind}({self._value.hex()})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Value) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._parameter}={self._value!r})"


def text_of(name: str, value: object, names: Sequence[str]) -> str:
    """A value as users pass it, a name or a Value of one of these kinds, for the core.

    name: what messages call the argument. TypeError, ValueError if it is none of these.
    """
    if isinstance(value, Value) and value._kind in names:
        return value.text
    return checks.choice(name, value, names)


def value_of(text: str) -> str | Value:
    """What the core calls a kind with its parameter, for users: a name, or a Value."""
    name, _, value = text.rstrip(")").partition("(")
    return _classes[name](float.fromhex(value)) if value else name


def shown(text: str) -> str:
    """The same, for messages."""
    return str(value_of(text))
