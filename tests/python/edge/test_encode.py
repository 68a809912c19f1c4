"""Rows of frames, dicts and arrays as the inputs of a network that knows its columns."""

import copy
import datetime
import decimal
import pickle

import numpy as np
import pytest
from frames import FRAMES

import filbert as fb

COLUMNS = [
    ("size", [], True),
    ("colour", ["blue", "red"], False),
    ("age", [], False),
    ("ok", ["false", "true"], True),
]
TABLE = {
    "colour": ["red", "blue", "red"],
    "size": [1.5, None, 3.0],
    "class": ["a", "b", "a"],
    "ok": [True, False, None],
    "age": [7, 8, 9],
}
INPUTS = [
    [1.5, 0, 0, 1, 7, 0, 1],
    [np.nan, 1, 1, 0, 8, 1, 0],
    [3.0, 0, 0, 1, 9, 0, 0],
]


@pytest.fixture(params=["float32", "float64"])
def encoder(request):
    net = fb.Network([7, 2], output="softmax", dtype=request.param, rng=0)
    net._core.set_columns(COLUMNS, "class")
    return net


def rows_of(table):
    return [dict(zip(table, values, strict=True)) for values in zip(*table.values(), strict=True)]


def pandas_frame(table):
    return pytest.importorskip("pandas").DataFrame(table)


def nullable_frame(table):
    return pandas_frame(table).convert_dtypes()


def category_frame(table):
    return pandas_frame(table).astype({"colour": "category"})


def polars_frame(table):
    return pytest.importorskip("polars").DataFrame(table)


def arrow_table(table):
    return pytest.importorskip("pyarrow").table(table)


KINDS = {
    "dict": dict,
    "dict of arrays": lambda table: {key: np.array(values) for key, values in table.items()},
    "list of dicts": rows_of,
    "pandas": pandas_frame,
    "pandas, nullable": nullable_frame,
    "pandas, categories": category_frame,
    "polars": polars_frame,
    "pyarrow": arrow_table,
}


@pytest.mark.parametrize("kind", KINDS)
def test_tables_of_every_kind(encoder, kind):
    inputs = encoder.encode(KINDS[kind](TABLE))
    assert inputs.dtype == encoder.dtype
    np.testing.assert_array_equal(inputs, INPUTS)


def test_kinds_are_those_of_other_tests():
    assert {kind.split(",")[0].partition(".")[0] for kind in FRAMES} >= {
        "pandas",
        "polars",
        "pyarrow",
    }


def test_arrays(encoder):
    table = np.array(
        [[1.5, "red", 7, "true"], [None, "blue", 8, "false"], [3.0, "red", 9, None]], object
    )
    np.testing.assert_array_equal(encoder.encode(table), INPUTS)


def test_values_as_people_write_them(encoder):
    row = {"size": " 2.5 ", "colour": " red", "age": decimal.Decimal(3), "ok": "true"}
    np.testing.assert_array_equal(encoder.encode([row]), [[2.5, 0, 0, 1, 3, 0, 1]])
    row = {"size": "NA", "colour": "blue", "age": np.int8(3), "ok": ""}
    np.testing.assert_array_equal(encoder.encode([row]), [[np.nan, 1, 1, 0, 3, 0, 0]])
    row = {"size": float("nan"), "colour": np.str_("blue"), "age": True, "ok": np.False_}
    np.testing.assert_array_equal(encoder.encode([row]), [[np.nan, 1, 1, 0, 1, 1, 0]])


def test_whole_numbers_as_texts():
    net = fb.Network([2, 1], rng=0)
    net._core.set_columns([("a", ["1", "2+"], False)], "")
    assert net.target_name is None
    np.testing.assert_array_equal(
        net.encode({"a": [1, 1.0, "1", "2+", np.int64(1)]}),
        [[1, 0], [1, 0], [1, 0], [0, 1], [1, 0]],
    )


def test_no_rows(encoder):
    assert encoder.encode({name: [] for name in TABLE}).shape == (0, 7)
    assert encoder.encode([]).shape == (0, 7)


def test_what_training_had_not_seen_is_counted(encoder):
    table = {**TABLE, "colour": ["red", "mauve", "mauve"], "age": [None, None, 3]}
    with pytest.warns(UserWarning, match="had not seen") as caught:
        inputs = encoder.encode(table)
    message = (
        "table: 2 values of text that training had not seen, such as 'mauve' of column 'colour': all "
        "inputs of such a column are 0; and 2 gaps in columns that had none in training, such as 'age'"
    )
    assert [str(warning.message) for warning in caught] == [message]
    np.testing.assert_array_equal(inputs[:, 2:4], [[0, 1], [0, 0], [0, 0]])
    assert np.isnan(inputs[:2, 4]).all()
    assert caught[0].filename == __file__


