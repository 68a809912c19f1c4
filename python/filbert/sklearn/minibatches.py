"""A fit by minibatches, with solver="sgd" or "adam" or an optimizer of filbert's."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse
from sklearn.base import is_classifier
from sklearn.model_selection import train_test_split

from filbert.sklearn.endings import as_scikit_learn_does
from filbert.sklearn.epochs import EpochEnd
from filbert.sklearn.examples import Examples
from filbert.sklearn.randomness import RowOrder
from filbert.sklearn.solvers import stochastic_optimizer
from filbert.sklearn.threads import threads_here

if TYPE_CHECKING:
    from numpy.typing import NDArray


def fit(
    estimator: Any,
    data: Examples,
    y: NDArray[Any],
    held_out: tuple[Any, Any, Any] | None,
    incremental: bool,
) -> None:
    """Train the network of an estimator that is ready for it.

    Parameters
    ----------
    data
        X, y as the network takes it, weights.
    y
        As the estimator has encoded it.
    held_out
        Validation data that the caller has given, y encoded.
    """
    if not incremental or not hasattr(estimator, "_optimizer"):
        estimator._optimizer = stochastic_optimizer(estimator)
    if estimator.early_stopping and incremental:
        raise ValueError("partial_fit does not support early_stopping=True")
    validation = None
    if held_out is not None:
        validation = _examples(estimator, *held_out)
    elif estimator.early_stopping:
        data, validation = _split(estimator, data.X, y, data.weights)
    if validation is not None:
        validation = validation.dense()
        if estimator.validation_scores_ is None:
            estimator.validation_scores_, estimator.validation_loss_curve_ = [], []
    end = EpochEnd(estimator, data, validation, incremental)
    order = RowOrder(data.rows, estimator._random_state) if estimator.shuffle else None
    batch_size = _batch_size(estimator, data.rows)
    options: dict[str, Any] = {"sample_weight": data.weights, "batch_size": batch_size}
    X: Any = data.X
    targets: Any = data.y
    if sparse.issparse(X):
        X, targets, options = SparseBatches(data, batch_size, order), None, {}
    else:
        options["shuffle"] = False if order is None else order
    estimator.n_iter_ = 0
    with as_scikit_learn_does(lambda: estimator.early_stopping and end.best is not None):
        estimator.net_.fit(
            X,
            targets,
            epochs=1 if incremental else estimator.max_iter,
            loss=estimator._network_loss(),
            optimizer=estimator._optimizer,
            alpha=float(estimator.alpha),
            dropout=estimator.dropout,
            clip_norm=estimator.clip_norm,
            normalize=estimator.normalize,
            normalize_targets=getattr(estimator, "normalize_targets", False),
            missing=estimator.missing,
            validation_data=None if validation is None else validation.given(),
            callbacks=[end, *(estimator.callbacks or ())],
            progress=False,
            n_threads=threads_here(estimator.n_threads),
            **options,
        )
    if estimator.early_stopping and end.best is not None:
        estimator.net_.parameters[:] = end.best


class SparseBatches:
    """The batches of each epoch, of a sparse X that is made dense batch by batch.

    Parameters
    ----------
    data
        With a sparse X.
    batch_size
        Rows of a batch; the last one may be smaller.
    order
        That of the rows in each epoch; None: as they lie.
    """

    def __init__(self, data: Examples, batch_size: int, order: RowOrder | None) -> None:
        self._data, self._rows = data._replace(X=data.X.tocsr()), np.arange(data.rows)
        self._batch_size, self._order = batch_size, order

    def __len__(self) -> int:
        return (len(self._rows) - 1) // self._batch_size + 1

    def __iter__(self) -> Iterator[tuple[NDArray[Any], ...]]:
        rows = self._rows if self._order is None else self._order(0)
        X, y, weights = self._data
        for first in range(0, len(rows), self._batch_size):
            part = rows[first : first + self._batch_size]
            batch = X[part].toarray(), y[part]
            yield batch if weights is None else (*batch, weights[part])


def _examples(estimator: Any, X: Any, y: Any, weights: Any) -> Examples:
    return Examples(X, estimator._network_targets(y), weights)


def _split(estimator: Any, X: Any, y: Any, weights: Any) -> tuple[Examples, Examples]:
    """Training and validation examples, split as scikit-learn does it."""
    stratified = is_classifier(estimator) and estimator.n_outputs_ == 1
    arrays = [X, y] if weights is None else [X, y, weights]
    parts = train_test_split(
        *arrays,
        random_state=estimator._random_state,
        test_size=estimator.validation_fraction,
        stratify=y if stratified else None,
    )
    if parts[1].shape[0] < 2:
        raise ValueError(
            "The validation set is too small. Increase 'validation_fraction' or the size of your "
            "dataset."
        )
    if weights is None:
        parts += [None, None]
    return _examples(estimator, *parts[::2]), _examples(estimator, *parts[1::2])


def _batch_size(estimator: Any, rows: int) -> int:
    if estimator.batch_size == "auto":
        return min(200, rows)
    if estimator.batch_size > rows:
        warnings.warn(
            "Got `batch_size` less than 1 or larger than sample size. It is going to be clipped",
            stacklevel=5,
        )
    return int(np.clip(estimator.batch_size, 1, rows))
