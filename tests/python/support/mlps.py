"""Small problems for the estimators of filbert.sklearn, and pairs with scikit-learn's own."""

import warnings

import numpy as np
import pytest
import sklearn
from sklearn import neural_network
from sklearn.exceptions import ConvergenceWarning

from filbert import sklearn as own

OLD = tuple(map(int, sklearn.__version__.split(".")[:2])) < (1, 7)
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


def classes(name, *, kind=None, weights=False, early_stopping=False):
    """Our class and scikit-learn's. Skips the test of what scikit-learn 1.6 has not, or fails at."""
    if OLD and kind == "counts":
        pytest.skip("the multilayer perceptrons of scikit-learn 1.6 have one loss")
    if OLD and weights:
        pytest.skip("the multilayer perceptrons of scikit-learn 1.6 take no weights of rows")
    if OLD and early_stopping and kind == "multiclass":
        pytest.skip("those of scikit-learn 1.6 cannot stop early where classes are strings")
    return OWN[name], getattr(neural_network, name)


def pair(name, kind, X, y, fit=None, **params):
    """Ours and scikit-learn's estimator with the same parameters, both fitted to the same data."""
    if kind == "counts":
        params["loss"] = "poisson"
    stops = params.get("early_stopping", False)
    both = classes(name, kind=kind, weights="sample_weight" in (fit or {}), early_stopping=stops)
    return [fitted(cls(**params), X, y, **(fit or {})) for cls in both]


def distance(mine, theirs):
    """The largest difference of a parameter, over the largest parameter."""
    flat = [
        np.concatenate([a.ravel() for a in [*e.coefs_, *e.intercepts_]]) for e in (mine, theirs)
    ]
    return np.abs(flat[0] - flat[1]).max() / np.abs(flat[1]).max()
