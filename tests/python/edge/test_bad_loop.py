"""Bad arguments of the loop: metrics, callbacks, time, pieces of data. The network stays as it was."""

from fractions import Fraction

import numpy as np
import pytest
from bad_input import ROWS, Cell, X, Y, check, kind_of, parametrize

import filbert as fb

NAN, INF = float("nan"), float("inf")
RULE = "expected SGD(, .*)? or [A-Z][A-Za-z]+"
LOSS = "expected squared_error, .*"


def changed(row, value):
    rows = X.copy()
    rows[row, 1] = value
    return rows


class Thing:
    """No array."""


OBJECTS = [None, "abc", b"abc", {"a": 1}, {1.0}, Thing(), Thing, 1j, [[1.0, 2.0], [3.0]], len]
NUMBERS = [True, 2.0, "3", None, [2], (2,), {}, 1j, Fraction(2), np.float64(2), np.array([2])]


def of_fit(argument, value, error, message, **more):
    return Cell(
        argument,
        kind_of(value),
        lambda net: net.fit(X, Y, **{argument: value}, **more),
        error,
        message,
        "fit",
    )


MAX_SECONDS = [
    *(
        (value, ValueError, "a number of seconds above 0")
        for value in (0, 0.0, -1, -INF, NAN, -0.0)
    ),
    *(
        (value, TypeError, "a number or None")
        for value in (True, "10", b"10", [1.0], (1.0,), {}, 1j, Fraction(1), Thing(), np.zeros(1))
    ),
    (10**400, ValueError, "a number that fits in a float"),
]

METRICS = [
    *((value, TypeError, "a list of names and functions") for value in (None, "f1", b"f1", 3, 1.0)),
    *((value, TypeError, "a list of names and functions") for value in ({"f1"}, {"f1": 1}, len)),
    (np.array(["f1"]), TypeError, "a list of names and functions"),
]
METRIC = [
    *(
        (value, TypeError, r"a name or a function f\(y_true, y_pred\)")
        for value in (None, 3, b"f1")
    ),
    *((value, TypeError, r"a name or a function f\(y_true, y_pred\)") for value in (True, [], int)),
    (Thing(), TypeError, r"a name or a function f\(y_true, y_pred\)"),
    *(
        (value, ValueError, "accuracy, balanced_accuracy, top_k, .*r2")
        for value in ("", "F1", "acc")
    ),
    *(
        (value, ValueError, "accuracy, .*r2")
        for value in ("top_", "top_0", "top_01", "top_k", "top_-1")
    ),
    *(
        (value, ValueError, "accuracy, .*r2")
        for value in ("top_1.0", "top_3 ", "loss", "val_f1", "top_" + "9" * 30)
    ),
    (lambda y_true, y_pred: 0.0, ValueError, "a function whose __name__ consists of"),
]

CALLBACKS = [
    *(
        (value, TypeError, "a list of callbacks")
        for value in (None, "a", 3, {}, fb.Checkpoint("a"), len)
    ),
    (fb.EarlyStopping(), TypeError, "a list of callbacks"),
    ([fb.EarlyStopping("loss")] * 2, ValueError, "at most one EarlyStopping, got 2"),
]

CELLS = [
    *(of_fit("max_seconds", *case) for case in MAX_SECONDS),
    *(of_fit("metrics", *case) for case in METRICS),
    *(
        Cell(
            "metrics[0]",
            kind_of(value),
            lambda net, v=value: net.fit(X, Y, metrics=[v]),
            error,
            message,
        )
        for value, error, message in METRIC
    ),
    *(
        Cell(
            "metrics[1]",
            kind_of(value),
            lambda net, v=value: net.evaluate(X, Y, metrics=["f1", v]),
            error,
            message,
            "evaluate",
        )
        for value, error, message in METRIC
    ),
    *(of_fit("callbacks", *case) for case in CALLBACKS),
]


def of_pieces(argument, value, error, message):
    """partial_fit and find_learning_rate with that value of X, y, batch_size, loss or optimizer."""
    for name in ("partial_fit", "find_learning_rate"):

        def call(net, name=name):
            arguments = {"X": X, "y": Y, argument: value}
            return getattr(net, name)(arguments.pop("X"), arguments.pop("y"), **arguments)

        yield Cell(argument, kind_of(value), call, error, message, name)


