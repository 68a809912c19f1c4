"""Backward propagation against central differences in float64."""

import itertools

import numpy as np
import problems
import pytest
import reference

import filbert as fb

DEPTHS = {0: [], 1: [5], 2: [7, 3], 3: [3, 5, 7]}  # hidden layers, of odd widths
BATCHES = [1, 2, 33]
STEP = 6e-6  # about eps^(1/3)


# Where the derivative of an activation jumps.
KINKS = {
    "relu": [0],
    "leaky_relu": [0],
    "relu6": [0, 6],
    "elu": [0],
    "selu": [0],
    "hard_sigmoid": [-3, 3],
    "hard_tanh": [-1, 1],
    "hard_swish": [-3, 3],
}
QUICK = 400


def configurations():
    """Every combination. The quick tests are some of them, with each loss before each output."""
    every = [
        (loss, output, activation, depth)
        for (loss, output), depth in itertools.product(problems.PAIRS, DEPTHS)
        for activation in (problems.HIDDEN if depth > 0 else ["identity"])
    ]
    mixed = np.random.default_rng(0).permutation(len(every)).tolist()
    first = {every[i][:2]: i for i in reversed(mixed)}
    quick = {*first.values(), *mixed[: QUICK - len(first)]}
    for i, configuration in enumerate(every):
        yield pytest.param(*configuration, marks=() if i in quick else pytest.mark.slow)


def total_cost(net, X, y, loss):
    return float(np.sum(net.trace(X, y, loss=loss).C0, dtype=np.float64))


def near_a_kink(net, X, y, loss):
    """relu has no derivative at 0: no z may come that close, whatever is moved by a step. Nor may
    an output come close to where the derivative of a loss jumps."""
    f = net.forward(X)
    a = f.a[len(net.layers)]
    if loss in ("absolute_error", "quantile") and np.abs(a - y).min() < 2e-3:
        return True
    # A hard_tanh stays at 1, without a derivative.
    if loss == "hinge" and np.any((np.abs(1 - a * y) < 2e-3) & (np.abs(a) < 1)):
        return True
    if loss == "poisson" and np.any((a > 0) & (a < 0.01)):  # there y / a is steep
        return True
    return any(
        np.abs(f.z[l] - kink).min() < 2e-3
        for l, layer in enumerate(net.layers, 1)
        for kink in KINKS.get(reference.kind_of(layer.activation), [])
    )


def draw(loss, output, activation, depth, batch):
    """A network and a batch away from kinks, not all dead, and of a cost whose rounding errors are
    far below the differences."""
    for seed in range(1000):
        rng = np.random.default_rng([seed, depth, batch])
        n_out = problems.width_of(loss, 3)
        net = problems.network([3, *DEPTHS[depth], n_out], activation, output, rng)
        X, y = rng.normal(size=(batch, 3)), problems.targets(loss, rng, batch, n_out)
        if loss == "poisson" and output != "exponential":
            net.b[len(net.layers)][:] = 1.5  # log a is steep near 0
        if near_a_kink(net, X, y, loss) or total_cost(net, X, y, loss) > 500:
            continue
        if np.abs(gradient(net, X, y, loss).flat).max() > 1e-6:
            return net, X, y
    raise AssertionError("no example away from the kinks")


def differences(net, X, y, loss, indices):
    result = []
    for i in indices:
        theta = net.parameters[i]
        h = STEP * max(1.0, abs(theta))
        net.parameters[i] = theta + h
        above = total_cost(net, X, y, loss)
        net.parameters[i] = theta - h
        below = total_cost(net, X, y, loss)
        net.parameters[i] = theta
        result.append((above - below) / (2 * h))
    return np.array(result)


def gradient(net, X, y, loss):
    t = net.trace(X, y, loss=loss)
    f = net.forward(X)
    return net.backward(f, dC_dz=np.atleast_2d(t.dC0_dz[len(net.layers)]))


def agrees(g, fd):
    return np.abs(g - fd) <= 1e-6 * np.maximum(np.abs(g), np.abs(fd)) + 1e-8


@pytest.mark.parametrize(("loss", "output", "activation", "depth"), list(configurations()))
def test_gradient_is_the_derivative(loss, output, activation, depth):
    for batch in BATCHES:
        net, X, y = draw(loss, output, activation, depth, batch)
        g = gradient(net, X, y, loss)
        indices = np.arange(len(g.flat))
        if batch == 33 and len(indices) > 30:
            indices = np.random.default_rng(0).choice(indices, 30, replace=False)
        assert agrees(g.flat[indices], differences(net, X, y, loss, indices)).all()


@pytest.mark.parametrize(("loss", "output"), problems.PAIRS)
def test_gradient_of_the_input(loss, output):
    net, X, y = draw(loss, output, "tanh", 2, 2)
    g = gradient(net, X, y, loss)
    fd = np.empty_like(X)
    for i in np.ndindex(X.shape):
        moved = X.copy()
        moved[i] += STEP
        above = total_cost(net, moved, y, loss)
        moved[i] -= 2 * STEP
        fd[i] = (above - total_cost(net, moved, y, loss)) / (2 * STEP)
    assert agrees(g.x, fd).all()


def test_a_wrong_derivative_fails():
    """The negative control: the check notices one part in 10^5."""
    net, X, y = draw("cross_entropy", "softmax", "tanh", 1, 2)
    g = gradient(net, X, y, "cross_entropy").flat
    fd = differences(net, X, y, "cross_entropy", range(len(g)))
    assert agrees(g, fd).all()
    assert not agrees(g * (1 + 1e-5), fd).all()
    wrong = g.copy()
    wrong[0] += 1e-6
    assert not agrees(wrong, fd).all()


def test_derivative_from_outside():
    """dC_da and dC_dz lead to the same gradient as the loss of the library."""
    net, X, y = draw("squared_error", "softmax", "relu", 1, 2)
    f = net.forward(X)
    expected = gradient(net, X, y, "squared_error").flat
    np.testing.assert_allclose(net.backward(f, 2 * (f.a[2] - y)).flat, expected, rtol=1e-13)
    assert isinstance(net.backward(f, 2 * (f.a[2] - y)), fb.Gradients)
