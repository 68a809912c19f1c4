"""Frames: columns of numbers are numbers, and other columns are named in the error."""

import datetime
import decimal

import numpy as np
import pytest

import filbert as fb
from filbert._edge import frames

pd = pytest.importorskip("pandas", reason="pandas is not installed")
pl = pytest.importorskip("polars", reason="polars is not installed")

N = 24
RNG = np.random.default_rng(0)
COLUMNS = {
    "size": RNG.normal(size=N).round(3),
    "count": np.arange(N) % 7,
    "old": np.arange(N) % 3 == 1,
    "level": np.arange(N) % 5,
}
ARRAY = np.stack([column.astype(float) for column in COLUMNS.values()], axis=1)
LABELS = np.array(["no", "yes"] * (N // 2))


def make():
    return fb.Network([4, 5, 2], activation="tanh", output="softmax", rng=0)


def bits(X, y=LABELS):
    net = make()
    net.fit(X, y, epochs=2)
    return net.parameters.tobytes()


def nullable(frame):
    return frame.assign(
        size=frame["size"].astype("Float64"),
        count=frame["count"].astype("Int64"),
        old=frame["old"].astype("boolean"),
    )


FRAMES = {
    "pandas": pd.DataFrame(COLUMNS),
    "pandas, one type": pd.DataFrame(ARRAY, columns=list(COLUMNS)),
    "pandas, nullable": nullable(pd.DataFrame(COLUMNS)),
    "pandas, category": pd.DataFrame(COLUMNS).astype({"level": "category", "count": "category"}),
    "pandas, sparse": pd.DataFrame(COLUMNS).astype({"level": pd.SparseDtype("int64", 0)}),
    "pandas, index": pd.DataFrame(COLUMNS, index=np.arange(N)[::-1]),
    "polars": pl.DataFrame(COLUMNS),
    "polars, decimal": pl.DataFrame(COLUMNS).with_columns(pl.col("level").cast(pl.Decimal(10, 2))),
    "polars, small": pl.DataFrame(COLUMNS).with_columns(pl.col("count").cast(pl.UInt8)),
}


@pytest.mark.parametrize("kind", FRAMES)
def test_the_same_as_an_array(kind):
    frame = FRAMES[kind]
    assert bits(frame) == bits(ARRAY)
    net = make()
    net.fit(frame, LABELS)
    assert net.feature_names == list(COLUMNS)
    np.testing.assert_array_equal(net.predict(frame), net.predict(ARRAY))
    assert net.evaluate(frame, LABELS) == net.evaluate(ARRAY, LABELS)


TARGETS = {
    "pandas": pd.Series(LABELS),
    "pandas, category": pd.Series(LABELS, dtype="category"),
    "pandas, string": pd.Series(LABELS, dtype="string"),
    "pandas, object": pd.Series(LABELS, dtype=object),
    "pandas, frame": pd.DataFrame({"y": LABELS}),
    "pandas, frame of a category": pd.DataFrame({"y": pd.Categorical(LABELS)}),
    "polars": pl.Series(LABELS),
    "polars, category": pl.Series(LABELS, dtype=pl.Categorical),
    "polars, enum": pl.Series(LABELS, dtype=pl.Enum(["no", "yes"])),
    "polars, frame": pl.DataFrame({"y": LABELS}),
}


@pytest.mark.parametrize("kind", TARGETS)
def test_targets_that_are_strings(kind):
    assert bits(ARRAY, TARGETS[kind]) == bits(ARRAY)


NUMBERS = {
    "pandas": pd.Series(LABELS == "yes"),
    "pandas, nullable": pd.Series(LABELS == "yes").astype("boolean"),
    "pandas, integers": pd.Series((LABELS == "yes").astype(int)).astype("Int64"),
    "pandas, category": pd.Series((LABELS == "yes").astype(int)).astype("category"),
    "pandas, frame": pd.DataFrame({"y": (LABELS == "yes").astype(int)}),
    "polars": pl.Series(LABELS == "yes"),
    "polars, frame": pl.DataFrame({"y": (LABELS == "yes").astype(np.int8)}),
}


@pytest.mark.parametrize("kind", NUMBERS)
def test_targets_that_are_numbers(kind):
    assert bits(ARRAY, NUMBERS[kind]) == bits(ARRAY, (LABELS == "yes").astype(int))


def test_weights_of_a_column():
    w = np.arange(N) % 3
    net, other = make(), make()
    other.fit(ARRAY, LABELS, sample_weight=w)
    for weights in (pd.Series(w), pl.Series(w), pd.Series(w).astype("Int64")):
        net = make()
        net.fit(ARRAY, LABELS, sample_weight=weights)
        assert net.parameters.tobytes() == other.parameters.tobytes()


def pandas_with(column):
    return pd.DataFrame(COLUMNS).assign(level=pd.Series(column))


def polars_with(column, dtype=None):
    return pl.DataFrame(COLUMNS).with_columns(pl.Series("level", column, dtype))


ONE_GAP = [None, *range(N - 1)]
STRINGS = "expected numbers, got strings in column 'level'; make columns of 0 and 1 of it with"
BAD = [
    ("pandas strings", pandas_with(LABELS), TypeError, f"{STRINGS} pd.get_dummies"),
    ("pandas category", pandas_with(pd.Categorical(LABELS)), TypeError, f"{STRINGS} pd.get_dummies"),
    ("pandas string type", pandas_with(pd.array(LABELS, "string")), TypeError, STRINGS),
    ("pandas dates", pandas_with(pd.date_range("2020", periods=N)), TypeError,
     r"got datetime64.* in column 'level'; count days or seconds"),
    ("pandas durations", pandas_with(pd.to_timedelta(np.arange(N), "s")), TypeError,
     r"got timedelta64.* in column 'level'"),
    ("pandas periods", pandas_with(pd.period_range("2020", periods=N)), TypeError,
     r"in column 'level'"),
    ("pandas complex", pandas_with(np.arange(N) + 1j), TypeError, "got complex128 in column 'level'"),
    ("pandas lists", pandas_with([[1]] * N), TypeError, r"in column 'level': list at \[0\] is"),
    ("pandas mixed", pandas_with(["a", *range(N - 1)]), TypeError,
     r"got dtype object in column 'level': 'a' at \[0\] is a string"),
    ("pandas decimals and None", pandas_with([decimal.Decimal(1), None] * 12), ValueError,
     "got one in row 1 in column 'level'"),
    ("pandas NA", pandas_with(pd.array(ONE_GAP, "Int64")), ValueError,
     "expected no missing values, got one in row 0 in column 'level'; fill it in, or leave its row"),
    ("pandas NA of a boolean", pandas_with(pd.array([True, None] * 12, "boolean")), ValueError,
     "no missing values, got one in row 1 in column 'level'"),
    ("pandas NA of a category", pandas_with(pd.Categorical(ONE_GAP)), ValueError,
     "no missing values, got one in row 0 in column 'level'"),
    ("pandas None among strings", pandas_with(["a", None] * 12), ValueError,
     "no missing values, got one in row 1 in column 'level'"),
    ("pandas NaN", pandas_with([np.nan, *range(N - 1)]), ValueError,
     r"expected finite numbers, got nan at \[0, 3\]"),
    ("pandas inf", pandas_with([1.0, np.inf] * 12), ValueError, r"numbers, got inf at \[1, 3\]"),
    ("polars strings", polars_with(LABELS), TypeError, rf"{STRINGS} \.to_dummies\(\)"),
    ("polars category", polars_with(LABELS, pl.Categorical), TypeError, STRINGS),
    ("polars enum", polars_with(LABELS, pl.Enum(["no", "yes"])), TypeError, STRINGS),
    ("polars dates", polars_with([datetime.date(2020, 1, 1)] * N), TypeError,
     "got Date in column 'level'; count days or seconds"),
    ("polars times", polars_with([datetime.datetime(2020, 1, 1)] * N), TypeError,
     r"got Datetime.* in column 'level'; count days"),
    ("polars durations", polars_with([datetime.timedelta(1)] * N), TypeError,
     r"got Duration.* in column 'level'; count days"),
    ("polars lists", polars_with([[1]] * N), TypeError, r"got List\(Int64\) in column 'level'"),
    ("polars structs", polars_with([{"a": 1}] * N), TypeError, "got Struct.* in column 'level'"),
    ("polars bytes", polars_with([b"a"] * N), TypeError, "got Binary in column 'level'"),
    ("polars null", polars_with(ONE_GAP), ValueError, "got one in row 0 in column 'level'"),
    ("polars nothing", polars_with([None] * N), TypeError, "got Null in column 'level'"),
    ("polars NaN", polars_with([1.0, np.nan] * 12), ValueError, r"got nan at \[1, 3\]"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "frame", "error", "message"), BAD, ids=[each[0] for each in BAD])
def test_columns_that_are_no_numbers(kind, frame, error, message):
    net = make()
    before = net.parameters.tobytes()
    with pytest.raises(error, match=f"^X: .*{message}"):
        net.fit(frame, LABELS)
    with pytest.raises(error, match=f"^validation_data X: .*{message}"):
        net.fit(ARRAY, LABELS, validation_data=(frame, LABELS))
    with pytest.raises(error, match=f"^X: .*{message}"):
        net.predict(frame)
    assert net.parameters.tobytes() == before


@pytest.mark.parametrize(("y", "error", "message"), [
    (pd.Series([None, "a"] * 12), ValueError, "no missing values, got one in row 0"),
    (pd.Series(pd.array(ONE_GAP, "Int64")), ValueError, "no missing values, got one in row 0"),
    (pl.Series([None, "a"] * 12), ValueError, "no missing values, got one in row 0"),
    (pd.DataFrame({"a": LABELS, "b": LABELS}), TypeError, "got strings in column 'a'"),
    (pl.DataFrame({"a": LABELS, "b": LABELS}), TypeError, "got strings in column 'a'"),
    (pd.Series(pd.date_range("2020", periods=N)), TypeError, "got datetime64"),
    (pl.Series([datetime.date(2020, 1, 1)] * N), TypeError, "got Date"),
])  # fmt: skip
def test_bad_targets(y, error, message):
    with pytest.raises(error, match=f"^y: .*{message}"):
        make().fit(ARRAY, y)


@pytest.mark.parametrize("frame", [
    pandas_with(pd.array(ONE_GAP, "Int64")), pandas_with(pd.Categorical(ONE_GAP)),
    polars_with(ONE_GAP),
])  # fmt: skip
def test_gaps_that_are_allowed_are_nan(frame):
    array = frames.array_of("X", frame, gaps=True)
    assert np.isnan(array[0, 3])
    assert np.isnan(array).sum() == 1
    np.testing.assert_array_equal(array[1:, 3], np.arange(N - 1))
