"""Schedules of beta2 and of weight_decay, in fits: each step takes the values of its time."""

import pickle

import numpy as np
import problems
import pytest

import filbert as fb
from filbert.schedules import Cosine

EPOCHS = 12


def gradient(net, X, y):
    f = net.forward(X)
    return net.backward(f, dC_da=2 * (f.a[1] - y[:, None])).flat / len(X)


@pytest.fixture
def problem(rng):
    return rng.normal(size=(30, 4)), rng.normal(size=30), fb.Network([4, 1], dtype="float64", rng=3)


def test_adamw_by_hand(problem):
    """The bias of the second moment is corrected by the product of the values of beta2."""
    X, y, net = problem
    rate, beta2, decay = Cosine(0.1, final=0.01), Cosine(0.5, final=0.99), Cosine(0.2, warmup=3)
    twin = pickle.loads(pickle.dumps(net))
    w, m, v, product = twin.parameters.copy(), 0.0, 0.0, 1.0
    for epoch in range(EPOCHS):
        twin.parameters = w
        g, b2 = gradient(twin, X, y), beta2(epoch, EPOCHS)
        product *= b2
        m, v = 0.9 * m + 0.1 * g, b2 * v + (1 - b2) * g * g
        w = w * (1 - rate(epoch, EPOCHS) * decay(epoch, EPOCHS))
        m_hat, v_hat = m / (1 - 0.9 ** (epoch + 1)), v / (1 - product)
        w = w - rate(epoch, EPOCHS) * m_hat / (np.sqrt(v_hat) + 1e-8)
    optimizer = fb.AdamW(rate, beta2=beta2, weight_decay=decay)
    net.fit(X, y, epochs=EPOCHS, batch_size=30, optimizer=optimizer)
    np.testing.assert_allclose(net.parameters, w, rtol=1e-10)


def test_sgd_by_hand(problem):
    X, y, net = problem
    decay, w = Cosine(0.5), net.parameters.copy()
    twin = pickle.loads(pickle.dumps(net))
    for epoch in range(EPOCHS):
        twin.parameters = w
        w = w - 0.05 * (gradient(twin, X, y) + decay(epoch, EPOCHS) * w)
    optimizer = fb.SGD(0.05, weight_decay=decay)
    net.fit(X, y, epochs=EPOCHS, batch_size=30, optimizer=optimizer)
    np.testing.assert_allclose(net.parameters, w, rtol=1e-10)


def test_attributes(problem):
    X, y, net = problem
    optimizer = fb.Adam(0.01, beta2=Cosine(0.9, final=0.99), weight_decay=Cosine(0.1))
    assert optimizer.beta2 == Cosine(0.9, final=0.99)
    assert optimizer.weight_decay == Cosine(0.1)
    assert repr(optimizer) == "Adam(0.01, beta2=Cosine(0.9, final=0.99), weight_decay=Cosine(0.1))"
    net.fit(X, y, optimizer=optimizer)
    again = pickle.loads(pickle.dumps(optimizer))
    assert again.beta2 == optimizer.beta2
    assert repr(again) == repr(optimizer)
    assert fb.Adam(beta2=fb.schedules.Constant(0.5)).beta2 == 0.5  # as a number says it


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("beta2", Cosine(1.0), r"beta2: expected a number in \[0, 1\), got 1"),
        ("beta2", Cosine(0.5, final=2), r"beta2: expected a number in \[0, 1\), got 2"),
    ],
)
def test_values_out_of_range(option, value, message):
    for cls in (fb.Adam, fb.AdamW, fb.NAdam, fb.Adamax, fb.Lion):
        with pytest.raises(ValueError, match=message):
            cls(**{option: value})


@pytest.mark.parametrize("name", problems.SCHEDULES)
@pytest.mark.parametrize("option", ["beta2", "weight_decay"])
def test_every_schedule_of_time(problem, option, name):
    X, y, net = problem
    schedule = problems.other_schedule(name)
    if name == "reduce_on_plateau":
        message = f"^{option}: expected a number or a schedule that depends on the time alone, got"
        with pytest.raises(ValueError, match=message):
            fb.AdamW(**{option: schedule})
        return
    optimizer = fb.AdamW(**{option: schedule})
    again = pickle.loads(pickle.dumps(optimizer))
    assert getattr(again, option) == schedule
    net.fit(X, y, epochs=2, optimizer=again)
    assert np.isfinite(net.parameters).all()


@pytest.mark.parametrize("option", ["beta1", "epsilon", "l1", "l2", "momentum_decay"])
def test_other_options_are_numbers(option):
    with pytest.raises(TypeError, match=f"^{option}: expected a number, got Cosine"):
        fb.NAdam(**{option: Cosine(0.5)})
