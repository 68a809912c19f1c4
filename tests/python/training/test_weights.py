"""sample_weight and class_weight: what they do to a fit, and what they stand for."""

from inspect import signature

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

import filbert as fb

OUTPUTS = ["softmax", "sigmoid", "identity"]


def make(output="softmax", dtype="float64", **options):
    outputs = 3 if output == "softmax" else 1
    return fb.Network([4, 6, outputs], output=output, dtype=dtype, rng=1, **options)


def targets(output, n, seed=0):
    rng = np.random.default_rng(seed)
    if output == "softmax":
        return np.concatenate([[0, 1, 2], rng.integers(0, 3, n - 3)])
    return rng.integers(0, 2, n) if output == "sigmoid" else rng.normal(size=n)


def rows(n, seed=1):
    return np.random.default_rng(seed).normal(size=(n, 4))


def bits(net):
    return net.parameters.tobytes()


def fitted(X, y, net=None, **options):
    net = net or make()
    net.fit(X, y, **{"epochs": 3, "batch_size": 8, **options})
    return net


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_weight_of_1_changes_nothing(output, dtype):
    X, y = rows(30), targets(output, 30)
    weighted = fitted(X, y, make(output, dtype), sample_weight=np.ones(30))
    assert bits(weighted) == bits(fitted(X, y, make(output, dtype)))


@pytest.mark.parametrize("kind", ["f2", "f4", ">f8", "i4", "u1", list, "strided"])
def test_weights_of_any_kind(kind):
    X, y, w = rows(30), targets("softmax", 30), np.arange(30) % 3
    given = w.tolist() if kind is list else w
    given = np.repeat(w, 2)[::2] if kind == "strided" else given
    given = given if kind in (list, "strided") else w.astype(kind)
    assert bits(fitted(X, y, sample_weight=given)) == bits(fitted(X, y, sample_weight=w * 1.0))


@pytest.mark.parametrize("output", OUTPUTS)
def test_loss_and_accuracy_are_means_by_weights(output):
    X, y, w = rows(40), targets(output, 40), np.random.default_rng(3).uniform(0, 2, 40)
    net = make(output)
    each = [net.evaluate(X[i : i + 1], y[i : i + 1]) for i in range(40)]
    result = net.evaluate(X, y, sample_weight=w)
    for name, value in result.items():
        expected = np.average([one[name] for one in each], weights=w)
        np.testing.assert_allclose(value, expected, rtol=1e-12)
    history = net.fit(X, y, sample_weight=w, batch_size=40, optimizer=fb.SGD(0.0))
    np.testing.assert_allclose(history["loss"], result["loss"], rtol=1e-12)


def test_validation_data_with_weights():
    X, y, w = rows(40), targets("softmax", 40), np.arange(20) % 4
    net = make()
    history = net.fit(X, y, validation_data=(X[:20], y[:20], w))
    assert history["val_loss"][-1] == net.evaluate(X[:20], y[:20], sample_weight=w)["loss"]
    assert history["val_loss"][-1] != net.evaluate(X[:20], y[:20])["loss"]


@pytest.mark.parametrize("output", ["softmax", "sigmoid"])
@pytest.mark.parametrize("weighted", [False, True])
def test_balanced_is_that_of_sklearn(output, weighted):
    if "sample_weight" not in signature(compute_class_weight).parameters:
        pytest.skip("this scikit-learn counts no weights of rows")
    X, y = rows(50), targets(output, 50) // 1
    w = np.random.default_rng(4).uniform(0.5, 2, 50) if weighted else None
    of_class = compute_class_weight("balanced", classes=np.unique(y), y=y, sample_weight=w)
    own = fitted(X, y, make(output), class_weight="balanced", sample_weight=w)
    expected = of_class[y] if w is None else w * of_class[y]
    other = fitted(X, y, make(output), sample_weight=expected)
    # sums of weights may be of another order there
    np.testing.assert_allclose(
        own.parameters, other.parameters, rtol=0, atol=1e-13 if weighted else 0
    )


def test_balanced_leaves_out_a_class_without_rows():
    X, y = rows(30), np.arange(30) % 2 * 2
    expected = fitted(X, y, sample_weight=np.full(30, 1.0))
    assert bits(fitted(X, y, class_weight="balanced")) == bits(expected)


@pytest.mark.parametrize("labels", [None, ["b", "a", "c"], [7, -1, 3]])
def test_a_dict_stands_for_weights(labels):
    X, y, of_class = rows(30), targets("softmax", 30), np.array([0.5, 2.0, 0.0])
    called = [0, 1, 2] if labels is None else labels
    net = make(classes=labels)
    fitted(X, np.array(called)[y], net, class_weight=dict(zip(called, of_class, strict=True)))
    assert bits(net) == bits(fitted(X, y, sample_weight=of_class[y]))


def test_a_dict_of_labels_that_the_fit_learns():
    X, y = rows(30), np.array(["no", "yes"])[targets("sigmoid", 30)]
    net = fitted(X, y, make("sigmoid"), class_weight={"yes": 3, "no": 1})
    other = fitted(X, y, make("sigmoid"), sample_weight=np.where(y == "yes", 3, 1))
    assert bits(net) == bits(other)


def test_labels_that_are_booleans():
    X, y = rows(30), targets("sigmoid", 30) == 1
    net = fitted(X, y, make("sigmoid"), class_weight={True: 3, False: 1})
    assert bits(net) == bits(fitted(X, y, make("sigmoid"), sample_weight=np.where(y, 3, 1)))


def test_both_multiply():
    X, y, w = rows(30), targets("softmax", 30), np.arange(30) % 5
    of_class = {0: 1.5, 1: 0.25, 2: 3.0}
    own = fitted(X, y, sample_weight=w, class_weight=of_class)
    assert bits(own) == bits(fitted(X, y, sample_weight=w * np.array([1.5, 0.25, 3.0])[y]))


def test_the_order_of_operations():
    """As docs/numerics.md has it, in float64 with one rounding to float32 at the end."""
    y = np.array([0, 1, 1, 2, 2, 2, 2])
    w = np.array([0.1, 0.2, 0.7, 1e-3, 0.3, 5.5, 1 / 3])
    sums = [0.0, 0.0, 0.0]
    for label, weight in zip(y, w.tolist(), strict=True):
        sums[label] += weight
    total = 0.0
    for each in sums:
        total += each
    expected = np.array([w[i] * (total / (3.0 * sums[y[i]])) for i in range(7)], np.float32)
    X = rows(7)
    own = fitted(X, y, make(dtype="float32"), sample_weight=w, class_weight="balanced")
    assert bits(own) == bits(fitted(X, y, make(dtype="float32"), sample_weight=expected))
