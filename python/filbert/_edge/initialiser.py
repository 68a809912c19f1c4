"""The argument `init`: initialisers as users pass them, and what the core calls them."""

from __future__ import annotations

import functools
from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from filbert import _core
from filbert._edge import arrays, checks, values
from filbert._edge.values import Value

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

classes: dict[str, type[Initialiser]] = {}  # by the core's names


class Initialiser(Value):
    """How weights start: a value, equal to others of the same class with the same parameter."""

    __module__ = "filbert.initialisers"

    def __init_subclass__(cls) -> None:
        if "_kind" in cls.__dict__:
            cls._parameter = _core.initialiser_traits(cls._kind)["parameter"]
            told = f"The {cls._parameter} that it was given."
            setattr(cls, cls._parameter, property(lambda self: self._values[0], doc=told))
            classes[cls._kind] = cls

    @abstractmethod
    def __init__(self, value: float) -> None:
        super().__init__(value)
        traits = _core.initialiser_traits(self._kind)
        if not traits["least"] <= self._values[0] <= traits["most"]:
            raise ValueError(
                f"{self._parameter}: expected a number in [{traits['least']:g}, "
                f"{traits['most']:g}], got {checks.shown(value)}"
            )


class Chosen(NamedTuple):
    """How the weights, or the biases, of every layer start."""

    texts: list[str]  # of layers 1..L, for the core
    arrays: dict[int, NDArray[Any]]  # what takes the place of them, by layer


def of_weights(init: object, shapes: Sequence[tuple[int, ...]], dtype: np.dtype[Any]) -> Chosen:
    """The argument init, of layers whose weights have these shapes. TypeError, ValueError."""
    return _chosen("init", init, shapes, dtype, _core.initialiser_names())


def of_biases(init: object, shapes: Sequence[tuple[int, ...]], dtype: np.dtype[Any]) -> Chosen:
    """The argument bias_init, likewise."""
    return _chosen("bias_init", init, shapes, dtype, _names_for_biases())


@functools.cache
def _names_for_biases() -> tuple[str, ...]:
    names = _core.initialiser_names()
    return tuple(name for name in names if _core.initialiser_traits(name)["allows_biases"])


def _chosen(
    name: str,
    init: object,
    shapes: Sequence[tuple[int, ...]],
    dtype: np.dtype[Any],
    names: Sequence[str],
) -> Chosen:
    if isinstance(init, (str, Initialiser)):
        return Chosen([values.text_of(name, init, names)] * len(shapes), {})
    if not isinstance(init, (list, tuple)):
        raise TypeError(
            f"{name}: expected a name, one of filbert.initialisers or a list with one for each "
            f"layer, got {checks.shown(init)}"
        )
    if len(init) != len(shapes):
        raise ValueError(f"{name}: expected one for each of {len(shapes)} layers, got {len(init)}")
    chosen = Chosen([], {})
    for l, (one, shape) in enumerate(zip(init, shapes, strict=True), 1):
        place = f"{name}[{l - 1}]"
        if isinstance(one, (str, Initialiser)):
            chosen.texts.append(values.text_of(place, one, names))
        else:
            chosen.texts.append("zeros")
            chosen.arrays[l] = arrays.as_shaped(place, one, shape, dtype)
    return chosen
