"""partial_fit in all its forms."""

import mlps
import numpy as np
import pytest

from filbert.sklearn import MLPClassifier, MLPRegressor


@pytest.mark.parametrize("solver", ["sgd", "adam"])
@pytest.mark.parametrize(("name", "kind"), mlps.CASES)
def test_calls_are_scikit_learns(name, kind, solver):
    X, y = mlps.problem(kind)
    params = {"solver": solver, "random_state": 1, "batch_size": 30, "alpha": 0.1}
    if kind == "counts":
        params["loss"] = "poisson"
    pair = [cls(**params) for cls in mlps.classes(name, kind=kind)]
    first = {"classes": np.unique(y)} if name == "MLPClassifier" else {}
    if kind == "multilabel":
        first = {"classes": np.arange(3)}
    for estimator in pair:
        estimator.partial_fit(X[:70], y[:70], **first)
        for rows in (slice(0, 70), slice(70, 105), slice(3, 4)):
            with np.errstate(all="ignore"):
                estimator.set_params(batch_size="auto").partial_fit(X[rows], y[rows])
    mine, theirs = pair
    assert mlps.distance(mine, theirs) < 1e-9
    assert (mine.t_, mine.n_iter_) == (theirs.t_, 1) == (70 + 70 + 35 + 1, 1)
    np.testing.assert_allclose(mine.loss_curve_, theirs.loss_curve_)


def test_n_calls_are_a_fit_without_shuffling():
    X, y = mlps.problem("multiclass")
    params = {"random_state": 1, "shuffle": False, "tol": 0.0, "batch_size": 20}
    once = mlps.fitted(MLPClassifier(max_iter=10, **params), X, y)
    many = MLPClassifier(**params)
    for _ in range(10):
        many.partial_fit(X, y, classes=["a", "b", "c"])
    assert mlps.distance(many, once) == 0.0
    assert many.loss_curve_ == once.loss_curve_


def test_labels_that_come_later():
    X, y = mlps.problem("multiclass")
    mlp = MLPClassifier(random_state=1).partial_fit(
        X[y == "a"], y[y == "a"], classes=["c", "a", "b"]
    )
    np.testing.assert_array_equal(mlp.classes_, ["a", "b", "c"])
    for _ in range(200):
        mlp.partial_fit(X, y)
    assert mlp.score(X, y) > 0.8
    with pytest.raises(ValueError, match=r"`y` has classes not in `self\.classes_`"):
        mlp.partial_fit(X, np.where(y == "a", "z", y))
    with pytest.raises(ValueError, match="is not the same as on last call"):
        mlp.partial_fit(X, y, classes=["a", "b"])


def test_the_first_call_needs_classes():
    X, y = mlps.problem("binary")
    with pytest.raises(ValueError, match="classes must be passed on the first call"):
        MLPClassifier().partial_fit(X, y)


def test_lbfgs_has_none():
    for cls in (MLPClassifier, MLPRegressor):
        assert not hasattr(cls(solver="lbfgs"), "partial_fit")
        assert hasattr(cls(), "partial_fit")


def test_early_stopping_has_none():
    X, y = mlps.problem("binary")
    with pytest.raises(ValueError, match="partial_fit does not support early_stopping=True"):
        MLPClassifier(early_stopping=True).partial_fit(X, y, classes=[False, True])


def test_after_fit_it_goes_on_with_its_optimizer():
    X, y = mlps.problem("one value")
    mine, theirs = mlps.pair("MLPRegressor", "one value", X, y, max_iter=5, random_state=0)
    for estimator in (mine, theirs):
        estimator.partial_fit(X, y)
    assert mine._optimizer.steps == 6
    assert mlps.distance(mine, theirs) < 1e-9


def test_warm_start_wants_the_same_classes():
    X, y = mlps.problem("multiclass")
    mlp = mlps.fitted(MLPClassifier(3, max_iter=2, warm_start=True), X, y)
    with pytest.raises(ValueError, match="warm_start can only be used where `y` has the same"):
        mlp.fit(X[y != "a"], y[y != "a"])
    with pytest.raises(ValueError, match="hidden_layer_sizes: expected those of the network"):
        mlp.set_params(hidden_layer_sizes=4).fit(X, y)


def test_a_pickle_goes_on():
    import pickle

    X, y = mlps.problem("binary")
    mlp = MLPClassifier(random_state=1)
    mlp.partial_fit(X, y, classes=[False, True])
    other = pickle.loads(pickle.dumps(mlp))
    for each in (mlp, other):
        each.partial_fit(X, y).partial_fit(X, y)
    assert mlps.distance(mlp, other) == 0.0
