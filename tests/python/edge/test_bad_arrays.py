"""Bad arrays: X, y, parameters and derivatives."""

import numpy as np
import problems
import pytest
from bad_input import ROWS, Cell, X, Y, check, classifier, parametrize, with_value
from scipy import sparse

import filbert as fb


def no_numbers(n_in):
    """What no argument that takes rows of numbers takes: kind, value, exception, message."""
    good = np.ones((6, n_in))
    return [
        ("None", None, TypeError, "expected an array of numbers, got None"),
        ("complex", good + 0j, TypeError, "expected real numbers, got dtype complex128"),
        ("object", good.astype(object), TypeError, r"got dtype object; convert it with .astype"),
        ("masked", np.ma.masked_invalid(good), TypeError, "without a mask, got a masked array"),
        ("ragged", [[1.0] * n_in, [1.0]], TypeError, "rows of one length, got ragged ones"),
        ("dates", good.astype("M8[s]"), TypeError, "real numbers, got dtype datetime64"),
        ("durations", good.astype("m8[s]"), TypeError, "real numbers, got dtype timedelta64"),
        ("records", np.zeros(6, "i4,f4"), TypeError, "real numbers, got dtype"),
        ("sparse", sparse.csr_array(good), TypeError, r"dense array, got a sparse one"),
        ("dict", {"a": 1}, TypeError, "expected numbers.*, got dtype object: dict"),
        ("function", len, TypeError, "expected numbers.*, got dtype object"),
        ("scalar", 1.0, ValueError, r"expected shape .*, got \(\)"),
        ("3-D", good[None], ValueError, rf"expected shape .*, got \(1, 6, {n_in}\)"),
        ("nan", with_value(good, (3, 2), np.nan), ValueError, r"finite numbers, got nan at \[3, 2\]"),
        ("inf", with_value(good, (0, 1), np.inf), ValueError, r"finite numbers, got inf at \[0, 1\]"),
        ("-inf", with_value(good, (5, 0), -np.inf), ValueError, r"numbers, got -inf at \[5, 0\]"),
        ("1e300", with_value(good, (1, 1), 1e300), ValueError, r"that fit in float32, got 1e\+300"),
        ("huge ints", [[10**30] * n_in] * 6, TypeError, "got dtype object"),
    ]  # fmt: skip


BATCH = [
    *no_numbers(4),
    ("string", "digits.csv", TypeError, "expected real numbers, got dtype <U10"),
    ("strings", [["1", "2", "3", "4"]], TypeError, "expected real numbers, got dtype <U1"),
    ("bytes", np.array([[b"1"] * 4]), TypeError, r"expected real numbers, got dtype \|S1"),
    ("narrow", np.ones((3, 5)), ValueError, r"expected shape \(n, 4\).*, got \(3, 5\)"),
    ("transposed", X.T, ValueError, r"expected shape \(n, 4\).*, got \(4, 6\)"),
    ("1-D, other width", np.ones(5), ValueError, r"expected shape \(n, 4\).*, got \(5,\)"),
    ("no rows", np.ones((0, 4)), ValueError, r"at least one row, got shape \(0, 4\)"),
    ("no columns", np.ones((6, 0)), ValueError, r"expected shape .*, got \(6, 0\)"),
    ("empty list", [], ValueError, r"expected shape .*, got \(0,\)"),
]
ROW = [
    ("nan", [1, 2, np.nan, 4], ValueError, r"finite numbers, got nan at \[2\]"),
    ("1e300", [1, 2, 3, -1e300], ValueError, r"that fit in float32, got -1e\+300 at \[3\]"),
    ("narrow", [1, 2, 3], ValueError, r"expected shape \(n, 4\) or \(4,\), got \(3,\)"),
]
CALLS = {
    "predict": lambda net, X: net.predict(X),
    "call": lambda net, X: net(X),
    "predict_classes": lambda net, X: net.predict_classes(X),
    "forward": lambda net, X: net.forward(X),
    "trace": lambda net, X: net.trace(X, Y),
    "fit": lambda net, X: net.fit(X, Y),
    "evaluate": lambda net, X: net.evaluate(X, Y),
}
TAKE_ONE_ROW = list(CALLS)[:5]

