"""Multilayer perceptrons of scikit-learn as networks. This never imports scikit-learn."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from filbert._edge import checks
from filbert._edge.labels import require_text
from filbert.interop.state_dict import Named, Pair, load_pairs
from filbert.network import Network

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ACTIVATIONS = {
    "identity": "identity",
    "logistic": "sigmoid",
    "tanh": "tanh",
    "relu": "relu",
    "softmax": "softmax",
}
# The functions that scikit-learn's predictions go through.
_PREDICTING = ("predict", "predict_proba", "_predict", "_forward_pass_fast", "_forward_pass")


def from_sklearn(mlp: Any) -> Network:
    """A network with the parameters and the predictions of a fitted MLP of scikit-learn.

    Parameters
    ----------
    mlp : sklearn.neural_network.MLPClassifier or MLPRegressor
        The fitted estimator.

    Returns
    -------
    Network
        Of the dtype of `mlp.coefs_`. `predict` returns what `predict_proba` of a classifier does,
        for two classes the second column of it, and `predict` of a regressor, as (n, n_out). That of
        a regressor with loss="poisson" has an exponential output, and is trained on with that loss.
        `predict_classes` returns the labels of `predict`; they are the network's `classes`, integers
        as int64, unless they are 0, 1, ..., k - 1. Where an example has several labels at once,
        `predict` is `net.predict(X) > 0.5`.

    Raises
    ------
    TypeError
        If it is no MLPClassifier or MLPRegressor of scikit-learn.
    ValueError
        If it is not fitted, has an activation that filbert does not, tells one class apart from
        none, has labels beyond int64, or is of a subclass that predicts in a way of its own.
    """
    sklearn = sys.modules.get(
        "sklearn.neural_network"
    )  # it has been imported, or there would be no estimator
    if sklearn is None or not isinstance(mlp, (sklearn.MLPClassifier, sklearn.MLPRegressor)):
        raise TypeError(
            "mlp: expected an MLPClassifier or MLPRegressor of sklearn.neural_network, got "
            f"{checks.shown(mlp)}"
        )
    if not hasattr(mlp, "coefs_"):
        raise ValueError(f"mlp: expected a fitted {type(mlp).__name__}, got one before its fit")
    classifies = isinstance(mlp, sklearn.MLPClassifier)
    _require_own_predictions(sklearn.MLPClassifier if classifies else sklearn.MLPRegressor, mlp)
    weights, biases = mlp.coefs_, mlp.intercepts_
    network = Network(
        [len(weights[0]), *map(len, biases)],
        activation=_activation("activation", mlp.activation),
        output=_output(mlp, classifies),
        dtype=weights[0].dtype,
        rng=0,
        classes=_labels(mlp),
    )
    pairs = [
        Pair(Named(f"mlp.coefs_[{i}]", w.T), Named(f"mlp.intercepts_[{i}]", b))
        for i, (w, b) in enumerate(zip(weights, biases, strict=True))
    ]
    load_pairs(network._core, pairs)
    if (names := getattr(mlp, "feature_names_in_", None)) is not None:
        names = [str(name) for name in names]
        require_text("mlp.feature_names_in_", names)
        network._core.feature_names = names
    return network


def _require_own_predictions(base: type, mlp: Any) -> None:
    """ValueError if a subclass, or the object itself, changes what scikit-learn predicts."""
    got = type(mlp).__name__
    for method in _PREDICTING:
        if method in vars(mlp):
            raise ValueError(
                f"mlp: expected an MLP with the {method}() of its class, got {got} with one of its "
                "own"
            )
        if getattr(type(mlp), method, None) is not getattr(base, method, None):
            raise ValueError(
                f"mlp: expected an MLP with scikit-learn's {method}(), got {got}, which overrides it"
            )


def _output(mlp: Any, classifies: bool) -> str:
    if mlp.out_activation_ == "exp" and not classifies:  # that of a regressor with loss="poisson"
        return "exponential"
    return _activation("out_activation_", mlp.out_activation_)


def _activation(attribute: str, name: object) -> str:
    return _ACTIVATIONS[checks.choice(f"mlp.{attribute}", name, list(_ACTIVATIONS))]


def _labels(mlp: Any) -> NDArray[Any] | None:
    """The labels of a classifier, or None if they are 0, 1, ..., k - 1."""
    if (known := getattr(mlp, "classes_", None)) is None:
        return None
    if len(known) < 2:
        raise ValueError("mlp: expected a classifier of at least two classes, got one of one class")
    labels = np.asarray(known)
    if all(isinstance(label, str) for label in labels):
        return labels.astype(str)
    for label in (labels[0], labels[-1]):  # whole numbers of any dtype, in increasing order
        if not -(2**63) <= int(label) < 2**63:
            raise ValueError(f"mlp.classes_: expected integers that fit in int64, got {label}")
    if np.array_equal(labels, np.arange(len(labels))):
        return None
    return labels.astype(np.int64)
