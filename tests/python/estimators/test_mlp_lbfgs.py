"""solver="lbfgs" ends with the loss that SciPy's L-BFGS-B ends with in scikit-learn."""

import mlps
import numpy as np
import pytest
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning

# With less alpha the minimum of "one value" lies in so flat a valley that it depends on the BLAS where SciPy's ends.
PROBLEMS = [
    ("MLPClassifier", "binary", {"alpha": 1.0}),
    ("MLPClassifier", "binary", {"alpha": 0.3, "activation": "logistic"}),
    ("MLPClassifier", "multiclass", {"alpha": 1.0}),
    ("MLPClassifier", "multiclass", {"alpha": 2.0, "hidden_layer_sizes": (5, 4)}),
    ("MLPClassifier", "multilabel", {"alpha": 1.0}),
    ("MLPRegressor", "one value", {"alpha": 2.0}),
    ("MLPRegressor", "one value", {"alpha": 0.5, "hidden_layer_sizes": (4, 3)}),
    ("MLPRegressor", "one value", {"alpha": 0.0, "hidden_layer_sizes": ()}),
    ("MLPRegressor", "counts", {"alpha": 1.0}),
    ("MLPRegressor", "counts", {"alpha": 2.0, "activation": "logistic"}),
]


@pytest.mark.parametrize(("name", "kind", "params"), PROBLEMS)
def test_final_loss(name, kind, params):
    X, y = mlps.problem(kind)
    params = {"hidden_layer_sizes": (6,), "activation": "tanh", **params}
    mine, theirs = mlps.pair(
        name, kind, X, y, solver="lbfgs", tol=1e-6, max_iter=3000, random_state=1, **params
    )
    assert mine.loss_ == pytest.approx(theirs.loss_, rel=1e-6)
    assert 0 < mine.n_iter_ < 3000


def test_several_values():
    """There scikit-learn's loss is the mean over the outputs, but its gradient that of the sum. Ours
    is the sum in both, and ends no higher."""
    X, y = mlps.problem("several values")
    params = {"solver": "lbfgs", "alpha": 0.1, "hidden_layer_sizes": (), "random_state": 1}
    mine, theirs = mlps.pair("MLPRegressor", "several values", X, y, **params)

    def total(estimator):
        half = 0.5 * ((estimator.predict(X) - y) ** 2).sum(axis=1).mean()
        return half + 0.05 * sum((w**2).sum() for w in estimator.coefs_) / len(X)

    assert total(mine) <= total(theirs) * (1 + 1e-6)


def test_limits_are_warned_of():
    X, y = mlps.problem("binary")
    cls = mlps.OWN["MLPClassifier"]
    with pytest.warns(ConvergenceWarning, match=r"lbfgs failed to converge after 3 iteration\(s\)"):
        assert cls(solver="lbfgs", max_iter=3).fit(X, y).n_iter_ == 3
    with pytest.warns(ConvergenceWarning, match=r"max_iter=3"):
        cls(solver="lbfgs", max_iter=3).fit(X, y)
    with pytest.warns(ConvergenceWarning, match=r"F,G EVALUATIONS EXCEEDS LIMIT"):
        few = cls(solver="lbfgs", max_fun=5, alpha=1.0, random_state=0).fit(X, y)
    theirs = mlps.neural_network.MLPClassifier(solver="lbfgs", max_fun=5, alpha=1.0, random_state=0)
    assert few.n_iter_ == mlps.fitted(theirs, X, y).n_iter_


def test_warm_start_goes_on():
    X, y = mlps.problem("binary")
    params = {"solver": "lbfgs", "hidden_layer_sizes": (), "random_state": 0, "alpha": 1.0}
    once = mlps.OWN["MLPClassifier"](**params).fit(X, y)
    again = mlps.OWN["MLPClassifier"](max_iter=2, warm_start=True, **params)
    losses = [mlps.fitted(again, X, y).loss_ for _ in range(20)]
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] == pytest.approx(once.loss_, rel=1e-4)


def test_sparse_is_dense():
    X, y = mlps.problem("binary")
    X[np.abs(X) < 0.5] = 0.0
    params = {"solver": "lbfgs", "random_state": 0, "alpha": 1.0, "max_iter": 20}
    dense, thin = (
        mlps.fitted(mlps.OWN["MLPClassifier"](**params), each, y)
        for each in (X, sparse.csr_matrix(X))
    )
    assert mlps.distance(dense, thin) == 0.0
