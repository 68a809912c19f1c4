"""From the same random_state the weights are scikit-learn's but for rounding."""

import mlps
import numpy as np
import pytest

SOLVERS = {
    "plain": {"solver": "sgd", "momentum": 0.0},
    "momentum": {"solver": "sgd", "nesterovs_momentum": False},
    "nesterov": {"solver": "sgd"},
    "adam": {"solver": "adam", "learning_rate_init": 0.01},
    "invscaling": {"solver": "sgd", "learning_rate": "invscaling", "power_t": 0.3},
    "adaptive": {"solver": "sgd", "learning_rate": "adaptive", "tol": 0.1, "n_iter_no_change": 3},
}


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize(("name", "kind"), mlps.CASES)
def test_fifty_epochs_in_order(name, kind, solver):
    """Batches of 20 from 105 rows: the last one is smaller, and its share of alpha larger."""
    X, y = mlps.problem(kind)
    params = {"tol": 0.0, "learning_rate_init": 0.02, **SOLVERS[solver]}
    mine, theirs = mlps.pair(
        name,
        kind,
        X,
        y,
        **params,
        hidden_layer_sizes=(7, 5),
        activation="tanh",
        alpha=0.3,
        batch_size=20,
        max_iter=50,
        shuffle=False,
        random_state=1,
    )
    assert theirs.n_iter_ > 20
    assert mlps.distance(mine, theirs) < 1e-9
    np.testing.assert_allclose(mine.loss_curve_, theirs.loss_curve_, rtol=1e-10)
    assert (mine.n_iter_, mine.t_, mine.loss_) == (
        theirs.n_iter_,
        theirs.t_,
        pytest.approx(theirs.loss_),
    )
    assert mine.best_loss_ == pytest.approx(theirs.best_loss_)


@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
@pytest.mark.parametrize(("name", "kind"), mlps.CASES)
def test_default_fit(name, kind, activation):
    """Shuffled, until it has converged or 30 epochs are over."""
    X, y = mlps.problem(kind)
    params = {"activation": activation, "max_iter": 30, "random_state": 3, "alpha": 0.01}
    mine, theirs = mlps.pair(name, kind, X, y, **params, batch_size=32, learning_rate_init=0.01)
    assert mlps.distance(mine, theirs) < 1e-9
    predictions = "predict_proba" if name == "MLPClassifier" else "predict"
    np.testing.assert_allclose(
        getattr(mine, predictions)(X), getattr(theirs, predictions)(X), rtol=1e-9, atol=1e-12
    )


@pytest.mark.parametrize("solver", ["sgd", "adam"])
@pytest.mark.parametrize(("name", "kind"), mlps.CASES)
def test_early_stopping(name, kind, solver):
    X, y = mlps.problem(kind, rows=150)
    mine, theirs = mlps.pair(
        name,
        kind,
        X,
        y,
        solver=solver,
        early_stopping=True,
        max_iter=60,
        n_iter_no_change=4,
        learning_rate_init=0.02,
        random_state=2,
    )
    assert mlps.distance(mine, theirs) < 1e-9
    np.testing.assert_allclose(mine.validation_scores_, theirs.validation_scores_, rtol=1e-9)
    assert mine.n_iter_ == theirs.n_iter_
    assert mine.best_validation_score_ == pytest.approx(theirs.best_validation_score_)
    assert mine.best_loss_ is theirs.best_loss_ is None


@pytest.mark.parametrize("solver", ["sgd", "adam", "lbfgs"])
@pytest.mark.parametrize(("name", "kind"), mlps.CASES)
def test_weights_of_rows(name, kind, solver):
    X, y = mlps.problem(kind)
    weight = np.random.default_rng(1).uniform(0.5, 2.0, len(y))
    params = {"alpha": 0.5, "batch_size": 30, "tol": 0.0} if solver != "lbfgs" else {"alpha": 0.5}
    fit = {"sample_weight": weight}
    mine, theirs = mlps.pair(
        name, kind, X, y, fit, solver=solver, max_iter=20, random_state=1, **params
    )
    limit = 1e-9 if solver != "lbfgs" else 1e-3
    if solver != "lbfgs" or kind != "several values":  # see test_lbfgs.py
        assert mlps.distance(mine, theirs) < limit


def test_weights_of_rows_with_early_stopping():
    X, y = mlps.problem("multiclass", rows=150)
    fit = {"sample_weight": np.random.default_rng(1).uniform(0.5, 2.0, len(y))}
    mine, theirs = mlps.pair(
        "MLPClassifier", "multiclass", X, y, fit, early_stopping=True, max_iter=20, random_state=1
    )
    assert mlps.distance(mine, theirs) < 1e-9
    np.testing.assert_allclose(mine.validation_scores_, theirs.validation_scores_)


@pytest.mark.parametrize(("name", "kind"), mlps.CASES)
def test_float32(name, kind):
    X, y = mlps.problem(kind, dtype="float32")
    mine, theirs = mlps.pair(name, kind, X, y, max_iter=20, random_state=1)
    assert {a.dtype for a in [*mine.coefs_, *mine.intercepts_]} == {np.dtype("float32")}
    assert mlps.distance(mine, theirs) < 1e-4
    exact, _ = mlps.problem(kind)
    assert mine.predict(X).dtype == theirs.predict(X).dtype
    in_double = mlps.pair(name, kind, exact, y, max_iter=20, random_state=1)[0]
    assert mlps.distance(mine, in_double) < 1e-4


@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_warm_start_and_partial_fit(solver):
    X, y = mlps.problem("multiclass")
    params = {"solver": solver, "random_state": 1, "max_iter": 3, "learning_rate_init": 0.01}
    mine, theirs = mlps.pair("MLPClassifier", "multiclass", X, y, **params, warm_start=True)
    for estimator in (mine, theirs):
        mlps.fitted(estimator, X, y)
        estimator.partial_fit(X, y)
        estimator.partial_fit(X[:50], y[:50])
    assert mlps.distance(mine, theirs) < 1e-9
    assert (mine.n_iter_, mine.t_) == (theirs.n_iter_, theirs.t_) == (1, 105 * 7 + 50)
    np.testing.assert_allclose(mine.loss_curve_, theirs.loss_curve_)


def test_a_shared_random_state_goes_on():
    """Two fits draw from one RandomState one after the other, in the end as much as scikit-learn."""
    X, y = mlps.problem("multiclass")
    states = np.random.RandomState(5), np.random.RandomState(5)
    both = mlps.classes("MLPClassifier", kind="multiclass", early_stopping=True)
    for cls, state in zip(both, states, strict=True):
        for _ in range(2):
            mlps.fitted(cls(random_state=state, max_iter=4, early_stopping=True), X, y)
    assert states[0].randint(2**31) == states[1].randint(2**31)
