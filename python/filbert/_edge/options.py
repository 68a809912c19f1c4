"""What objects share that are made with options of which the core has a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class _HasOptions(Protocol):
    _options: dict[str, Any]


class Option:
    """A read-only attribute: one of the options that an object was made with."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, instance: _HasOptions | None, owner: type) -> object:
        return self if instance is None else instance._options[self._name]

    def __set__(self, instance: _HasOptions, value: object) -> None:
        raise AttributeError(f"{self._name}: expected to be read only, got a new value")


def call(made: object, options: Mapping[str, Any], defaults: Mapping[str, Any]) -> str:
    """The call that makes an object: its first option, and others that are not at their defaults."""
    first, *others = options
    changed = [f"{name}={options[name]!r}" for name in others if options[name] != defaults[name]]
    return f"{type(made).__name__}({', '.join([repr(options[first]), *changed])})"
