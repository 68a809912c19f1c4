"""Names of features: a frame has the columns of the training in their order, or is refused."""

import numpy as np
import pytest
from frames import FRAMES, NAMES, VALUES, Frame, Y, make, pandas_frame, trained

from filbert._edge.feature_names import require_feature_names

frames = pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
# Those that may have columns whose names are no strings.
loose_frames = pytest.mark.parametrize("frame", [Frame, pandas_frame], ids=["columns", "pandas"])


def call(net, name, X):
    """A use of as many rows as Y has, by its name."""
    return {
        "predict": lambda: net.predict(X),
        "call": lambda: net(X),
        "predict_classes": lambda: net.predict_classes(X),
        "forward": lambda: net.forward(X),
        "evaluate": lambda: net.evaluate(X, Y),
        "trace": lambda: net.trace(X, Y),
        "fit": lambda: net.fit(X, Y),
        "validation_data": lambda: net.fit(VALUES, Y, validation_data=(X, Y)),
    }[name]()


CALLS = ["predict", "call", "predict_classes", "forward", "evaluate", "trace", "fit"]
CALLS += ["validation_data"]
KNOWN = "expected the columns 'height', 'weight', 'age'"
OTHERS = {
    "another order": (
        ["age", "height", "weight"],
        KNOWN + " in this order, that of the network's feature_names, got 'age' in the place of "
        "'height'",
    ),
    "the last two": (
        ["height", "age", "weight"],
        KNOWN + " in this order, that of the network's feature_names, got 'age' in the place of "
        "'weight'",
    ),
    "another name": (
        ["height", "weight", "shoe size"],
        KNOWN + ", the network's feature_names, got no 'age' and the unknown 'shoe size'",
    ),
    "one missing": (["height", "age"], KNOWN + ", the network's feature_names, got no 'weight'"),
    "one more": (
        ["id", "height", "weight", "age"],
        KNOWN + ", the network's feature_names, got the unknown 'id'",
    ),
    "other letters": (
        ["Height", "weight", "age"],
        KNOWN + ", the network's feature_names, got no 'height' and the unknown 'Height'",
    ),
}


@frames
@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize(("columns", "message"), OTHERS.values(), ids=OTHERS)
def test_other_columns_are_refused(columns, message, name, frame):
    net = trained()
    before = net.__getstate__()
    X = frame(np.ones((24, len(columns))), columns)
    with pytest.raises(ValueError, match=": expected") as info:
        call(net, name, X)
    prefix = "validation_data " if name == "validation_data" else ""
    assert str(info.value) == f"{prefix}X: {message}"
    assert net.__getstate__() == before


@frames
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_frame_is_the_array_of_its_numbers(frame, dtype):
    X = frame(VALUES, NAMES)
    net, plain = make(dtype=dtype), make(dtype=dtype)
    history = net.fit(X, Y, epochs=3, validation_data=(X, Y))
    assert history == plain.fit(VALUES, Y, epochs=3, validation_data=(VALUES, Y))
    assert net.feature_names == NAMES
    assert plain.feature_names is None
    np.testing.assert_array_equal(net.parameters, plain.parameters)
    for name in CALLS[:3]:  # the same frame, an array, and a frame for a network without names
        expected = call(plain, name, VALUES)
        np.testing.assert_array_equal(call(net, name, X), expected)
        np.testing.assert_array_equal(call(net, name, VALUES), expected)
        np.testing.assert_array_equal(call(plain, name, X), expected)
    assert net.evaluate(X, Y) == plain.evaluate(VALUES, Y)
    np.testing.assert_array_equal(net.forward(X).a[2], plain.forward(VALUES).a[2])
    np.testing.assert_array_equal(net.trace(X, Y).dC0_dw[1], plain.trace(VALUES, Y).dC0_dw[1])


def test_they_put_the_columns_in_order():
    net = trained()
    frame = pandas_frame(VALUES, NAMES)[["age", "weight", "height"]].assign(id=7)
    np.testing.assert_array_equal(net.predict(frame[net.feature_names]), net.predict(VALUES))


def test_one_row_of_pandas():
    net, frame = trained(), pandas_frame(VALUES, NAMES)
    np.testing.assert_array_equal(net.predict(frame.iloc[3]), net.predict(VALUES[3]))
    other = frame[["age", "height", "weight"]].iloc[3]
    for use in (
        lambda: net.predict(other),
        lambda: net.predict_classes(other),
        lambda: net.forward(other),
        lambda: net.trace(other, "no"),
    ):
        with pytest.raises(
            ValueError, match=r"^X: expected the columns .*, got 'age' in the place"
        ):
            use()
    row = frame.set_axis([0, 1, 2], axis=1).iloc[3]  # numbers are no names
    np.testing.assert_array_equal(net.predict(row), net.predict(VALUES[3]))


NO_NAMES = {
    "numbers": [0, 1, 2],
    "pairs": [("a", 0), ("a", 1), ("b", 0)],
    "None": [None, None, None],
}


@loose_frames
@pytest.mark.parametrize("columns", NO_NAMES.values(), ids=NO_NAMES)
def test_what_is_no_string_is_no_name(columns, frame):
    net = make()
    net.fit(frame(VALUES, columns), Y)
    assert net.feature_names is None
    net = trained()
    np.testing.assert_array_equal(net.predict(frame(VALUES, columns)), net.predict(VALUES))


@loose_frames
@pytest.mark.parametrize(
    ("columns", "got"), [(["a", 0, "b"], "'a' and 0"), ([None, "c", "b"], "'c' and (None|nan)")]
)
def test_names_that_are_partly_strings(columns, got, frame):
    message = "^X: expected columns whose names are all strings, or none of them, got " + got
    for net in (make(), trained()):
        before = net.__getstate__()
        for name in CALLS[:-1]:
            with pytest.raises(TypeError, match=message):
                call(net, name, frame(VALUES, columns))
        assert net.__getstate__() == before


NO_FRAMES = {
    "array": VALUES,
    "list": VALUES.tolist(),
    "tuple": tuple(map(tuple, VALUES)),
    "columns that is a method": Frame(VALUES, lambda: NAMES[::-1]),
    "columns that is a number": Frame(VALUES, 3),
    "no columns": Frame(VALUES, []),
}


@pytest.mark.parametrize("X", NO_FRAMES.values(), ids=NO_FRAMES)
def test_what_has_no_names_is_as_before(X):
    net = trained()
    np.testing.assert_array_equal(net.predict(X), net.predict(VALUES))
    net = make()
    net.fit(X, Y)
    assert net.feature_names is None


def test_the_same_name_twice():
    net = make()
    net.fit(Frame(VALUES, ["a", "b", "a"]), Y)
    assert net.feature_names == ["a", "b", "a"]
    with pytest.raises(ValueError, match="got 'a' in the place of 'b'"):
        net.predict(Frame(VALUES, ["a", "a", "b"]))
    with pytest.raises(ValueError, match="got no 'b' and the unknown 'a'"):
        net.predict(Frame(VALUES, ["a", "a", "a"]))


def test_long_lists_are_cut():
    with pytest.raises(ValueError, match="expected") as info:
        require_feature_names("X", [f"c{i}" for i in range(100)], [f"d{i}" for i in range(100)])
    assert str(info.value) == (
        "X: expected the columns 'c0', 'c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'c7', 'c8', 'c9', ..., "
        "the network's feature_names, got no 'c0', 'c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'c7', 'c8', "
        "'c9', ... and the unknown 'd0', 'd1', 'd2', 'd3', 'd4', 'd5', 'd6', 'd7', 'd8', 'd9', ..."
    )
