"""Arrays of Python objects: the message says which element is no number, where, and what helps."""

import datetime
import decimal
import fractions
import re

import numpy as np
import pytest
from bad_input import Cell, X, Y, check, classifier, parametrize

import filbert as fb


def objects(*values):
    """An array of exactly these, whatever they are."""
    result = np.empty(len(values), object)
    result[:] = values
    return result


def with_element(value, index, kind=object):
    result = (X if isinstance(index, tuple) else np.array(list("abcabc"))).astype(kind)
    result[index] = value
    return result


DATE = datetime.date(2024, 1, 31)
MISSING = "is missing; fill it in, or leave its row out"
BYTES = "is bytes; decode it, as .decode() does"
DATES = "is a date or a time; count days or seconds instead"
ROW = "is a row of its own; make one array of the rows with np.stack"
SEQUENCE = "is a sequence, where a single value belongs"
BOTH = "make all of them the one or the other"

LABELS = [  # kind, y, what the message says after "got dtype object: "
    ("None among strings", with_element(None, 1), f"None at [1] {MISSING}"),
    ("NaN among strings", with_element(np.nan, 5), f"nan at [5] {MISSING}"),
    ("NaN of numpy's", with_element(np.float32(np.nan), 0), f"nan at [0] {MISSING}"),
    ("a decimal NaN", with_element(decimal.Decimal("NaN"), 0), f"NaN at [0] {MISSING}"),
    ("a signaling NaN", with_element(decimal.Decimal("sNaN"), 0), f"sNaN at [0] {MISSING}"),
    ("no time", with_element(np.datetime64("NaT", "s"), 2), f"NaT at [2] {MISSING}"),
    ("None among numbers", objects(0, 1, 2, None, 1, 2), f"None at [3] {MISSING}"),
    ("None in a list", ["a", "b", None, "a", "b", "c"], f"None at [2] {MISSING}"),
    ("NaN in a list", ["a", "b", float("nan"), "a", "b", "b"], f"nan at [2] {MISSING}"),
    ("all of them missing", objects(*[None] * 6), f"None at [0] {MISSING}"),
    ("bytes", objects(*[b"a", b"b", b"c"] * 2), f"b'a' at [0] {BYTES}"),
    ("one that is bytes", with_element(b"c", 3), f"b'c' at [3] {BYTES}"),
    ("bytes in a list of strings", ["a", "b", b"c", "a", "b", "c"], f"b'c' at [2] {BYTES}"),
    ("strings in a list of bytes", [b"a", "b", b"c", b"a", b"b", b"c"], f"b'a' at [0] {BYTES}"),
    ("tuples", objects(*[(1, 0, 0), (0, 1, 0)] * 3), f"tuple at [0] {ROW}"),
    ("lists", objects(*[[1, 0, 0], [0, 1, 0]] * 3), f"list at [0] {ROW}"),
    ("arrays", objects(*np.eye(3), *np.eye(3)), f"ndarray at [0] {ROW}"),
    ("lists of two lengths", objects(*[[1, 0], [2]] * 3), f"list at [0] {SEQUENCE}"),
    ("tuples of strings", objects(*[("a", "b"), ("c", "d")] * 3), f"tuple at [0] {SEQUENCE}"),
    ("strings and integers", with_element(7, 4), f"'a' at [0] is a string, 7 at [4] is a number; {BOTH}"),
    ("integers and strings", objects(0, 1, "c", 0, 1, 2), f"'c' at [2] is a string, 0 at [0] is a number; {BOTH}"),
    ("the same in a list", [0, 1, "c", 0, 1, "c"], f"'c' at [2] is a string, 0 at [0] is a number; {BOTH}"),
    ("bools in a list of strings", ["a", True, "b"] * 2, f"'a' at [0] is a string, True at [1] is a number; {BOTH}"),
    ("dates", objects(*[DATE] * 6), f"date at [0] {DATES}"),
    ("times", objects(*[datetime.datetime(2024, 1, 31)] * 6), f"datetime at [0] {DATES}"),
    ("durations", objects(*[datetime.timedelta(1)] * 6), f"timedelta at [0] {DATES}"),
    ("complex", objects(0, 1, 2j, 0, 1, 2), "2j at [2] is neither a number nor a string"),
    ("dicts", objects(*[{}] * 6), "dict at [0] is neither a number nor a string"),
    ("beyond float64", objects(0, 1, 10**400, 0, 1, 2), "int at [2] is neither a number nor a string"),
]  # fmt: skip

