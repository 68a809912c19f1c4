"""Rules that divide a gradient by its usual size."""

from __future__ import annotations

from filbert._edge.schedule import Schedule
from filbert.optimizers.base import Optimizer


class RMSprop(Optimizer):
    """RMSprop (Hinton 2012), as in PyTorch: g over the root of the mean of its squares.

    Parameters
    ----------
    learning_rate
        Finite, not negative; or one of `filbert.schedules`.
    rho
        How slowly the means fade, in [0, 1); PyTorch's alpha.
    epsilon
        Positive; added to the root.
    momentum
        Of the steps, in [0, 1).
    centered
        Divide by the standard deviation of the gradient instead (Graves 2013).
    weight_decay, l1, l2
        As in SGD.

    Raises
    ------
    TypeError, ValueError
        If an option is not of its type, or out of its range.
    """

    _rule = "rmsprop"
    rho: float
    epsilon: float
    momentum: float
    centered: bool
    l1: float

    def __init__(
        self,
        learning_rate: float | Schedule = 0.01,
        *,
        rho: float = 0.99,
        epsilon: float = 1e-8,
        momentum: float = 0.0,
        centered: bool = False,
        weight_decay: float | Schedule = 0.0,
        l1: float = 0.0,
        l2: float = 0.0,
    ) -> None:
        self._start(locals())


class Adagrad(Optimizer):
    """Adagrad (Duchi, Hazan and Singer 2011): g over the root of the sum of its squares so far.

    Parameters
    ----------
    learning_rate
        Finite, not negative; or one of `filbert.schedules`.
    epsilon
        Positive; added to the root.
    weight_decay, l1, l2
        As in SGD.

    Raises
    ------
    TypeError, ValueError
        If an option is not of its type, or out of its range.
    """

    _rule = "adagrad"
    epsilon: float
    l1: float

    def __init__(
        self,
        learning_rate: float | Schedule = 0.01,
        *,
        epsilon: float = 1e-10,
        weight_decay: float | Schedule = 0.0,
        l1: float = 0.0,
        l2: float = 0.0,
    ) -> None:
        self._start(locals())


class Adadelta(Optimizer):
    """Adadelta (Zeiler 2012): g times the usual size of the steps, over that of the gradients.

    Parameters
    ----------
    learning_rate
        Finite, not negative; or one of `filbert.schedules`.
    rho
        How slowly the means fade, in [0, 1).
    epsilon
        Positive; added to the mean of the squared steps and to that of the squared gradients.
    weight_decay, l1, l2
        As in SGD.

    Raises
    ------
    TypeError, ValueError
        If an option is not of its type, or out of its range.
    """

    _rule = "adadelta"
    rho: float
    epsilon: float
    l1: float

    def __init__(
        self,
        learning_rate: float | Schedule = 1.0,
        *,
        rho: float = 0.9,
        epsilon: float = 1e-6,
        weight_decay: float | Schedule = 0.0,
        l1: float = 0.0,
        l2: float = 0.0,
    ) -> None:
        self._start(locals())
