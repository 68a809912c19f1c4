"""Labels of classes: told in advance or learned by a fit, and kept wherever a network goes."""

import copy
import pickle

import numpy as np
import problems
import pytest

import filbert as fb
from filbert import _core

INDEX = np.arange(30) % 3
X = np.random.default_rng(0).normal(size=(30, 4)) + INDEX[:, None]
LABELS = {
    "sorted": ["a", "b", "c"],
    "in another order": ["low", "medium", "high"],
    "integers": [5, 6, 7],
    "integers in another order": [2**63 - 1, -(2**63), 0],
    "indices turned": [2, 1, 0],
    "empty string": ["", "\u20ac", "\U0001f600 ,\"'\n"],
}
each = pytest.mark.parametrize("labels", LABELS.values(), ids=LABELS)


def make(classes=None, output="softmax", outputs=3, **options):
    return fb.Network([4, 6, outputs], output=output, rng=3, classes=classes, **options)


def same(a, b):
    return (
        a.__getstate__()["file"] == b.__getstate__()["file"]
        and a.classes.dtype == b.classes.dtype
        and a.classes.tolist() == b.classes.tolist()
    )


@each
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("output", ["softmax", "sigmoid"])
def test_an_output_stands_for_its_label(labels, dtype, output):
    """The bits are those of a fit to the indices; labels only stand for them."""
    net, plain = make(labels, output, dtype=dtype), make(None, output, dtype=dtype)
    assert net.classes.tolist() == labels
    assert plain.classes is None
    y = np.array(labels)[INDEX]
    history, expected = (
        network.fit(
            X, targets, epochs=20, optimizer=fb.Adam(0.05), validation_data=(X[:7], targets[:7])
        )
        for network, targets in ((net, y), (plain, INDEX))
    )
    np.testing.assert_array_equal(net.parameters, plain.parameters)
    assert history == expected
    assert net.evaluate(X, y) == plain.evaluate(X, INDEX)
    np.testing.assert_array_equal(net.predict_classes(X), net.classes[plain.predict_classes(X)])
    assert net.predict_classes(X[4]) == labels[plain.predict_classes(X[4])]
    for i in range(3):
        np.testing.assert_array_equal(net.trace(X[i], labels[i]).y, np.eye(3)[i])
    np.testing.assert_array_equal(net.trace(X, y).y, np.eye(3)[INDEX])


@each
def test_chunks_without_every_class(labels):
    net, plain = make(labels), make()
    for label in (2, 0, 1, 1):
        chunk = label == INDEX
        net.fit(X[chunk], np.full(10, labels[label]), epochs=2)
        plain.fit(X[chunk], INDEX[chunk], epochs=2)
    np.testing.assert_array_equal(net.parameters, plain.parameters)
    assert net.classes.tolist() == labels
    with pytest.raises(ValueError, match=r"^y: expected the labels .*, got .* at \[1\]"):
        net.fit(X[:2], np.array([labels[0], "x" if isinstance(labels[0], str) else 3]))


def test_a_first_chunk_without_every_class_says_what_to_do():
    with pytest.raises(
        ValueError,
        match=r"y: expected 3 different labels, .* got 1: 'a'; Network\(\.\.\., classes=",
    ):
        make().fit(X[:2], ["a", "a"])


@pytest.mark.parametrize("labels", [["yes", "no"], ["no", "yes"], [1, -1], [-1, 1]])
def test_the_second_of_two_is_where_one_sigmoid_is_above_a_half(labels):
    net, plain = make(labels, "sigmoid", 1), make(None, "sigmoid", 1)
    bits = (INDEX == 2).astype(int)
    y = np.array(labels)[bits]
    for network, targets in ((net, y), (plain, bits)):
        network.fit(X[bits == 1], targets[bits == 1])  # one class only
        network.fit(X, targets, epochs=60, optimizer=fb.Adam(0.05))
    np.testing.assert_array_equal(net.parameters, plain.parameters)
    above = net.predict(X)[:, 0] > 0.5
    assert above.any()
    assert not above.all()
    np.testing.assert_array_equal(net.predict_classes(X), np.where(above, labels[1], labels[0]))
    np.testing.assert_array_equal(net.trace(X[0], labels[1]).y, [1])


