"""Parameters under PyTorch's names and in its layout."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from filbert._edge import arrays
from filbert._edge.checks import shown
from filbert._edge.tensors import as_array_like

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from filbert._core import Network32, Network64


class Named(NamedTuple):
    """An array with the name by which messages call it."""

    name: str
    array: object


class Pair(NamedTuple):
    """The parameters of a layer, of shapes (n_out, n_in) and (n_out,). bias=None is a bias of 0."""

    weight: Named
    bias: Named | None


def load_pairs(core: Network32 | Network64, pairs: Sequence[Pair]) -> None:
    """Check one pair for each layer, and then copy them into the layers."""
    dtype = core.parameters.dtype
    parts: list[NDArray[Any]] = []
    for l, pair in enumerate(pairs, 1):
        weight = arrays.as_shaped(*pair.weight, core.w(l).shape, dtype)
        shape = core.b(l).shape
        bias = arrays.as_shaped(*pair.bias, shape, dtype) if pair.bias else np.zeros(shape, dtype)
        parts += [weight.T.ravel(), bias]
    core.epoch = core.epoch  # raises BusyError while another thread trains the network
    core.parameters[:] = np.concatenate(
        parts
    )  # concatenate copies, so that the parts may be views of the parameters


def state_dict(core: Network32 | Network64) -> dict[str, NDArray[Any]]:
    """Copies of the parameters, as `nn.Sequential` names them. See `Network.state_dict`."""
    result = {}
    position = 0
    layers: list[tuple[NDArray[Any], NDArray[Any]]] = core.copies()
    for (weight, bias), activation in zip(layers, core.activations, strict=True):
        result[f"{position}.weight"] = weight
        result[f"{position}.bias"] = bias
        position += 1 if activation == "identity" else 2
    return result


def load_state_dict(core: Network32 | Network64, given: object) -> None:
    """Copy parameters from a mapping. See `Network.load_state_dict`."""
    if not isinstance(given, Mapping):
        hint = "; pass its state_dict()" if hasattr(given, "state_dict") else ""
        raise TypeError(
            f"state_dict: expected a mapping of names to arrays, got {shown(given)}{hint}"
        )
    pairs = _pairs(given)
    depth = len(core.sizes) - 1
    if len(pairs) > depth:
        raise ValueError(
            f"{pairs[depth].weight.name}: expected {depth} weights, one for each layer, got an "
            f"unexpected key: it is number {depth + 1} of {len(pairs)}"
        )
    if len(pairs) < depth:
        raise ValueError(
            f"state_dict: expected {depth} weights, one for each layer, got {len(pairs)}: missing "
            f"key for layer {len(pairs) + 1}, of shape {core.w(len(pairs) + 1).shape}"
        )
    load_pairs(core, pairs)


def _pairs(given: Mapping[Any, object]) -> list[Pair]:
    """The weights and biases in the order of the layers. Their shapes are not checked yet."""
    layers: dict[str, dict[str, Named]] = {}
    for key, value in given.items():
        name = f"state_dict[{key!r}]"
        prefix, dot, kind = key.rpartition(".") if isinstance(key, str) else ("", "", "")
        if kind not in ("weight", "bias"):
            raise ValueError(
                f"{name}: expected weights and biases of Linear layers only, names that end in "
                "weight or bias, got an unexpected key"
            )
        array = arrays.as_numbers(name, as_array_like(name, value))
        if kind == "weight" and array.ndim != 2:
            raise ValueError(
                f"{name}: expected the weight of a Linear layer, shape (n_out, n_in), "
                f"got {array.shape}"
            )
        layers.setdefault(prefix + dot, {})[kind] = Named(name, array)
    for prefix, layer in layers.items():
        if "weight" not in layer:
            raise ValueError(
                f"state_dict[{prefix + 'weight'!r}]: expected a weight to go with "
                f"{prefix + 'bias'!r}, got a missing key"
            )
    ordered = (layers[prefix] for prefix in _ordered(list(layers)))
    return [Pair(layer["weight"], layer.get("bias")) for layer in ordered]


def _ordered(prefixes: list[str]) -> list[str]:
    """The names in their order, except that names which differ only by numbers are sorted by these.

    Files often hold names that are sorted as text, where "10." comes before "2.".
    """
    alike: dict[str, list[str]] = {}
    for prefix in prefixes:
        alike.setdefault(_text(prefix), []).append(prefix)
    queues = {text: iter(sorted(names, key=_numbers)) for text, names in alike.items()}
    return [next(queues[_text(prefix)]) for prefix in prefixes]


def _text(prefix: str) -> str:
    return re.sub(r"[0-9.]+", "", prefix)


def _numbers(prefix: str) -> list[int]:
    return [int(number) for number in re.findall(r"[0-9]+", prefix)]
