"""What an estimator does after each epoch: it reports, and decides whether training goes on."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from sklearn.exceptions import ConvergenceWarning

from filbert.callbacks import Callback, State
from filbert.sklearn.solvers import RateAtEpochEnd

if TYPE_CHECKING:
    from filbert.sklearn.examples import Examples


class EpochEnd(Callback):
    """Keeps scikit-learn's record of a fit by minibatches, and ends it as scikit-learn does.

    Parameters
    ----------
    estimator
        Gets `loss_`, `loss_curve_`, `n_iter_`, `t_` and what early stopping has.
    data, validation
        What is trained on, and what is scored after each epoch or None.
    incremental
        Whether this is `partial_fit`, whose one epoch is not the last of a fit.

    Attributes
    ----------
    best
        With early stopping, the parameters of the best score in this fit, if there is one.
    """

    _judges = True

    def __init__(
        self, estimator: Any, data: Examples, validation: Examples | None, incremental: bool
    ) -> None:
        self._estimator, self._data, self._validation = estimator, data, validation
        self._rate = RateAtEpochEnd(estimator, estimator._optimizer)
        self._incremental = incremental
        self.best: Any = None

    def on_epoch_end(self, state: State) -> bool:
        """See `filbert.Callback`."""
        estimator, values = self._estimator, state.values
        estimator.n_iter_ += 1
        loss = estimator._own_loss(values["loss"], self._data)
        estimator.loss_ = loss + values.get("penalty", 0.0)
        estimator.t_ += self._data.rows
        estimator.loss_curve_.append(estimator.loss_)
        if estimator.verbose:
            print(f"Iteration {estimator.n_iter_}, loss = {estimator.loss_:.8f}")
        if self._validation is not None:
            loss = estimator._own_loss(values["val_loss"], self._validation)
            estimator.validation_loss_curve_.append(loss)
            score = estimator._held_out_score(self._validation, values)
            estimator.validation_scores_.append(score)
            if estimator.verbose:
                print(f"Validation score: {estimator.validation_scores_[-1]:f}")
        if estimator.early_stopping:
            self._follow_score(state)
        else:
            self._follow_loss()
        self._rate.epoch_ended(estimator.t_)
        if estimator._no_improvement_count > estimator.n_iter_no_change:
            if self._rate.stops(self._message(), estimator.verbose):
                return False
            estimator._no_improvement_count = 0
        if not self._incremental and estimator.n_iter_ == estimator.max_iter:
            warnings.warn(
                f"Stochastic Optimizer: Maximum iterations ({estimator.max_iter}) reached and the "
                "optimization hasn't converged yet.",
                ConvergenceWarning,
                stacklevel=2,
            )
        return True

    def _message(self) -> str:
        estimator = self._estimator
        what = (
            "Validation score did not improve"
            if estimator.early_stopping
            else "Training loss did not improve"
        )
        return (
            f"{what} more than tol={estimator.tol:f} for {estimator.n_iter_no_change} consecutive "
            "epochs."
        )

    def _follow_loss(self) -> None:
        estimator, loss = self._estimator, self._estimator.loss_
        if loss > estimator.best_loss_ - estimator.tol:
            estimator._no_improvement_count += 1
        else:
            estimator._no_improvement_count = 0
        estimator.best_loss_ = min(estimator.best_loss_, loss)  # which a NaN does not change

    def _follow_score(self, state: State) -> None:
        estimator = self._estimator
        score = estimator.validation_scores_[-1]
        if score < estimator.best_validation_score_ + estimator.tol:
            estimator._no_improvement_count += 1
        else:
            estimator._no_improvement_count = 0
        if score > estimator.best_validation_score_:
            estimator.best_validation_score_ = score
            self.best = state.network.parameters.copy()