BATCH = [
    ("None", with_element(None, (3, 2)), f"None at [3, 2] {MISSING}"),
    ("NaN", with_element(np.nan, (0, 1)), f"nan at [0, 1] {MISSING}"),
    ("a string", with_element("red", (2, 0)), "'red' at [2, 0] is a string; make a number of it"),
    ("a string in a list", [[1.0] * 4, [1.0, 2.0, "x", 3.0]], "'x' at [1, 2] is a string; make a number of it"),
    ("strings", X.astype(str).astype(object), "'-1.0' at [0, 0] is a string; make a number of it"),
    ("bytes", with_element(b"1", (5, 3)), f"b'1' at [5, 3] {BYTES}, to a number"),
    ("a date", with_element(DATE, (1, 1)), f"date at [1, 1] {DATES}"),
    ("rows in an array", objects(*X), f"ndarray at [0] {ROW}"),
    ("complex", with_element(1j, (1, 1)), "1j at [1, 1] is no real number"),
]  # fmt: skip

Y_CALLS = {
    "fit": lambda net, y: net.fit(X, y),
    "evaluate": lambda net, y: net.evaluate(X, y),
    "trace": lambda net, y: net.trace(X, y),
}
X_CALLS = {
    "predict": lambda net, X: net.predict(X),
    "forward": lambda net, X: net.forward(X),
    "fit": lambda net, X: net.fit(X, Y),
    "evaluate": lambda net, X: net.evaluate(X, Y),
}


def cells():
    for argument, expected, kinds, calls in (
        ("y", "numbers or strings", LABELS, Y_CALLS),
        ("X", "numbers", BATCH, X_CALLS),
    ):
        for kind, value, message in kinds:
            for where, function in calls.items():
                call = lambda net, f=function, v=value: f(net, v)
                whole = re.escape(f"{argument}: expected {expected}, got dtype object: {message}")
                yield Cell(argument, kind, call, TypeError, whole + "$", where)


@parametrize(list(cells()))
def test_cell(cell):
    check(cell)


NUMBERS = {
    "int": 1,
    "bool": True,
    "float": 0.5,
    "int8": np.int8(1),
    "bool of numpy's": np.True_,
    "fraction": fractions.Fraction(1, 2),
    "decimal": decimal.Decimal("0.5"),
    "large int": 10**30,
}


@pytest.mark.parametrize("number", NUMBERS.values(), ids=NUMBERS)
def test_numbers_can_be_converted_as_the_message_says(number):
    net = classifier()
    given = X.astype(object)
    given[1, 2] = number
    with pytest.raises(TypeError, match=r"X: expected numbers, got dtype object; convert it with"):
        net.predict(given)
    assert net.predict(given.astype(float)).shape == (6, 3)
    with pytest.raises(
        TypeError, match=r"y: .*, got dtype object; convert it with .astype\(float\)"
    ):
        net.fit(X, Y.astype(object))
    net.fit(X, Y.astype(object).astype(float))
    net.fit(X, np.array([fractions.Fraction(int(label)) for label in Y], float))


def test_other_advice_works_too():
    net = classifier()
    net.fit(X, np.stack(objects(*[(1, 0, 0), (0, 1, 0)] * 3)))
    net.fit(X, [label.decode() for label in objects(*[b"a", b"b", b"c"] * 2)])
    assert net.classes.tolist() == ["a", "b", "c"]


def test_no_string_is_a_label_unless_it_was_one():
    """numpy makes 'nan', '1' and 'True' of what stands among strings in a list."""
    for y in (["a", float("nan"), "b"], ["a", 1, "b"], ["a", True, "b"], ["a", b"c", "b"]):
        net = fb.Network([4, 3], output="softmax", rng=0)
        with pytest.raises(TypeError, match="y: expected numbers or strings, got dtype object"):
            net.fit(X[:3], y)
        assert net.classes is None, y
    net.fit(X[:3], ("a", "nan", np.str_("b")))
    assert net.classes.tolist() == ["a", "b", "nan"]


def test_where_only_numbers_will_do():
    net = fb.Network([4, 1], rng=0)
    with pytest.raises(TypeError, match=r"y: expected numbers, got dtype object: None at \[1\] is"):
        net.fit(X, with_element(None, 1))
    with pytest.raises(TypeError, match=r"y: expected numbers, got strings; labels need a softmax"):
        net.fit(X, with_element("d", 1))


def test_one_example():
    net = classifier()
    with pytest.raises(
        TypeError, match=r"y: .*, got dtype object: tuple at \[0, 1\] is a sequence"
    ):
        net.trace(X[0], objects(1, (0,), 0))
    with pytest.raises(TypeError, match=r"X: expected numbers, got dtype object: None at \[3\] is"):
        net.predict(objects(1, 2, 3, None))


