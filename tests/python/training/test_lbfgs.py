"""L-BFGS as Python sees it: a loop of its own in fit."""

import copy
import itertools
import pickle

import numpy as np
import pytest
from problems import other_options

import filbert as fb


@pytest.fixture
def regression(rng):
    """X, y and a network for them."""
    X = rng.normal(size=(60, 3))
    net = fb.Network([3, 6, 1], activation="tanh", dtype="float64", rng=2)
    return X, np.sin(X[:, 0]) + 0.1 * rng.normal(size=60), net


def gradient(net, X, y):
    """Of the mean squared error."""
    f = net.forward(X)
    return net.backward(f, dC_da=2 * (f.a[len(net.layers)] - y[:, None])).flat / len(X)


def test_least_squares(rng):
    X = rng.normal(size=(40, 5))
    y = X @ [1.0, -2.0, 0.5, 0.0, 3.0] + 0.25 + rng.normal(size=40)
    net = fb.Network([5, 1], dtype="float64", rng=0)
    optimizer = fb.LBFGS(tolerance_gradient=1e-12, tolerance_change=0)
    history = net.fit(X, y, optimizer=optimizer, epochs=100)
    expected = np.linalg.lstsq(np.column_stack([X, np.ones(40)]), y, rcond=None)[0]
    np.testing.assert_allclose(np.append(net.w[1], net.b[1]), expected, rtol=1e-9)
    assert optimizer.steps == len(history["loss"]) < 30
    assert optimizer.evaluations >= optimizer.steps
    assert history["loss"] == sorted(history["loss"], reverse=True)


def test_penalties(rng):
    """Ridge regression: weight_decay for all parameters, l2 for weights."""
    X, y = rng.normal(size=(40, 5)), rng.normal(size=40)
    net = fb.Network([5, 1], dtype="float64", rng=0)
    optimizer = fb.LBFGS(weight_decay=0.3, l2=0.2, tolerance_gradient=1e-12, tolerance_change=0)
    net.fit(X, y, optimizer=optimizer, epochs=100)
    A = np.column_stack([X, np.ones(40)])
    H = 2 * A.T @ A / 40 + np.diag([0.3 + 0.4] * 5 + [0.3])
    np.testing.assert_allclose(
        np.append(net.w[1], net.b[1]), np.linalg.solve(H, 2 * A.T @ y / 40), rtol=1e-9
    )


def test_it_ends_when_it_has_converged(regression):
    X, y, net = regression
    states, reasons = [], []

    class Watching(fb.Callback):
        def on_epoch_end(self, state):
            states.append((state.epoch, state._ends))

        def on_end(self, state, reason):
            reasons.append(reason)

    optimizer = fb.LBFGS(tolerance_gradient=1e-3)
    history = net.fit(X, y, optimizer=optimizer, epochs=1000, callbacks=[Watching()])
    assert len(history["loss"]) < 1000
    assert [ends for _, ends in states] == [False] * (len(states) - 1) + [True]
    assert reasons == ["finished"]
    assert np.abs(gradient(net, X, y)).max() <= 1e-3


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_fit_that_resumes_gives_the_same_bits(dtype, rng, tmp_path):
    X, y = rng.normal(size=(50, 4)), rng.integers(0, 3, 50)
    nets = [fb.Network([4, 8, 3], output="softmax", dtype=dtype, rng=1) for _ in range(2)]
    options = {"history": 4, "weight_decay": fb.schedules.Cosine(0.01, final=0.001), "l2": 0.001}
    whole, path = fb.LBFGS(**options), tmp_path / "run.safetensors"
    expected = nets[0].fit(X, y, optimizer=whole, epochs=9, validation_data=(X, y))

    def stop(state):
        if state.epoch == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        nets[1].fit(
            X,
            y,
            optimizer=fb.LBFGS(**options),
            epochs=9,
            validation_data=(X, y),
            callbacks=[stop, fb.Checkpoint(path)],
        )
    for start in (nets[1], fb.load(path)):
        optimizer = fb.LBFGS(**options)
        history = start.fit(
            X, y, optimizer=optimizer, epochs=9, validation_data=(X, y), resume=path
        )
        np.testing.assert_array_equal(start.parameters, nets[0].parameters)
        assert history == expected
        assert (optimizer.steps, optimizer.evaluations) == (whole.steps, whole.evaluations)


