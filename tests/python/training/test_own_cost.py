"""A function of one's own in the place of a loss."""

import copy
import gc
import weakref

import numpy as np
import pytest

import filbert as fb


@pytest.fixture
def net():
    return fb.Network([4, 6, 3], activation="tanh", rng=1, dtype="float64")


@pytest.fixture
def X(rng):
    return rng.normal(size=(50, 4))


@pytest.fixture
def y(rng):
    return rng.normal(size=(50, 3))


def half_squared_error(a, y):
    d = a - y
    return 0.5 * (d[:, 0] ** 2 + d[:, 2] ** 2 + d[:, 1] ** 2), d


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("activation", ["identity", "gelu", "sigmoid", "softmax"])
def test_it_trains_as_the_loss_of_the_same_operations(activation, dtype, X, y, rng):
    net = fb.Network([4, 6, 3], activation="tanh", output=activation, rng=1, dtype=dtype)
    if activation in ("sigmoid", "softmax"):
        y = rng.uniform(size=(50, 3))
    other = copy.copy(net)
    arguments = {"epochs": 3, "batch_size": 8, "validation_data": (X[:9], y[:9])}
    one = net.fit(X, y, loss=half_squared_error, **arguments)
    two = other.fit(X, y, loss="half_squared_error", **arguments)
    assert net.parameters.tobytes() == other.parameters.tobytes()
    assert one == two
    assert net.evaluate(X, y, loss=half_squared_error) == net.evaluate(
        X, y, loss="half_squared_error"
    )


def test_what_it_is_given(net, X, rng):
    """Arrays of the network's dtype, that are its to keep; targets of any width."""
    seen = []

    def cost(a, y):
        seen.append((a, y))
        a[:] = 7  # nobody else's
        return np.zeros(len(a)), np.zeros_like(a)

    targets = rng.integers(-9, 9, (50, 5))
    net.fit(X, targets, batch_size=20, loss=cost, shuffle=False)
    assert [len(a) for a, _ in seen] == [20, 20, 10]
    assert all(a.shape[1:] == (3,) and a.dtype == y.dtype == "float64" for a, y in seen)
    np.testing.assert_array_equal(np.concatenate([y for _, y in seen]), targets)
    seen.clear()
    net.evaluate(np.tile(X, (100, 1)), np.zeros(5000), loss=cost)
    assert [y.shape for _, y in seen] == [(4096, 1), (904, 1)]


def test_labels_become_rows(X, rng):
    labels = rng.integers(0, 3, 50)
    net = fb.Network([4, 3], output="softmax", rng=1, dtype="float64")
    other = copy.copy(net)

    def cross_entropy(a, y):
        np.testing.assert_array_equal(y.sum(axis=1), 1)
        return -(y * np.log(a)).sum(axis=1), -y / a

    one = net.fit(X, labels, epochs=3, loss=cross_entropy)
    two = other.fit(X, labels, epochs=3)
    np.testing.assert_allclose(one["loss"], two["loss"], rtol=1e-12)
    assert one["accuracy"] == two["accuracy"]
    np.testing.assert_allclose(net.parameters, other.parameters, rtol=1e-10)
    texts = np.array(["a", "b", "c"])[labels]
    net.fit(X, texts, loss=cross_entropy)
    assert net.classes.tolist() == ["a", "b", "c"]
    assert "accuracy" not in net.evaluate(
        X, labels[:, None], loss=lambda a, y: (np.zeros(len(a)), np.zeros_like(a))
    )


