"""Networks in files: round trips, other readers, files for ever, and what is refused."""

import copy
import json
import os
import pickle
import stat
from pathlib import Path

import joblib
import numpy as np
import pytest
import safetensors
import safetensors.numpy
from problems import labelled

import filbert as fb
from filbert import _core

DATA = Path(__file__).parents[2] / "data"
NETWORKS = {
    "smallest": lambda: fb.Network([1, 1], rng=0),
    "classifier": lambda: fb.Network([4, 5, 3], activation="tanh", output="softmax", rng=1),
    "float64": lambda: fb.Network([4, 6, 2], output="sigmoid", dtype="float64", rng=2**64 - 1),
    "parameters": lambda: fb.Network(
        [3, 2, 4, 1],
        activation=[fb.activations.LeakyReLU(0.1), "hard_swish"],
        output=fb.activations.ELU(1 / 3),
        rng=5,
    ),
    "mixed": lambda: fb.Network(
        [3, 2, 4, 1], activation=["sigmoid", "identity"], output="tanh", rng=5
    ),
}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "net.safetensors"


def same(a, b):
    """Every bit that a network has."""
    return (
        repr(a) == repr(b)
        and a.layers == b.layers
        and a.dtype == b.dtype
        and a.parameters.tobytes() == b.parameters.tobytes()
        and (a._core.seed, a._core.epoch) == (b._core.seed, b._core.epoch)
        and (None if a.classes is None else (a.classes.dtype, a.classes.tolist()))
        == (None if b.classes is None else (b.classes.dtype, b.classes.tolist()))
    )


@pytest.mark.parametrize("mmap", [False, True])
@pytest.mark.parametrize("make", NETWORKS.values(), ids=NETWORKS)
def test_round_trip(make, mmap, path, rng):
    net = make()
    net.parameters[:] = rng.normal(size=net.parameters.shape)
    net.parameters[0] = -0.0
    net.save(path)
    first = path.read_bytes()
    again = fb.load(path, mmap=mmap)
    assert same(again, net)
    X = rng.normal(size=(5, net.sizes[0]))
    np.testing.assert_array_equal(again.predict(X), net.predict(X))
    again.save(str(path))  # over the file that may be mapped
    assert path.read_bytes() == first
    again.w[1][:] = 7  # parameters may be written to
    assert path.read_bytes() == first


def test_numbers_that_are_not_finite_are_kept(path):
    net = fb.Network([2, 2], rng=0)
    net.parameters[:] = [np.nan, np.inf, -np.inf, 1e-45, -0.0, 3e38]
    net.save(path)
    assert fb.load(path).parameters.tobytes() == net.parameters.tobytes()


def test_everything_that_training_on_needs(path, X, y):
    names = np.array(["b", "a", "€"])[y]
    net = fb.Network([4, 6, 3], output="softmax", rng=3)
    net.fit(X, names, epochs=2, optimizer=fb.SGD(0.1))
    net.save(path)
    again = fb.load(path)
    assert same(again, net)
    assert again.classes.tolist() == ["a", "b", "€"]
    assert not again.classes.flags.writeable
    assert again.classes.dtype == net.classes.dtype
    assert again.evaluate(X, names) == net.evaluate(X, names)
    for network in (net, again):
        network.fit(X, names, epochs=2, batch_size=5, optimizer=fb.SGD(0.1))
    assert same(again, net)


def test_labels_of_one_output(path, X, y):
    net = fb.Network([4, 1], output="sigmoid", rng=3)
    net.fit(X, np.where(y == 0, "no", "yes"))
    net.save(path)
    assert fb.load(path).classes.tolist() == ["no", "yes"]


INTEGERS = {
    "small": [5, 6, 7],
    "in another order": [7, 5, 6],
    "0, 1, 2": [0, 1, 2],
    "extreme": [-(2**63), -1, 2**63 - 1],
    "beyond double": [2**53, 2**53 + 1, 2**53 + 2],
}


@pytest.mark.parametrize("mmap", [False, True])
@pytest.mark.parametrize("labels", INTEGERS.values(), ids=INTEGERS)
def test_integers_as_labels(labels, mmap, path, X, y):
    net = labelled(fb.Network([4, 6, 3], output="softmax", rng=3), labels)
    targets = np.array(labels)[y]
    net.fit(X, targets, epochs=2)
    net.save(path)
    again = fb.load(path, mmap=mmap)
    assert same(again, net)
    assert again.classes.dtype == np.int64
    assert again.classes.tolist() == labels
    assert not again.classes.flags.writeable
    np.testing.assert_array_equal(again.predict_classes(X), net.predict_classes(X), strict=True)
    assert again.predict_classes(X[0]) in labels
    for network in (net, again):
        network.fit(X, targets, epochs=2, validation_data=(X, targets))
    assert same(again, net)
    with safetensors.safe_open(path, "numpy") as file:
        assert json.loads(file.metadata()["filbert"])["network"]["classes"] == labels


