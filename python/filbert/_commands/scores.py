"""How good predictions are: accuracy for classes, r2 for values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from filbert.network import Network


def score_name(net: Network) -> str:
    """What the score of a network is called."""
    return "accuracy" if net.layers[-1].activation == "softmax" else "r2"


def score(net: Network, X: NDArray[Any], y: NDArray[Any]) -> float:
    """The accuracy, y being indices of classes; or r2, y being values. NaN if it has no meaning."""
    outputs = net.predict(X)
    if score_name(net) == "accuracy":
        return float(np.mean(np.argmax(outputs, axis=1) == y))
    return r2(outputs[:, 0].astype(np.float64), y)


def guess_score(train: NDArray[Any], y: NDArray[Any], classifies: bool) -> float:
    """The score of the guess that is best for the rows of training: a class, or the mean."""
    if classifies:
        return float(np.mean(y == np.argmax(np.bincount(train))))
    return r2(np.full(len(y), train.mean()), y)


def r2(predicted: NDArray[np.float64], y: NDArray[Any]) -> float:
    """1 - sum (predicted - y)^2 / sum (y - mean y)^2."""
    total = float(np.sum((y - y.mean()) ** 2))
    return 1.0 - float(np.sum((predicted - y) ** 2)) / total if total > 0 else float("nan")
