"""How many classes outputs tell apart: the core counts them, and Python asks it."""

import numpy as np
import pytest

import filbert as fb
from filbert import _core

X = np.random.default_rng(0).normal(size=(30, 4))


def make(classes, output, outputs):
    return fb.Network([4, 6, outputs], output=output, rng=3, classes=classes)


ONE_OUTPUT = {"sigmoid": 2, "softmax": 1, "log_softmax": 1}  # how many classes it tells apart


@pytest.mark.parametrize("output", _core.activation_names())
@pytest.mark.parametrize("outputs", [1, 2, 3])
def test_python_counts_classes_as_the_core_does(output, outputs):
    """As many labels can be told in advance, and as many classes are told apart."""
    count = _core.class_count(outputs, output)
    assert count == (outputs if outputs > 1 else ONE_OUTPUT.get(output, 0))
    labels = [f"label {i}" for i in range(count)]
    net = make(labels or None, output, outputs)
    if count == 0:
        with pytest.raises(ValueError, match=r"^output: expected several outputs"):
            net.predict_classes(X)
    else:
        assert set(net.predict_classes(X)) <= set(labels)
        assert set(make(None, output, outputs).predict_classes(X)) <= set(range(count))


def test_one_softmax_has_one_class():
    """Its only output is 1 whatever the input. A sigmoid of 1 would be the second of two classes."""
    net = make(None, "softmax", 1)
    np.testing.assert_array_equal(net.predict(X), np.ones((30, 1)))
    np.testing.assert_array_equal(net.predict_classes(X), np.zeros(30, int))
    net.fit(X, ["only"] * 30)
    assert net.predict_classes(X[:2]).tolist() == ["only", "only"]
    with pytest.raises(ValueError, match=r"expected 1 different labels, .* got 2"):
        make(None, "softmax", 1).fit(X[:2], ["a", "b"])
    with pytest.raises(ValueError, match=r"expected 2 different labels, .* got 1"):
        make(None, "sigmoid", 1).fit(X[:2], ["a", "a"])