ANSWERS = {
    "None": (lambda a, y: None, TypeError, r"loss: expected a function that returns \(C, dC_da\)"),
    "a number": (lambda a, y: 1.0, TypeError, "got 1.0"),
    "three": (lambda a, y: (1, 2, 3), TypeError, "got tuple of 3"),
    "one": (lambda a, y: [1], TypeError, "got list of 1"),
    "an array": (lambda a, y: a, TypeError, "got ndarray"),
    "a mean": (lambda a, y: (1.0, a), ValueError, r"loss: C: expected shape \(8,\), got \(\)"),
    "a column": (
        lambda a, y: (a[:, :1], a),
        ValueError,
        r"loss: C: expected shape \(8,\), got \(8, 1\)",
    ),
    "derivative of a row": (
        lambda a, y: (a[:, 0], a[0]),
        ValueError,
        r"loss: dC_da: expected shape \(8, 3\), got \(3,\)",
    ),
    "transposed": (lambda a, y: (a[:, 0], a.T), ValueError, r"dC_da: expected shape \(8, 3\)"),
    "nan cost": (
        lambda a, y: (a[:, 0] * np.nan, a),
        ValueError,
        r"loss: C: expected finite numbers, got nan at \[0\]",
    ),
    "inf derivative": (
        lambda a, y: (a[:, 0], np.where(a == a[3, 1], np.inf, a)),
        ValueError,
        r"loss: dC_da: expected finite numbers, got inf at \[3, 1\]",
    ),
    "complex": (lambda a, y: (a[:, 0] + 1j, a), TypeError, "loss: C: expected real numbers"),
    "strings": (lambda a, y: (["a"] * 8, a), TypeError, "loss: C: expected real numbers"),
    "no array": (lambda a, y: (None, a), TypeError, "loss: C: expected an array of numbers"),
    "ragged": (lambda a, y: (a[:, 0], [[1], [1, 2]]), TypeError, "loss: dC_da: expected rows"),
    "too large": (
        lambda a, y: (np.full(8, 10.0**39), a),
        ValueError,
        "loss: C: expected numbers that fit in float32",
    ),
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_wrong_answer(answer, X, y):
    cost, error, message = ANSWERS[answer]
    net = fb.Network([4, 6, 3], activation="tanh", rng=1)
    before = net.parameters.tobytes()
    with pytest.raises(error, match=message):
        net.fit(X[:8], y[:8], loss=cost)
    with pytest.raises(error, match=message):
        net.evaluate(X[:8], y[:8], loss=cost)
    assert net.parameters.tobytes() == before
    net.fit(X, y)


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt, SystemExit])
def test_what_it_raises_ends_the_fit_after_the_last_whole_step(net, X, y, error):
    """As it is, with the network and a checkpoint as of then."""
    calls = []

    def fails(a, y):
        calls.append(len(a))
        if len(calls) == 9:
            raise error("mine")
        return half_squared_error(a, y)

    other = copy.copy(net)
    optimizer = fb.SGD(0.1)
    with pytest.raises(error, match="mine"):
        net.fit(X, y, epochs=4, batch_size=8, loss=fails, optimizer=optimizer)
    assert optimizer.steps == 8
    assert np.isfinite(net.parameters).all()
    calls[:] = range(8)
    with pytest.raises(error, match="mine"):
        other.evaluate(X, y, loss=fails)


def test_a_checkpoint_wants_it_again(net, X, y, tmp_path):
    path = tmp_path / "run.safetensors"
    whole, resumed = copy.copy(net), copy.copy(net)
    whole.fit(X, y, epochs=4, batch_size=8, loss=half_squared_error)
    count = []

    def fails(a, y):
        count.append(1)
        if len(count) == 18:
            raise ZeroDivisionError
        return half_squared_error(a, y)

    with pytest.raises(ZeroDivisionError):
        net.fit(X, y, epochs=4, batch_size=8, loss=fails, callbacks=[fb.Checkpoint(path)])
    for loss in (None, "half_squared_error", fb.losses.Huber(2.0)):
        with pytest.raises(ValueError, match=r"loss: expected the function .* passed again"):
            resumed.fit(X, y, epochs=4, batch_size=8, loss=loss, resume=path)
    resumed.fit(X, y, epochs=4, batch_size=8, loss=half_squared_error, resume=path)
    assert resumed.parameters.tobytes() == whole.parameters.tobytes()
    path = tmp_path / "other.safetensors"
    whole.fit(X, y, loss="half_squared_error", callbacks=[fb.Checkpoint(path)])
    with pytest.raises(ValueError, match="loss: expected 'half_squared_error' as in the checkp"):
        whole.fit(X, y, epochs=2, loss=half_squared_error, resume=path)


def test_what_it_may_do_meanwhile(net, X, y):
    """Read the network, but not train it; and it is let go at the end."""

    def cost(a, y):
        assert net.predict(X).shape == (50, 3)
        with pytest.raises(fb.BusyError):
            net.fit(X, X[:, :3])
        return half_squared_error(a, y)

    net.fit(X, y, loss=cost)
    gone = weakref.ref(cost)
    del cost
    gc.collect()
    assert gone() is None


@pytest.mark.parametrize("threads", [1, 3])
def test_large_batches_and_several_threads(threads):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(3000, 64)), rng.normal(size=(3000, 3))
    before = fb.get_threads()
    fb.set_threads(threads)
    try:
        nets = [fb.Network([64, 300, 3], activation="relu", rng=1) for _ in range(2)]
        for net, loss in zip(nets, (half_squared_error, "half_squared_error"), strict=True):
            net.fit(X, y, epochs=1, batch_size=1500, loss=loss, optimizer=fb.SGD(0.01))
    finally:
        fb.set_threads(before)
    np.testing.assert_array_equal(nets[0].parameters, nets[1].parameters)


def test_what_takes_no_function(net, X, y):
    with pytest.raises(TypeError, match=r"loss: expected .* got function"):
        net.trace(X, y, loss=half_squared_error)
    with pytest.raises(TypeError, match=r"loss: expected .* got the class Huber"):
        net.fit(X, y, loss=fb.losses.Huber)