@pytest.mark.parametrize("output", problems.UNBOUNDED)
def test_labels_of_outputs_that_are_no_probabilities(output):
    """Such as the logits of a classifier from elsewhere."""
    net = make(["b", "a", "c"], output)
    expected = np.array(["b", "a", "c"])[net.predict(X).argmax(axis=1)]
    np.testing.assert_array_equal(net.predict_classes(X), expected)


AGAIN = {
    "copy": lambda net, path: copy.copy(net),
    "deepcopy": lambda net, path: copy.deepcopy(net),
    "pickle": lambda net, path: pickle.loads(pickle.dumps(net)),
    "file": lambda net, path: (net.save(path), fb.load(path))[1],
    "mapped file": lambda net, path: (net.save(path), fb.load(path, mmap=True))[1],
}


@each
@pytest.mark.parametrize("again", AGAIN.values(), ids=AGAIN)
def test_they_are_kept(labels, again, tmp_path):
    net = make(labels)
    other = again(net, tmp_path / "net.safetensors")
    assert same(other, net)
    assert not other.classes.flags.writeable
    y = np.array(labels)[INDEX]
    for network in (net, other):
        network.fit(X, y, epochs=2)
    assert same(other, net)


@each
def test_checkpoints_hold_them(labels, tmp_path, monkeypatch):
    path, first = tmp_path / "checkpoint", []
    save = _core.save_checkpoint

    def keep_first(*arguments):
        save(*arguments)
        first.append(fb.load(path).classes.tolist())

    y = np.array(labels)[INDEX]
    net = make(labels)
    with monkeypatch.context() as patch:
        patch.setattr(_core, "save_checkpoint", keep_first)
        net.fit(X, y, epochs=2, optimizer=fb.SGD(0.1), callbacks=[fb.Checkpoint(path)])
    assert first == [labels] * 3
    expected = make(labels)
    expected.fit(X, y, epochs=5, optimizer=fb.SGD(0.1))
    for other in (make(labels), make()):  # one that knows them, one that does not
        other.fit(X, y, epochs=5, resume=path)
        assert same(other, expected)
    other = make(list(reversed(labels)))
    with pytest.raises(ValueError, match=r"^classes: expected \[.*\] as in the checkpoint, got \["):
        other.fit(X, y, epochs=5, resume=path)


def test_a_checkpoint_has_the_labels_that_its_fit_is_about_to_learn(tmp_path, monkeypatch):
    """The one before the first step too: who resumes from it has no others."""
    path, seen = tmp_path / "checkpoint", []
    save = _core.save_checkpoint

    def look(*arguments):
        save(*arguments)
        seen.append(fb.load(path).classes.tolist())

    monkeypatch.setattr(_core, "save_checkpoint", look)
    y = np.array(["c", "a", "b"])[INDEX]
    make().fit(X, y, epochs=2, callbacks=[fb.Checkpoint(path)])
    assert seen == [["a", "b", "c"]] * 3


KINDS = {
    "tuple": tuple,
    "array": np.array,
    "objects": lambda labels: np.array(labels, object),
    "iterator": iter,
    "numpy scalars": lambda labels: list(np.array(labels)),
}
if hasattr(np, "dtypes") and hasattr(np.dtypes, "StringDType"):  # numpy 2
    KINDS["StringDType"] = lambda labels: (
        np.array(labels, np.dtypes.StringDType()) if isinstance(labels[0], str) else labels
    )


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_what_they_may_come_in(kind):
    for labels in (["b", "a", "c"], [3, -1, 2]):
        assert same(make(kind(labels)), make(labels))


@pytest.mark.parametrize("kind", ["Index", "Series", "CategoricalIndex"])
def test_pandas(kind):
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    for labels in (["b", "a", "c"], [3, -1, 2]):
        assert same(make(getattr(pandas, kind)(labels)), make(labels))


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int32, np.uint64, np.int64, ">i4"])
def test_integers_of_any_dtype_become_int64(dtype):
    net = make(np.array([7, 5, 100], dtype))
    assert net.classes.dtype == np.int64
    assert net.classes.tolist() == [7, 5, 100]
    assert make(range(3)).classes.tolist() == [0, 1, 2]