def test_integers_as_labels_of_one_output(path, X, y):
    net = labelled(fb.Network([4, 1], output="sigmoid", rng=3), [-1, 1])
    net.fit(X, np.where(y == 0, -1, 1), epochs=2)
    net.save(path)
    assert same(fb.load(path), net)
    assert set(net.predict_classes(X)) <= {-1, 1}


@pytest.mark.parametrize("wrong", [2**53 + 2, 2**63, 2**64 - 1])
def test_unsigned_labels_are_compared_exactly(wrong, net, X, y):
    labels = [2**53, 2**53 + 1, 2**63 - 1]
    net = labelled(net, labels)
    targets = np.array(labels, np.uint64)[y]
    assert net.evaluate(X, targets) == net.evaluate(X, targets.astype(np.int64))
    targets[2] = wrong
    with pytest.raises(ValueError, match=rf"y: expected the labels .*, got {wrong} at \[2\]"):
        net.evaluate(X, targets)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([5, 6], "classes: expected 3, as many as the outputs tell apart, got 2"),
        ([5, 7, 5], "classes: expected each label once, got '5' twice"),
        (["a", "b", "b"], "classes: expected each label once, got 'b' twice"),
    ],
)
def test_labels_that_cannot_be(labels, message, net):
    with pytest.raises(ValueError, match=message):
        labelled(net, labels)


@pytest.mark.parametrize("labels", [[1, 2, 2**63], [1, "a", 2], [1.5, 2, 3]])
def test_labels_of_no_type(labels, net):
    with pytest.raises(TypeError):
        labelled(net, labels)


def test_the_same_network_gives_the_same_bytes(path):
    files = []
    for _ in range(2):
        NETWORKS["classifier"]().save(path)
        files.append(path.read_bytes())
    assert files[0] == files[1]


# Other readers and writers.


@pytest.mark.parametrize("make", NETWORKS.values(), ids=NETWORKS)
def test_safetensors_reads_it(make, path):
    net = make()
    net.save(path)
    tensors = safetensors.numpy.load_file(path)
    depth = len(net.layers)
    assert set(tensors) == {
        f"layers.{l}.{name}" for l in range(1, depth + 1) for name in ("kernel", "bias")
    }
    for l in range(1, depth + 1):
        np.testing.assert_array_equal(tensors[f"layers.{l}.kernel"], net.w[l].T)
        np.testing.assert_array_equal(tensors[f"layers.{l}.bias"], net.b[l])
        assert tensors[f"layers.{l}.kernel"].dtype == net.dtype
    with safetensors.safe_open(path, "numpy") as file:
        metadata = file.metadata()
    assert set(metadata) == {"filbert", "filbert.checksum"}
    network = json.loads(metadata["filbert"])["network"]
    assert network["sizes"] == net.sizes
    assert network["activations"] == net._core.activations
    assert network["dtype"] == net.dtype


@pytest.mark.parametrize("mmap", [False, True])
@pytest.mark.parametrize("make", NETWORKS.values(), ids=NETWORKS)
def test_and_back(make, mmap, path):
    """safetensors writes the tensors in another order, and the header in another way."""
    net = make()
    net.save(path)
    before = path.read_bytes()
    with safetensors.safe_open(path, "numpy") as file:
        metadata = file.metadata()
    safetensors.numpy.save_file(safetensors.numpy.load_file(path), path, metadata)
    assert path.read_bytes() != before
    assert same(fb.load(path, mmap=mmap), net)


def test_weights_alone_are_no_model(path):
    safetensors.numpy.save_file({"0.weight": np.ones((2, 3), np.float32)}, path)
    with pytest.raises(fb.FormatError, match=r"net.safetensors: metadata: .*load_state_dict"):
        fb.load(path)


def test_any_tensors(path, rng):
    tensors = {
        "0.weight": rng.normal(size=(4, 3)).astype(np.float32),
        "0.bias": rng.normal(size=4),
        "half": rng.normal(size=(2, 1, 5)).astype(np.float16),
        "scalar": np.array(2.5, np.float32),
        "empty": np.ones((0, 3), np.float32),
        "ünï": np.ones(1),
    }
    safetensors.numpy.save_file(tensors, path, {"format": "pt"})
    read = _core.read_safetensors(path)
    assert set(read) == set(tensors)
    for name, array in tensors.items():
        np.testing.assert_array_equal(read[name], array, strict=name != "half")
        assert read[name].flags.writeable
    assert read["half"].dtype == np.float32
    assert _core.read_safetensors_metadata(path) == {"format": "pt"}
    safetensors.numpy.save_file({"a": np.arange(3)}, path)
    with pytest.raises(fb.FormatError, match=r"expected dtype F16, BF16, F32 or F64, got 'I64'"):
        _core.read_safetensors(path)


