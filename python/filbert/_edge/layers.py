"""Mappings from the number of a layer to an array."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from filbert._edge import arrays as _arrays
from filbert._edge.checks import shown

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Layers(Mapping[int, "NDArray[Any]"]):
    """A read-only mapping from layer numbers first, first + 1, ... to arrays.

    A number for which there is no layer is a KeyError; negative numbers do not count from the end.
    """

    __module__ = "filbert.propagation"  # pickles name it, and find it there
    __slots__ = ("_arrays", "_first")

    def __init__(self, arrays: Sequence[NDArray[Any]], first: int) -> None:
        self._arrays = arrays
        self._first = first

    def __getitem__(self, l: int) -> NDArray[Any]:
        last = self._first + len(self._arrays) - 1
        try:
            index = operator.index(l)
        except TypeError:
            index = -1
        if not self._first <= index <= last:
            raise KeyError(f"layer: expected {self._first} .. {last}, got {shown(l)}")
        return self._arrays[index - self._first]

    def __iter__(self) -> Iterator[int]:
        return iter(range(self._first, self._first + len(self._arrays)))

    def __len__(self) -> int:
        return len(self._arrays)

    # Mapping's would compare the arrays, whose comparison is an array and no bool.
    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return "{" + ", ".join(f"{l}: array of shape {a.shape}" for l, a in self.items()) + "}"


def split(flat: NDArray[Any], sizes: Sequence[int]) -> tuple[list[Any], list[Any]]:
    """Views of what is laid out like `Network.parameters` along the last axis.

    Returns the weights (..., n_out, n_in) and the biases (..., n_out) of layers 1..L.
    """
    w, b, start = [], [], 0
    for inputs, outputs in itertools.pairwise(sizes):
        stop = start + inputs * outputs
        w.append(flat[..., start:stop].reshape(*flat.shape[:-1], inputs, outputs).swapaxes(-1, -2))
        b.append(flat[..., stop : stop + outputs])
        start = stop + outputs
    return w, b


class Parameters(Layers):
    """Writable views of a network's weights or biases. `w[l] = A` copies A in place."""

    __module__ = "filbert.network"
    __slots__ = ("_name",)

    def __init__(self, name: str, arrays: Sequence[NDArray[Any]]) -> None:
        super().__init__(arrays, 1)
        self._name = name

    def __setitem__(self, l: int, value: object) -> None:
        array = self[l]
        array[...] = _arrays.as_shaped(f"{self._name}[{l}]", value, array.shape, array.dtype)
