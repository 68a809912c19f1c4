"""Multilayer perceptrons of scikit-learn become networks with the same predictions."""

import functools
import inspect
import pickle
import warnings

import numpy as np
import pytest
from sklearn.datasets import make_multilabel_classification
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import filbert as fb

ACTIVATIONS = {"identity": "identity", "logistic": "sigmoid", "tanh": "tanh", "relu": "relu"}
TOLERANCE = {"float64": 1e-12, "float32": 2e-6}
rng = np.random.default_rng(0)
X64 = rng.normal(size=(90, 4))
INDEX = np.digitize(X64[:, 0] + X64[:, 1] ** 2, [0.3, 1.2])  # 0, 1, 2


@pytest.fixture(params=TOLERANCE)
def dtype(request):
    return request.param


def classifier(X, y, **options):
    options = {"hidden_layer_sizes": (7, 5), "learning_rate_init": 0.02, "max_iter": 30, **options}
    return fitted(MLPClassifier(random_state=0, **options), X, y)


def fitted(mlp, X, y):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it has not converged
        return mlp.fit(X, y)


def require_close(got, expected, dtype):
    assert got.dtype == dtype
    np.testing.assert_allclose(got, expected, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_many_classes(activation, dtype):
    X = X64.astype(dtype)
    mlp = classifier(X, INDEX, activation=activation)
    net = fb.from_sklearn(mlp)
    assert net.sizes == [4, 7, 5, 3]
    assert [layer.activation for layer in net.layers] == [ACTIVATIONS[activation]] * 2 + ["softmax"]
    assert net.classes is None
    require_close(net.predict(X), mlp.predict_proba(X), dtype)
    np.testing.assert_array_equal(net.predict_classes(X), mlp.predict(X))
    assert net.evaluate(X, INDEX)["accuracy"] == pytest.approx(mlp.score(X, INDEX))


@pytest.mark.parametrize("outputs", [1, 2])
def test_counts(outputs, dtype):
    if "loss" not in inspect.signature(MLPRegressor).parameters:
        pytest.skip("this scikit-learn has no losses to choose from")
    X = X64.astype(dtype)
    y = np.floor(np.exp(X[:, :outputs]))
    mlp = MLPRegressor("poisson", (7, 5), max_iter=30, learning_rate_init=0.02, random_state=0)
    fitted(mlp, X, y[:, 0] if outputs == 1 else y)
    net = fb.from_sklearn(mlp)
    assert [layer.activation for layer in net.layers] == ["relu", "relu", "exponential"]
    require_close(net.predict(X), mlp.predict(X).reshape(-1, outputs), dtype)
    before = net.evaluate(X, y, loss="poisson")["loss"]
    net.fit(X, y, epochs=20, loss="poisson", rng=0)
    assert net.evaluate(X, y, loss="poisson")["loss"] < before


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("outputs", [1, 3])
def test_regression(activation, outputs, dtype):
    X = X64.astype(dtype)
    y = X @ rng.normal(size=(4, outputs)).astype(dtype)
    mlp = fitted(
        MLPRegressor(hidden_layer_sizes=(6,), activation=activation, max_iter=20, random_state=0),
        X,
        y[:, 0] if outputs == 1 else y,
    )
    net = fb.from_sklearn(mlp)
    assert net.layers[-1].activation == "identity"
    assert net.predict(X).shape == (90, outputs)
    require_close(net.predict(X), mlp.predict(X).reshape(90, outputs), dtype)


LABELS = {
    "0, 1": (np.array([0, 1]), False),
    "bools": (np.array([False, True]), False),
    "floats 0, 1": (np.array([0.0, 1.0]), False),
    "-1, 1": (np.array([-1, 1]), True),
    "floats 3, 7": (np.array([3.0, 7.0]), True),
    "strings": (np.array(["no", "yes"]), True),
    "object strings": (np.array(["no", "yes"], object), True),
    "0, 1, 2": (np.array([0, 1, 2]), False),
    "1, 2, 3": (np.array([1, 2, 3]), True),
    "int8": (np.array([-5, 2, 100], np.int8), True),
    "uint8": (np.array([1, 2, 250], np.uint8), True),
    "uint64": (np.array([1, 2, 2**63 - 1], np.uint64), True),
    "large": (np.array([7, 2**40, 2**62]), True),
    "three strings": (np.array(["a", "bc", "def"]), True),
    "object integers": (np.array([2, 4, 6], object), True),
}


@pytest.mark.parametrize(("labels", "kept"), LABELS.values(), ids=LABELS)
def test_labels(labels, kept, dtype, tmp_path):
    X = X64.astype(dtype)
    y = labels[np.minimum(INDEX, len(labels) - 1)]
    if y.dtype == object and not isinstance(y[0], str):
        y = y.astype(int)
    mlp = classifier(X, y)
    if labels.dtype == object:
        mlp.classes_ = labels
    net = fb.from_sklearn(mlp)
    assert net.layers[-1].activation == ("sigmoid" if len(labels) == 2 else "softmax")
    assert (net.classes is not None) == kept
    p = mlp.predict_proba(X)
    require_close(net.predict(X), p[:, 1:] if len(labels) == 2 else p, dtype)
    expected = mlp.predict(X)
    np.testing.assert_array_equal(net.predict_classes(X), expected)
    assert net.predict_classes(X[0]) == expected[0]
    # and these labels are what the network takes
    accuracy = float((expected == y).mean())
    assert 0.5 < accuracy
    assert net.evaluate(X, y)["accuracy"] == pytest.approx(accuracy)
    assert net.evaluate(X[:5], y[:5])["accuracy"] == pytest.approx((expected[:5] == y[:5]).mean())
    net.save(tmp_path / "net.safetensors")
    for again in (pickle.loads(pickle.dumps(net)), fb.load(tmp_path / "net.safetensors")):
        np.testing.assert_array_equal(again.predict_classes(X), expected)
        assert kept or again.classes is None
        assert not kept or again.classes.dtype == net.classes.dtype
        assert again.evaluate(X, y) == net.evaluate(X, y)
    target = net.trace(X[0], y[0]).y
    position = list(labels).index(y[0])
    assert target.tolist() == ([position] if len(labels) == 2 else np.eye(3)[position].tolist())
    net.fit(X, y, epochs=3, optimizer=fb.Adam(0.001), validation_data=(X[:9], y[:9]))
    assert net.evaluate(X, y)["accuracy"] > 0.5
    assert (net.classes is not None) == kept


def test_integers_become_int64():
    for labels in (np.array([1, 2, 250], np.uint8), np.array([1.0, 2.0, 5.0])):
        net = fb.from_sklearn(classifier(X64, labels[INDEX]))
        assert net.classes.dtype == np.int64
        assert not net.classes.flags.writeable


@pytest.mark.parametrize("largest", [2**63, 2**64 - 1])
def test_integers_beyond_int64(largest):
    mlp = classifier(X64, INDEX)
    mlp.classes_ = np.array([0, 1, largest], np.uint64)
    with pytest.raises(
        ValueError, match=rf"mlp.classes_: expected integers that fit in int64, got {largest}"
    ):
        fb.from_sklearn(mlp)


def test_labels_that_are_not_known():
    net = fb.from_sklearn(classifier(X64, INDEX + 5))
    before = net.parameters.copy()
    for y, error, message in [
        (INDEX, ValueError, r"y: expected the labels 5, 6, 7, got \d at \[\d+\]"),
        (INDEX + 5.5, ValueError, r"y: expected the labels 5, 6, 7, got 5.5"),
        (np.where(INDEX > 1, np.nan, 6.0), ValueError, r"y: expected the labels 5, 6, 7, got nan"),
        (np.array(["5", "6", "7"])[INDEX], TypeError, "y: expected labels of dtype int64, got <U1"),
        (INDEX[:5] + 5, ValueError, r"y: expected shape \(90,\) or \(90, 3\), got \(5,\)"),
    ]:
        with pytest.raises(error, match=message):
            net.fit(X64, y)
    np.testing.assert_array_equal(net.parameters, before)
    assert net.evaluate(X64, np.eye(3)[INDEX])["accuracy"] > 0.5  # rows are rows


def test_several_labels_at_once(dtype):
    X, Y = make_multilabel_classification(80, 6, n_classes=4, random_state=0)
    X = X.astype(dtype)
    mlp = classifier(X, Y)
    net = fb.from_sklearn(mlp)
    assert net.classes is None
    require_close(net.predict(X), mlp.predict_proba(X), dtype)
    np.testing.assert_array_equal(net.predict(X) > 0.5, mlp.predict(X))


@pytest.mark.parametrize("labels", [[0, 1, 2], [0, 1, 2, 5], ["a", "b", "c", "d"]], ids=str)
def test_partial_fit(labels, dtype):
    """Also where no example of the last class has come yet."""
    X, mlp = X64.astype(dtype), MLPClassifier(hidden_layer_sizes=(7,), random_state=0)
    for start in (0, 30, 60):
        rows = slice(start, start + 30)
        mlp.partial_fit(X[rows], np.array(labels)[INDEX[rows]], classes=labels)
    net = fb.from_sklearn(mlp)
    require_close(net.predict(X), mlp.predict_proba(X), dtype)
    np.testing.assert_array_equal(net.predict_classes(X), mlp.predict(X))


def test_partial_fit_of_a_regressor(dtype):
    X, mlp = X64.astype(dtype), MLPRegressor(hidden_layer_sizes=(7,), random_state=0)
    for start in (0, 30, 60):
        mlp.partial_fit(X[start : start + 30], X[start : start + 30, 0])
    require_close(fb.from_sklearn(mlp).predict(X), mlp.predict(X)[:, None], dtype)


def test_a_subclass_that_changes_nothing():
    class Named(MLPClassifier):
        pass

    mlp = fitted(Named(hidden_layer_sizes=(7,), random_state=0, max_iter=5), X64, INDEX)
    require_close(fb.from_sklearn(mlp).predict(X64), mlp.predict_proba(X64), "float64")


def test_saving(tmp_path):
    path = tmp_path / "net.safetensors"
    strings = np.array(["a", "bc", "def"])[INDEX]
    for y in (INDEX, INDEX - 1, strings):
        mlp = classifier(X64, y)
        fb.from_sklearn(mlp).save(path)
        np.testing.assert_array_equal(fb.load(path).predict_classes(X64), mlp.predict(X64))


def test_no_hidden_layer():
    mlp = classifier(X64, INDEX, hidden_layer_sizes=())
    net = fb.from_sklearn(mlp)
    assert net.sizes == [4, 3]
    require_close(net.predict(X64), mlp.predict_proba(X64), "float64")


def test_a_network_of_its_own():
    mlp = classifier(X64, INDEX)
    before = [w.copy() for w in mlp.coefs_]
    net, again = fb.from_sklearn(mlp), fb.from_sklearn(mlp)
    for one in (net, again):
        one.fit(X64, INDEX, epochs=2)
    np.testing.assert_array_equal(net.parameters, again.parameters)
    for w, old in zip(mlp.coefs_, before, strict=True):
        np.testing.assert_array_equal(w, old)


def with_attribute(name, value):
    mlp = classifier(X64, INDEX)
    setattr(mlp, name, value)
    return mlp


def with_nan():
    mlp = classifier(X64, INDEX)
    mlp.coefs_[1][2, 3] = np.nan
    return mlp


def overriding(base, method):
    """Fitted, of a subclass that turns what it predicts upside down."""

    def override(self, *arguments, **options):
        return getattr(base, method)(self, *arguments, **options)[::-1]

    y = X64[:, 0] if base is MLPRegressor else INDEX
    return fitted(type("Turned", (base,), {method: override})(max_iter=5), X64, y)


ACTIVATION_NAMES = "identity, logistic, tanh, relu or softmax"
BAD = {
    "None": (lambda: None, TypeError, "mlp: expected an MLPClassifier or MLPRegressor .* got None"),
    "class": (lambda: MLPClassifier, TypeError, "got the class MLPClassifier"),
    "foreign": (LogisticRegression, TypeError, "got LogisticRegression"),
    "pipeline": (
        lambda: make_pipeline(StandardScaler(), MLPClassifier()),
        TypeError,
        "got Pipeline",
    ),
    "network": (lambda: fb.Network([2, 1]), TypeError, "got Network"),
    "unfitted": (MLPClassifier, ValueError, "mlp: expected a fitted MLPClassifier, got one before"),
    "unfitted too": (MLPRegressor, ValueError, "expected a fitted MLPRegressor, got one before"),
    "output": (
        lambda: with_attribute("out_activation_", "exp"),
        ValueError,
        f"mlp.out_activation_: expected {ACTIVATION_NAMES}, got 'exp'",
    ),
    "activation": (
        lambda: with_attribute("activation", "swish"),
        ValueError,
        f"mlp.activation: expected {ACTIVATION_NAMES}, got 'swish'",
    ),
    "one class": (
        lambda: classifier(X64, np.full(90, 4)),
        ValueError,
        r"mlp: expected a classifier of at least two classes, got one of one class",
    ),
    "own predict": (
        lambda: with_attribute("predict", lambda X: X),
        ValueError,
        r"mlp: expected an MLP with the predict\(\) of its class, got MLPClassifier with one of its",
    ),
    **{
        f"{base.__name__}, {method}": (
            functools.partial(overriding, base, method),
            ValueError,
            rf"mlp: expected an MLP with scikit-learn's {method}\(\), got Turned, which overrides",
        )
        for base, method in (
            (MLPClassifier, "predict"),
            (MLPClassifier, "predict_proba"),
            (MLPClassifier, "_predict"),
            (MLPClassifier, "_forward_pass_fast"),
            (MLPRegressor, "predict"),
            (MLPRegressor, "_predict"),
            (MLPRegressor, "_forward_pass_fast"),
        )
    },
    "nan": (with_nan, ValueError, r"mlp.coefs_\[1\]: expected finite numbers, got nan at"),
}


@pytest.mark.parametrize(("make", "error", "message"), BAD.values(), ids=BAD)
def test_what_cannot_be_taken(make, error, message):
    mlp = make()
    with pytest.raises(error, match=message):
        fb.from_sklearn(mlp)
