"""scikit-learn's scores without its checks of the arguments: of validation data, once an epoch, and of
plain arrays that would pass them, which take longer than the prediction of a small table."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.metrics import accuracy_score, r2_score

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def accuracy(y: NDArray[Any], predicted: NDArray[Any], weights: NDArray[Any] | None) -> float:
    """The fraction of rows that are right; of several labels a row, where all of them are."""
    right = y == predicted
    return float(np.average(right.all(axis=1) if right.ndim == 2 else right, weights=weights))


def r2(y: NDArray[Any], predicted: NDArray[Any], weights: NDArray[Any] | None) -> float:
    """The coefficient of determination, the mean over the outputs; NaN for infinite predictions.

    y, predicted: (n, outputs). It is 1 - sum w (y - predicted)^2 / sum w (y - mean y)^2; where y is
    constant, 1 if all is right and else 0.
    """
    if not np.isfinite(predicted).all():
        return math.nan
    w: Any = 1.0 if weights is None else weights[:, None]
    error = (w * (y - predicted) ** 2).sum(axis=0, dtype=np.float64)
    mean = np.average(y, axis=0, weights=weights)
    spread = (w * (y - mean) ** 2).sum(axis=0, dtype=np.float64)
    constant = spread == 0.0
    scores = 1.0 - error / np.where(constant, 1.0, spread)
    scores[constant] = np.where(error[constant] == 0.0, 1.0, 0.0)
    return float(scores.mean())


def accuracy_of_labels(
    y: Any, predicted: Any, sample_weight: ArrayLike | None, classes: int
) -> float:
    """`sklearn.metrics.accuracy_score`, at once of labels (n,) of one type.

    classes: how many labels `predicted` may hold. Where y may have so many that `accuracy_score`
    would ask whether they are labels, it is asked.
    """
    plain = sample_weight is None and type(y) is type(predicted) is np.ndarray and y.ndim == 1
    if (
        plain
        and y.shape == predicted.shape
        and y.dtype == predicted.dtype
        and y.dtype.kind in "biuU"
    ):
        wrong = int(np.count_nonzero(y != predicted))
        if len(y) >= 2 * (classes + wrong):
            return accuracy(y, predicted, None)
    return float(accuracy_score(y, predicted, sample_weight=sample_weight))


def r2_of_values(y: Any, predicted: Any, sample_weight: ArrayLike | None) -> float:
    """`sklearn.metrics.r2_score`, at once of float64 (n,) that are neither constant nor all right."""
    plain = sample_weight is None and type(y) is type(predicted) is np.ndarray and y.ndim == 1
    if (
        plain
        and y.shape == predicted.shape
        and y.dtype == predicted.dtype == np.float64
        and len(y) > 1
    ):
        with np.errstate(all="ignore"):
            score = r2(y[:, None], predicted[:, None], None)  # as it adds them up, to the last bit
        if math.isfinite(score) and score not in (0.0, 1.0):
            return score
    return float(r2_score(y, predicted, sample_weight=sample_weight))
