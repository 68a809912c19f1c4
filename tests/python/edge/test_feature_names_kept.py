"""Names of features: how a network comes to them, and that they stay with it."""

import copy
import pickle

import numpy as np
import pytest
from frames import NAMES, VALUES, Frame, Y, make, pandas_frame, same, trained
from sklearn.neural_network import MLPClassifier, MLPRegressor

import filbert as fb
from filbert import _core


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
        net.fit(X, Y, callbacks=[fb.Checkpoint(tmp_path / "none" / "checkpoint")])
    assert net.feature_names is None
    assert net.classes is None


class Stop(Exception):
    pass


def test_a_fit_that_ends_later_keeps_them():
    net = make()

    def stop(state):
        raise Stop

    with pytest.raises(Stop):
        net.fit(Frame(VALUES, NAMES), Y, callbacks=[stop])
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
    make().fit(X, Y, epochs=2, optimizer=fb.SGD(0.1), callbacks=[fb.Checkpoint(path)])
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
    make().fit(VALUES, Y, epochs=2, optimizer=fb.SGD(0.1), callbacks=[fb.Checkpoint(path)])
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
    make().fit(Frame(VALUES, NAMES), Y, callbacks=[fb.Checkpoint(path)])
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
    y = Y if kind is MLPClassifier else VALUES[:, 0]
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
