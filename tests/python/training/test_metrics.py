"""Metrics: the values of scikit-learn, in fit and evaluate, and what says nothing of a network."""

import math

import numpy as np
import pytest
from sklearn import metrics as sk

import filbert as fb
from filbert import _core

N = 60


def close(got, expected):
    assert got == pytest.approx(expected, rel=1e-12, abs=1e-12)


def averaged(score, classes, **options):
    """A score of scikit-learn's as the library means it."""

    def value(y, a, weights=None):
        said = a.argmax(axis=1) if classes > 1 else (a[:, 0] > 0.5).astype(int)
        average = "binary" if classes <= 2 else "macro"
        return score(y, said, sample_weight=weights, average=average, zero_division=0, **options)

    return value


def plain(score, classes):
    def value(y, a, weights=None):
        said = a.argmax(axis=1) if classes > 1 else (a[:, 0] > 0.5).astype(int)
        return score(y, said, sample_weight=weights)

    return value


def area(classes):
    def value(y, a, weights=None):
        if classes <= 2:
            return sk.roc_auc_score(y, a[:, -1], sample_weight=weights)
        of = [sk.roc_auc_score(y == j, a[:, j], sample_weight=weights) for j in range(classes)]
        return np.mean(of)

    return value


def of_classes(classes):
    scores = {
        "accuracy": plain(sk.accuracy_score, classes),
        "balanced_accuracy": plain(sk.balanced_accuracy_score, classes),
        "precision": averaged(sk.precision_score, classes),
        "recall": averaged(sk.recall_score, classes),
        "f1": averaged(sk.f1_score, classes),
        "auc": area(classes),
    }
    for k in range(1, classes):
        scores[f"top_{k}"] = lambda y, a, weights=None, k=k: sk.top_k_accuracy_score(
            y, a, k=k, sample_weight=weights, labels=range(classes)
        )
    return {name: score for name, score in scores.items() if classes > 2 or name[:4] != "top_"}


