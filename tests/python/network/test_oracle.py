"""Training in float64 against the plain numpy oracle."""

import itertools

import numpy as np
import problems
import pytest
import reference
import reference_rules

import filbert as fb

ACTIVATIONS = [*problems.HIDDEN, *problems.WITH_PARAMETER]
OPTIMIZERS = {
    **{rule: ({"learning_rate": 0.02}, cls.__name__) for rule, cls in problems.RULES.items()},
    **{
        f"{rule}, all": (problems.other_options(rule), cls.__name__)
        for rule, cls in problems.RULES.items()
    },
    "momentum": ({"learning_rate": 0.05, "momentum": 0.9}, "SGD"),
    "nesterov": ({"learning_rate": 0.05, "momentum": 0.8, "nesterov": True}, "SGD"),
    "rate in velocity": (
        {"learning_rate": 0.05, "momentum": 0.8, "nesterov": True, "rate_in_velocity": True},
        "SGD",
    ),
    "penalties": (
        {"learning_rate": 0.05, "momentum": 0.5, "weight_decay": 0.01, "l1": 0.002, "l2": 0.003},
        "SGD",
    ),
    "adam penalties": (
        {"learning_rate": 0.01, "beta1": 0.8, "beta2": 0.99, "weight_decay": 0.01, "l2": 0.003},
        "Adam",
    ),
    "amsgrad": ({"learning_rate": 0.02, "amsgrad": True, "beta2": 0.9}, "Adam"),
    "epsilon inside": ({"learning_rate": 0.02, "epsilon_inside": True, "epsilon": 0.01}, "Adam"),
    "rmsprop momentum": ({"learning_rate": 0.01, "momentum": 0.9}, "RMSprop"),
    "rmsprop centered": ({"learning_rate": 0.01, "centered": True}, "RMSprop"),
}


@pytest.mark.parametrize("loss", problems.LOSSES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_fit_follows_the_oracle(loss, optimizer):
    rng = np.random.default_rng(5)
    output = problems.output_of(loss)
    n_out = problems.width_of(loss, 4)
    net = problems.network([6, 9, 5, n_out], ["tanh", "sigmoid"], output, rng)
    X, y = rng.normal(size=(45, 6)), problems.targets(loss, rng, 45, n_out)
    oracle = reference.Network(net.w, net.b, problems.activations(net))
    options, name = OPTIMIZERS[optimizer]
    theirs = getattr(reference_rules, name)(**options)
    losses = []
    for epoch in range(3):
        batches = fb.batches(X, y, batch_size=10, rng=3, epoch=epoch)
        losses.append(reference.fit(oracle, theirs, batches, loss).mean())
    history = net.fit(
        X, y, epochs=3, batch_size=10, loss=loss, optimizer=getattr(fb, name)(**options), rng=3
    )
    np.testing.assert_allclose(history["loss"], losses, rtol=1e-12)
    # A parameter near 0 has the rounding errors of gradients that are not.
    expected = oracle.flat(oracle.w, oracle.b)
    np.testing.assert_allclose(net.parameters, expected, rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n", [1, 2, 33, 1024, 1025, 2500])
def test_one_gradient_follows_the_oracle(dtype, n):
    rng = np.random.default_rng(n)
    net = problems.network([7, 33, 3], "relu", "softmax", rng, dtype)
    X = rng.normal(size=(n, 7)).astype(dtype)
    y = problems.targets("cross_entropy", rng, n, 3).astype(dtype)
    oracle = reference.Network(net.w, net.b, problems.activations(net))
    _, dw, db = oracle.gradient(X.astype(np.float64), y.astype(np.float64), "cross_entropy")
    f = net.forward(X)
    g = net.backward(f, dC_dz=f.a[2] - y)
    # The bound of a sum of n terms: n eps times the sum of their magnitudes, loosely.
    scale = np.abs(oracle.flat(dw, db)).max() + 1
    tolerance = {"float32": 2e-7, "float64": 4e-16}[dtype] * scale * min(n, 1024)
    np.testing.assert_allclose(
        g.flat, oracle.flat(dw, db), rtol=0, atol=tolerance + 1e-6 * (dtype == "float32") * scale
    )


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_gradient_through_every_activation_follows_the_oracle(activation):
    rng = np.random.default_rng(1)
    net = problems.network([5, 9, 7, 3], activation, "softmax", rng)
    X, y = rng.normal(size=(20, 5)), problems.targets("cross_entropy", rng, 20, 3)
    oracle = reference.Network(net.w, net.b, problems.activations(net))
    _, dw, db = oracle.gradient(X, y, "cross_entropy")
    f = net.forward(X)
    g = net.backward(f, dC_dz=f.a[3] - y)
    np.testing.assert_allclose(g.flat, oracle.flat(dw, db), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(
    ("activation", "output"),
    # Each of them at least once.
    list(zip(itertools.cycle(ACTIVATIONS), problems.OUTPUTS * 2, strict=False)),
)
def test_forward_follows_the_oracle(activation, output):
    rng = np.random.default_rng(0)
    net = problems.network([5, 17, 31, 3], activation, output, rng)
    X = rng.normal(size=(40, 5))
    z, a = reference.Network(net.w, net.b, problems.activations(net)).forward(X)
    f = net.forward(X)
    for l in z:
        np.testing.assert_allclose(f.z[l], z[l], rtol=1e-12, atol=1e-13)
        np.testing.assert_allclose(f.a[l], a[l], rtol=1e-12, atol=1e-13)
    np.testing.assert_array_equal(net.predict(X), f.a[3])


@pytest.mark.parametrize("loss", ["cross_entropy", "squared_error"])
def test_log_softmax_follows_the_oracle(loss):
    """Its own Jacobian, and the cost that is made from it."""
    rng = np.random.default_rng(2)
    net = problems.network([5, 9, 4], "tanh", "log_softmax", rng)
    X, y = rng.normal(size=(20, 5)), problems.targets("cross_entropy", rng, 20, 4)
    oracle = reference.Network(net.w, net.b, problems.activations(net))
    _, a = oracle.forward(X)
    t = net.trace(X, y, loss=loss)
    if loss == "cross_entropy":
        np.testing.assert_allclose(t.C0, -(y * a[2]).sum(axis=1), rtol=1e-13)
        np.testing.assert_array_equal(t.dC0_da[2], -y)
        np.testing.assert_allclose(t.dC0_dz[2], np.exp(a[2]) - y, rtol=1e-12, atol=1e-15)
    else:
        dz = reference.chain("log_softmax", None, a[2], 2.0 * (a[2] - y))
        np.testing.assert_allclose(t.dC0_dz[2], dz, rtol=1e-12, atol=1e-14)
