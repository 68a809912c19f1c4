"""scikit-learn's scores without its checks of the arguments: of validation data, once an epoch, and of
plain arrays that would pass them, which take longer than the prediction of a small table."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


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


def plain_accuracy(y: Any, predicted: Any, classes: int) -> float | None:
    """`sklearn.metrics.accuracy_score` of labels (n,) of one type; None where it has more to look at.

    classes: how many labels `predicted` may hold. Where y may have so many that `accuracy_score`
    would ask whether they are labels, it is asked.
    """
    if type(y) is not np.ndarray or type(predicted) is not np.ndarray or y.ndim != 1:
        return None
    if y.shape != predicted.shape or y.dtype != predicted.dtype or y.dtype.kind not in "biuU":
        return None
    right = y == predicted
    others = len(y) - int(np.count_nonzero(right))
    if len(y) < 2 * (classes + others):
        return None
    return float(np.average(right))


def plain_r2(y: Any, predicted: Any) -> float | None:
    """`sklearn.metrics.r2_score` of finite float64 (n,); None where it has more to look at."""
    for array in (y, predicted):
        if type(array) is not np.ndarray or array.ndim != 1 or array.dtype != np.float64:
            return None
    if y.shape != predicted.shape or len(y) < 2:
        return None
    y, predicted = y[:, None], predicted[:, None]  # as it adds them up, to the last bit
    with np.errstate(all="ignore"):
        error = ((y - predicted) ** 2).sum(axis=0)
        spread = ((y - np.average(y, axis=0)) ** 2).sum(axis=0)
    if not (0.0 < error[0] < np.inf and 0.0 < spread[0] < np.inf):
        return None
    return float(1.0 - error[0] / spread[0])