TARGETS = [
    *no_numbers(3),
    ("labels too long", np.arange(7) % 3, ValueError, r"expected shape \(6,\) or \(6, 3\), got"),
    ("labels too short", [0, 1], ValueError, r"expected shape \(6,\) or \(6, 3\), got \(2,\)"),
    ("no labels", [], ValueError, r"expected shape \(6,\) or \(6, 3\), got \(0,\)"),
    ("narrow", np.ones((6, 2)), ValueError, r"expected shape \(6,\) or \(6, 3\), got \(6, 2\)"),
    ("column", Y[:, None], ValueError, r"expected shape \(6,\) or \(6, 3\), got \(6, 1\)"),
    ("transposed", ROWS.T, ValueError, r"expected shape .*, got \(3, 6\)"),
    ("label 3", [0, 1, 2, 3, 0, 1], ValueError, r"labels in 0 \.\. 2, got 3 at \[3\]"),
    ("label -1", [0, -1, 2, 0, 0, 1], ValueError, r"labels in 0 \.\. 2, got -1 at \[1\]"),
    ("label 2^40", [2**40] * 6, ValueError, r"labels in 0 \.\. 2, got 1099511627776"),
    ("label 2^64 - 1", np.full(6, 2**64 - 1, np.uint64), ValueError, r"labels in 0 \.\. 2, got 184"),
    ("label 0.5", [0, 1, 0.5, 1, 2, 0], ValueError, r"integers as labels, .* got 0.5 at \[2\]"),
    ("label nan", with_value(Y, 4, np.nan), ValueError, r"integers as labels, .* got nan at \[4\]"),
    ("label inf", with_value(Y, 4, np.inf), ValueError, r"labels in 0 \.\. 2, got inf at \[4\]"),
    ("rows of strings", [["a", "b", "c"]] * 6, ValueError, r"expected shape \(6,\) of strings"),
    ("two strings", ["a", "b"] * 3, ValueError, "expected 3 different labels, .* got 2: 'a', 'b'"),
    ("four strings", list("abcdab"), ValueError, "expected 3 different labels, .* got 4"),
    ("strings and None", np.array(["a", None] * 3, object), TypeError, r"object: None at \[1\] is"),
    ("sum 1.1", with_value(ROWS, (2, 0), 0.1), ValueError, r"sum to 1, got sum 1\.1.* in row 2"),
    ("sum 0", np.zeros((6, 3)), ValueError, "sum to 1, got sum 0 in row 0"),
    ("negative", with_value(ROWS, (0, 1), -0.1), ValueError, r"values in \[0, 1\] for a softmax .* -0\.1 at"),
]  # fmt: skip
TARGET = [
    ("label 3", 3, ValueError, r"expected labels in 0 \.\. 2, got 3"),
    ("label 0.5", 0.5, ValueError, "expected integers as labels"),
    ("string", "cat", ValueError, "expected integers, as no fit has learned labels"),
    ("None", None, TypeError, "expected an array of numbers, got None"),
    ("narrow", [1, 0], ValueError, r"expected a label or shape \(3,\), got \(2,\)"),
    ("2-D", ROWS[:1], ValueError, r"expected a label or shape \(3,\), got \(1, 3\)"),
    ("sum 1.1", [0.5, 0.4, 0.2], ValueError, "rows of probabilities that sum to 1"),
    ("nan", [np.nan, 0, 1], ValueError, r"expected finite numbers, got nan at \[0, 0\]"),
]


def shaped(shape):
    """What no argument of exactly this shape takes."""
    good = np.ones(shape)
    first = (0,) * len(shape)
    at = ", ".join("0" * len(shape))
    return [
        ("None", None, TypeError, "expected an array of numbers, got None"),
        ("complex", good + 0j, TypeError, "expected real numbers, got dtype complex128"),
        ("object", good.astype(object), TypeError, "expected numbers, got dtype object"),
        ("masked", np.ma.masked_invalid(good), TypeError, "got a masked array"),
        ("string", "weights", TypeError, "expected real numbers, got dtype <U7"),
        ("transposed", np.ones((7, *shape)).T, ValueError, r"expected shape \(.*\), got \("),
        ("scalar", 0.5, ValueError, r"expected shape \(.*\), got \(\)"),
        ("empty", [], ValueError, r"expected shape \(.*\), got \(0,\)"),
        ("nan", with_value(good, first, np.nan), ValueError, rf"finite numbers, got nan at \[{at}\]"),
        ("inf", with_value(good, first, np.inf), ValueError, rf"finite numbers, got inf at \[{at}\]"),
        ("1e300", with_value(good, first, 1e300), ValueError, "that fit in float32, got 1e"),
    ]  # fmt: skip


def set_w(net, value):
    net.w[1] = value


def set_b(net, value):
    net.b[2] = value


def set_parameters(net, value):
    net.parameters = value


