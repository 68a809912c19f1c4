"""The search for a learning rate."""

import numpy as np
import pytest

import filbert as fb


def data(n=200):
    X = np.random.default_rng(0).normal(size=(n, 6)).astype(np.float32)
    return X, np.argmax(X[:, :3], axis=1)


def make(dtype="float32"):
    return fb.Network([6, 16, 3], output="softmax", dtype=dtype, rng=1)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("cls", [None, fb.Adam, fb.SGD])
def test_nothing_else_changes(dtype, cls):
    net, optimizer = make(dtype), cls and cls(0.1)
    X, y = data()
    net.partial_fit(X, y, optimizer=optimizer)
    file, state = net.__getstate__()["file"], net._optimizer._core.to_bytes()
    found = net.find_learning_rate(X, y, optimizer=optimizer)
    assert net.__getstate__()["file"] == file
    assert net._optimizer._core.to_bytes() == state
    again = net.find_learning_rate(X, y, optimizer=optimizer)
    assert (again.rates, again.losses) == (found.rates, found.losses)


def test_the_ramp():
    net = make()
    found = net.find_learning_rate(*data(), low=1e-5, high=1e-2, steps=31)
    assert len(found.rates) == len(found.losses) == 31
    np.testing.assert_allclose(found.rates, np.geomspace(1e-5, 1e-2, 31), rtol=1e-12)
    assert found.rates == sorted(found.rates)
    assert repr(found) == f"LearningRates(31 steps, suggestion {found.suggestion:.3g})"


def test_losses_are_those_of_a_training():
    """The first one is that of the network; rates that do nothing leave it there."""
    X, y = data(32)
    found = make().find_learning_rate(X, y, low=1e-30, high=1e-29, steps=10)
    expected = make().evaluate(X, y)["loss"]
    np.testing.assert_allclose(found.losses, expected, rtol=1e-6)


@pytest.mark.parametrize("optimizer", [None, fb.Adam(1.0), fb.SGD(1.0)])
def test_the_suggestion_trains(optimizer):
    X, y = data()
    net = make()
    found = net.find_learning_rate(X, y, optimizer=optimizer)
    assert found.suggestion in [found.rates[0], *(rate / 10 for rate in found.rates)]
    assert 1e-4 < found.suggestion < 1
    history = net.fit(X, y, epochs=20, optimizer=type(optimizer or fb.SGD(1))(found.suggestion))
    assert history["loss"][-1] < 0.7 * history["loss"][0]


def test_it_ends_when_it_gets_worse():
    X, _ = data()
    net = fb.Network([6, 16, 1], rng=1)
    found = net.find_learning_rate(X, X[:, 0], high=1e20, steps=400)
    assert 10 < len(found.rates) < 400
    assert np.isfinite(found.losses).all()


def test_a_cost_of_ones_own():
    found = make().find_learning_rate(
        *data(), loss=lambda a, y: (((a - y) ** 2).sum(axis=1), 2 * (a - y)), steps=20
    )
    assert len(found.losses) == 20


BAD = [
    ({"low": 0.0}, ValueError, "low, high: expected 0 < low < high, got 0.0"),
    ({"low": -1.0}, ValueError, "low, high: expected 0 < low < high, got -1.0"),
    ({"low": 10.0}, ValueError, "low, high: expected 0 < low < high"),
    ({"low": float("nan")}, ValueError, "low, high: expected 0 < low < high, got nan"),
    ({"low": "a"}, TypeError, "low: expected a number, got 'a'"),
    ({"high": float("inf")}, ValueError, "low, high: expected 0 < low < high"),
    ({"high": None}, TypeError, "high: expected a number, got None"),
    ({"high": True}, TypeError, "high: expected a number, got True"),
    ({"steps": 9}, ValueError, r"steps: expected an integer in 10 \.\. 100000, got 9"),
    ({"steps": 10.0}, TypeError, "steps: expected an integer in .*, got 10.0"),
    ({"steps": 100_001}, ValueError, "steps: expected an integer in"),
    ({"batch_size": 0}, ValueError, "batch_size: expected an integer >= 1, got 0"),
    ({"loss": "mse"}, ValueError, "loss: expected squared_error"),
    ({"optimizer": "adam"}, TypeError, "optimizer: expected SGD"),
    ({"optimizer": fb.LBFGS()}, ValueError, "optimizer: expected one whose rate means a step"),
]


@pytest.mark.parametrize(("options", "error", "message"), BAD, ids=repr)
def test_bad_arguments(options, error, message):
    net = make()
    before = net.parameters.tobytes()
    with pytest.raises(error, match=f"^{message}"):
        net.find_learning_rate(*data(), **options)
    assert net.parameters.tobytes() == before
