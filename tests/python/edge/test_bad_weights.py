"""Bad weights, and bad ways to split: each cell is a call, and the exception that it raises."""

import numpy as np
import pytest
from bad_input import ROWS, Cell, X, Y, check, kind_of, parametrize, with_value

import filbert as fb

GOOD = np.ones(6)
WEIGHTS = [
    ("string", "balanced", TypeError, "expected real numbers, got dtype <U8"),
    ("strings", ["1"] * 6, TypeError, "expected real numbers, got dtype <U1"),
    ("bytes", np.array([b"1"] * 6), TypeError, r"expected real numbers, got dtype \|S1"),
    ("dict", {0: 1.0}, TypeError, "expected numbers, got dtype object"),
    ("function", len, TypeError, "expected numbers, got dtype object"),
    ("complex", GOOD + 0j, TypeError, "expected real numbers, got dtype complex128"),
    ("object", GOOD.astype(object), TypeError, "got dtype object; convert it with .astype"),
    ("None in it", np.array([1, None] * 3, object), TypeError, r"None at \[1\] is missing"),
    ("masked", np.ma.masked_invalid(GOOD), TypeError, "without a mask, got a masked array"),
    ("ragged", [[1.0], [1.0, 2.0]], TypeError, "rows of one length, got ragged ones"),
    ("dates", GOOD.astype("M8[s]"), TypeError, "real numbers, got dtype datetime64"),
    ("durations", GOOD.astype("m8[s]"), TypeError, "real numbers, got dtype timedelta64"),
    ("records", np.zeros(6, "i4,f4"), TypeError, "real numbers, got dtype"),
    ("scalar", 1.0, ValueError, r"expected shape \(6,\), one for each row, got \(\)"),
    ("short", GOOD[:5], ValueError, r"expected shape \(6,\), one for each row, got \(5,\)"),
    ("long", np.ones(7), ValueError, r"expected shape \(6,\), one for each row, got \(7,\)"),
    ("empty", [], ValueError, r"expected shape \(6,\), one for each row, got \(0,\)"),
    ("column", GOOD[:, None], ValueError, r"expected shape \(6,\), one for each row, got \(6, 1\)"),
    ("row", GOOD[None], ValueError, r"expected shape \(6,\), one for each row, got \(1, 6\)"),
    ("of outputs", np.ones((6, 3)), ValueError, r"expected shape \(6,\), one for .*, got \(6, 3\)"),
    ("huge", np.broadcast_to(1.0, 10**12), ValueError, r"expected shape \(6,\), .*\(1000000000000,"),
    ("nan", with_value(GOOD, 3, np.nan), ValueError, r"expected finite numbers, got nan at \[3\]"),
    ("inf", with_value(GOOD, 0, np.inf), ValueError, r"expected finite numbers, got inf at \[0\]"),
    ("-inf", with_value(GOOD, 5, -np.inf), ValueError, r"finite numbers, got -inf at \[5\]"),
    ("-1", with_value(GOOD, 2, -1), ValueError, r"expected numbers >= 0, got -1.0 at \[2\]"),
    ("-1e-300", with_value(GOOD, 2, -1e-300), ValueError, r"numbers >= 0, got -1e-300 at \[2\]"),
    ("int -1", [1, 1, 1, 1, 1, -1], ValueError, r"expected numbers >= 0, got -1 at \[5\]"),
    ("0", np.zeros(6), ValueError, "expected at least one number above 0, got only 0"),
    ("-0.0", -np.zeros(6), ValueError, "expected at least one number above 0, got only 0"),
    ("False", np.zeros(6, bool), ValueError, "expected at least one number above 0, got only 0"),
    ("subnormal", with_value(GOOD, 1, 1e-40), ValueError, r"from 1.175e-38 to .* got 1e-40 at \[1\]"),
    ("underflow", with_value(GOOD, 1, 1e-300), ValueError, r"from 1.175e-38 .* got 1e-300 at \[1\]"),
    ("overflow", with_value(GOOD, 4, 1e300), ValueError, r"to 3.403e\+38 .* got 1e\+300 at \[4\]"),
]  # fmt: skip
TAKE_WEIGHTS = {
    "fit": lambda net, w: net.fit(X, Y, sample_weight=w),
    "fit, balanced": lambda net, w: net.fit(X, Y, sample_weight=w, class_weight="balanced"),
    "fit, split": lambda net, w: net.fit(X, Y, sample_weight=w, validation_split=0.5),
    "fit, lbfgs": lambda net, w: net.fit(X, Y, sample_weight=w, optimizer=fb.LBFGS()),
    "evaluate": lambda net, w: net.evaluate(X, Y, sample_weight=w),
}

