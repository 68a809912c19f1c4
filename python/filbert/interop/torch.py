"""Modules of PyTorch as networks. This never imports PyTorch."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from filbert._edge import arrays
from filbert._edge.checks import shown
from filbert._edge.tensors import as_array_like
from filbert.activations import Activation
from filbert.interop.state_dict import Named, Pair, load_pairs
from filbert.interop.torch_modules import (
    ACTIVATIONS,
    AT_THE_END,
    activation_of,
    evaluating,
    kind_of,
    require_no_global_hooks,
    require_own_tensors,
)
from filbert.network import Network


class _Linear(NamedTuple):
    pair: Pair
    activation: str | Activation | None = None
    kind: str | None = None  # of the module that is the activation


def from_torch(module: Any) -> Network:
    """A network with the parameters and the predictions of a PyTorch module.

    Parameters
    ----------
    module : torch.nn.Sequential or torch.nn.Linear
        Of Linear; ReLU, LeakyReLU, ReLU6, ELU, SELU, GELU, SiLU, Mish, Softplus, Softsign, Sigmoid,
        Hardsigmoid, Tanh, Hardtanh, Hardswish and Identity; Softmax or LogSoftmax at the end; Dropout,
        which does nothing (as after `module.eval()`); Flatten, as rows are flat; and Sequential of
        these. Where Linear follows Linear, the activation between is identity.

    Returns
    -------
    Network
        Of float64 if the module is, else of float32, for half precision too. Its output is the module's own:
        identity, where that ends in logits.

    Raises
    ------
    TypeError
        If it is no module of PyTorch's.
    ValueError
        If it holds anything else: no other module can be trusted to do what its children say, since
        its forward() cannot be seen. If that calls them in order, pass
        `torch.nn.Sequential(*module.children())`. Also if something else can change what the module
        returns: a method that a subclass overrides, or a forward hook.
    """
    torch = sys.modules.get("torch")  # it has been imported, or there would be no module
    if torch is None or not isinstance(module, torch.nn.Module):
        raise TypeError(f"module: expected a torch.nn.Sequential, got {shown(module)}")
    require_no_global_hooks(torch.nn)
    linears: list[_Linear] = []
    for name, kind, part in _parts(torch.nn, "module", module):
        if kind == "Linear":
            if linears and linears[-1].kind in AT_THE_END:
                raise ValueError(f"{name}: expected nothing after {linears[-1].kind}, got Linear")
            linears.append(_Linear(_pair(torch, name, part)))
        elif kind in ACTIVATIONS:
            if not linears or linears[-1].activation is not None:
                raise ValueError(f"{name}: expected a Linear right before {kind}, got none")
            activation = activation_of(name, kind, part)
            linears[-1] = linears[-1]._replace(activation=activation, kind=kind)
        elif kind == "Flatten" and (part.start_dim, part.end_dim) != (1, -1):
            raise ValueError(
                f"{name}: expected Flatten(start_dim=1, end_dim=-1), got start_dim="
                f"{part.start_dim}, end_dim={part.end_dim}"
            )
    if not linears:
        raise ValueError("module: expected at least one Linear, got none")
    return _network(linears)


def _parts(nn: Any, name: str, module: Any) -> Iterator[tuple[str, str, Any]]:
    """The modules that a row passes through, in order, with their names and kinds. A module that is
    used twice comes twice."""
    kind = kind_of(nn, name, module)
    if kind != "Sequential":
        yield name, kind, module
        return
    for i, child in enumerate(module):
        yield from _parts(nn, f"{name}[{i}]", child)


def _pair(torch: Any, name: str, linear: Any) -> Pair:
    def named(kind: str, tensor: Any) -> Named:
        label = f"{name}.{kind}"
        require_own_tensors(torch, label, tensor)
        return Named(label, arrays.as_numbers(label, as_array_like(label, tensor)))

    with evaluating(linear):  # looked up once: a parametrized tensor is computed at each look-up
        weight, bias = linear.weight, linear.bias
    return Pair(named("weight", weight), None if bias is None else named("bias", bias))


def _network(linears: list[_Linear]) -> Network:
    pairs = [linear.pair for linear in linears]
    weights = [np.asarray(pair.weight.array) for pair in pairs]
    *hidden, output = (linear.activation or "identity" for linear in linears)
    network = Network(
        [weights[0].shape[1], *(len(weight) for weight in weights)],
        activation=hidden,
        output=output,
        dtype="float64" if any(weight.dtype == np.float64 for weight in weights) else "float32",
        rng=0,
    )
    load_pairs(network._core, pairs)
    return network