def problem(classes, dtype, seed, *, ties=False):
    """Outputs and labels, as a network would have them."""
    rng = np.random.default_rng(seed)
    outputs = max(classes, 1)
    a = rng.dirichlet(np.ones(outputs), N) if outputs > 1 else rng.uniform(size=(N, 1))
    y = rng.integers(0, max(classes, 2), N)
    y[: max(classes, 2)] = range(max(classes, 2))
    if ties:
        a = np.round(a * 4) / 4
    weights = rng.integers(1, 4, N) * rng.uniform(0.5, 1.0)
    return a.astype(dtype), y, weights.astype(dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("classes", [1, 2, 3, 7])
def test_classes(classes, weighted, dtype):
    output, scores = "sigmoid" if classes == 1 else "softmax", of_classes(classes)
    for seed in range(4):
        a, y, weights = problem(classes, dtype, seed)
        given = weights if weighted else None
        targets = y.astype(np.int32) if classes > 1 else y.astype(dtype)[:, None]
        loss = _core.default_loss(output)
        got = _core.measure(list(scores), a, targets, output, loss, given)
        exact = None if given is None else given.astype(np.float64)
        for name, value in zip(scores, got, strict=True):
            close(value, scores[name](y, a.astype(np.float64), exact))


def test_auc_with_ties():
    for seed in range(20):
        a, y, weights = problem(1, "float64", seed, ties=True)
        (got,) = _core.measure(["auc"], a, y[:, None] * 1.0, "sigmoid", None, weights)
        close(got, sk.roc_auc_score(y, a[:, 0], sample_weight=weights))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("columns", [1, 3])
def test_values(columns, weighted, dtype):
    rng = np.random.default_rng(columns)
    a, y = rng.normal(size=(2, N, columns)).astype(dtype)
    y[:, -1] = y[:, -1] if weighted else 0.5  # constant: with weights, its mean is rounded
    weights = rng.uniform(0.5, 2.0, N).astype(dtype) if weighted else None
    names = {
        "mae": sk.mean_absolute_error,
        "mse": sk.mean_squared_error,
        "r2": sk.r2_score,
    }
    got = _core.measure(list(names), a, y, "identity", "squared_error", weights)
    exact = None if weights is None else weights.astype(np.float64)
    for value, score in zip(got, names.values(), strict=True):
        close(value, score(y.astype(np.float64), a.astype(np.float64), sample_weight=exact))


@pytest.mark.parametrize("weighted", [False, True])
def test_decisions(weighted):
    rng = np.random.default_rng(0)
    a, y = rng.uniform(size=(N, 4)), rng.integers(0, 2, (N, 4))
    y[:, 3] = 0
    weights = rng.uniform(0.5, 2.0, N) if weighted else None
    said = (a > 0.5).astype(int)
    options = {"sample_weight": weights, "average": "macro", "zero_division": 0}
    expected = {
        "accuracy": np.average((said == y).mean(axis=1), weights=weights),
        "precision": sk.precision_score(y, said, **options),
        "recall": sk.recall_score(y, said, **options),
        "f1": sk.f1_score(y, said, **options),
        "auc": sk.roc_auc_score(y[:, :3], a[:, :3], sample_weight=weights),  # one has no 1
    }
    loss = "binary_cross_entropy"
    got = _core.measure(list(expected), a, y.astype(float), "sigmoid", loss, weights)
    for value, one in zip(got, expected.values(), strict=True):
        close(value, one)


def test_classes_that_do_not_occur():
    """Of four classes, two are in y and another one is predicted."""
    a = np.eye(4)[[0, 1, 3, 0]] * 0.7 + 0.075
    y = np.array([0, 1, 1, 0], np.int32)
    names = ["precision", "recall", "f1", "balanced_accuracy"]
    got = _core.measure(names, a, y, "softmax", "cross_entropy")
    said, options = [0, 1, 3, 0], {"average": "macro", "zero_division": 0}
    expected = [
        sk.precision_score(y, said, **options),
        sk.recall_score(y, said, **options),
        sk.f1_score(y, said, **options),
        0.75,
    ]
    for value, one in zip(got, expected, strict=True):
        close(value, one)


def make(output="softmax", outputs=3, dtype="float32"):
    sizes = [5, 7, outputs]
    return fb.Network(sizes, activation="tanh", output=output, dtype=dtype, rng=2)


def rows(n=90):
    X = np.random.default_rng(0).normal(size=(n, 5))
    return X, np.argmax(X[:, :3], axis=1)


def share_right(y_true, y_pred):
    assert y_pred.shape == (len(y_true), 3)
    return np.mean(y_pred.argmax(axis=1) == y_true)


NAMES = ["f1", "accuracy", "top_2", share_right, "auc"]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("threads", [1, 3])
def test_evaluate(dtype, threads):
    fb.set_threads(threads)
    X, y = rows(3000)
    net = make(dtype=dtype)
    result = net.evaluate(X, y, metrics=NAMES)
    assert list(result) == ["loss", "accuracy", "f1", "top_2", "share_right", "auc"]
    assert {name: result[name] for name in ("loss", "accuracy")} == net.evaluate(X, y)
    a = net.predict(X).astype(np.float64)
    close(result["f1"], sk.f1_score(y, a.argmax(axis=1), average="macro"))
    close(result["top_2"], sk.top_k_accuracy_score(y, a, k=2))
    assert result["share_right"] == result["accuracy"]
    own = net.evaluate(X, y, loss=lambda a, y: (a[:, 0], np.ones_like(a)), metrics=NAMES)
    assert {name: own[name] for name in ("f1", "auc")} == {n: result[n] for n in ("f1", "auc")}


def test_in_the_history():
    X, y = rows()
    net = make()
    history = net.fit(X, y, epochs=3, metrics=NAMES, validation_data=(X[:40], y[:40]))
    names = ["f1", "top_2", "share_right", "auc"]
    assert list(history) == [
        *("loss", "accuracy", "val_loss", "val_accuracy"),
        *(f"val_{name}" for name in names),
    ]
    last = net.evaluate(X[:40], y[:40], metrics=NAMES)
    assert {name: history[f"val_{name}"][-1] for name in last} == last


def test_of_the_training_data():
    X, y = rows()
    net, other, seen = make(), make(), []
    history = net.fit(X, y, epochs=3, metrics=["f1"], callbacks=[lambda s: seen.append(s.values)])
    plain = other.fit(X, y, epochs=3)
    assert list(history) == ["loss", "accuracy", "f1"]
    assert history["f1"][-1] == net.evaluate(X, y, metrics=["f1"])["f1"]
    assert {name: history[name] for name in plain} == dict(plain)
    assert net.parameters.tobytes() == other.parameters.tobytes()
    assert seen[-1]["f1"] == history["f1"][-1]


@pytest.mark.parametrize("output", ["identity", "sigmoid"])
def test_of_values(output):
    X, _ = rows()
    y = np.clip(X[:, :2], 0, 1)
    net = make(output, 2)
    result = net.evaluate(X, y, loss="squared_error", metrics=["r2", "mae", "mse"])
    a = net.predict(X).astype(np.float64)
    exact = y.astype(np.float32).astype(np.float64)
    close(result["r2"], sk.r2_score(exact, a))
    close(result["mae"], sk.mean_absolute_error(exact, a))


def test_outputs_of_several_levels():
    """The first ones are measured."""
    X, _ = rows()
    net = make("identity", 4)
    y = X[:, :2]
    loss = fb.losses.Quantile(0.5, 0.9)
    result = net.evaluate(X, y, loss=loss, metrics=["mae"])
    a = net.predict(X).astype(np.float64)[:, :2]
    close(result["mae"], sk.mean_absolute_error(y.astype(np.float32).astype(np.float64), a))


def test_nan_where_there_is_none():
    X, _ = rows(10)
    net = make("sigmoid", 1)
    assert math.isnan(net.evaluate(X, np.ones(10), metrics=["auc"])["auc"])
    net = make("identity", 1)
    assert math.isnan(net.evaluate(X[:1], [1.0], metrics=["r2"])["r2"])


def upper_Case(y_true, y_pred):
    return 0.0


def loss(y_true, y_pred):
    return 0.0


def text(y_true, y_pred):
    return "1"


BAD = [
    ("softmax", 3, "f1", TypeError, "metrics: expected a list of names and functions, got 'f1'"),
    ("softmax", 3, None, TypeError, "metrics: expected a list of names and functions, got None"),
    ("softmax", 3, {"f1"}, TypeError, "metrics: expected a list .*, got set"),
    ("softmax", 3, ["f2"], ValueError, r"metrics\[0\]: metric: expected accuracy, .*got 'f2'"),
    ("softmax", 3, ["f1", "f1"], ValueError, r"metrics\[1\]: expected each metric once, got 'f1'"),
    ("softmax", 3, ["f1", 3], TypeError, r"metrics\[1\]: expected a name or a function .*, got 3"),
    ("softmax", 3, [int], TypeError, r"metrics\[0\]: expected a name or a function .*class int"),
    ("softmax", 3, [lambda y, a: 0.0], ValueError, r"metrics\[0\]: expected .*__name__.*<lambda>"),
    ("softmax", 3, [upper_Case], ValueError, r"metrics\[0\]: expected .*__name__.*'upper_Case'"),
    ("softmax", 3, [loss], ValueError, r"metrics\[0\]: expected .*__name__.*'loss'"),
    ("softmax", 3, ["top_0"], ValueError, r"metrics\[0\]: metric: expected .*top_k"),
    ("softmax", 3, ["top_4"], ValueError, r"metrics\[0\]: top_4: expected at least 4 outputs"),
    (
        "softmax",
        3,
        ["mae"],
        ValueError,
        r"metrics\[0\]: mae: expected .*values, got output softmax",
    ),
    ("log_softmax", 3, ["r2"], ValueError, r"metrics\[0\]: r2: expected .*values"),
    ("identity", 3, ["accuracy"], ValueError, r"metrics\[0\]: accuracy: expected a network that"),
    ("identity", 1, ["auc"], ValueError, r"metrics\[0\]: auc: expected .*tells classes apart"),
    ("relu", 1, ["f1"], ValueError, r"metrics\[0\]: f1: expected .*tells classes apart"),
    ("sigmoid", 3, ["top_2"], ValueError, r"metrics\[0\]: top_2: expected .*decisions of 3"),
    ("sigmoid", 3, ["balanced_accuracy"], ValueError, r"metrics\[0\]: balanced_accuracy: expected"),
    ("sigmoid", 1, ["top_1"], ValueError, r"metrics\[0\]: top_1: expected"),
]


@pytest.mark.parametrize(("output", "outputs", "metrics", "error", "message"), BAD)
def test_what_says_nothing(output, outputs, metrics, error, message):
    net = make(output, outputs)
    X = np.zeros((6, 5))
    y = net.predict(X) if output != "log_softmax" else np.zeros(6, int)
    before = net.parameters.tobytes()
    for call in (net.fit, net.evaluate):
        with pytest.raises(error, match=f"^{message}"):
            call(X, y, metrics=metrics)
    assert net.parameters.tobytes() == before


def test_a_function_that_returns_no_number():
    X, y = rows()
    with pytest.raises(TypeError, match="metrics: text: expected a number, got '1'"):
        make().evaluate(X, y, metrics=[text])
    calls = []

    def fails(y_true, y_pred):
        calls.append(len(y_true))
        raise RuntimeError("mine")

    net = make()
    with pytest.raises(RuntimeError, match="mine"):
        net.fit(X, y, epochs=3, metrics=[fails], validation_data=(X[:7], y[:7]))
    assert calls == [7]
