"""What scikit-learn's documentation promises of its multilayer perceptrons."""

import mlps
import numpy as np
import pytest
from sklearn.datasets import load_digits, make_regression
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.preprocessing import StandardScaler

from filbert.sklearn import MLPClassifier, MLPRegressor

DIGITS = load_digits()
X_DIGITS = DIGITS.data[:300] / 16.0
Y_DIGITS = DIGITS.target[:300]


def test_a_larger_alpha_means_smaller_weights():
    X, y = mlps.problem("binary")
    norms = []
    for alpha in (0.1, 1.0, 10.0, 100.0):
        mlp = mlps.fitted(MLPClassifier(10, alpha=alpha, random_state=1, max_iter=300), X, y)
        norms.append(sum(np.abs(w).sum() for w in mlp.coefs_))
    assert norms == sorted(norms, reverse=True)


def test_alpha_spares_biases():
    X = np.zeros((40, 3))
    y = np.full(40, 5.0)
    mlp = mlps.fitted(
        MLPRegressor(hidden_layer_sizes=(), alpha=1e6, solver="lbfgs", max_iter=500), X, y
    )
    assert np.abs(mlp.coefs_[0]).max() < 1e-3
    assert mlp.intercepts_[0] == pytest.approx(5.0, abs=1e-3)


@pytest.mark.parametrize("solver", ["sgd", "adam", "lbfgs"])
@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
def test_digits_are_learned(activation, solver):
    params = {"learning_rate_init": 0.1} if solver == "sgd" else {"learning_rate_init": 0.01}
    mlp = MLPClassifier(
        50, activation, solver=solver, max_iter=150, shuffle=True, random_state=1, **params
    )
    assert mlps.fitted(mlp, X_DIGITS, Y_DIGITS).score(X_DIGITS, Y_DIGITS) > 0.95
    assert mlp.out_activation_ == "softmax"
    assert (mlp.n_layers_, mlp.n_outputs_, mlp.n_features_in_) == (3, 10, 64)


def test_regression_is_learned():
    X, y = make_regression(200, n_features=10, noise=0.1, random_state=7)
    X, y = StandardScaler().fit_transform(X), y / 100.0
    for solver in ("sgd", "adam", "lbfgs"):
        mlp = MLPRegressor(
            hidden_layer_sizes=50,
            solver=solver,
            max_iter=200,
            random_state=1,
            learning_rate_init=0.01,
        )
        assert mlps.fitted(mlp, X, y).score(X, y) > 0.95, solver
        assert mlp.predict(X).shape == (200,)


def test_probabilities():
    X, y = mlps.problem("multiclass")
    mlp = mlps.fitted(MLPClassifier(5, random_state=1, max_iter=20), X, y)
    p = mlp.predict_proba(X)
    np.testing.assert_allclose(p.sum(axis=1), 1.0)
    np.testing.assert_array_equal(mlp.classes_[p.argmax(axis=1)], mlp.predict(X))
    np.testing.assert_array_equal(mlp.predict_log_proba(X), np.log(p))
    X, y = mlps.problem("binary")
    mlp = mlps.fitted(MLPClassifier(5, random_state=1, max_iter=20), X, y)
    p = mlp.predict_proba(X)
    assert p.shape == (105, 2)
    assert mlp.out_activation_ == "logistic"
    np.testing.assert_array_equal(mlp.predict(X), p[:, 1] > 0.5)


def test_several_labels():
    X, y = mlps.problem("multilabel", rows=200)
    mlp = MLPClassifier(50, solver="lbfgs", random_state=0, max_iter=150, alpha=1e-5)
    mlps.fitted(mlp, X, y)
    assert mlp.score(X, y) > 0.95
    assert mlp.predict(X).shape == mlp.predict_proba(X).shape == (200, 3)
    assert mlp.out_activation_ == "logistic"
    np.testing.assert_array_equal(mlp.classes_, [0, 1, 2])


def test_one_label_is_always_predicted():
    X, _ = mlps.problem("binary")
    for label in ("only", 7):
        mlp = mlps.fitted(MLPClassifier(3, max_iter=3), X, np.full(105, label))
        np.testing.assert_array_equal(mlp.predict(X), np.full(105, label))


def test_training_stops_when_it_brings_no_more(capsys):
    X, y = mlps.problem("binary")
    mlp = MLPClassifier(5, max_iter=3000, tol=0.5, n_iter_no_change=4, verbose=True, random_state=0)
    mlp.fit(X, y)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"Iteration 1, loss = {mlp.loss_curve_[0]:.8f}"
    assert lines[-1] == (
        "Training loss did not improve more than tol=0.500000 for 4 consecutive epochs. Stopping."
    )
    assert len(lines) == mlp.n_iter_ + 1 == 7  # the first epoch is better than none
    assert mlp.best_loss_ == min(mlp.loss_curve_)


def test_never_stops_with_an_infinite_patience():
    X, y = mlps.problem("binary")
    mlp = MLPClassifier(3, max_iter=40, tol=10.0, n_iter_no_change=np.inf)
    with pytest.warns(ConvergenceWarning, match=r"Maximum iterations \(40\) reached"):
        assert mlp.fit(X, y).n_iter_ == 40


def test_an_adaptive_rate_is_divided_until_it_is_too_small(capsys):
    X, y = mlps.problem("binary")
    mlp = MLPClassifier(
        3,
        solver="sgd",
        learning_rate="adaptive",
        learning_rate_init=1e-4,
        tol=10.0,
        n_iter_no_change=1,
        max_iter=100,
        verbose=True,
        random_state=0,
    ).fit(X, y)
    text = capsys.readouterr().out
    assert "Setting learning rate to 0.000020" in text
    assert text.endswith("Learning rate too small. Stopping.\n")
    assert mlp._optimizer.learning_rate <= 1e-6