def test_every_half():
    header = b'{"a":{"dtype":"F16","shape":[65536],"data_offsets":[0,131072]}}'
    halves = np.arange(65536, dtype=np.uint16)
    path = Path(os.environ.get("TMPDIR", "/tmp")) / f"halves-{os.getpid()}"
    try:
        path.write_bytes(len(header).to_bytes(8, "little") + header + halves.tobytes())
        f16 = _core.read_safetensors(path)["a"]
        np.testing.assert_array_equal(f16, halves.view(np.float16).astype(np.float32))
        path.write_bytes(
            len(header + b" ").to_bytes(8, "little")
            + header.replace(b"F16", b"BF16")
            + halves.tobytes()
        )
        bf16 = _core.read_safetensors(path)["a"]
        np.testing.assert_array_equal(bf16, (halves.astype(np.uint32) << 16).view(np.float32))
    finally:
        path.unlink(missing_ok=True)


# Files of the past. Each release adds its own; none is ever removed or made again.


@pytest.mark.parametrize("name", ["0.1-float32", "0.1-float64", "0.1-integers", "0.1-names"])
def test_golden_files(name):
    net = fb.load(DATA / f"{name}.safetensors")
    expected = json.loads((DATA / f"{name}.json").read_text())
    assert net.sizes == expected["sizes"]
    assert [layer.activation for layer in net.layers] == expected["activations"]
    assert net.dtype == expected["dtype"]
    assert (net._core.seed, net._core.epoch) == (expected["seed"], expected["epoch"])
    assert net.classes.tolist() == expected["classes"]
    assert net.feature_names == expected.get("feature_names")
    numbers = [float.fromhex(text) for text in expected["parameters"]]
    np.testing.assert_array_equal(net.parameters, np.array(numbers, net.dtype))
    prediction = [float.fromhex(text) for text in expected["prediction"]]
    np.testing.assert_array_equal(net.predict(expected["x"]), np.array(prediction, net.dtype))


# What is refused.


def test_damage(path):
    NETWORKS["classifier"]().save(path)
    whole = path.read_bytes()
    for damaged, message in [
        (b"", "expected a safetensors file of at least 8 bytes, got 0"),
        (whole[:-1], "data_offsets"),
        (whole + b"\0", "data: expected"),
        (whole[:-1] + bytes([whole[-1] ^ 1]), "checksum: expected .*: the file is damaged"),
        (whole.replace(b"tanh", b"relu"), "checksum"),
        (whole.replace(b"tanh", b"xxxx"), "expected identity, relu, .*, got 'xxxx'"),
        (pickle.dumps(whole), "header of at most"),
    ]:
        path.write_bytes(damaged)
        for mmap in (False, True):
            with pytest.raises(fb.FormatError, match=message) as info:
                fb.load(path, mmap=mmap)
            assert str(info.value).startswith(f"{path}: ")


def test_no_such_file(path, tmp_path):
    for call in (fb.load, NETWORKS["smallest"]().save):
        with pytest.raises(FileNotFoundError) as info:
            call(tmp_path / "none" / "net")
        assert info.value.filename == str(tmp_path / "none" / "net")
        with pytest.raises(IsADirectoryError):
            call(tmp_path)


@pytest.mark.parametrize(
    ("bad", "error", "message"),
    [
        (None, TypeError, "path: expected a path, a str or PathLike, got None"),
        (3, TypeError, "path: expected a path, a str or PathLike, got 3"),
        ("", FileNotFoundError, "No such file or directory: ''"),
        ("a\0b", ValueError, r"path: expected a path without NUL, got 'a\\x00b'"),
        ("a\ud800b", ValueError, r"path: expected a path, got 'a\\ud800b', half a character"),
    ],
)
def test_no_path(bad, error, message, net):
    for call in (fb.load, net.save):
        with pytest.raises(error, match=message):
            call(bad)


def test_bad_mmap(path):
    with pytest.raises(TypeError, match="mmap: expected True or False, got 1"):
        fb.load(path, mmap=1)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes in folders")
def test_what_is_no_file(tmp_path, net):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(fb.FormatError, match="expected a regular file"):
        fb.load(tmp_path / "pipe")  # and does not wait for a writer
    with pytest.raises(OSError, match="Invalid argument"):
        net.save(tmp_path / "pipe")
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


# Copies and pickles.

AGAIN = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda thing: pickle.loads(pickle.dumps(thing)),
}


@pytest.mark.parametrize("again", AGAIN.values(), ids=AGAIN)
@pytest.mark.parametrize("make", NETWORKS.values(), ids=NETWORKS)
def test_copies_go_through_the_same_bytes(make, again, path):
    net = make()
    other = again(net)
    assert same(other, net)
    net.save(path)
    assert net.__getstate__()["file"] == path.read_bytes()


def test_a_damaged_pickle_is_a_format_error():
    net = fb.Network([30, 20], rng=0)
    net.parameters[:] = 1
    data = bytearray(pickle.dumps(net))
    data[data.rindex(b"\0\0\x80\x3f")] ^= 1
    with pytest.raises(fb.FormatError, match="checksum"):
        pickle.loads(bytes(data))
    data = bytearray(pickle.dumps(fb.Adam(0.5)))
    data[data.index(b"adam")] ^= 1
    with pytest.raises(fb.FormatError, match="rule"):
        pickle.loads(bytes(data))


def test_joblib(net, tmp_path, X):
    joblib.dump(net, tmp_path / "net.joblib")
    assert same(joblib.load(tmp_path / "net.joblib"), net)
