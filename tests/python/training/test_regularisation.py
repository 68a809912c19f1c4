"""What `fit` does to a step beside the rule, against the oracle in numpy, and how it is seen."""

import itertools

import numpy as np
import problems
import pytest
import reference
import reference_rules
import regularised

import filbert as fb
from filbert import _core

OPTIONS = {
    "dropout": {"dropout": 0.5},
    "dropout of layers": {"dropout": [0.25, 0.1], "input_dropout": 0.2},
    "noise": {"noise": 0.3},
    "clip_norm": {"clip_norm": 0.1},
    "clip_value": {"clip_value": 0.02},
    "accumulate": {"accumulate": 2},
    "max_norm": {"max_norm": 0.9},
    "penalties": {"l1": [0.01, 0.0, 0.02], "l2": [0.0, 0.03, 0.01]},
    "alpha": {"alpha": 0.7},
    "rates": {"layer_rates": [0.0, 0.5, 2.0], "bias_rates": [1.0, 0.0, 0.5]},
    "frozen": {"layer_rates": [0, 0, 1]},
    "average": {"average": 0.8},
}
RULES = {
    "SGD": {"learning_rate": 0.1, "momentum": 0.9, "weight_decay": 0.01},
    "AdamW": {"learning_rate": 0.02, "weight_decay": 0.05, "l1": 0.001},
}


def make(seed=5):
    return problems.network([6, 9, 5, 4], ["tanh", "mish"], "softmax", np.random.default_rng(seed))


def data():
    rng = np.random.default_rng(3)
    return rng.normal(size=(45, 6)), problems.targets("cross_entropy", rng, 45, 4)