def test_early_stopping_puts_the_best_weights_back(capsys):
    X, y = mlps.problem("multiclass", rows=200)
    mlp = MLPClassifier(
        20, max_iter=300, early_stopping=True, verbose=True, random_state=1, learning_rate_init=0.05
    ).fit(X, y)
    assert mlp.n_iter_ < 300
    assert mlp.best_validation_score_ == max(mlp.validation_scores_)
    assert len(mlp.validation_scores_) == len(mlp.validation_loss_curve_) == mlp.n_iter_
    text = capsys.readouterr().out
    assert "Validation score: " in text
    assert "Validation score did not improve more than tol=0.000100 for 10 consec" in text
    _, theirs = mlps.pair(
        "MLPClassifier",
        "multiclass",
        X,
        y,
        hidden_layer_sizes=20,
        max_iter=300,
        early_stopping=True,
        random_state=1,
        learning_rate_init=0.05,
    )
    assert mlps.distance(mlp, theirs) < 1e-6


def test_a_validation_set_of_one_row_is_too_small():
    X, y = mlps.problem("one value")
    with pytest.raises(ValueError, match="The validation set is too small"):
        MLPRegressor(early_stopping=True, validation_fraction=0.001).fit(X[:20], y[:20])


def test_large_batches_are_clipped():
    X, y = mlps.problem("binary")
    with (
        pytest.warns(ConvergenceWarning),
        pytest.warns(UserWarning, match="Got `batch_size` less than 1 or larger than sample size"),
    ):
        MLPClassifier(3, batch_size=1000, max_iter=2).fit(X, y)


def test_a_fit_that_diverges():
    X, y = mlps.problem("one value")
    mlp = MLPRegressor(solver="sgd", learning_rate_init=1e10, random_state=0)
    with pytest.raises(ValueError, match="Solver produced non-finite parameter weights"):
        mlp.fit(X * 1e10, y)


def test_before_a_fit():
    X, _ = mlps.problem("binary")
    for mlp in (MLPClassifier(), MLPRegressor()):
        assert not hasattr(mlp, "coefs_")
        assert not hasattr(mlp, "intercepts_")
        with pytest.raises(NotFittedError):
            mlp.predict(X)
    with pytest.raises(NotFittedError):
        MLPClassifier().predict_proba(X)


def test_ctrl_c_ends_the_fit_with_a_warning():
    X, y = mlps.problem("binary")

    def interrupt(state):
        if state.epoch == 3:
            raise KeyboardInterrupt

    with pytest.warns(UserWarning, match="Training interrupted by user"):
        mlp = MLPClassifier(3, callbacks=[interrupt]).fit(X, y)
    assert mlp.n_iter_ == 3
    assert mlp.predict(X).shape == (105,)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"hidden_layer_sizes": -1}, "The 'hidden_layer_sizes' parameter of MLPClassifier must be"),
        ({"hidden_layer_sizes": (4, -1)}, r"hidden_layer_sizes must be > 0, got \[4, -1\]"),
        ({"activation": "ghost"}, "The 'activation' parameter of MLPClassifier must be"),
        ({"solver": "ghost"}, "The 'solver' parameter of MLPClassifier must be a str among {'"),
        ({"alpha": -1}, r"'alpha' parameter .* a float in the range \[0.0, inf\). Got -1 instead"),
        ({"batch_size": 0}, "'batch_size' parameter"),
        ({"learning_rate": "ghost"}, "'learning_rate' parameter"),
        ({"learning_rate_init": 0}, "'learning_rate_init' parameter"),
        ({"max_iter": 0}, "'max_iter' parameter"),
        ({"shuffle": "true"}, "'shuffle' parameter"),
        ({"momentum": 2}, "'momentum' parameter"),
        ({"beta_1": 1}, "'beta_1' parameter"),
        ({"epsilon": 0}, "'epsilon' parameter"),
        ({"n_iter_no_change": -1}, "'n_iter_no_change' parameter"),
        ({"validation_fraction": 1}, "'validation_fraction' parameter"),
        ({"max_fun": 0}, "'max_fun' parameter"),
        ({"n_threads": 0}, "'n_threads' parameter"),
        ({"dropout": 1.0}, "'dropout' parameter"),
        ({"optimizer": "adam"}, "'optimizer' parameter"),
        ({"loss": "ghost"}, "'loss' parameter"),
        ({"class_weight": "ghost"}, "'class_weight' parameter"),
    ],
)
def test_bad_parameters(params, message):
    X, y = mlps.problem("binary")
    with pytest.raises(ValueError, match=message):
        MLPClassifier(**params).fit(X, y)


def test_parameters_are_scikit_learns_and_more():
    for name, cls in mlps.OWN.items():
        theirs = getattr(mlps.neural_network, name)().get_params()
        mine = cls().get_params()
        assert list(mine.items() & theirs.items()) is not None
        assert {name: mine[name] for name in theirs} == theirs


def test_a_momentum_of_one_is_allowed():
    X, y = mlps.problem("binary")
    mine, theirs = mlps.pair(
        "MLPClassifier",
        "binary",
        X,
        y,
        solver="sgd",
        momentum=1.0,
        max_iter=20,
        random_state=0,
        tol=0,
    )
    assert mlps.distance(mine, theirs) < 1e-9
