"""Losses with a parameter: values that networks, files and messages take."""

import pickle

import numpy as np
import pytest

import filbert as fb


@pytest.fixture
def net():
    return fb.Network([4, 5, 3], activation="tanh", output="identity", rng=1, dtype="float64")


@pytest.fixture
def targets(rng):
    return rng.normal(scale=3.0, size=(12, 3))


@pytest.mark.parametrize("delta", [0.3, 1, 2.5, np.float32(0.5)])
def test_huber_is_half_a_square_up_to_delta_and_a_line_beyond(net, X, targets, delta):
    d = net.predict(X) - targets
    beyond = np.abs(d) > delta
    assert 0 < beyond.sum() < beyond.size
    expected = np.where(beyond, delta * (np.abs(d) - delta / 2), d * d / 2).sum(axis=1)
    t = net.trace(X, targets, loss=fb.losses.Huber(delta))
    np.testing.assert_allclose(t.C0, expected, rtol=1e-14)
    np.testing.assert_array_equal(t.dC0_da[2], np.clip(d, -delta, delta))
    evaluated = net.evaluate(X, targets, loss=fb.losses.Huber(delta))
    np.testing.assert_allclose(evaluated["loss"], expected.mean(), rtol=1e-14)


def test_the_name_is_the_default(net, X, targets):
    one = net.trace(X, targets, loss="huber")
    other = net.trace(X, targets, loss=fb.losses.Huber())
    assert one.C0.tobytes() == other.C0.tobytes()
    assert one.loss == other.loss == "Huber(delta=1.0)"


def test_a_value():
    loss = fb.losses.Huber(0.1)
    assert loss == fb.losses.Huber(0.1) != fb.losses.Huber(0.2)
    assert len({loss, fb.losses.Huber(0.1)}) == 1
    assert pickle.loads(pickle.dumps(loss)) == loss
    assert repr(loss) == "Huber(delta=0.1)"
    assert loss != "huber"


@pytest.mark.parametrize("delta", [0, -1.0, np.inf, np.nan, 1e-40, 1e39])
def test_a_delta_out_of_range(net, X, targets, delta):
    before = net.parameters.copy()
    with pytest.raises(ValueError, match=r"loss: expected delta in \[.*\] for huber, got "):
        net.fit(X, targets, loss=fb.losses.Huber(delta))
    assert net.parameters.tobytes() == before.tobytes()


@pytest.mark.parametrize("delta", [None, "1", True, [1.0]])
def test_a_delta_that_is_no_number(delta):
    with pytest.raises(TypeError, match="delta: expected a number, got"):
        fb.losses.Huber(delta)


def test_a_loss_that_is_none(net, X, targets):
    with pytest.raises(TypeError, match="abstract class Loss"):
        fb.losses.Loss(1.0)
    with pytest.raises(TypeError, match="loss: expected"):
        net.fit(X, targets, loss=fb.losses.Huber)
    with pytest.raises(ValueError, match=r"loss: expected .* or focal, got 'huber\(0x1p\+0\)'"):
        net.fit(X, targets, loss="huber(0x1p+0)")


def test_a_checkpoint_keeps_it(net, X, targets, tmp_path):
    path = tmp_path / "run.safetensors"
    other = pickle.loads(pickle.dumps(net))
    loss = fb.losses.Huber(0.3)
    net.fit(X, targets, epochs=2, loss=loss, callbacks=[fb.Checkpoint(path)])
    with pytest.raises(
        ValueError, match=r"loss: expected 'Huber\(delta=0.3\)' as in the checkpoint"
    ):
        other.fit(X, targets, epochs=4, loss=fb.losses.Huber(0.2), resume=path)
    other.fit(X, targets, epochs=4, loss=loss, resume=path)
    assert other.predict(X).shape == (12, 3)
