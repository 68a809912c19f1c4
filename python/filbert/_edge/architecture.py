"""The architecture of a network: arguments become a core network, which is shown as a table."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from filbert import _core
from filbert._edge import checks, initialiser, values
from filbert._edge import labels as _labels
from filbert._edge.rng import key_from
from filbert._edge.values import Value

if TYPE_CHECKING:
    from filbert._core import Network32, Network64


class Layer(NamedTuple):
    """One dense layer: z = w a + b, then the activation."""

    inputs: int
    outputs: int
    activation: str | Value  # a name, or a value of `filbert.activations` where it has a parameter


Layer.__module__ = "filbert.network"  # pickles name it, and find it there


def make_core(
    sizes: object,
    activation: object,
    output: object,
    dtype: object,
    rng: object,
    init: object,
    bias_init: object,
    classes: object,
) -> Network32 | Network64:
    """Check the arguments of a new network and make it. Messages name the argument."""
    numbers = _checked_sizes(sizes)
    activations = _checked_activations(activation, len(numbers) - 2)
    output = values.text_of("output", output, _core.activation_names())
    of_dtype = _checked_dtype(dtype)
    made = _core.Network64 if of_dtype == np.float64 else _core.Network32
    labels = [] if classes is None else _labels.as_labels("classes", classes)
    if classes is not None and not labels:
        raise ValueError("classes: expected labels, or None, got an empty list")
    _core.require_names(numbers[0], numbers[-1], output, labels, [])
    layers = list(itertools.pairwise(numbers))
    weights = initialiser.of_weights(init, [(n, m) for m, n in layers], of_dtype)
    biases = initialiser.of_biases(bias_init, [(n,) for _, n in layers], of_dtype)
    key = key_from(rng)  # last, because this draws from a Generator
    core = made(numbers, activations, output, key, labels, weights.texts, biases.texts)
    for l, array in weights.arrays.items():
        core.w(l)[...] = array
    for l, array in biases.arrays.items():
        core.b(l)[...] = array
    return core


def layers_of(core: Network32 | Network64) -> list[Layer]:
    """The layers 1..L of a network."""
    activations = map(values.value_of, core.activations)
    return [Layer(*row) for row in zip(core.sizes[:-1], core.sizes[1:], activations, strict=True)]


def _checked_sizes(sizes: object) -> list[int]:
    if isinstance(sizes, (str, bytes)) or not isinstance(sizes, (Sequence, np.ndarray)):
        raise TypeError(f"sizes: expected a list of numbers of neurons, got {checks.shown(sizes)}")
    numbers = [checks.integer(f"sizes[{l}]", size, 1) for l, size in enumerate(sizes)]
    if len(numbers) < 2:
        raise ValueError(f"sizes: expected at least 2 numbers of neurons, got {len(numbers)}")
    return numbers


@functools.cache
def _hidden_activations() -> tuple[str, ...]:
    """The activations that hidden layers may have."""
    every = _core.activation_names()
    return tuple(name for name in every if _core.activation_traits(name)["hidden"])


def _checked_activations(activation: object, hidden: int) -> list[str]:
    names = _hidden_activations()
    if isinstance(activation, (str, Value)):
        return [values.text_of("activation", activation, names)] * hidden
    if not isinstance(activation, Iterable):
        raise TypeError(
            f"activation: expected a name, or one for each hidden layer, got "
            f"{checks.shown(activation)}"
        )
    given = list(activation)
    if len(given) != hidden:
        raise ValueError(
            f"activation: expected {hidden} names, one for each hidden layer, got {len(given)}"
        )
    return [values.text_of(f"activation[{i}]", one, names) for i, one in enumerate(given)]


def _checked_dtype(dtype: object) -> np.dtype[Any]:
    if dtype is None:  # which numpy would take for float64
        raise TypeError("dtype: expected float32 or float64, got None")
    try:
        result: np.dtype[Any] = np.dtype(dtype)  # type: ignore[call-overload]  # whatever the user passed
    except TypeError:
        error = ValueError if isinstance(dtype, str) else TypeError
        raise error(f"dtype: expected float32 or float64, got {checks.shown(dtype)}") from None
    if result not in (np.float32, np.float64):
        raise ValueError(f"dtype: expected float32 or float64, got {result}")
    return np.dtype(result.type)


def call(layers: Sequence[Layer], dtype: np.dtype[Any]) -> str:
    """The expression that makes such a network."""
    *hidden, output = [layer.activation for layer in layers]
    shown = hidden[0] if len(set(hidden)) == 1 else hidden
    parts = [
        str([layers[0].inputs, *(layer.outputs for layer in layers)]),
        f"activation={shown!r}" if hidden else "",
        f"output={output!r}",
        f"dtype='{dtype}'" if dtype != np.float32 else "",
    ]
    return f"Network({', '.join(filter(None, parts))})"


def table(layers: Sequence[Layer], dtype: np.dtype[Any]) -> str:
    """A table with a line for each layer and one of the totals."""
    counts = [(layer.inputs + 1) * layer.outputs for layer in layers]
    rows = [("layer", "inputs", "outputs", "activation", "parameters")]
    for l, (layer, count) in enumerate(zip(layers, counts, strict=True), 1):
        numbers = str(l), str(layer.inputs), str(layer.outputs)
        rows.append((*numbers, str(layer.activation), f"{count:,}"))
    rows.append(("total", "", "", "", f"{sum(counts):,}"))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [  # names are aligned to the left, numbers to the right
            cell.ljust(width) if i in (0, 3) else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells))
    lines.insert(1, "-" * len(lines[0]))
    lines.append(f"{dtype}, {_size(sum(counts) * dtype.itemsize)}")
    return "\n".join(lines)


def _size(size: float) -> str:
    for unit in ("bytes", "KiB", "MiB"):
        if size < 1024:
            return f"{size:.4g} {unit}"
        size /= 1024
    return f"{size:.4g} GiB"