def test_a_converged_fit_that_resumes_does_nothing(regression, tmp_path):
    X, y, net = regression
    path = tmp_path / "run.safetensors"
    optimizer = fb.LBFGS(tolerance_gradient=1e-2)
    history = net.fit(X, y, optimizer=optimizer, epochs=500, callbacks=[fb.Checkpoint(path)])
    before = net.parameters.copy()
    assert net.fit(X, y, epochs=500, resume=path) == history
    np.testing.assert_array_equal(net.parameters, before)


def test_copies_carry_on_the_pairs(regression):
    X, y, net = regression
    optimizer = fb.LBFGS(history=3)
    net.fit(X, y, optimizer=optimizer, epochs=5)
    for again in (copy.copy(optimizer), pickle.loads(pickle.dumps(optimizer))):
        twin = copy.copy(net)
        assert again.evaluations == optimizer.evaluations
        twin.fit(X, y, optimizer=again, epochs=3)
        other = copy.copy(net)
        other.fit(X, y, optimizer=copy.copy(optimizer), epochs=3)
        np.testing.assert_array_equal(twin.parameters, other.parameters)


def test_float32_and_large_steps(rng):
    """A first step into infinity is taken back."""
    X, y = rng.normal(size=(60, 4)).astype(np.float32), rng.normal(size=60)
    net = fb.Network([4, 8, 1], activation="relu", rng=0)
    history = net.fit(X, y, optimizer=fb.LBFGS(1e30, max_evaluations=100), epochs=20)
    assert np.isfinite(history["loss"]).all()
    assert history["loss"][-1] < history["loss"][0]


@pytest.mark.usefixtures("keep_isa")
def test_ctrl_c(alarm):
    fb.set_isa("reference")  # slow enough to be interrupted
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(30_000, 20)).astype(np.float32), rng.normal(size=30_000)
    net, optimizer = fb.Network([20, 64, 1], rng=0), fb.LBFGS()
    before = net.parameters.copy()
    alarm(0.1)
    with pytest.raises(KeyboardInterrupt):
        net.fit(X, y, optimizer=optimizer, epochs=10_000)
    if optimizer.steps == 0:
        np.testing.assert_array_equal(net.parameters, before)
    net.fit(X[:100], y[:100], optimizer=optimizer)


def test_the_default_batch_is_all_data(rng):
    X, y = rng.normal(size=(100, 3)), rng.normal(size=100)
    for optimizer in (fb.RProp(), fb.LBFGS()):
        net = fb.Network([3, 4, 1], rng=0)
        net.fit(X, y, optimizer=optimizer, epochs=3)
        assert optimizer.steps == 3
    for optimizer, steps in ((fb.SGD(), 4), (fb.Adam(), 4)):
        fb.Network([3, 4, 1], rng=0).fit(X, y, optimizer=optimizer)
        assert optimizer.steps == steps
    rprop, net = fb.RProp(), fb.Network([3, 4, 1], rng=0)
    net.fit(X, y, optimizer=rprop, batch_size=10)
    assert rprop.steps == 10


def test_a_cost_that_has_settled(regression):
    """The step that lowers it by no more than the tolerance is the last one."""
    X, y, net = regression
    history = net.fit(X, y, optimizer=fb.LBFGS(tolerance_cost=0.01), epochs=200)
    costs = [*history["loss"], net.evaluate(X, y)["loss"]]
    drops = [
        (before - after) / max(before, after, 1.0) for before, after in itertools.pairwise(costs)
    ]
    assert 1 < len(drops) < 200
    assert drops[-1] <= 0.01 < min(drops[:-1])


