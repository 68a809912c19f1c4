"""Names of features: what the columns of a frame were called in training, and are from then on."""

import copy
import pickle

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier, MLPRegressor

import filbert as fb
from filbert import _core, _fit, _names

NAMES = ["height", "weight", "age"]
INDEX = np.arange(24) % 2
VALUES = np.random.default_rng(0).normal(size=(24, 3)) + INDEX[:, None] * [2.0, 0.0, -1.0]
Y = np.array(["no", "yes"])[INDEX]


class Frame:
    """The least that a frame is: an array, and columns."""

    def __init__(self, values, columns):
        self._values, self.columns = np.asarray(values), columns

    def __array__(self, dtype=None, copy=None):
        return np.array(self._values, dtype)


def pandas_frame(values, names):
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    return pandas.DataFrame(values, columns=names)


def polars_frame(values, names):
    polars = pytest.importorskip("polars", reason="polars is not installed")
    return polars.DataFrame(values, schema=names, orient="row")


def arrow_table(values, names):
    arrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    return arrow.table(list(np.asarray(values).T.copy()), names=names)


def arrow_batch(values, names):
    return arrow_table(values, names).to_batches()[0]


FRAMES = {
    "columns": Frame,
    "pandas": pandas_frame,
    "polars": polars_frame,
    "pyarrow.Table": arrow_table,
    "pyarrow.RecordBatch": arrow_batch,
}
frames = pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
# Those that may have columns whose names are no strings.
loose_frames = pytest.mark.parametrize("frame", [Frame, pandas_frame], ids=["columns", "pandas"])


def make(**options):
    return fb.Network([3, 5, 1], activation="tanh", output="sigmoid", rng=0, **options)


def trained():
    net = make()
    net.fit(Frame(VALUES, NAMES), Y)
    return net


def same(a, b):
    return (
        a.__getstate__()["file"] == b.__getstate__()["file"] and a.feature_names == b.feature_names
    )


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
        _names.require_same("X", [f"c{i}" for i in range(100)], [f"d{i}" for i in range(100)])
    assert str(info.value) == (
        "X: expected the columns 'c0', 'c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'c7', 'c8', 'c9', ..., "
        "the network's feature_names, got no 'c0', 'c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'c7', 'c8', "
        "'c9', ... and the unknown 'd0', 'd1', 'd2', 'd3', 'd4', 'd5', 'd6', 'd7', 'd8', 'd9', ..."
    )


# What a fit learns.


def test_a_later_fit_may_bring_them():
    net = make()
    net.fit(VALUES, Y)
    assert net.feature_names is None
    net.fit(Frame(VALUES, NAMES), Y)
    assert net.feature_names == NAMES
    net.fit(VALUES, Y)  # an array has none, and takes none away
    assert net.feature_names == NAMES


def test_validation_data_have_the_names_of_the_same_fit():
    net = make()
    with pytest.raises(ValueError, match=r"^validation_data X: expected the columns 'height', "):
        net.fit(Frame(VALUES, NAMES), Y, validation_data=(Frame(VALUES, NAMES[::-1]), Y))
    assert net.feature_names is None
    net.fit(VALUES, Y, validation_data=(Frame(VALUES, NAMES), Y))
    assert net.feature_names is None  # only what it was trained with


def test_they_are_a_list_of_ones_own():
    net = trained()
    net.feature_names.reverse()
    assert net.feature_names == NAMES
    with pytest.raises(AttributeError):
        net.feature_names = NAMES[::-1]


def test_a_fit_that_does_not_begin_learns_none(tmp_path, monkeypatch):
    net, foreign = make(), fb.SGD()
    foreign.step(fb.Network([4, 3]), np.zeros(15))
    X = Frame(VALUES, NAMES)
    with pytest.raises(ValueError, match="optimizer: expected one that is new"):
        net.fit(X, Y, optimizer=foreign)
    assert net.feature_names is None
    with pytest.raises(FileNotFoundError):
        net.fit(X, Y, checkpoint=fb.Checkpoint(tmp_path / "none" / "checkpoint"))
    assert net.feature_names is None
    assert net.classes is None


class Stop(Exception):
    pass


def test_a_fit_that_ends_later_keeps_them(monkeypatch):
    net = make()

    def stop(*arguments):
        raise Stop

    monkeypatch.setattr(_fit, "named", stop)
    with pytest.raises(Stop):
        net.fit(Frame(VALUES, NAMES), Y)
    assert net.feature_names == NAMES
    assert net.classes.tolist() == ["no", "yes"]


WRONG = {
    "NUL": (["a", "b\0", "c"], r"^X: expected strings without NUL, got 'b\\x00'"),
    "half a character": (["a", "b", "\ud800c"], r"^X: expected strings of whole characters, got"),
    "too long": (
        ["a" * 458_752, "b", "c"],
        r"^feature_names: expected at most 458752 bytes .*; an array, such as X.to_numpy\(\), has",
    ),
}


@pytest.mark.parametrize(("columns", "message"), WRONG.values(), ids=WRONG)
def test_names_that_no_file_holds(columns, message):
    net = make()
    before = net.__getstate__()
    with pytest.raises(ValueError, match=message):
        net.fit(Frame(VALUES, columns), Y)
    assert net.__getstate__() == before
    net.fit(VALUES, Y)


