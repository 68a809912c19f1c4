"""Estimators in files, in pickles, and over to scikit-learn and back."""

import copy
import pickle
import subprocess
import sys

import mlps
import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

import filbert as fb
from filbert.sklearn import MLPClassifier, MLPRegressor


def outputs(estimator, X):
    return getattr(estimator, "predict_proba", estimator.predict)(X)


@pytest.mark.parametrize(("name", "kind"), mlps.CASES)
def test_there_and_back(name, kind):
    X, y = mlps.problem(kind)
    mine, theirs = mlps.pair(name, kind, X, y, max_iter=12, random_state=0, activation="tanh")
    moved = mine.to_sklearn()
    assert type(moved) is type(theirs)
    assert moved.get_params() == theirs.get_params()
    np.testing.assert_allclose(outputs(moved, X), outputs(mine, X), rtol=1e-10, atol=1e-14)
    np.testing.assert_array_equal(
        np.asarray(moved.predict(X)).shape, np.asarray(mine.predict(X)).shape
    )
    assert moved.score(X, y) == pytest.approx(mine.score(X, y))
    back = mlps.OWN[name].from_sklearn(moved)
    np.testing.assert_array_equal(outputs(back, X), outputs(mine, X))
    assert (back.t_, back.n_iter_, back.loss_curve_) == (mine.t_, mine.n_iter_, mine.loss_curve_)
    taken = mlps.OWN[name].from_sklearn(theirs)
    for each in (moved, taken, back):
        each.partial_fit(X, y)
    assert mlps.distance(taken, moved) < 1e-9


def test_unfitted_estimators_move_too():
    theirs = MLPClassifier(7, alpha=0.5).to_sklearn()
    assert (theirs.hidden_layer_sizes, theirs.alpha) == (7, 0.5)
    assert not hasattr(theirs, "coefs_")
    assert (
        MLPClassifier.from_sklearn(theirs).get_params() == MLPClassifier(7, alpha=0.5).get_params()
    )
    with pytest.raises(TypeError, match="mlp: expected a MLPRegressor"):
        MLPRegressor.from_sklearn(theirs)
    for activation in ("gelu", ["relu", "tanh"]):
        with pytest.raises(ValueError, match="activation: expected one of identity, logistic"):
            MLPClassifier((3, 3), activation).to_sklearn()


@pytest.mark.parametrize(("name", "kind"), mlps.CASES)
def test_files(name, kind, tmp_path):
    X, y = mlps.problem(kind)
    loss = {"loss": "poisson"} if kind == "counts" else {}
    mlp = mlps.OWN[name](
        hidden_layer_sizes=(6, 5), activation=["gelu", "tanh"], max_iter=5, random_state=0, **loss
    )
    with pytest.raises(NotFittedError):
        mlp.save(tmp_path / "file")
    if kind == "binary":
        y = np.where(y, "yes", "no")
    mlps.fitted(mlp, X, y).save(tmp_path / "file")
    again = mlps.OWN[name].load(tmp_path / "file", alpha=0.5)
    assert (again.hidden_layer_sizes, again.activation) == ((6, 5), ["gelu", "tanh"])
    assert again.alpha == 0.5
    np.testing.assert_array_equal(outputs(again, X), outputs(mlp, X))
    np.testing.assert_array_equal(again.predict(X), mlp.predict(X))
    again.partial_fit(X, y)
    assert isinstance(fb.load(tmp_path / "file"), fb.Network)


def test_files_hold_no_booleans(tmp_path):
    X, y = mlps.problem("binary")
    mlp = mlps.fitted(MLPClassifier(3, max_iter=2), X, y)
    with pytest.raises(ValueError, match="classes_: expected at least two labels"):
        mlp.save(tmp_path / "file")
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(mlp)).predict(X), mlp.predict(X))


def test_networks_of_another_kind(tmp_path):
    for network, cls in [
        (fb.Network([3, 2], output="softmax"), MLPClassifier),
        (fb.Network([3, 2], output="tanh"), MLPClassifier),
        (fb.Network([3, 2], output="softmax"), MLPRegressor),
    ]:
        with pytest.raises(ValueError, match="network: expected"):
            cls.from_network(network)


def test_copies_are_their_own():
    X, y = mlps.problem("multiclass")
    mlp = mlps.fitted(MLPClassifier(3, max_iter=3), X, y)
    other = copy.deepcopy(mlp)
    other.coefs_[0][:] = 0.0
    assert np.any(mlp.coefs_[0] != 0.0)


def test_scikit_learn_is_asked_for_only_here():
    code = "import sys, filbert; print([m for m in sys.modules if m.split('.')[0] == 'sklearn'])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"
    code = "import sys; sys.modules['sklearn'] = None\nimport filbert.sklearn"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "filbert.sklearn: expected scikit-learn 1.6 or later" in run.stderr
    assert "pip install 'filbert[sklearn]'" in run.stderr
