"""fit_many and Ensemble: each bad argument is named, by the spec that it is in; nothing is trained."""

import re

import numpy as np
import pytest

import filbert as fb

X = np.linspace(-1, 1, 48).reshape(12, 4)
LABELS = np.arange(12) % 3
NAN = X.copy()
NAN[3, 2] = np.nan


def net(sizes=(4, 5, 3), **given):
    return fb.Network(list(sizes), **{"output": "softmax", "rng": 1, **given})


def trained():
    adam = fb.Adam()
    net().fit(X, LABELS, optimizer=adam)
    return adam


# What spec 1 of three has besides, or the spec itself; the exception; what it says.
SPECS = [
    (7, TypeError, "expected a dict or a Network, got 7"),
    (None, TypeError, "expected a dict or a Network, got None"),
    ([4, 3], TypeError, "expected a dict or a Network, got list"),
    ({"size": [4, 3]}, TypeError, "a spec: expected network, order_rng, .* got 'size'"),
    ({"callbacks": []}, TypeError, "a spec: expected .* got 'callbacks'"),
    ({"resume": "x"}, TypeError, "a spec: expected .* got 'resume'"),
    ({"network": 5}, TypeError, "network: expected a Network, got 5"),
    ({"network": net(), "rng": 3}, TypeError, "rng: expected none with a network, got one"),
    ({"network": net((4, 2))}, ValueError, "y: expected .*0 .. 1, got 2"),
    ({"network": net((3, 3))}, ValueError, "X: expected .*3"),
    ({"network": net(dtype="float64")}, ValueError, "dtype: expected float32, that of specs"),
    ({"sizes": [4]}, ValueError, "sizes: expected at least 2 numbers of neurons, got 1"),
    ({"sizes": [4, 0, 3]}, ValueError, r"sizes\[1\]: expected an integer >= 1, got 0"),
    ({"sizes": "43"}, TypeError, "sizes: expected a list of numbers of neurons, got '43'"),
    ({"activation": "rely"}, ValueError, "activation: expected .* got 'rely'"),
    ({"output": 3}, TypeError, "output: expected .* got 3"),
    ({"dtype": "int8"}, ValueError, "dtype: expected float32 or float64, got int8"),
    ({"init": "zero"}, ValueError, "init: expected .* got 'zero'"),
    ({"rng": -1}, ValueError, "rng: expected an integer in 0"),
    ({"order_rng": "a"}, TypeError, "rng: expected an int, .* got 'a'"),
    ({"classes": ["a", "b"]}, ValueError, "classes: expected 3"),
    ({"epochs": 0}, ValueError, "epochs: expected an integer >= 1, got 0"),
    ({"epochs": 1.5}, TypeError, "epochs: expected an integer >= 1, got 1.5"),
    ({"batch_size": 0}, ValueError, "batch_size: expected an integer >= 1, got 0"),
    ({"loss": "huge"}, ValueError, "loss: expected .* got 'huge'"),
    ({"loss": lambda a, y: (a, y)}, TypeError, "loss: expected no function"),
    ({"loss": "hinge"}, ValueError, "loss: hinge expected"),
    ({"shuffle": lambda epoch: []}, TypeError, "shuffle: expected no function"),
    ({"shuffle": 1}, TypeError, "shuffle: expected True or False, got 1"),
    ({"optimizer": "adam"}, TypeError, "optimizer: expected .* got 'adam'"),
    ({"learning_rate": -1.0}, ValueError, "learning_rate: expected .* got -1"),
    (
        {"learning_rate": 0.1, "optimizer": fb.Adam()},
        TypeError,
        "learning_rate: expected that of the optimizer, got another one",
    ),
    ({"learning_rate": "fast"}, TypeError, "learning_rate: expected .* got 'fast'"),
    ({"dropout": 1.0}, ValueError, "dropout: expected .* got 1"),
    ({"dropout": [0.1, 0.1]}, ValueError, "dropout: expected .* got 2"),
    ({"noise": -0.5}, ValueError, "noise: expected"),
    ({"clip_norm": 0}, ValueError, "clip_norm: expected a number > 0, got 0"),
    ({"accumulate": 0}, ValueError, "accumulate: expected an integer >= 1, got 0"),
    ({"l2": "much"}, TypeError, "l2: expected"),
    ({"layer_rates": 0.0}, ValueError, "layer_rates: expected one above 0"),
    ({"average": 1.0}, ValueError, "average: expected"),
    ({"normalize": "log"}, ValueError, "normalize: expected"),
    ({"normalize_targets": True}, ValueError, "normalize_targets: expected an identity output"),
    ({"missing": "median"}, ValueError, "missing: expected None or 'mean', got 'median'"),
    ({"sample_weight": np.ones(11)}, ValueError, r"sample_weight: expected shape \(12,\)"),
    ({"sample_weight": -np.ones(12)}, ValueError, "sample_weight: expected numbers >= 0"),
    ({"class_weight": {0: 1.0}}, ValueError, "class_weight: expected"),
    ({"validation_data": (X,)}, TypeError, r"validation_data: expected \(X, y\)"),
    ({"validation_data": (X[:, :3], LABELS)}, ValueError, "validation_data X: expected"),
    ({"validation_split": 1.0}, ValueError, "validation_split: expected a number between 0 and 1"),
    ({"rows": [0, 12]}, ValueError, r"rows: expected integers in 0 .. 11, got 12 at \[1\]"),
    ({"rows": [-1]}, ValueError, r"rows: expected integers in 0 .. 11, got -1 at \[0\]"),
    ({"rows": []}, ValueError, "rows: expected at least one row, got none"),
    ({"rows": np.zeros(12, bool)}, ValueError, "rows: expected at least one row, got none"),
    (
        {"rows": np.ones(11, bool)},
        ValueError,
        r"rows: expected a mask of shape \(12,\), got \(11,\)",
    ),
    ({"rows": [0.5]}, TypeError, "rows: expected integers, got dtype float64"),
    ({"rows": [[0], [1]]}, ValueError, r"rows: expected one dimension, got shape \(2, 1\)"),
    ({"rows": [0, 1], "validation_split": 0.5}, ValueError, "validation_split: expected None with"),
    ({"validation_rows": [99]}, ValueError, "validation_rows: expected integers in 0 .. 11"),
    (
        {"validation_rows": [1], "validation_data": (X, LABELS)},
        ValueError,
        "validation_rows: expected None with validation_data",
    ),
    ({"early_stopping": 5}, TypeError, "early_stopping: expected an EarlyStopping or None, got 5"),
    ({"early_stopping": fb.EarlyStopping()}, ValueError, "monitor: expected .* no validation data"),
    ({"early_stopping": fb.EarlyStopping("f1")}, ValueError, "monitor: expected"),
    (
        {"optimizer": fb.Adam(fb.schedules.ReduceOnPlateau(0.1, monitor="val_loss"))},
        ValueError,
        "monitor: expected",
    ),
    ({"optimizer": fb.LBFGS(), "dropout": 0.5}, ValueError, "dropout: expected the default"),
    ({"optimizer": trained(), "sizes": [4, 9, 3]}, ValueError, "optimizer: expected"),
]