EXPECTED = "expected a dict from labels to weights, or 'balanced', got"
CLASS_WEIGHTS = [
    ("1", 1, TypeError, f"{EXPECTED} 1"),
    ("True", True, TypeError, f"{EXPECTED} True"),
    ("list", [1, 1, 1], TypeError, f"{EXPECTED} list"),
    ("tuple", (1, 1, 1), TypeError, f"{EXPECTED} tuple"),
    ("array", np.ones(3), TypeError, f"{EXPECTED} ndarray"),
    ("set", {1, 2}, TypeError, f"{EXPECTED} set"),
    ("bytes", b"balanced", TypeError, f"{EXPECTED} b'balanced'"),
    ("auto", "auto", ValueError, f"{EXPECTED} 'auto'"),
    ("Balanced", "Balanced", ValueError, f"{EXPECTED} 'Balanced'"),
    ("no text", "", ValueError, f"{EXPECTED} ''"),
    ("empty", {}, ValueError, "a weight for each of the classes 0, 1, 2, got none for 0"),
    ("one missing", {0: 1, 1: 1}, ValueError, "each of the classes 0, 1, 2, got none for 2"),
    ("one too many", {0: 1, 1: 1, 2: 1, 3: 1}, ValueError, "expected the classes 0, 1, 2, got 3"),
    ("strings", {"a": 1, "b": 1, "c": 1}, ValueError, "classes 0, 1, 2, got none for 0"),
    ("a string too", {0: 1, 1: 1, 2: 1, "2": 1}, ValueError, "expected the classes 0, 1, 2, got '2'"),
    ("None too", {0: 1, 1: 1, 2: 1, None: 1}, ValueError, "expected the classes 0, 1, 2, got None"),
    ("all 0", {0: 0, 1: 0, 2: 0.0}, ValueError, "at least one number above 0, got only 0"),
    ("subnormal", {0: 1, 1: 1e-40, 2: 1}, ValueError, r"from 1.175e-38 to .* got 1e-40 at \[1\]"),
    ("overflow", {0: 1e300, 1: 1, 2: 1}, ValueError, r"to 3.403e\+38 .* got 1e\+300 at \[0\]"),
    ("sum overflows", {0: 3e38, 1: 3e38, 2: 3e38}, None, ""),
]  # fmt: skip
OF_A_CLASS = [
    ("None", None, TypeError, "expected a number, got None"),
    ("string", "1", TypeError, "expected a number, got '1'"),
    ("True", True, TypeError, "expected a number, got True"),
    ("list", [1], TypeError, "expected a number, got list"),
    ("complex", 1j, TypeError, "expected a number, got 1j"),
    ("array", np.ones(1), TypeError, "expected a number, got ndarray"),
    ("nan", np.nan, ValueError, "expected a finite number >= 0, got nan"),
    ("inf", np.inf, ValueError, "expected a finite number >= 0, got inf"),
    ("-1", -1, ValueError, "expected a finite number >= 0, got -1.0"),
    ("10^400", 10**400, ValueError, "expected a number that fits in a float, got more"),
]  # fmt: skip

SPLITS = [
    (0, ValueError, "expected a number between 0 and 1, got 0.0"),
    (1, ValueError, "expected a number between 0 and 1, got 1.0"),
    (1.0, ValueError, "expected a number between 0 and 1, got 1.0"),
    (-0.1, ValueError, "expected a number between 0 and 1, got -0.1"),
    (20, ValueError, "expected a number between 0 and 1, got 20.0"),
    (np.nan, ValueError, "expected a number between 0 and 1, got nan"),
    (np.inf, ValueError, "expected a number between 0 and 1, got inf"),
    (10**400, ValueError, "expected a number that fits in a float, got more"),
    (True, TypeError, "expected a number, got True"),
    (False, TypeError, "expected a number, got False"),
    ("0.2", TypeError, "expected a number, got '0.2'"),
    (0.2j, TypeError, "expected a number, got 0.2j"),
    ([0.2], TypeError, "expected a number, got list"),
    ((X, Y), TypeError, "expected a number, got tuple"),
    (np.ones(1), TypeError, "expected a number, got ndarray"),
    ({"fraction": 0.2}, TypeError, "expected a number, got dict"),
    (len, TypeError, "expected a number, got builtin_function"),
    (b"0.2", TypeError, "expected a number, got b'0.2'"),
]
PAIRS = [
    ("no pair", np.ones((6, 4)), TypeError, r"expected \(X, y\) or \(X, y, weights\), got ndarray"),
    ("one", (X,), TypeError, r"expected \(X, y\) or \(X, y, weights\), got tuple"),
    ("none", (), TypeError, r"expected \(X, y\) or \(X, y, weights\), got tuple"),
    ("four", (X, Y, GOOD, GOOD), TypeError, r"expected \(X, y\) or \(X, y, weights\), got tuple"),
    ("dict", {"X": X, "y": Y}, TypeError, r"expected \(X, y\) or \(X, y, weights\), got dict"),
    ("string", "0.2", TypeError, r"expected \(X, y\) or \(X, y, weights\), got '0.2'"),
    ("generator", (i for i in ()), TypeError, r"expected \(X, y\) or .*, got generator"),
]  # fmt: skip


