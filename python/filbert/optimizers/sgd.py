"""Stochastic gradient descent."""

from __future__ import annotations

from filbert._edge.schedule import Schedule
from filbert.optimizers.base import Optimizer


class SGD(Optimizer):
    """Stochastic gradient descent as in PyTorch: v = momentum v + g, w -= learning_rate v.

    Parameters
    ----------
    learning_rate
        Finite, not negative; or one of `filbert.schedules`.
    momentum
        In [0, 1).
    nesterov
        Step along g + momentum v (Sutskever et al. 2013); needs momentum.
    rate_in_velocity
        The velocity of Keras and scikit-learn, v = momentum v + learning_rate g and w -= v: the same
        until the rate changes, which then does not change the steps that v remembers.
    weight_decay
        Adds weight_decay * w to the gradient, for every parameter; a number, or a schedule.
    l1, l2
        Add the gradients of the penalties l1 sum |w| and l2 sum w^2, for weights only.

    Raises
    ------
    TypeError, ValueError
        If an option is not of its type, or out of its range.
    """

    _rule = "sgd"
    momentum: float
    nesterov: bool
    rate_in_velocity: bool
    l1: float

    def __init__(
        self,
        learning_rate: float | Schedule = 0.01,
        *,
        momentum: float = 0.0,
        nesterov: bool = False,
        rate_in_velocity: bool = False,
        weight_decay: float | Schedule = 0.0,
        l1: float = 0.0,
        l2: float = 0.0,
    ) -> None:
        self._start(locals())
