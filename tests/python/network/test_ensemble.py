"""Ensembles: means, spreads, classes and costs; files, pickles and the command."""

import copy
import json
import math
import pickle

import commands
import numpy as np
import pytest

import filbert as fb
from filbert._many.readout import logarithm

RNG = np.random.default_rng(5)
X = RNG.normal(size=(50, 4)).astype(np.float32)
LABELS = np.array(["a", "b", "c"])[np.argmax(X[:, :3], axis=1)]


def ensemble(count=5, dtype="float32", **given):
    given = {"output": "softmax", **given}
    specs = [{"sizes": [4, 3 + i % 3, 3], "rng": i, "dtype": dtype} for i in range(count)]
    y = LABELS if given["output"] == "softmax" else (X[:, :3] > 0).astype(dtype)
    return fb.fit_many(specs, X, y, epochs=5, optimizer=fb.Adam(0.02), **given).ensemble


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("count", [1, 2, 7])
def test_mean_and_spread(dtype, count):
    nets = ensemble(count, dtype)
    outputs = [net.predict(X).astype(np.float64) for net in nets]
    total = np.zeros_like(outputs[0])
    for a in outputs:
        total = total + a
    mean = total / count
    squares = np.zeros_like(mean)
    for a in outputs:
        squares = squares + (a - mean) * (a - mean)
    got, spread = nets.predict(X, spread=True)
    assert got.tobytes() == mean.astype(dtype).tobytes() == nets(X).tobytes()
    assert spread.tobytes() == np.sqrt(squares / count).astype(dtype).tobytes()
    assert got.dtype == spread.dtype == dtype
    of_row, spread_of_row = nets.spread(X[3])
    assert of_row.tobytes() == got[3].tobytes()
    assert spread_of_row.tobytes() == spread[3].tobytes()
    assert np.allclose(np.std(outputs, axis=0), spread, atol=1e-6)


def test_many_rows_go_in_parts(monkeypatch):
    from filbert._edge import spread

    nets = ensemble(3)
    whole = nets.predict(X, spread=True)
    monkeypatch.setattr(spread, "NUMBERS", 64)
    parts = nets.predict(X, spread=True)
    assert [a.tobytes() for a in whole] == [a.tobytes() for a in parts]


def test_classes_are_of_the_mean():
    nets = ensemble()
    assert nets.classes.tolist() == ["a", "b", "c"]
    expected = nets.classes[np.argmax(nets.predict(X), axis=1)]
    assert nets.predict_classes(X).tolist() == expected.tolist()
    assert nets.predict_classes(X[0]) == expected[0]
    with pytest.raises(ValueError, match="output: expected several outputs"):
        fb.Ensemble([fb.Network([4, 1])]).predict_classes(X)


@pytest.mark.parametrize(
    ("output", "loss"),
    [
        ("softmax", None),
        ("softmax", "squared_error"),
        ("softmax", "kl_divergence"),
        ("sigmoid", None),
        ("sigmoid", "huber"),
        ("identity", None),
        ("log_softmax", None),
        ("tanh", None),
    ],
)
def test_evaluate_is_that_of_the_outputs(output, loss):
    """One network's ensemble costs what the network does, however its cost is computed."""
    net = fb.Network([4, 6, 3], output=output, rng=2, dtype="float64")
    y = np.argmax(X[:, :3], axis=1) if "softmax" in output else (X[:, :3] > 0).astype(float)
    weights = np.linspace(0.5, 2.0, 50)
    net.fit(X, y, epochs=3, loss=loss)
    expected = net.evaluate(X, y, loss=loss, sample_weight=weights)
    got = fb.Ensemble([net]).evaluate(X, y, loss=loss, sample_weight=weights)
    assert got == pytest.approx(expected, rel=1e-12)
    assert list(got) == list(expected)


def test_evaluate_with_labels_and_metrics():
    nets = ensemble()
    got = nets.evaluate(X, LABELS, metrics=["f1", "top_2"])
    assert list(got) == ["loss", "accuracy", "f1", "top_2"]
    a = nets.predict(X).astype(np.float64)
    index = np.searchsorted(nets.classes, LABELS)
    assert got["loss"] == pytest.approx(-np.log(a[np.arange(50), index]).mean(), rel=1e-7)
    assert got["accuracy"] == np.mean(nets.predict_classes(X) == LABELS)


