"""Activations that have a parameter. Where none is needed, a name such as "relu" will do.

An activation is a = sigma(z), of the weighted sum z of a neuron. docs/numerics.md has the formula of
each, by its name; a name such as "leaky_relu" stands for the default of its parameter.

>>> fb.Network([784, 128, 10], activation=fb.activations.LeakyReLU(0.2), output="softmax")
"""

from __future__ import annotations

from abc import abstractmethod

from filbert._edge.values import Value

__all__ = ["ELU", "LeakyReLU"]


class Activation(Value):
    """An activation with its parameter: a value, equal to others of the same kind and parameter."""

    @abstractmethod
    def __init__(self, value: float) -> None:
        super().__init__(value)


class LeakyReLU(Activation):
    """z where z is positive, and slope z below (Maas et al. 2013), as in PyTorch.

    Parameters
    ----------
    slope
        In [0, 1]; rounded to the dtype of the network. A network with another one is a ValueError.
    """

    _kind = "leaky_relu"
    _parameter = "slope"

    def __init__(self, slope: float = 0.01) -> None:
        super().__init__(slope)

    @property
    def slope(self) -> float:
        """What a negative z is multiplied by."""
        return self._values[0]


class ELU(Activation):
    """z where z is positive, and alpha (exp(z) - 1) below (Clevert et al. 2016), as in PyTorch.

    Parameters
    ----------
    alpha
        Not negative, and at most the largest number of float32; rounded to the dtype of the network.
        A network with another one is a ValueError.
    """

    _kind = "elu"
    _parameter = "alpha"

    def __init__(self, alpha: float = 1.0) -> None:
        super().__init__(alpha)

    @property
    def alpha(self) -> float:
        """Minus the limit of a for a z far below 0."""
        return self._values[0]
