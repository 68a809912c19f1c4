"""One training example seen from inside: every z, a and derivative, and how they follow."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from filbert import _core, losses
from filbert._edge import checks, predict
from filbert._edge.layers import Layers, split
from filbert._edge.targets import as_target, as_targets
from filbert._training import loss_of, wanted_of

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from filbert._core import Network32, Network64


class Trace:
    """Everything that forward and backward propagation compute for one training example.

    Made by `Network.trace`. Layers are numbered 0 (the input) to L (the output). The trace of a
    batch has a leading axis, of its examples, in every array.

    Attributes
    ----------
    a
        Activations by layer 0..L; a[0] is the input, as the network's normalisation makes it.
    z
        Weighted sums by layer 1..L: z[l] = w[l] a[l-1] + b[l].
    y
        The desired output: a row of values, those of the cost where the network normalises targets. Labels have become a 1 among zeros, and among -1 under
        the hinges.
    C0
        The cost of the example.
    dC0_da, dC0_dz
        Derivatives of the cost, by layer 0..L and 1..L.
    dC0_dw, dC0_db
        Derivatives of the cost by layer 1..L: (n_out, n_in) and (n_out,).
    loss
        The cost function, such as "cross_entropy".
    """

    __module__ = "filbert"

    a: Layers
    z: Layers
    dC0_da: Layers
    dC0_dz: Layers
    dC0_dw: Layers
    dC0_db: Layers

    def __init__(
        self,
        core: Network32 | Network64,
        X: NDArray[Any],
        targets: NDArray[Any],
        loss: str,
        was_1d: bool,
    ) -> None:
        parts = _core.trace(core, X, targets, loss)
        X, targets = _core.normalised(core, X), _core.normalised_targets(core, targets)
        if targets.ndim == 1:
            off = -1 if _core.loss_traits(loss)["of_signs"] else 0
            labels, targets = targets, np.full((len(X), core.sizes[-1]), off, X.dtype)
            targets[np.arange(len(X)), labels] = 1

        def shaped(array: NDArray[Any]) -> NDArray[Any]:
            return array[0] if was_1d else array

        def by_layer(arrays: list[NDArray[Any]], first: int) -> Layers:
            return Layers([shaped(array) for array in arrays], first)

        dw, db = split(parts["gradient"], core.sizes)
        self.a = by_layer([X, *parts["a"]], 0)
        self.z = by_layer(parts["z"], 1)
        self.y: NDArray[Any] = shaped(targets)
        self.C0 = shaped(parts["cost"][:, 0])
        self.dC0_da = by_layer(parts["da"], 0)
        self.dC0_dz = by_layer(parts["dz"], 1)
        self.dC0_dw = by_layer(dw, 1)
        self.dC0_db = by_layer(db, 1)
        self.loss: str = losses.shown(loss)
        self._loss = loss
        self._slopes = by_layer(parts["slope"], 1)
        self._sizes = core.sizes
        self._activations = core.activations
        self._was_1d = was_1d

    def explain(self, layer: int, j: int, k: int | None = None, *, example: int = 0) -> str:
        """One derivative as the chain rule makes it, in symbols and in numbers.

        Parameters
        ----------
        layer
            1..L.
        j
            The neuron of that layer.
        k
            The neuron of the layer before: explains dC0/dw of the weight from k to j. Without it,
            dC0/db of the bias of j.
        example
            Which one, in the trace of a batch.

        Returns
        -------
        str
            Such as "dC0/dw = a_k * relu'(z_j) * dC0/da_j = 0.31 * 1 * -0.42 = -0.130". The numbers
            have as many digits as it takes for the right-hand side to be the product that is
            printed.

        Raises
        ------
        KeyError, IndexError
            If there is no such layer; no such neuron or example.
        """
        depth = len(self._activations)
        if layer not in self.z:
            raise KeyError(f"layer: expected 1 .. {depth}, got {checks.shown(layer)}")
        _require_index("j", j, self._sizes[layer])
        _require_index("example", example, 1 if self._was_1d else len(self.y))
        one: Callable[[NDArray[Any]], NDArray[Any]]
        one = (lambda array: array) if self._was_1d else (lambda array: array[example])

        symbols, numbers = self._derivative_of_z(layer, j, one)
        if k is None:
            result, name = one(self.dC0_db[layer])[j], "dC0/db"
        else:
            _require_index("k", k, self._sizes[layer - 1])
            result, name = one(self.dC0_dw[layer])[j, k], "dC0/dw"
            symbols = ["a_k", *symbols]
            numbers = [(one(self.a[layer - 1])[k],), *numbers]
        return f"{name} = {' * '.join(symbols)} = {_product(numbers, float(result))}"

    def _derivative_of_z(
        self, layer: int, j: int, one: Callable[[NDArray[Any]], NDArray[Any]]
    ) -> tuple[list[str], list[tuple[float, ...]]]:
        """The factors of dC0/dz_j: symbols; numbers, where a pair stands for its difference."""
        activation = self._activations[layer - 1].partition("(")[0]  # without a parameter
        if layer == len(self._activations) and _core.loss_traits(self._loss)["fuses"]:
            a, y = one(self.a[layer])[j], one(self.y)[j]
            symbol = "a_j"
            if activation == "log_softmax":
                a, symbol = np.exp(a), "exp(a_j)"
            if "(" in self._loss:  # y'_j is what label smoothing has made of y_j
                return [f"({symbol} - y'_j)"], [(a, a - one(self.dC0_dz[layer])[j])]
            return [f"({symbol} - y_j)"], [(a, y)]
        if activation == "softmax":
            return ["sum_i a_i (delta_ij - a_j) dC0/da_i"], [(one(self.dC0_dz[layer])[j],)]
        if activation == "log_softmax":
            return ["sum_i (delta_ij - exp(a_j)) dC0/da_i"], [(one(self.dC0_dz[layer])[j],)]
        slope, da = one(self._slopes[layer])[j], one(self.dC0_da[layer])[j]
        return [f"{activation}'(z_j)", "dC0/da_j"], [(slope,), (da,)]

    def __repr__(self) -> str:
        cost = f"{self.C0:.4g}" if self._was_1d else f"array of shape {self.C0.shape}"
        return f"Trace({self._sizes}, {self.loss}: C0 = {cost})"


def trace(
    core: Network32 | Network64, X: ArrayLike, y: ArrayLike, loss: str | losses.Loss | None
) -> Trace:
    """`Network.trace`."""
    known = loss_of(core, loss)
    wanted = wanted_of(core, known)
    rows, was_1d = predict.rows_of(core, X, own=True)
    targets = as_target("y", y, wanted) if was_1d else as_targets("y", y, len(rows), wanted)[0]
    return Trace(core, rows, targets, known, was_1d)


def _require_index(name: str, index: object, size: int) -> None:
    expected = f"{name}: expected an index in 0 .. {size - 1}, got {checks.shown(index)}"
    if isinstance(index, (bool, np.bool_)) or not isinstance(index, (int, np.integer)):
        raise TypeError(expected)
    if not 0 <= index < size:
        raise IndexError(expected)


def _product(factors: list[tuple[float, ...]], result: float) -> str:
    """The factors and their product, with the fewest digits at which what is printed is true."""
    shown = f"{result:#.3g}" if result else "0"
    text = ""
    for digits in range(3, 18):
        words = [[f"{number:.{digits}g}" for number in factor] for factor in factors]
        product = 1.0
        for factor in words:
            product *= float(factor[0]) - (float(factor[1]) if len(factor) == 2 else 0.0)
        text = " * ".join(f"({f[0]} - {f[1]})" if len(f) == 2 else f[0] for f in words)
        if (f"{product:#.3g}" if product else "0") == shown:
            break
    return f"{text} = {shown}"