def test_the_logarithm_is_right():
    x = np.concatenate([RNG.random(2000), 2.0 ** -(RNG.random(2000) ** 3) * 1e3, [1.0, 2**-1074]])
    expected = np.array([math.log(value) for value in x])
    assert np.max(np.abs(logarithm(x) - expected) / np.spacing(np.abs(expected) + 2**-60)) <= 4
    assert logarithm(np.array([0.0]))[0] == logarithm(np.array([2.0**-1074]))[0]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_files_hold_all_of_it(tmp_path, dtype):
    path, again = tmp_path / "ensemble.safetensors", tmp_path / "again.safetensors"
    nets = ensemble(4, dtype, normalize=True)
    nets.save(path)
    loaded = fb.load(path)
    assert isinstance(loaded, fb.Ensemble)
    assert len(loaded) == 4
    assert loaded.classes.tolist() == nets.classes.tolist()
    for a, b in zip(nets.spread(X), loaded.spread(X), strict=True):
        assert a.tobytes() == b.tobytes()
    for net, other in zip(nets, loaded, strict=True):
        assert net.sizes == other.sizes
        assert pickle.dumps(net) == pickle.dumps(other)
    loaded.save(again)
    assert path.read_bytes() == again.read_bytes()
    for copied in (pickle.loads(pickle.dumps(nets)), copy.deepcopy(nets)):
        copied.save(again)
        assert path.read_bytes() == again.read_bytes()
    assert fb.load(path, mmap=True).predict(X).tobytes() == nets.predict(X).tobytes()


def test_damaged_files_are_refused(tmp_path):
    path = tmp_path / "ensemble.safetensors"
    ensemble(2).save(path)
    whole = path.read_bytes()
    for at in range(0, len(whole), 37):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 16]) + whole[at + 1 :])
        with pytest.raises(fb.FormatError, match="expected"):
            fb.load(path)
        path.write_bytes(whole[:at])
        with pytest.raises(fb.FormatError, match="expected"):
            fb.load(path)


def test_it_is_said_what_it_is():
    nets = ensemble(2)
    assert (
        repr(nets)
        == "Ensemble(2 networks: Network([4, 3, 3], activation='relu', output='softmax'), ...)"
    )
    assert nets.dtype == np.float32
    assert nets.feature_names is None
    with pytest.raises(ValueError, match="X: expected shape"):
        nets.predict(X[:, :3])
    with pytest.raises(TypeError, match="spread: expected True or False, got 1"):
        nets.predict(X, spread=1)
    with pytest.raises(ValueError, match="X: expected 2 dimensions"):
        nets.evaluate(X[0], LABELS[:1])


def test_the_commands(tmp_path, capsys):
    path, rows = str(tmp_path / "ensemble.safetensors"), str(tmp_path / "rows.npy")
    nets = ensemble(3)
    nets.save(path)
    np.save(rows, X)
    got = commands.numbers(commands.run(capsys, "predict", path, rows, "--spread"))
    assert np.array_equal(got, np.hstack(nets.spread(X)))
    classes = commands.run(capsys, "predict", path, rows, "--classes").split()
    assert classes == nets.predict_classes(X).tolist()
    shown = commands.run(capsys, "info", path)
    assert "an ensemble of 3" in shown
    assert "networks.2.layers.1.kernel" in shown
    _, message = commands.failure(capsys, "predict", path, rows, "--spread", "--classes")
    assert message.startswith("--spread: expected it without --classes")
    nets.networks[0].save(path)
    _, message = commands.failure(capsys, "predict", path, rows, "--spread")
    assert message == "--spread: expected the file of an ensemble, got that of one network"


def test_the_description_has_each_network(tmp_path):
    from filbert import _core

    path = tmp_path / "ensemble.safetensors"
    nets = ensemble(3)
    nets.save(path)
    described = json.loads(_core.read_safetensors_metadata(str(path))["filbert"])
    assert list(described) == ["format", "ensemble"]
    assert [each["sizes"] for each in described["ensemble"]] == [net.sizes for net in nets]