SHAPED = {
    "w[1]": ((5, 4), set_w),
    "b[2]": ((3,), set_b),
    "parameters": ((43,), set_parameters),
    "dC_da": ((6, 3), lambda net, value: net.backward(net.forward(X), value)),
    "dC_dz": ((6, 3), lambda net, value: net.backward(net.forward(X), dC_dz=value)),
    "g": ((43,), lambda net, value: fb.SGD().step(net, value)),
}


def cells():
    for where, function in CALLS.items():
        for kind, value, *expected in BATCH + (ROW if where in TAKE_ONE_ROW else []):
            call = lambda net, f=function, v=value: f(net, v)
            yield Cell("X", kind, call, *expected, where)
    for kind, value, *expected in BATCH:
        call = lambda net, v=value: net.fit(X, Y, validation_data=(v, Y))
        yield Cell("validation_data X", kind, call, *expected)
    for kind, value, error, message in TARGETS:
        call = lambda net, v=value: net.fit(X, v)
        yield Cell("y", kind, call, error, message, "fit")
        if "different labels" in message:
            message = "expected integers, as no fit has learned labels"
        call = lambda net, v=value: net.evaluate(X, v)
        yield Cell("y", kind, call, error, message, "evaluate")
        call = lambda net, v=value: net.trace(X, v)
        yield Cell("y", kind, call, error, message, "trace")
    for kind, value, *expected in TARGET:
        call = lambda net, v=value: net.trace(X[0], v)
        yield Cell("y", f"{kind}, for one row", call, *expected)
    for name, (shape, function) in SHAPED.items():
        for kind, value, *expected in shaped(shape):
            call = lambda net, f=function, v=value: f(net, v)
            if value is None and name.startswith("dC"):
                yield Cell("dC_da", "neither", call, ValueError, "either dC_da or dC_dz, got none")
            else:
                yield Cell(name, kind, call, *expected)


CELLS = list(cells())


@parametrize(CELLS)
def test_cell(cell):
    check(cell)


@pytest.mark.parametrize("value", [[-0.1], [1.1], [np.nan], [2]], ids=repr)
def test_values_of_one_sigmoid(value):
    net = fb.Network([1, 1], output="sigmoid")
    for loss in ("binary_cross_entropy", "squared_error"):
        with pytest.raises(ValueError, match=r"y: expected (values in \[0, 1\] for|finite)"):
            net.fit([[0.0]], value, loss=loss)


@pytest.mark.parametrize("output", problems.UNBOUNDED)
def test_labels_need_an_output_that_classifies(output):
    net = fb.Network([4, 3], output=output)
    with pytest.raises(ValueError, match=r"y: expected shape \(6, 3\), got \(6,\)"):
        net.fit(X, Y)
    with pytest.raises(TypeError, match="y: expected numbers, got strings; labels need a softmax"):
        net.fit(X, list("abcabc"))


def test_one_column_has_a_hint():
    net = fb.Network([1, 1])
    with pytest.raises(ValueError, match=r"got \(6,\); one column is X\[:, None\]"):
        net.fit(np.arange(6.0), np.arange(6.0))


def test_forward_of_another_network():
    net = classifier()
    f = net.forward(X)
    for wrong in (fb.Network([4, 5, 3], dtype="float64"), classifier()):
        with pytest.raises(ValueError, match="f: expected a Forward of this network, got one of"):
            wrong.backward(f, np.ones((6, 3)))


HUGE = np.broadcast_to(np.float32(1), (10**15, 4))


@pytest.mark.parametrize(
    "call",
    [
        lambda net: net.predict(HUGE),
        lambda net: net.forward(HUGE),
        lambda net: net.fit(HUGE, np.broadcast_to(0, 10**15)),
        lambda net: net.fit(X, Y, validation_data=(HUGE, np.broadcast_to(0, 10**15))),
        lambda net: net.trace(HUGE, np.broadcast_to(0, 10**15)),
    ],
    ids=range(5),
)
def test_more_rows_than_memory(call):
    """Arrays that are small in memory and would not fit once they are converted."""
    net = classifier()
    with pytest.raises(MemoryError):
        call(net)
    assert net.parameters.tobytes() == classifier().parameters.tobytes()


@pytest.mark.parametrize(
    "y",
    [
        np.broadcast_to(0, 10**12),
        np.broadcast_to(0.5, (10**12, 3)),
        np.broadcast_to("a", 10**12),
        np.broadcast_to(np.array("a", object), 10**12),
    ],
    ids=["labels", "rows", "strings", "objects"],
)
def test_more_targets_than_rows(y):
    """Their number is looked at before their values."""
    with pytest.raises(ValueError, match=r"y: expected shape \(6,\).*, got \(1000000000000"):
        classifier().fit(X, y)
