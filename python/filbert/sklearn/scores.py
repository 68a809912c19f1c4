"""Scores of validation data, once an epoch: scikit-learn's, without its checks of the arguments."""

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