def cells():
    for where, function in TAKE_WEIGHTS.items():
        for kind, value, *expected in WEIGHTS:
            call = lambda net, f=function, v=value: f(net, v)
            yield Cell("sample_weight", kind, call, *expected, where)
    for kind, value, *expected in WEIGHTS:
        call = lambda net, v=value: net.fit(X, Y, validation_data=(X, Y, v))
        yield Cell("validation_data weights", kind, call, *expected)
    for kind, value, error, message in CLASS_WEIGHTS:
        if error is not None:
            call = lambda net, v=value: net.fit(X, Y, class_weight=v)
            yield Cell("class_weight", kind, call, error, message)
    for kind, value, *expected in OF_A_CLASS:
        for label in (0, 2):
            weights = {0: 1, 1: 1, 2: 1, label: value}
            call = lambda net, v=weights: net.fit(X, Y, class_weight=v)
            yield Cell(f"class_weight[{label}]", kind, call, *expected)
    for given in ("balanced", {0: 1, 1: 1, 2: 1}):
        call = lambda net, v=given: net.fit(X, ROWS, class_weight=v)
        message = "expected y of labels, one for each row, got rows of 3 values; use sample_weight"
        yield Cell("class_weight", f"{kind_of(given)} for rows", call, ValueError, message)
    for value, *expected in SPLITS:
        call = lambda net, v=value: net.fit(X, Y, validation_split=v)
        yield Cell("validation_split", kind_of(value), call, *expected)
    for data in ((X, Y), (X, Y, GOOD)):
        call = lambda net, v=data: net.fit(X, Y, validation_split=0.5, validation_data=v)
        message = "expected None with validation_data, got 0.5"
        yield Cell("validation_split", f"with {len(data)}", call, ValueError, message)
    for kind, value, *expected in PAIRS:
        call = lambda net, v=value: net.fit(X, Y, validation_data=v)
        yield Cell("validation_data", kind, call, *expected)


CELLS = list(cells())


@parametrize(CELLS)
def test_cell(cell):
    check(cell)


def test_there_are_many_cells():
    assert len({cell.id for cell in CELLS}) == len(CELLS) >= 250


@pytest.mark.parametrize("rows", [1, 2])
def test_a_class_with_one_row_cannot_be_split(rows):
    net = fb.Network([4, 3], output="softmax", classes=["a", "b", "c"])
    y = np.repeat(["a", "b", "c"], [3, rows, 1])
    which = "'b'" if rows == 1 else "'c'"
    with pytest.raises(ValueError, match=f"at least two rows of class {which} to split, got one"):
        net.fit(np.ones((len(y), 4)), y, validation_split=0.5)


def test_one_row_cannot_be_split():
    with pytest.raises(ValueError, match="validation_split: expected at least two rows to split"):
        fb.Network([4, 1]).fit(np.ones((1, 4)), [0.5], validation_split=0.5)


@pytest.mark.parametrize(("output", "outputs"), [("identity", 1), ("identity", 3), ("tanh", 1)])
def test_class_weights_need_classes(output, outputs):
    net = fb.Network([4, outputs], output=output)
    y = np.zeros((6, outputs))
    with pytest.raises(
        ValueError, match="class_weight: expected an output that tells classes apart"
    ):
        net.fit(X, y, class_weight="balanced")


def test_several_labels_of_a_row_have_no_class():
    net = fb.Network([4, 3], output="sigmoid")
    with pytest.raises(ValueError, match=r"class_weight: expected y of labels.*rows of 3 values"):
        net.fit(X, ROWS, class_weight="balanced")
    one = fb.Network([4, 1], output="sigmoid")
    with pytest.raises(ValueError, match=r"class_weight: expected y of labels.*between 0 and 1"):
        one.fit(X, np.full(6, 0.5), class_weight="balanced")


def test_the_sum_of_weights_is_finite():
    net = fb.Network([4, 3], output="softmax", dtype="float64")
    with pytest.raises(ValueError, match="sample_weight: expected numbers whose sum is finite"):
        net.fit(X, Y, sample_weight=np.full(6, 1e308))