BAD = {
    "nothing": (None, TypeError, "table: expected a frame, a dict of columns, a list of dicts"),
    "a number": (3, TypeError, "got 3"),
    "a text": ("size", TypeError, "got 'size'"),
    "lists": ([[1, 2, 3, 4]], TypeError, "got list as row 0"),
    "a mixed list": ([rows_of(TABLE)[0], None], TypeError, "got None as row 1"),
    "numbers of another width": (np.ones((2, 7)), ValueError, r"table: expected shape \(n, 4\), got \(2, 7\)"),
    "one row of an array": (np.ones(4), ValueError, r"expected shape \(n, 4\), got \(4,\)"),
    "a column less": ({"size": [1]}, ValueError, "expected the columns 'size', 'colour', 'age', 'ok', got no 'colour', 'age', 'ok'"),
    "a key less": ([{"size": 1, "colour": "red"}], ValueError, "table, row 0: expected a value of 'age', got none"),
    "different lengths": ({**TABLE, "age": [1]}, ValueError, "expected columns of equal lengths"),
    "a scalar column": ({**TABLE, "age": 7}, TypeError, "expected values in column 'age', got 7"),
    "a text as column": ({**TABLE, "age": "789"}, TypeError, "expected values in column 'age', got '789'"),
    "a word": ({**TABLE, "age": [7, "x", 9]}, ValueError, "table, row 1, column 'age': expected a number, got 'x'"),
    "a decimal comma": ({**TABLE, "age": [7, 8, "9,5"]}, ValueError, "row 2, column 'age': expected a number, got '9,5'"),
    "bytes": ({**TABLE, "age": [7, b"8", 9]}, TypeError, "row 1, column 'age': expected a number, got b'8'"),
    "a complex number": ({**TABLE, "age": [7, 8, 1j]}, TypeError, "row 2, column 'age': expected a number"),
    "a list": ({**TABLE, "age": [7, [8], 9]}, TypeError, "row 1, column 'age': expected a number, got list"),
    "a date": ({**TABLE, "age": [7, datetime.date(2020, 1, 1), 9]}, TypeError, "row 1, column 'age': expected a number, got date"),
    "infinity": ({**TABLE, "age": [7, 8, float("inf")]}, ValueError, "row 2, column 'age': expected a finite number, got inf"),
    "a huge integer": ({**TABLE, "age": [7, 10**400, 9]}, ValueError, "row 1, column 'age': expected a finite number, got inf"),
    "two dimensions": ({**TABLE, "age": np.ones((3, 2))}, ValueError, "column 'age': expected one value, got shape"),
}  # fmt: skip


@pytest.mark.parametrize(("table", "error", "message"), BAD.values(), ids=BAD)
def test_bad_tables(encoder, table, error, message):
    with pytest.raises(error, match=message):
        encoder.encode(table)


def test_numbers_that_do_not_fit():
    net = fb.Network([1, 1], rng=0)
    net._core.set_columns([("a", [], False)], "y")
    with pytest.raises(
        ValueError, match="column 'a': expected a number that fits in float32, got -1e"
    ):
        net.encode({"a": [1.0, -1e300]})


def test_a_frame_with_a_name_twice(encoder):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(
        [[1, 2, "red", "red", 3]], columns=["size", "age", "colour", "colour", "ok"]
    )
    with pytest.raises(ValueError, match="expected one column 'colour', got 2"):
        encoder.encode(frame)


def test_a_network_without_columns(net):
    assert net.columns is None
    assert net.target_name is None
    with pytest.raises(ValueError, match="expected one with columns, as filbert train makes it"):
        net.encode(TABLE)


def test_columns_of_a_network(encoder, tmp_path):
    assert encoder.columns == [fb.Column(*column) for column in COLUMNS]
    assert [column.inputs for column in encoder.columns] == [2, 2, 1, 2]
    assert encoder.target_name == "class"
    encoder.save(tmp_path / "net.safetensors")
    others = [
        fb.load(tmp_path / "net.safetensors"),
        fb.load(tmp_path / "net.safetensors", mmap=True),
        copy.deepcopy(encoder),
        pickle.loads(pickle.dumps(encoder)),
    ]
    for other in others:
        assert other.columns == encoder.columns
        assert other.target_name == "class"
    assert pickle.loads(pickle.dumps(encoder.columns)) == encoder.columns
    for name in ("columns", "target_name"):
        with pytest.raises(AttributeError):
            setattr(encoder, name, None)


def test_columns_in_checkpoints(encoder, tmp_path):
    path = tmp_path / "run.safetensors"
    X = np.nan_to_num(np.array(INPUTS, encoder.dtype))
    encoder.fit(X, [0, 1, 0], callbacks=[fb.Checkpoint(path)])
    assert fb.load(path).columns == encoder.columns
    plain = fb.Network([7, 2], output="softmax", dtype=encoder.dtype, rng=0)
    plain.fit(X, [0, 1, 0], epochs=2, resume=path)
    assert plain.columns == encoder.columns
    assert plain.target_name == "class"


def test_columns_that_a_network_cannot_have(encoder):
    for columns, message in [
        ([("a", [], False)], "columns: expected some that become 7 inputs, got 1"),
        ([("a", ["x"] * 7, False)], "columns: expected each value once, got 'x' twice"),
        ([("a\0", [str(i) for i in range(7)], False)], "columns: expected no NUL in a name"),
        ([("a", [], False)] * 10001, "columns: expected at most 10000, got 10001"),
    ]:
        with pytest.raises(ValueError, match=message):
            encoder._core.set_columns(columns, "y")
    assert encoder.columns == [fb.Column(*column) for column in COLUMNS]