def test_parameters_and_derivatives():
    net = classifier()
    with pytest.raises(TypeError, match=r"w\[1\]: .* dtype object: None at \[4, 3\] is missing"):
        net.w[1] = with_element(None, (4, 3))[:5]
    with pytest.raises(TypeError, match=r"g: expected numbers, .*: 'a' at \[0\] is a string"):
        fb.SGD().step(net, objects(*["a"] * 43))


def test_what_is_broadcast_is_looked_at_once():
    """Or it would take for ever."""
    many = np.broadcast_to(objects(1.0), (10**12, 4))
    with pytest.raises(TypeError, match=r"X: .* got dtype object; convert it"):
        classifier().predict(many)
    tall = np.broadcast_to(objects(1, None)[:, None], (2, 10**12))
    with pytest.raises(TypeError, match=r"X: .* dtype object: None at \[1, 0\] is missing"):
        classifier().predict(tall)
    with pytest.raises(ValueError, match=r"y: expected shape \(6,\) of strings, got \(6, 10000"):
        classifier().fit(X, np.broadcast_to(objects(*"abcabc")[:, None], (6, 10**12)))


def test_pandas():
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    net = classifier()
    missing = "y: expected no missing values, got one in row"
    labels = pandas.Series(["a", "b", None, "a", "b", "c"])
    for given in (labels, *(labels.astype(kind) for kind in ("string", "category", object))):
        with pytest.raises(ValueError, match=f"{missing} 2; fill it in, or leave its row out"):
            net.fit(X, given)
    with pytest.raises(TypeError, match=r"y: .*: <NA> at \[1\] is missing"):
        net.fit(X, pandas.array([True, None] * 3, dtype="boolean"))
    with pytest.raises(ValueError, match=f"{missing} 1"):
        net.fit(X, pandas.Series([0, None, 2] * 2, dtype="Int64"))
    moments = pandas.Series(pandas.date_range("2024", periods=6, tz="UTC"))
    for given in (moments, moments.where(moments != moments[0])):
        with pytest.raises(TypeError, match=r"y: expected numbers, got datetime64.*; count days"):
            net.fit(X, given)
    frame = pandas.DataFrame(X, columns=list("abcd"))
    with pytest.raises(TypeError, match="X: expected numbers, got strings in column 'e'; make"):
        fb.Network([5, 3]).predict(frame.assign(e="red"))
    frame["d"] = pandas.array([1, 2, None, 4, 5, 6], dtype="Int64")
    with pytest.raises(ValueError, match=r"X: .* missing values, got one in row 2 in column 'd'"):
        net.predict(frame)
    assert net.predict(frame.assign(d=True)).shape == (6, 3)


def test_polars():
    polars = pytest.importorskip("polars", reason="polars is not installed")
    net = classifier()
    labels = polars.Series(["a", "b", None, "a", "b", "c"])
    for series in (labels, labels.cast(polars.Categorical), labels == "a"):
        with pytest.raises(ValueError, match="y: expected no missing values, got one in row 2;"):
            net.fit(X, series)
    with pytest.raises(TypeError, match="y: expected numbers, got Binary; make numbers of it"):
        net.fit(X, polars.Series([b"a", b"b", b"c"] * 2))
    with pytest.raises(TypeError, match=r"y: expected numbers, got List\(Int64\); make numbers"):
        net.fit(X, polars.Series([[1, 0, 0], [0, 1, 0]] * 3))
    with pytest.raises(TypeError, match="y: expected numbers, got Date; count days"):
        net.fit(X, polars.Series([DATE] * 6))
    frame = polars.DataFrame(X)
    with pytest.raises(TypeError, match="X: expected numbers, got strings in column 'e'; make"):
        fb.Network([5, 3]).predict(frame.with_columns(e=polars.lit("red")))
    with pytest.raises(ValueError, match=r"X: .* values, got one in row 0 in column 'column_0'"):
        net.predict(frame.with_columns(column_0=polars.lit(None, polars.Float64)))


def test_strings_of_numpy_some_missing():
    strings = getattr(np.dtypes, "StringDType", None)
    if strings is None:
        pytest.skip("this numpy has no StringDType")
    for missing in (None, np.nan):
        y = np.array(["a", "b", missing, "a", "b", "c"], strings(na_object=missing))
        with pytest.raises(TypeError, match=rf"y: .* StringDType.*: {missing} at \[2\] is missing"):
            classifier().fit(X, y)
