"""What forward and backward propagation of a batch leave behind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from filbert import _core
from filbert._edge import arrays
from filbert._edge.layers import Layers, split

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from filbert._core import Network32, Network64


class Forward:
    """A batch on its way through a network: X, and z and a of every layer.

    Made by `Network.forward`. It owns its arrays: nothing else writes to them. If X was one row,
    (n_in,), the arrays are 1-D; else they have a row for each row of X.

    Attributes
    ----------
    X
        The input, in the network's dtype.
    z, a
        Mappings from layers to arrays: z over 1..L, a over 0..L; a[0] is X, or what the network's
        normalisation makes of it. All of them are in the network's own units.
    """

    __module__ = "filbert"

    def __init__(self, core: Network32 | Network64, X: NDArray[Any], was_1d: bool) -> None:
        self._network = core
        self._core: Any = _core.forward(core, X)
        self._was_1d = was_1d
        self._depth = len(core.sizes) - 1
        self.X = self._shaped(X)
        self.z: Layers = Layers(
            [self._shaped(self._core.z(l)) for l in range(1, self._depth + 1)], 1
        )
        a = [self._shaped(self._core.a(l)) for l in range(1, self._depth + 1)]
        self.a: Layers = Layers([self._shaped(_core.normalised(core, X)), *a], 0)

    def _shaped(self, rows: NDArray[Any]) -> NDArray[Any]:
        return rows[0] if self._was_1d else rows

    def __repr__(self) -> str:
        return f"Forward(X: array of shape {self.X.shape}, layers: {self._depth})"


class Gradients:
    """The derivatives of a cost with respect to every parameter, summed over the batch.

    Made by `Network.backward`.

    Attributes
    ----------
    flat
        All of them as one contiguous vector, laid out like `Network.parameters`.
    w, b
        Mappings from layers 1..L to views of `flat`: (n_out, n_in) and (n_out,).
    x
        The derivative with respect to the input a[0], of its shape.
    """

    __module__ = "filbert"

    def __init__(self, flat: NDArray[Any], sizes: Sequence[int], x: NDArray[Any]) -> None:
        self.flat = flat
        self.x = x
        self._sizes = list(sizes)
        w, b = split(flat, self._sizes)
        self.w: Layers = Layers(w, 1)
        self.b: Layers = Layers(b, 1)

    def __reduce__(self) -> tuple[Any, ...]:
        return Gradients, (self.flat, self._sizes, self.x)

    def __repr__(self) -> str:
        return f"Gradients({self._sizes}: {self.flat.size} numbers)"


def backward(
    core: Network32 | Network64, forward: object, dC_da: object, dC_dz: object
) -> Gradients:
    """Backward propagation from one derivative at the output. See `Network.backward`."""
    if not isinstance(forward, Forward):
        raise TypeError(
            f"f: expected the Forward that net.forward returned, got {type(forward).__name__}"
        )
    if forward._network is not core:
        raise ValueError("f: expected a Forward of this network, got one of another network")
    if (dC_da is None) == (dC_dz is None):
        got = "none" if dC_da is None else "both"
        raise ValueError(f"dC_da: expected either dC_da or dC_dz, got {got}")
    name, given = ("dC_dz", dC_dz) if dC_da is None else ("dC_da", dC_da)
    a = forward.a[forward._depth]
    derivative = arrays.as_shaped(name, given, a.shape, a.dtype)
    rows = derivative[None, :] if forward._was_1d else derivative
    flat, dx = forward._core.backward(rows, dC_da is None)
    return Gradients(flat, core.sizes, forward._shaped(dx))