def refuses(error, message, call, nets):
    before = [each.parameters.tobytes() for each in nets]
    with pytest.raises(error, match=message) as caught:
        call()
    assert type(caught.value) is error
    assert [each.parameters.tobytes() for each in nets] == before
    assert all(each.classes is None for each in nets)
    for each in nets:
        each.fit(X, LABELS)  # it is free, and works


@pytest.mark.parametrize(
    ("spec", "error", "message"), SPECS, ids=[f"{i}: {row[2][:40]}" for i, row in enumerate(SPECS)]
)
def test_a_bad_spec_is_named(spec, error, message):
    nets = [net(), net()]
    if isinstance(spec, dict) and "network" not in spec and "size" not in spec:
        spec = {"sizes": [4, 5, 3], "output": "softmax", **spec}
    refuses(
        error,
        rf"specs\[1\]: {message}",
        lambda: fb.fit_many([nets[0], spec, nets[1]], X, LABELS),
        nets,
    )


CALLS = [
    ({"specs": []}, ValueError, "specs: expected at least one, got an empty list"),
    ({"specs": "nets"}, TypeError, "specs: expected a list of dicts and networks, got 'nets'"),
    ({"specs": {"sizes": [4, 3]}}, TypeError, "specs: expected a list of dicts and networks"),
    ({"specs": (spec for spec in [])}, TypeError, "specs: expected a list"),
    ({"y": None}, TypeError, "y: expected the targets of X"),
    ({"data": [(X, LABELS)] * 2}, TypeError, "data: expected None with X and y, got some"),
    ({"X": None, "y": None, "data": 3}, TypeError, r"data: expected a list of \(X, y\), got 3"),
    ({"X": None, "y": None, "data": [(X, LABELS)]}, ValueError, "data: expected 2 pairs"),
    ({"X": None, "y": None, "data": [(X, LABELS), X]}, TypeError, r"data\[1\]: expected \(X, y\)"),
    (
        {"X": None, "y": None, "data": [(X, LABELS)] * 2, "rows": [1]},
        TypeError,
        "rows: expected it in a spec",
    ),
    (
        {"X": None, "y": None, "data": [(X, LABELS), (NAN, LABELS)]},
        ValueError,
        r"specs\[1\]: X: expected",
    ),
    ({"X": NAN}, ValueError, r"specs\[0\]: X: expected"),
    ({"y": LABELS[:11]}, ValueError, r"specs\[0\]: y: expected"),
    ({"network": net()}, TypeError, "network: expected it in a spec, got it for all of them"),
    ({"callbacks": []}, TypeError, "fit_many: expected .* got 'callbacks'"),
    ({"keep": 0.0}, ValueError, "keep: expected a number above 0 and at most 1, got 0.0"),
    ({"keep": 1.5}, ValueError, "keep: expected a number above 0 and at most 1, got 1.5"),
    ({"keep": float("nan")}, ValueError, "keep: expected a number above 0"),
    ({"keep": "third"}, TypeError, "keep: expected a number, got 'third'"),
    ({"keep": 0.5}, ValueError, "every: expected a number of epochs with keep=0.5, got None"),
    ({"every": 2}, ValueError, "every: expected None with keep=1.0, got 2"),
    ({"keep": 0.5, "every": 0}, ValueError, "every: expected an integer >= 1, got 0"),
    ({"n_threads": 0}, ValueError, "n_threads: expected an integer in 1 .. 1024, got 0"),
    ({"n_threads": 2.0}, TypeError, "n_threads: expected an integer in 1 .. 1024, got 2.0"),
    ({"epochs": 0}, ValueError, r"specs\[0\]: epochs: expected an integer >= 1, got 0"),
]


