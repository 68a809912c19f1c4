"""Losses that cannot be made, and targets and outputs that a loss does not take."""

from functools import partial

import numpy as np
import pytest

import filbert as fb
from filbert.losses import BinaryCrossEntropy, CrossEntropy, Focal, Quantile

NAN, INF = float("nan"), float("inf")
SMOOTHING = r"loss: expected label_smoothing in \[0, 1\] for (binary_)?cross_entropy, got "
GAMMA = r"loss: expected gamma in \[0, 1000\] for focal, got "
LEVEL = r"loss: expected level in \[9\.5\d*e-07, 0\.999999\] for quantile, got "

MADE = [
    *(
        (cls, (value,), ValueError, SMOOTHING)
        for cls in (CrossEntropy, BinaryCrossEntropy)
        for value in (-0.1, -1e-300, 1.0000001, 2, NAN, INF, -INF)
    ),
    *(
        (cls, (value,), TypeError, "label_smoothing: expected a number, got ")
        for cls in (CrossEntropy, BinaryCrossEntropy)
        for value in (None, "0.1", True, [0.1], 1j)
    ),
    *((Focal, (value,), ValueError, GAMMA) for value in (-1, -1e-9, 1000.5, NAN, INF)),
    *(
        (Focal, (value,), TypeError, "gamma: expected a number, got ")
        for value in (None, "2", True, [2], np.array([2.0]))
    ),
    (Focal, (10**400,), ValueError, "gamma: expected a number that fits in a float, got more"),
    *((Quantile, (value,), ValueError, LEVEL) for value in (0, 1, -0.1, 1.5, 1e-7, NAN, INF)),
    *((Quantile, (0.5, value), ValueError, LEVEL) for value in (0, 1, -0.5, NAN, INF)),
    *(
        (Quantile, (0.5, value), TypeError, "level: expected a number, got ")
        for value in (None, "0.5", True, [0.1], 1j)
    ),
    (Quantile, ([0.1, 0.5],), TypeError, "level: expected a number, got list"),
    (Quantile, (), ValueError, "levels: expected 1 to 32 numbers, got 0"),
    (Quantile, (0.5,) * 33, ValueError, "levels: expected 1 to 32 numbers, got 33"),
]


@pytest.mark.parametrize(("cls", "values", "error", "message"), MADE)
def test_a_loss_that_cannot_be_made(cls, values, error, message):
    with pytest.raises(error, match="^" + message):
        cls(*values)


def rows(*values):
    return np.array(values, np.float64)


