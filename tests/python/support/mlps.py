"""Small problems for the estimators of filbert.sklearn, and pairs with scikit-learn's own."""

import warnings

import numpy as np
from sklearn import neural_network
from sklearn.exceptions import ConvergenceWarning

from filbert import sklearn as own

OWN = {"MLPClassifier": own.MLPClassifier, "MLPRegressor": own.MLPRegressor}


def problem(kind, rows=105, features=6, dtype="float64", seed=0):
    """X and y for a kind of target: "binary", "multiclass", "multilabel", "one value", ..."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, features)).astype(dtype)
    z = np.tanh(X @ rng.normal(size=(features, 3))) + 0.1 * rng.normal(size=(rows, 3))
    y = {
        "binary": z[:, 0] > 0,
        "multiclass": np.array(["a", "b", "c"])[z.argmax(axis=1)],
        "multilabel": (z > 0).astype(int),
        "one value": z[:, 0],
        "several values": z,
        "counts": rng.poisson(np.exp(z[:, 0])).astype(float),
    }[kind]
    return X, y.astype(dtype) if y.dtype.kind == "f" else y


KINDS = {
    "MLPClassifier": ("binary", "multiclass", "multilabel"),
    "MLPRegressor": ("one value", "several values", "counts"),
}
CASES = [(name, kind) for name, kinds in KINDS.items() for kind in kinds]


def fitted(estimator, X, y, **more):
    """The estimator after a fit that need not converge."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return estimator.fit(X, y, **more)


def pair(name, kind, X, y, fit=None, **params):
    """Ours and scikit-learn's estimator with the same parameters, both fitted to the same data."""
    if kind == "counts":
        params["loss"] = "poisson"
    classes = OWN[name], getattr(neural_network, name)
    return [fitted(cls(**params), X, y, **(fit or {})) for cls in classes]


def distance(mine, theirs):
    """The largest difference of a parameter, over the largest parameter."""
    flat = [
        np.concatenate([a.ravel() for a in [*e.coefs_, *e.intercepts_]]) for e in (mine, theirs)
    ]
    return np.abs(flat[0] - flat[1]).max() / np.abs(flat[1]).max()
