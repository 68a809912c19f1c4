"""docs/numerics.md, operation by operation, in exact rational arithmetic: the same bits."""

import numpy as np
import pytest
from exact_rules import Rule, fma

import filbert as fb
from filbert import _core


def chain(start, pairs):
    for a, b in pairs:
        start = fma(a, b, start)
    return start


def total(terms):
    """Clause 3, up to 4096 terms."""
    lanes = [0.0] * 16
    for i, term in enumerate(terms):
        lanes[i % 16] += term
    for half in (8, 4, 2, 1):
        lanes = [lanes[i] + lanes[i + half] for i in range(half)]
    return lanes[0]


@pytest.fixture
def net():
    net = fb.Network([37, 21, 19], activation="relu", dtype="float64", rng=5)
    net.b[1], net.b[2] = np.linspace(-1, 1, 21), np.linspace(0.5, -0.25, 19)
    return net


@pytest.fixture
def X(rng):
    return np.where(rng.uniform(size=(5, 37)) < 0.3, 0.0, rng.normal(size=(5, 37)))


def gradient(net, X, y):
    """z, C_0 and the flat gradient of squared_error, by clauses 1 to 3."""
    w, b = net.w, net.b
    zs, costs, d1s, d2s, a1s = [], [], [], [], []
    for x, target in zip(X, y, strict=True):
        z1 = [chain(b[1][j], zip(x, w[1][j], strict=True)) for j in range(21)]
        a1 = [0.0 if z < 0 else z for z in z1]
        z2 = [chain(b[2][j], zip(a1, w[2][j], strict=True)) for j in range(19)]
        d = [a - t for a, t in zip(z2, target, strict=True)]
        dz2 = [value + value for value in d]
        da1 = [chain(0.0, zip(dz2, w[2][:, p], strict=True)) for p in range(21)]
        zs.append((z1, z2))
        costs.append(total([value * value for value in d]))
        d1s.append([da if z > 0 else 0.0 for da, z in zip(da1, z1, strict=True)])
        d2s.append(dz2)
        a1s.append(a1)
    flat = []
    for below, dz in ((X, d1s), (a1s, d2s)):
        below, dz = np.array(below), np.array(dz)
        for p in range(below.shape[1]):
            flat += [
                chain(0.0, zip(below[:, p], dz[:, j], strict=True)) for j in range(dz.shape[1])
            ]
        flat += [chain(0.0, ((value, 1.0) for value in dz[:, j])) for j in range(dz.shape[1])]
    return zs, costs, flat


def test_propagation(net, X, rng):
    y = rng.normal(size=(5, 19))
    zs, costs, flat = gradient(net, X, y)
    t, f = net.trace(X, y), net.forward(X)
    for l in (1, 2):
        np.testing.assert_array_equal(t.z[l], [z[l - 1] for z in zs])
    np.testing.assert_array_equal(t.C0, costs)
    np.testing.assert_array_equal(net.backward(f, dC_dz=t.dC0_dz[2]).flat, flat)


OPTIMIZERS = {
    "plain": lambda: fb.SGD(0.1),
    "momentum": lambda: fb.SGD(0.1, momentum=0.9, weight_decay=0.01),
    "nesterov": lambda: fb.SGD(0.1, momentum=0.9, nesterov=True, l1=0.003, l2=0.007),
    "rate in velocity": lambda: fb.SGD(0.1, momentum=0.9, rate_in_velocity=True),
    "nesterov, rate in velocity": lambda: fb.SGD(
        0.1, momentum=0.9, nesterov=True, rate_in_velocity=True, l2=0.007
    ),
    "adam": lambda: fb.Adam(0.01),
    "adamw": lambda: fb.AdamW(0.01),
    "adamw, penalties": lambda: fb.AdamW(0.01, weight_decay=0.1, l1=0.003, l2=0.007),
    "adam, amsgrad": lambda: fb.Adam(0.01, amsgrad=True, beta2=0.5),
    "adam, epsilon inside": lambda: fb.Adam(0.01, epsilon_inside=True, epsilon=0.001),
    "adamw, amsgrad": lambda: fb.AdamW(0.01, amsgrad=True, beta2=0.5),
    "nadam": lambda: fb.NAdam(0.01),
    "adamax": lambda: fb.Adamax(0.01),
    "rmsprop": lambda: fb.RMSprop(0.01),
    "rmsprop, momentum": lambda: fb.RMSprop(0.01, momentum=0.9, weight_decay=0.01),
    "rmsprop, centered": lambda: fb.RMSprop(0.01, centered=True, rho=0.75),
    "rmsprop, both": lambda: fb.RMSprop(0.01, momentum=0.9, centered=True, l2=0.007),
    "adagrad": lambda: fb.Adagrad(0.01),
    "adadelta": lambda: fb.Adadelta(),
    "lion": lambda: fb.Lion(0.01),
    "lion, penalties": lambda: fb.Lion(0.01, weight_decay=0.1, l1=0.003, l2=0.007),
    "rprop": lambda: fb.RProp(0.01),
    "adam, penalties": lambda: fb.Adam(0.01, weight_decay=0.01, l1=0.003, l2=0.007),
}


def test_every_rule_is_checked():
    assert {make()._core.rule for make in OPTIMIZERS.values()} == set(_core.rule_names()) - {
        "lbfgs"
    }


def weights_of(net):
    flags = np.ones(net.parameters.size, bool)
    flags[37 * 21 : 37 * 21 + 21] = flags[-19:] = False
    return flags


@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_update_rules(net, rng, optimizer):
    optimizer = optimizer()
    rule, expected = Rule(optimizer), net.parameters.tolist()
    for scale in (1.0, 1e-3, 1e-305, 0.0):  # down to where state is flushed
        g = rng.normal(size=net.parameters.size) * scale
        optimizer.step(net, g)
        expected = rule.step(expected, g.tolist(), weights_of(net))
        np.testing.assert_array_equal(net.parameters, expected)


@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_training(net, X, rng, optimizer):
    """Two batches: of three rows, and of the two that are left."""
    optimizer, y = optimizer(), rng.normal(size=(5, 19))
    rule, twin = Rule(optimizer), fb.Network([37, 21, 19], dtype="float64")
    twin.parameters = net.parameters
    loss = 0.0
    for rows in (slice(0, 3), slice(3, 5)):
        _, C0, flat = gradient(twin, X[rows], y[rows])
        twin.parameters = rule.step(
            twin.parameters.tolist(), flat, weights_of(net), r=1.0 / len(X[rows])
        )
        for cost in C0:  # not by sum(), which compensates
            loss += cost
    history = net.fit(X, y, batch_size=3, shuffle=False, optimizer=optimizer)
    np.testing.assert_array_equal(net.parameters, twin.parameters)
    assert history["loss"] == [loss / 5]
