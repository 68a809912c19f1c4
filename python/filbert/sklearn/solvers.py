"""The optimizer that the parameters of an estimator ask for."""

from __future__ import annotations

import copy
import math
from typing import Any

from filbert.optimizers import LBFGS, SGD, Adam
from filbert.optimizers.base import Optimizer

BELOW_ONE = math.nextafter(1.0, 0.0)


def stochastic_optimizer(estimator: Any) -> Optimizer:
    """A new optimizer for minibatches.

    A momentum of 1, which scikit-learn allows, is the number before it.
    """
    if estimator.optimizer is not None:
        if isinstance(estimator.optimizer, LBFGS):
            raise ValueError(
                "optimizer: expected one that steps along a gradient, got LBFGS; use solver='lbfgs'"
            )
        return copy.deepcopy(estimator.optimizer)
    rate = float(estimator.learning_rate_init)
    if estimator.solver == "sgd":
        momentum = min(float(estimator.momentum), BELOW_ONE)
        nesterov = bool(estimator.nesterovs_momentum) and momentum > 0.0
        return SGD(rate, momentum=momentum, nesterov=nesterov, rate_in_velocity=True)
    return Adam(
        rate,
        beta1=float(estimator.beta_1),
        beta2=float(estimator.beta_2),
        epsilon=float(estimator.epsilon),
        epsilon_inside=True,
    )


def lbfgs_optimizer(estimator: Any, weight: float) -> LBFGS:
    """A new LBFGS that ends where SciPy's L-BFGS-B does. weight: the sum of the rows' weights."""
    return LBFGS(
        history=10,
        tolerance_gradient=float(estimator.tol),
        tolerance_change=0.0,
        tolerance_cost=10.0**7 * 2.0**-52,
        max_evaluations=20,
        l2=0.5 * float(estimator.alpha) / weight,
    )


class RateAtEpochEnd:
    """How the learning rate of solver="sgd" changes between epochs; no other one does."""

    def __init__(self, estimator: Any, optimizer: Optimizer) -> None:
        self._optimizer = optimizer
        own = estimator.optimizer is not None or estimator.solver != "sgd"
        self._kind = "constant" if own else estimator.learning_rate
        self._first, self._power = float(estimator.learning_rate_init), float(estimator.power_t)

    def epoch_ended(self, rows_seen: int) -> None:
        """rows_seen: so many rows have been trained on so far, in all epochs."""
        if self._kind == "invscaling":
            self._optimizer.learning_rate = self._first / (rows_seen + 1) ** self._power

    def stops(self, message: str, verbose: Any) -> bool:
        """Whether training ends when it has brought no more, or goes on with a smaller rate."""
        rate = self._optimizer.learning_rate
        if self._kind != "adaptive":
            end, stops = "Stopping.", True
        elif rate <= 1e-6:
            end, stops = "Learning rate too small. Stopping.", True
        else:
            self._optimizer.learning_rate = rate / 5.0
            end, stops = f"Setting learning rate to {self._optimizer.learning_rate:f}", False
        if verbose:
            print(message, end)
        return stops
