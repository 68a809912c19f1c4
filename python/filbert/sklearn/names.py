"""Names of activations and outputs: scikit-learn's, and the network's."""

from __future__ import annotations

from collections.abc import Sequence

from filbert.activations import Activation

OF_NETWORK = {"logistic": "sigmoid", "exp": "exponential"}  # others are the same
OF_SKLEARN = {network: name for name, network in OF_NETWORK.items()}

HIDDEN = ("identity", "logistic", "tanh", "relu")  # those that scikit-learn has

Activations = str | Activation | Sequence[str | Activation]


def of_network(activation: Activations) -> str | Activation | list[str | Activation]:
    """An activation, or one for each hidden layer, as `filbert.Network` takes them."""
    if isinstance(activation, str):
        return OF_NETWORK.get(activation, activation)
    if isinstance(activation, Activation):
        return activation
    return [OF_NETWORK.get(each, each) if isinstance(each, str) else each for each in activation]


def of_layers(activation: Activations, hidden: int) -> list[str | Activation]:
    """One activation for each of so many hidden layers."""
    named = of_network(activation)
    return named if isinstance(named, list) else [named] * hidden