PIECES = [
    *(("X", value, TypeError, "expected") for value in OBJECTS),
    *(
        ("X", changed(3, value), ValueError, r"expected .*at \[3, 1\]")
        for value in (NAN, INF, -INF)
    ),
    ("X", X[:, :3], ValueError, r"expected shape \(n, 4\), got \(6, 3\)"),
    ("X", X[0], ValueError, r"expected shape \(n, 4\), got \(4,\)"),
    ("X", X[:0], ValueError, r"expected at least one row, got shape \(0, 4\)"),
    ("X", X[None], ValueError, r"expected shape \(n, 4\), got \(1, 6, 4\)"),
    ("X", X.astype(str), TypeError, "expected real numbers, got dtype <U32"),
    ("y", None, TypeError, "expected an array of numbers, got None"),
    ("y", Y[:5], ValueError, r"expected shape \(6,\) or \(6, 3\), got \(5,\)"),
    ("y", Y + 1, ValueError, r"expected labels in 0 \.\. 2, got 3"),
    ("y", Y - 1, ValueError, r"expected labels in 0 \.\. 2, got -1"),
    ("y", Y + 0.5, ValueError, "expected integers as labels"),
    ("y", ROWS * 2, ValueError, r"expected numbers in \[0, 1\]|expected"),
    ("y", ROWS[:, :2], ValueError, r"expected shape \(6,\) or \(6, 3\), got \(6, 2\)"),
    ("y", ["a"] * 6, ValueError, "expected 3 different labels"),
    ("y", [b"a"] * 6, TypeError, "expected numbers or strings, got bytes"),
    ("batch_size", 0, ValueError, "expected an integer >= 1, got 0"),
    ("batch_size", -7, ValueError, "expected an integer >= 1, got -7"),
    *(
        ("batch_size", value, TypeError, "expected an integer >= 1")
        for value in NUMBERS
        if value is not None
    ),
    *(("loss", value, TypeError, LOSS) for value in (3, b"huber", ["huber"], {}, 1.5, True)),
    *(
        ("loss", value, ValueError, LOSS)
        for value in ("", "mse", "HUBER", "cross-entropy", "huber(1)")
    ),
    ("loss", "binary_cross_entropy", ValueError, "expected .*'softmax'"),
    *(
        ("optimizer", value, TypeError, RULE)
        for value in ("adam", fb.Adam, 0.1, [fb.SGD(1)], {}, True, len)
    ),
]
CELLS += [cell for case in PIECES for cell in of_pieces(*case)]


def of_one(argument, value, error, message):
    def call(net):
        arguments = {"x": X[0], "y": 1, argument: value}
        return net.train_one(arguments.pop("x"), arguments.pop("y"), **arguments)

    return Cell(argument, kind_of(value), call, error, message, "train_one")


ONE = [
    *(("x", value, TypeError, "expected") for value in OBJECTS if value != "abc"),
    ("x", "abcd", TypeError, "expected real numbers, got dtype <U4"),
    *(
        ("x", changed(0, value)[0], ValueError, r"expected .*at \[1\]")
        for value in (NAN, INF, 1e300)
    ),
    ("x", X[0, :3], ValueError, r"expected shape .*\(4,\), got \(3,\)"),
    ("x", X[:1], ValueError, r"expected shape \(4,\), one row, got \(1, 4\)"),
    ("x", X, ValueError, r"expected shape \(4,\), one row, got \(6, 4\)"),
    ("x", X[0, 0], ValueError, r"expected shape .*, got \(\)"),
    ("y", None, TypeError, "expected an array of numbers, got None"),
    *(
        ("y", value, ValueError, r"expected labels in 0 \.\. 2")
        for value in (-1, 3, 2**40, -(2**40))
    ),
    *(("y", value, ValueError, "expected integers as labels") for value in (0.5, NAN, -0.5)),
    *(("y", value, TypeError, "expected") for value in (b"a", {}, 1j, Thing(), 2**70)),
    ("y", INF, ValueError, "expected"),
    ("y", "a", ValueError, "expected integers, as no fit has learned labels yet"),
    ("y", [1], ValueError, r"expected a label or shape \(3,\), got \(1,\)"),
    ("y", [0.5, 0.5], ValueError, r"expected a label or shape \(3,\), got \(2,\)"),
    ("y", [0.5, 0.5, 0.5], ValueError, "expected rows .*sum"),
    ("y", [2.0, -1.0, 0.0], ValueError, "expected"),
    ("y", [NAN, 0.5, 0.5], ValueError, "expected"),
    ("y", [[0, 0, 1]], ValueError, r"expected a label or shape \(3,\), got \(1, 3\)"),
    *(("loss", value, TypeError, LOSS) for value in (3, b"huber", ["huber"], {}, 1.5, True)),
    *(("loss", value, ValueError, LOSS) for value in ("", "mse", "HUBER", "cross-entropy")),
    ("loss", "hinge", ValueError, "expected|hinge"),
    *(
        ("optimizer", value, TypeError, RULE)
        for value in ("adam", fb.Adam, 0.1, [fb.SGD(1)], {}, True)
    ),
    ("optimizer", fb.LBFGS(), ValueError, "expected a rule for one step, got lbfgs"),
]
CELLS += [of_one(*case) for case in ONE]


@parametrize(CELLS)
def test_the_network_is_as_it_was(cell):
    check(cell)


def test_there_are_many():
    assert len({cell.id for cell in CELLS}) >= 200


@pytest.mark.parametrize("value", NUMBERS, ids=lambda value: f"{type(value).__name__} {value!r}")
def test_counts_of_early_stopping(value):
    with pytest.raises(TypeError, match=r"^patience: expected an integer >= 1, got"):
        fb.EarlyStopping(patience=value)
