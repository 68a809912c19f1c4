"""Bad values of the arguments of `fit` that change its steps."""

import numpy as np
import pytest
from bad_input import Cell, X, Y, check, kind_of, parametrize

import filbert as fb

NAN, INF = float("nan"), float("inf")
PART = r"expected a number in \[0, 1\), got"
RATE = "expected a finite number >= 0, got"
LIMIT = "expected a number > 0"

# The network has one hidden layer and two layers.
OF_HIDDEN = "expected a number, or 1, one for each hidden layer, got"
OF_LAYERS = "expected a number, or 2, one for each layer, got"
NO_NUMBER = ["0.5", None, True, {"a": 1}, {0.5}, np.ones((2, 2)), len, 1j]


def values():
    """(argument, value, error, message)"""
    for value in (1, 1.0, -0.1, 1.5, NAN, INF, -INF):
        yield "dropout", value, ValueError, PART
        yield "input_dropout", value, ValueError, PART
        yield "average", value, ValueError, PART
    for value in (-1, -1e-9, NAN, INF):
        for name in ("noise", "l1", "l2", "alpha", "layer_rates", "bias_rates"):
            yield name, value, ValueError, RATE
    for value in (0, 0.0, -1, NAN, -INF, 1e-60):
        for name in ("clip_norm", "clip_value", "max_norm"):
            yield name, value, ValueError, LIMIT
    for value in (0, -1, 2**70):
        yield "accumulate", value, ValueError, "expected an integer >= 1, got"
    for value in (2.0, True, None, "2", [2]):
        yield "accumulate", value, TypeError, "expected an integer >= 1, got"
    for value in NO_NUMBER:
        yield "dropout", value, TypeError, OF_HIDDEN
        yield "l1", value, TypeError, OF_LAYERS
        yield "layer_rates", value, TypeError, OF_LAYERS
        yield "noise", value, TypeError, "expected a number, got"
        yield "alpha", value, TypeError, "expected a number, got"
        if value is not None:
            yield "bias_rates", value, TypeError, OF_LAYERS
            yield "clip_norm", value, TypeError, "expected a number or None, got"
    for value in ([], [0.1, 0.1], (0.1, 0.2, 0.3), np.zeros(4)):
        yield "dropout", value, ValueError, f"{OF_HIDDEN} {len(value)}"
    for value in ([], [0.1], [0.1] * 3, np.ones(1)):
        for name in ("l1", "l2", "layer_rates", "bias_rates"):
            yield name, value, ValueError, f"{OF_LAYERS} {len(value)}"
    yield "dropout", [1.0], ValueError, PART
    yield "l1", [0.1, -0.1], ValueError, RATE
    yield "l2", [0.1, 2e38], ValueError, "expected a number that fits in float32"
    yield "noise", 1e39, ValueError, "expected a number that fits in float32"
    yield "l1", 10**400, ValueError, "expected a number that fits in a float"
    yield "layer_rates", 0, ValueError, "expected one above 0, or bias_rates of which one is"
    yield "layer_rates", [0.0, 0], ValueError, "expected one above 0, or bias_rates of which one is"


def fit(name, value):
    return lambda net: net.fit(X, Y, **{name: value})


CELLS = [
    *(
        Cell(name, kind_of(value), fit(name, value), error, message)
        for name, value, error, message in values()
    ),
    Cell("dropout[0]", "a text", fit("dropout", ["a"]), TypeError, OF_HIDDEN),
    Cell("l2[1]", "True", fit("l2", [0.1, True]), TypeError, OF_LAYERS),
    Cell("bias_rates[0]", "None", fit("bias_rates", [None, 1]), TypeError, OF_LAYERS),
    Cell(
        "layer_rates",
        "0 with bias_rates 0",
        lambda net: net.fit(X, Y, layer_rates=0, bias_rates=[0, 0]),
        ValueError,
        "expected one above 0, or bias_rates of which one is, got 0 for all",
    ),
]


def test_there_are_enough():
    assert len(CELLS) >= 80


@parametrize(CELLS)
def test_bad(cell):
    check(cell)


@pytest.mark.parametrize("name", ["dropout", "l1", "layer_rates"])
def test_a_network_without_hidden_layers(name):
    net = fb.Network([4, 3], output="softmax")
    net.fit(X, Y, **{name: 0.5})
    with pytest.raises(ValueError, match=rf"^{name}: expected"):
        net.fit(X, Y, **{name: [0.5, 0.5]})