EXPECTED = r"^classes: expected a list of strings or of integers, got "
BAD = {
    "too few": (["a", "b"], ValueError, "^classes: expected 3, as many as .*, got 2"),
    "too many": (["a", "b", "c", "d"], ValueError, "^classes: expected 3, as many as .*, got 4"),
    "one string": ("abc", TypeError, EXPECTED + "'abc'"),
    "a number": (3, TypeError, EXPECTED + "3"),
    "a set": ({"a", "b", "c"}, TypeError, EXPECTED + "set"),
    "a mapping": ({"a": 0, "b": 1, "c": 2}, TypeError, EXPECTED + "dict"),
    "none": ([], ValueError, "^classes: expected labels, or None, got an empty list"),
    "twice": (["b", "a", "b"], ValueError, "^classes: expected each label once, got 'b' twice"),
    "integer twice": ([1, 0, 1], ValueError, "^classes: expected each label once, got '1' twice"),
    "mixed": (["a", 1, "b"], TypeError, EXPECTED + "'a' and 1"),
    "bytes": (np.array(["a", "b", "c"], "S"), TypeError, r"^classes\[0\]: .* got .*b'a'.*; decode"),
    "bools": (
        [True, False, True],
        TypeError,
        r"^classes\[0\]: .* a string or an integer, got True",
    ),
    "array of bools": (np.eye(3, dtype=bool)[0], TypeError, r"^classes\[0\]: .*, got .*True"),
    "floats": ([0.0, 1.0, 2.0], TypeError, r"^classes\[0\]: .*, got 0.0"),
    "NaN": (["a", "b", float("nan")], TypeError, r"^classes\[2\]: .*, got nan"),
    "None": (["a", None, "b"], TypeError, r"^classes\[1\]: .*, got None"),
    "beyond int64": ([0, 1, 2**63], ValueError, r"^classes\[2\]: .* fits in int64, got 9223372036"),
    "below int64": ([0, -(2**63) - 1, 2], ValueError, r"^classes\[1\]: .* fits in int64, got -922"),
    "uint64": (np.array([0, 1, 2**63], np.uint64), ValueError, r"^classes\[2\]: .* fits in int64"),
    "two dimensions": (
        np.eye(3, dtype=int),
        ValueError,
        r"^classes: .* shape \(n,\), got \(3, 3\)",
    ),
    "no dimension": (np.array(3), ValueError, r"^classes: .* shape \(n,\), got \(\)"),
    "half a character": (
        ["a", "b", "c\ud800"],
        ValueError,
        "^classes: .* whole characters, got 'c",
    ),
    "NUL": (["a", "b", "c\0"], ValueError, r"^classes: expected strings without NUL, got 'c\\x00'"),
}


@pytest.mark.parametrize(("labels", "error", "message"), BAD.values(), ids=BAD)
def test_what_they_cannot_be(labels, error, message):
    rng = np.random.default_rng(0)
    before = rng.bit_generator.state
    with pytest.raises(error, match=message):
        fb.Network([4, 3], output="softmax", rng=rng, classes=labels)
    assert rng.bit_generator.state == before  # nothing was drawn for a network that is not made


@pytest.mark.parametrize("output", problems.UNBOUNDED)
def test_one_output_that_tells_no_classes(output):
    with pytest.raises(ValueError, match=f"classes: expected none for one output that is {output}"):
        make(["a"], output, 1)


def test_too_many():
    labels = [str(i) for i in range(10_001)]
    with pytest.raises(ValueError, match="classes: expected at most 10000, got 10001"):
        fb.Network([1, 10_001], output="softmax", classes=labels)
    net = fb.Network([1, 10_001], output="softmax")
    rng = np.random.default_rng(0)
    before = net.parameters.copy(), rng.bit_generator.state
    with pytest.raises(ValueError, match="classes: expected at most 10000, got 10001"):
        net.fit(np.zeros((10_001, 1)), labels, rng=rng)
    np.testing.assert_array_equal(net.parameters, before[0])
    assert rng.bit_generator.state == before[1]
    assert net.classes is None


# What a fit learns.


def test_learned_labels_are_sorted_and_known_from_the_start():
    net, seen = make(), []

    class Look(fb.Callback):
        def on_start(self, state):
            seen.append((net.classes.tolist(), net.predict_classes(X[:1]).dtype.kind))

        on_epoch_end = on_start

    net.fit(X, np.array(["c", "a", "b"])[INDEX], epochs=2, callbacks=[Look()])
    assert seen == [(["a", "b", "c"], "U")] * 3
    assert net.classes.tolist() == ["a", "b", "c"]


