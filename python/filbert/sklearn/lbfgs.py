"""A fit with solver="lbfgs": over all rows at once, until the cost has settled."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from filbert.callbacks import Callback, State
from filbert.sklearn.endings import as_scikit_learn_does
from filbert.sklearn.solvers import lbfgs_optimizer
from filbert.sklearn.threads import threads_here

if TYPE_CHECKING:
    from filbert.sklearn.examples import Examples


class _Limit(Callback):
    """Ends a fit that has evaluated the cost more than `most` times; SciPy ends it then, too."""

    _judges = True

    def __init__(self, most: int) -> None:
        self._most = most
        self.iterations, self.exceeded = 0, False

    def on_epoch_end(self, state: State) -> bool:
        self.iterations = state.epoch
        self.exceeded = state.optimizer._core.evaluations > self._most
        return not self.exceeded


def fit(estimator: Any, data: Examples) -> None:
    """Train the network of an estimator that is ready for it. data: dense."""
    optimizer = lbfgs_optimizer(estimator, data.weight)
    limit = _Limit(estimator.max_fun)
    loss = estimator._network_loss()
    net = estimator.net_
    with as_scikit_learn_does():
        net.fit(
            data.X,
            data.y,
            sample_weight=data.weights,
            epochs=estimator.max_iter,
            loss=loss,
            optimizer=optimizer,
            normalize=estimator.normalize,
            normalize_targets=getattr(estimator, "normalize_targets", False),
            missing=estimator.missing,
            progress=False,
            callbacks=[limit, *(estimator.callbacks or ())],
            n_threads=threads_here(estimator.n_threads),
        )
    estimator.n_iter_ = limit.iterations
    cost = net.evaluate(data.X, data.y, sample_weight=data.weights, loss=loss)["loss"]
    squares = sum(float(np.vdot(w, w)) for w in estimator.coefs_)
    penalty = 0.5 * float(estimator.alpha) * squares / data.weight
    estimator.loss_ = estimator._own_loss(cost, data) + penalty
    if limit.iterations >= estimator.max_iter:
        _warn(estimator, "ITERATIONS REACHED LIMIT")
    elif limit.exceeded:
        _warn(estimator, "F,G EVALUATIONS EXCEEDS LIMIT")


def _warn(estimator: Any, what: str) -> None:
    """Warn that the fit has not converged, in scikit-learn's words."""
    text = (
        f"lbfgs failed to converge after {estimator.n_iter_} iteration(s) (status=1):\n"
        f"STOP: TOTAL NO. OF {what}\n"
    )
    if estimator.n_iter_ == estimator.max_iter:
        text += (
            "\nIncrease the number of iterations to improve the convergence "
            f"(max_iter={estimator.max_iter})."
        )
    text += (
        "\nYou might also want to scale the data as shown in:\n"
        "    https://scikit-learn.org/stable/modules/preprocessing.html"
    )
    warnings.warn(text, ConvergenceWarning, stacklevel=5)