COUNT = r"expected an integer >= 1|expected an integer in 1 \.\. 1000000"
RATE = "expected a (finite )?number"


@pytest.mark.parametrize(
    ("option", "value", "error", "message"),
    [
        *[("history", v, ValueError, COUNT) for v in (0, -1, 10**7, 2**70)],
        *[("history", v, TypeError, COUNT) for v in (2.0, True, None, "10", [10])],
        *[("max_evaluations", v, ValueError, COUNT) for v in (0, -1, 10**7)],
        *[("max_evaluations", v, TypeError, COUNT) for v in (2.5, False, None, "all")],
        *[("tolerance_gradient", v, ValueError, RATE) for v in (-1, np.inf, np.nan, 10**400)],
        *[("tolerance_gradient", v, TypeError, RATE) for v in (None, "0", True, 1j)],
        *[("tolerance_change", v, ValueError, RATE) for v in (-1, np.inf, np.nan)],
        *[("tolerance_change", v, TypeError, RATE) for v in (None, "0", [0.1])],
        *[("tolerance_cost", v, ValueError, RATE) for v in (-1, np.inf, np.nan)],
        *[("tolerance_cost", v, TypeError, RATE) for v in (None, "0", [0.1])],
        *[("learning_rate", v, ValueError, RATE) for v in (-1, np.inf, np.nan)],
        *[("learning_rate", v, TypeError, RATE) for v in (None, "fast", fb.schedules)],
        *[("weight_decay", v, ValueError, RATE) for v in (-1, np.inf)],
        *[("weight_decay", v, TypeError, RATE) for v in (None, "0.1")],
        *[("l2", v, ValueError, RATE) for v in (-1, np.nan)],
        *[("l2", v, TypeError, RATE) for v in (None, fb.schedules.Cosine(0.1))],
        ("l1", 0.1, TypeError, "l1"),
    ],
)
def test_bad_options(option, value, error, message):
    with pytest.raises(error, match=rf"{option}(: {message})?"):
        fb.LBFGS(**{option: value})


def test_bad_calls(regression):
    X, y, net = regression
    optimizer, before = fb.LBFGS(), net.parameters.copy()
    with pytest.raises(ValueError, match=r"^batch_size: expected all 60 rows with lbfgs, got 32"):
        net.fit(X, y, optimizer=optimizer, batch_size=32)
    with pytest.raises(ValueError, match=r"^optimizer: expected a rule for one step, got lbfgs"):
        optimizer.step(net, gradient(net, X, y))
    np.testing.assert_array_equal(net.parameters, before)
    assert (optimizer.steps, optimizer.evaluations) == (0, 0)
    net.fit(X, y, optimizer=optimizer, batch_size=60)
    with pytest.raises(ValueError, match="optimizer: expected one that is new or has stepped this"):
        copy.copy(net).fit(X, y, optimizer=optimizer)
    other = fb.Network([3, 5, 1], dtype="float64", rng=0)
    with pytest.raises(ValueError, match="optimizer: expected state for 26 parameters, got 31"):
        other.fit(X, y, optimizer=copy.copy(optimizer))


def test_other_options_are_used(regression):
    """None of them is lost on its way."""
    X, y, net = regression
    nets = []
    for option, value in {"none": None, **other_options("lbfgs")}.items():
        twin = copy.copy(net)
        if option == "tolerance_gradient":
            value = 0.5
        if option == "tolerance_change":
            value = 0.1
        if option == "tolerance_cost":
            value = 0.01
        if option == "max_evaluations":
            value = 1
        rate = {"learning_rate": 3.0} if option == "max_evaluations" else {}
        options = {} if value is None else {option: value}
        twin.fit(X, y, optimizer=fb.LBFGS(**{**rate, **options}), epochs=30)
        nets.append(twin.parameters.tobytes())
    assert len(set(nets)) == len(nets)