TWO, ONE = rows([1.0, 1.0], [1.0, 1.0]), rows([1.0], [1.0])
# The output, how many of them, the loss, y for two rows, the error and its message.
TAKEN = [
    ("relu", 2, "poisson", -TWO, ValueError, r"y: expected values of at least 0 for poisson, got "),
    ("relu", 2, "poisson", rows([0, 0], [0, -1e-9]), ValueError, r"got -1e-09 at \[1, 1\]"),
    ("relu", 1, "poisson", [0, -3], ValueError, r"got -3 at \[1\]"),
    ("relu", 1, "poisson", [0, NAN], ValueError, r"y: expected finite numbers"),
    ("identity", 1, "poisson", [0, 1], ValueError, "loss: poisson expected a relu or "),
    (
        "tanh",
        2,
        "hinge",
        0.5 * TWO,
        ValueError,
        "y: expected -1 and 1, or 0 and 1, for hinge, got ",
    ),
    ("tanh", 2, "hinge", rows([1, 1], [1, 2]), ValueError, r"got 2.0 at \[1, 1\]"),
    ("tanh", 2, "hinge", rows([-1, 0], [1, 1]), ValueError, r"got 0.0 at \[0, 1\]"),
    ("tanh", 1, "squared_hinge", [0, 2], ValueError, r"for squared_hinge, got 2 at \[1\]"),
    ("tanh", 1, "squared_hinge", [-1, 0.5], ValueError, r"for squared_hinge, got 0.5 at \[1\]"),
    ("tanh", 1, "hinge", ["a", "b"], TypeError, "y: expected numbers, got strings; labels need"),
    ("tanh", 2, "hinge", [0, 2], ValueError, r"y: expected labels in 0 .. 1, got 2"),
    ("tanh", 2, "hinge", [0.5, 1], ValueError, r"y: expected integers as labels"),
    ("sigmoid", 2, "hinge", TWO, ValueError, "loss: hinge expected a identity or relu or "),
    ("softmax", 2, "squared_hinge", [0, 1], ValueError, "loss: squared_hinge expected a identity"),
    ("identity", 2, "gaussian_nll", TWO, ValueError, r"y: expected shape \(2,\) or \(2, 1\), got"),
    ("identity", 4, "gaussian_nll", ONE, ValueError, r"y: expected shape \(2, 2\), got \(2, 1\)"),
    ("identity", 4, "gaussian_nll", [0, 1], ValueError, r"y: expected shape \(2, 2\), got \(2,\)"),
    ("identity", 3, "gaussian_nll", TWO, ValueError, "loss: gaussian_nll expected 2 outputs for"),
    ("identity", 1, "gaussian_nll", ONE, ValueError, "for each target, got 1 outputs"),
    ("identity", 2, "gaussian_nll", ["a", "b"], TypeError, "y: expected numbers, got strings"),
    ("softmax", 2, "gaussian_nll", [0, 1], ValueError, "loss: gaussian_nll expected a identity"),
    ("identity", 4, Quantile(0.1, 0.5, 0.9), ONE, ValueError, "quantile expected 3 outputs for"),
    (
        "identity",
        3,
        Quantile(0.1, 0.5, 0.9),
        TWO,
        ValueError,
        r"y: expected shape \(2,\) or \(2, 1",
    ),
    ("sigmoid", 3, Quantile(0.1, 0.5, 0.9), ONE, ValueError, "loss: quantile expected a identity"),
    ("softmax", 2, "kl_divergence", TWO, ValueError, "y: expected rows of probabilities that sum"),
    ("softmax", 2, "kl_divergence", 2 * TWO, ValueError, r"y: expected values in \[0, 1\]"),
    ("softmax", 2, "kl_divergence", rows([-1, 2], [1, 0]), ValueError, r"values in \[0, 1\]"),
    ("sigmoid", 2, "kl_divergence", TWO, ValueError, "loss: kl_divergence expected a softmax"),
    ("softmax", 2, "focal", 2 * TWO, ValueError, r"y: expected values in \[0, 1\] for a softmax"),
    ("sigmoid", 2, "focal", -TWO, ValueError, r"y: expected values in \[0, 1\] for a sigmoid"),
    ("tanh", 2, Focal(1), TWO, ValueError, "loss: focal expected a sigmoid or softmax output"),
    (
        "softmax",
        2,
        CrossEntropy(0.1),
        TWO,
        ValueError,
        "y: expected rows of probabilities that sum",
    ),
    ("sigmoid", 2, CrossEntropy(0.1), TWO, ValueError, "loss: cross_entropy expected a softmax"),
    ("softmax", 2, BinaryCrossEntropy(0.1), TWO, ValueError, "expected a sigmoid output"),
    ("identity", 2, "absolute_error", ONE, ValueError, r"y: expected shape \(2, 2\), got \(2, 1\)"),
    ("identity", 2, "log_cosh", None, TypeError, "y: expected an array of numbers, got None"),
    ("identity", 2, "pinball", TWO, ValueError, "loss: expected squared_error, .* got 'pinball'"),
    ("identity", 2, Quantile, TWO, TypeError, "loss: expected .* got the class Quantile"),
    ("identity", 2, 0.5, TWO, TypeError, "loss: expected .* got 0.5"),
]


@pytest.mark.parametrize("call", ["fit", "evaluate", "trace"])
@pytest.mark.parametrize(("output", "n_out", "loss", "y", "error", "message"), TAKEN)
def test_what_a_loss_does_not_take(call, output, n_out, loss, y, error, message):
    net = fb.Network([1, n_out], output=output, rng=0)
    before = net.parameters.tobytes()
    with pytest.raises(error, match=message):
        getattr(net, call)([[0.0], [1.0]], y, loss=loss)
    assert net.parameters.tobytes() == before


@pytest.mark.parametrize(
    ("output", "n_out", "loss", "y", "message"),
    [
        ("identity", 4, "gaussian_nll", [0.0] * 4, r"y: expected shape \(2,\), got \(4,\)"),
        ("identity", 4, "gaussian_nll", 0.0, r"y: expected shape \(1, 2\), got \(1,\)"),
        ("tanh", 2, "hinge", [0.0] * 3, r"y: expected a label or shape \(2,\), got \(3,\)"),
        ("tanh", 2, "hinge", [0.0, 3.0], "y: expected -1 and 1, or 0 and 1, for hinge, got 3.0"),
        ("relu", 2, "poisson", [0.0, -3.0], "y: expected values of at least 0 for poisson, got -3"),
        (
            "identity",
            3,
            Quantile(0.1, 0.5, 0.9),
            [0.0] * 3,
            r"y: expected shape \(1,\), got \(3,\)",
        ),
    ],
)
def test_one_example(output, n_out, loss, y, message):
    net = fb.Network([1, n_out], output=output, rng=0)
    with pytest.raises(ValueError, match=message):
        net.trace([0.0], y, loss=loss)


@pytest.mark.parametrize("name", ["validation_data X", "validation_data y"])
def test_validation_data_are_checked_too(name):
    net = fb.Network([1, 1], output="relu", rng=0)
    X, y = ([[0.0]], [1.0]) if name.endswith("y") else ([[NAN]], [1.0])
    validation = (X, [-1.0]) if name.endswith("y") else (X, y)
    fit = partial(net.fit, [[0.0]], [1.0], loss="poisson")
    with pytest.raises(ValueError, match=f"{name}: expected"):
        fit(validation_data=validation)