def test_too_many():
    X, names = np.zeros((2, 25_001), np.float32), [str(i) for i in range(25_001)]
    net = fb.Network([25_001, 1], output="sigmoid")
    rng = np.random.default_rng(0)
    before = rng.bit_generator.state
    with pytest.raises(
        ValueError, match=r"at most 25000, .*; an array, such as X.to_numpy\(\), has"
    ):
        net.fit(Frame(X, names), [0.0, 1.0], rng=rng)
    assert net.feature_names is None
    assert rng.bit_generator.state == before
    net = fb.Network([24_998, 1], output="sigmoid")
    net.fit(Frame(X[:, :-3], names[:-3]), ["a", "b"])
    assert pickle.loads(pickle.dumps(net)).feature_names == names[:-3]


# Where they are kept.

AGAIN = {
    "copy": lambda net, path: copy.copy(net),
    "deepcopy": lambda net, path: copy.deepcopy(net),
    "pickle": lambda net, path: pickle.loads(pickle.dumps(net)),
    "file": lambda net, path: (net.save(path), fb.load(path))[1],
    "mapped file": lambda net, path: (net.save(path), fb.load(path, mmap=True))[1],
}


@pytest.mark.parametrize("again", AGAIN.values(), ids=AGAIN)
@pytest.mark.parametrize("names", [NAMES, ["", "\u20ac, \"'\n", "\U0001f600"]])
def test_they_are_kept(names, again, tmp_path):
    net = make()
    net.fit(Frame(VALUES, names), Y)
    other = again(net, tmp_path / "net.safetensors")
    assert same(other, net)
    with pytest.raises(ValueError, match="X: expected the columns"):
        other.predict(Frame(VALUES, names[::-1]))
    for network in (net, other):
        network.fit(Frame(VALUES, names), Y, epochs=2)
    assert same(other, net)


def test_checkpoints_hold_and_compare_them(tmp_path):
    path, X = tmp_path / "checkpoint", Frame(VALUES, NAMES)
    expected = make()
    expected.fit(X, Y, epochs=4, optimizer=fb.SGD(0.1))
    make().fit(X, Y, epochs=2, optimizer=fb.SGD(0.1), checkpoint=fb.Checkpoint(path))
    assert fb.load(path).feature_names == NAMES
    resumed = make()
    resumed.fit(X, Y, epochs=4, resume=path)
    assert same(resumed, expected)
    resumed = make()
    resumed.fit(VALUES, Y, epochs=4, resume=path)  # an array, which has none
    assert same(resumed, expected)
    for net in (make(), resumed):
        before = net.__getstate__()
        with pytest.raises(ValueError, match=r"^X: expected the columns 'height', .* this order"):
            net.fit(Frame(VALUES, NAMES[::-1]), Y, epochs=4, resume=path)
        assert net.__getstate__() == before
    other = make()
    other.fit(Frame(VALUES, NAMES[::-1]), Y)
    message = r"^feature_names: expected \['height', .* as in the checkpoint, got \['age', "
    with pytest.raises(ValueError, match=message):
        other.fit(VALUES, Y, epochs=4, resume=path)


def test_a_checkpoint_without_names(tmp_path):
    path, X = tmp_path / "checkpoint", Frame(VALUES, NAMES)
    make().fit(VALUES, Y, epochs=2, optimizer=fb.SGD(0.1), checkpoint=fb.Checkpoint(path))
    expected = make()
    expected.fit(X, Y, epochs=4, optimizer=fb.SGD(0.1))
    resumed = make()
    resumed.fit(X, Y, epochs=4, resume=path)  # as a second fit would, it learns them
    assert same(resumed, expected)
    message = r"^feature_names: expected None as in the checkpoint, got \['height', "
    with pytest.raises(ValueError, match=message):
        expected.fit(VALUES, Y, epochs=4, resume=path)


def test_the_first_checkpoint_has_the_names_that_its_fit_is_about_to_learn(tmp_path, monkeypatch):
    path, seen = tmp_path / "checkpoint", []
    save = _core.save_checkpoint

    def look(*arguments):
        save(*arguments)
        seen.append(fb.load(path).feature_names)

    monkeypatch.setattr(_core, "save_checkpoint", look)
    make().fit(Frame(VALUES, NAMES), Y, checkpoint=fb.Checkpoint(path))
    assert seen == [NAMES, NAMES]


def test_the_core_has_them():
    net = trained()
    assert vars(net).keys() == {"_core"}
    assert _core.from_bytes(_core.to_bytes(net._core)).feature_names == NAMES
    net._core.feature_names = ["a", "b", "c"]
    assert net.feature_names == ["a", "b", "c"]
    with pytest.raises(ValueError, match="feature_names: expected 3, one for each input, got 1"):
        net._core.feature_names = ["a"]
    assert net.feature_names == ["a", "b", "c"]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
def test_from_sklearn(kind):
    y = INDEX if kind is MLPClassifier else VALUES[:, 0]
    frame = pandas_frame(VALUES, NAMES)
    mlp = kind(hidden_layer_sizes=(3,), max_iter=3, random_state=0).fit(frame, y)
    net = fb.from_sklearn(mlp)
    assert net.feature_names == NAMES
    with pytest.raises(ValueError, match=r"^X: expected the columns 'height', .* this order"):
        net.predict(frame[NAMES[::-1]])
    mlp = kind(hidden_layer_sizes=(3,), max_iter=3, random_state=0).fit(VALUES, y)
    assert fb.from_sklearn(mlp).feature_names is None
    mlp.feature_names_in_ = np.array(["a", "b\0", "c"], object)
    with pytest.raises(ValueError, match=r"^mlp.feature_names_in_: expected strings without NUL"):
        fb.from_sklearn(mlp)