def compare(options, rule):
    net, (X, y) = make(), data()
    oracle = reference.Network(net.w, net.b, problems.activations(net))
    theirs = getattr(reference_rules, rule)(**RULES[rule])
    fit = regularised.Fit(oracle, theirs, "cross_entropy", 3, **options)
    losses = [
        fit.epoch(epoch, fb.batches(X, y, batch_size=10, rng=3, epoch=epoch)).mean()
        for epoch in range(3)
    ]
    own = getattr(fb, rule)(**RULES[rule])
    history = net.fit(
        X, y, epochs=3, batch_size=10, loss="cross_entropy", optimizer=own, rng=3, **options
    )
    np.testing.assert_allclose(history["loss"], losses, rtol=1e-11)
    if "alpha" in options:
        np.testing.assert_allclose(history["penalty"], fit.penalties, rtol=1e-11)
    np.testing.assert_allclose(net.parameters, fit.mean, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("name", OPTIONS)
def test_each_follows_the_oracle(name, rule):
    compare(OPTIONS[name], rule)


@pytest.mark.parametrize("names", list(itertools.combinations(OPTIONS, 2)), ids=", ".join)
def test_two_together_follow_the_oracle(names):
    one, other = (OPTIONS[name] for name in names)
    compare({**other, **one}, "SGD")


def test_all_together_follow_the_oracle():
    everything = {key: value for one in OPTIONS.values() for key, value in one.items()}
    compare({**everything, "layer_rates": [1.0, 0.5, 2.0]}, "AdamW")


@pytest.mark.parametrize("name", OPTIONS)
def test_nothing_is_nothing(name):
    """Values that change nothing give the bits of a plain fit."""
    X, y = data()
    plain, net = make(), make()
    plain.fit(X, y, epochs=2)
    neutral = {"clip_norm": None, "clip_value": None, "max_norm": None, "accumulate": 1}
    neutral.update(layer_rates=1, bias_rates=[1.0, 1, np.float32(1)])
    net.fit(X, y, epochs=2, **{key: neutral.get(key, 0) for key in OPTIONS[name]})
    np.testing.assert_array_equal(net.parameters, plain.parameters)


def test_the_forms_of_a_list():
    results = []
    for rates in (0.5, [0.5, 0.5], (0.5, 0.5), np.array([0.5, 0.5]), np.float32(0.5)):
        net, (X, y) = make(), data()
        net.fit(X, y, dropout=rates)
        results.append(net.parameters.tobytes())
    assert len(set(results)) == 1


def test_predictions_are_without_dropout():
    net, (X, y) = make(), data()
    seen = []

    def look(state):
        seen.append((state.network.evaluate(X, y)["loss"], state.values["val_loss"]))

    history = net.fit(
        X, y, epochs=3, dropout=0.5, noise=1.0, validation_data=(X, y), callbacks=[look]
    )
    assert [loss for loss, _ in seen] == history["val_loss"]
    np.testing.assert_array_equal(net.predict(X), net.predict(X))
    assert net.evaluate(X, y)["loss"] == history["val_loss"][-1]


@pytest.mark.parametrize("name", [*OPTIONS, "all"])
def test_resumed(name, tmp_path):
    """From every epoch, and from the midst of one, with the arguments or without the optimizer."""
    options = OPTIONS.get(name) or {key: v for o in OPTIONS.values() for key, v in o.items()}
    options = {"epochs": 4, "batch_size": 7, "rng": 2, **options}
    X, y = data()
    expected, optimizer = make(), fb.Adam(0.01)
    wanted = expected.fit(X, y, optimizer=optimizer, validation_data=(X, y), **options)
    path = tmp_path / "checkpoint"

    class Enough(Exception):
        pass

    for end in range(1, 4):

        def stop(state, end=end):
            if state.epoch == end:
                raise Enough

        net = make()
        with pytest.raises(Enough):
            net.fit(
                X,
                y,
                optimizer=fb.Adam(0.01),
                validation_data=(X, y),
                callbacks=[fb.Checkpoint(path, every=2), stop],
                **options,
            )
        np.testing.assert_array_equal(fb.load(path).parameters, net.parameters)
        other = make(6)
        history = other.fit(X, y, validation_data=(X, y), resume=path, **options)
        assert dict(history) == dict(wanted)
        np.testing.assert_array_equal(other.parameters, expected.parameters)


def test_the_average_is_what_is_seen(tmp_path):
    net, (X, y) = make(), data()
    path = tmp_path / "checkpoint"
    seen = []

    def look(state):
        seen.append(state.network.parameters.copy())
        np.testing.assert_array_equal(
            fb.load(path).parameters if state.epoch > 1 else seen[0],
            seen[-2 if len(seen) > 1 else 0],
        )
        assert state.values["val_loss"] == state.network.evaluate(X, y)["loss"]

    net.fit(
        X,
        y,
        epochs=4,
        average=0.9,
        validation_data=(X, y),
        callbacks=[look, fb.Checkpoint(path)],
    )
    np.testing.assert_array_equal(net.parameters, seen[-1])
    np.testing.assert_array_equal(fb.load(path).parameters, net.parameters)
    assert _core.load_checkpoint(str(path))[2].options.average == 0.9


def test_a_later_fit_has_an_average_of_its_own():
    one, two = make(), make()
    X, y = data()
    one.fit(X, y, average=0.5, optimizer=fb.SGD(0.1))
    two.parameters = one.parameters
    two._core.epoch = one._core.epoch
    one.fit(X, y, average=0.5, optimizer=fb.SGD(0.1))
    two.fit(X, y, average=0.5, optimizer=fb.SGD(0.1))
    np.testing.assert_array_equal(one.parameters, two.parameters)


def test_normal_numbers():
    """Noise against Python's own quantile, which is of the same algorithm."""
    X = np.zeros((4096, 16))
    net = fb.Network([16, 1], dtype="float64", rng=0)
    net.parameters[:] = 0.0
    # With y = 1 and w = 0 the gradient of the mean of (a - y)^2 by w is -2 mean(x).
    net.fit(X, np.ones((4096, 1)), batch_size=4096, noise=1.0, optimizer=fb.SGD(0.5), rng=8,
            shuffle=False)  # fmt: skip
    z = regularised.noise(8, 0, 0, 0, 4096, 16)
    assert abs(z.mean()) < 4 / np.sqrt(z.size)
    assert abs((z**2).mean() - 1) < 4 * np.sqrt(2 / z.size)
    np.testing.assert_allclose(net.w[1][0], z.mean(axis=0), rtol=0, atol=1e-14)