def test_reading_them_makes_no_array():
    net = make(["b", "a", "c"])
    assert net.classes is net.classes
    with pytest.raises(ValueError, match="read-only"):
        net.classes[0] = "d"


def test_what_cannot_be_saved_is_not_learned():
    for y, error, message in [
        (["a", "b", "c\ud800"], ValueError, r"^y: expected strings of whole characters, got 'c"),
        (["a", "b\0d", "c"], ValueError, r"^y: expected strings without NUL, got 'b\\x00d'"),
        ([b"a", b"b", b"c"], TypeError, r"^y: expected numbers or strings, got bytes, .*; decode"),
        (np.array(["a", "b", "c"], "S3"), TypeError, r"^y: .*, got bytes, dtype .S3; decode"),
    ]:
        net = make()
        before = net.parameters.copy()
        with pytest.raises(error, match=message):
            net.fit(X, np.array(y)[INDEX])
        np.testing.assert_array_equal(net.parameters, before)
        assert net.classes is None
        net.fit(X, INDEX)


def test_bytes_are_no_labels_anywhere():
    net = make(["a", "b", "c"])
    y = np.array(["a", "b", "c"])[INDEX]
    for name, use in {
        "evaluate": lambda: net.evaluate(X, y.astype("S")),
        "trace": lambda: net.trace(X, y.astype("S")),
        "trace of one row": lambda: net.trace(X[0], b"a"),
        "validation_data": lambda: net.fit(X, y, validation_data=(X, y.astype("S"))),
    }.items():
        with pytest.raises(TypeError, match=r"y: expected numbers or strings, got bytes") as info:
            use()
        assert ("validation_data" in str(info.value)) == (name == "validation_data"), name


def fails_before_the_first_step(net, monkeypatch, tmp_path):
    """Fits that end before they begin, by the name of their error."""
    y = np.array(["a", "b", "c"])[INDEX]
    foreign = fb.SGD()
    foreign.step(fb.Network([4, 3]), np.zeros(15))
    yield ValueError, lambda: net.fit(X, y, optimizer=foreign)
    nowhere = fb.Checkpoint(tmp_path / "none" / "checkpoint")
    yield FileNotFoundError, lambda: net.fit(X, y, callbacks=[nowhere])

    def interrupted(*arguments):
        assert net.classes.tolist() == ["a", "b", "c"]
        raise KeyboardInterrupt

    monkeypatch.setattr(_core, "save_checkpoint", interrupted)
    checkpoint = fb.Checkpoint(tmp_path / "checkpoint")
    yield KeyboardInterrupt, lambda: net.fit(X, y, callbacks=[checkpoint])


def test_a_fit_that_does_not_begin_leaves_them(monkeypatch, tmp_path):
    net = make()
    before = net.parameters.copy()
    errors = []
    for error, fit in fails_before_the_first_step(net, monkeypatch, tmp_path):
        with pytest.raises(error):
            fit()
        errors.append(error)
        assert net.classes is None, error
        np.testing.assert_array_equal(net.parameters, before)
    assert len(errors) == 3


def test_a_fit_that_is_refused_leaves_the_checkpoint_of_another_one(tmp_path):
    """The first one is written when nothing can be wrong any more."""
    path = tmp_path / "checkpoint"
    net, foreign = make(), fb.SGD()
    net.fit(X, INDEX, epochs=3, callbacks=[fb.Checkpoint(path)])
    before = path.read_bytes()
    foreign.step(fb.Network([4, 3]), np.zeros(15))
    with pytest.raises(ValueError, match="optimizer: expected one that is new"):
        net.fit(X, INDEX, optimizer=foreign, callbacks=[fb.Checkpoint(path)])
    assert path.read_bytes() == before


def test_the_core_has_them():
    """There is nothing else that could say something else."""
    net = make(["b", "a", "c"])
    assert vars(net).keys() == {"_core"}
    net._core.classes = [1, 0, 2]
    assert net.classes.tolist() == [1, 0, 2]
    assert _core.from_bytes(_core.to_bytes(net._core)).classes.tolist() == [1, 0, 2]
    net._core.classes = []
    assert net.classes is None