@pytest.mark.parametrize(
    ("given", "error", "message"), CALLS, ids=[f"{i}: {row[2][:40]}" for i, row in enumerate(CALLS)]
)
def test_a_bad_argument_is_named(given, error, message):
    nets = [net(), net()]
    arguments = {"specs": nets, "X": X, "y": LABELS, **given}
    refuses(error, message, lambda: fb.fit_many(**arguments), nets)


def test_what_two_members_share_is_named():
    nets, adam = [net(), net()], fb.Adam()
    refuses(
        ValueError,
        r"specs\[2\]: network: expected one of its own, got that of specs\[0\]",
        lambda: fb.fit_many([*nets, nets[0]], X, LABELS),
        nets,
    )
    refuses(
        ValueError,
        r"specs\[1\]: optimizer: expected one of its own, got that of specs\[0\]",
        lambda: fb.fit_many([{"network": each, "optimizer": adam} for each in nets], X, LABELS),
        nets,
    )


def test_one_that_is_busy_is_named():
    nets = [net(), net()]

    def again(state):
        fb.fit_many(nets, X, LABELS)

    with pytest.raises(fb.BusyError, match=r"specs\[1\]: network: expected one that is not in use"):
        nets[1].fit(X, LABELS, callbacks=[again])


@pytest.mark.parametrize(
    ("networks", "error", "message"),
    [
        ([], ValueError, "networks: expected at least one, got an empty list"),
        (net(), TypeError, "networks: expected a list of networks, got Network"),
        ([net(), "b"], TypeError, "networks[1]: expected a Network, got 'b'"),
        ([net(), net((3, 3))], ValueError, "networks[1]: expected inputs 4, as networks[0], got 3"),
        ([net(), net((4, 2))], ValueError, "networks[1]: expected outputs 3"),
        ([net(), net(output="identity")], ValueError, "networks[1]: expected output 'softmax'"),
        ([net(), net(dtype="float64")], ValueError, "networks[1]: expected dtype 'float32'"),
        (
            [net(), net(), net(classes=["a", "b", "c"])],
            ValueError,
            "networks[2]: expected classes None",
        ),
    ],
)
def test_an_ensemble_is_of_networks_that_are_alike(networks, error, message):
    with pytest.raises(error, match=re.escape(message)):
        fb.Ensemble(networks)
