"""L-BFGS finds the minima that SciPy's L-BFGS-B finds, with no more evaluations of the cost.

Both follow the same path: their counts are equal until, after a hundred iterations or so of an
ill-conditioned problem, rounding leads two runs apart. So the problems here take less.
"""

import numpy as np
import problems
import pytest
import reference

import filbert as fb

optimize = pytest.importorskip("scipy.optimize", reason="SciPy is not installed")

TOLERANCE = 1e-7  # of the gradient
# Sizes, hidden activation, output, loss, weight_decay, l2, seed.
PROBLEMS = {
    "least squares": ([6, 1], "relu", "identity", "squared_error", 0.0, 0.0, 1),
    "ridge regression": ([6, 3], "relu", "identity", "half_squared_error", 0.0, 0.05, 1),
    "robust regression": ([6, 1], "relu", "identity", "huber", 0.0, 0.02, 1),
    "logistic regression": ([6, 1], "relu", "sigmoid", "binary_cross_entropy", 0.01, 0.0, 1),
    "softmax regression": ([6, 4], "relu", "softmax", "cross_entropy", 0.01, 0.0, 1),
    "tanh": ([6, 5, 1], "tanh", "identity", "squared_error", 0.05, 0.0, 1),
    "sigmoid": ([6, 5, 3], "sigmoid", "softmax", "cross_entropy", 0.01, 0.01, 3),
    "gelu": ([6, 5, 2], "gelu", "identity", "squared_error", 0.05, 0.0, 1),
    "mish": ([6, 5, 2], "mish", "sigmoid", "binary_cross_entropy", 0.02, 0.0, 1),
    "two hidden layers": ([6, 5, 4, 2], "tanh", "tanh", "squared_error", 0.02, 0.005, 2),
}


def cost_of(net, X, y, loss, weight_decay, l2):
    """The function that SciPy minimises, by the numpy oracle: parameters to cost and gradient."""
    weights = np.concatenate(
        [np.repeat([1.0, 0.0], [a.inputs * a.outputs, a.outputs]) for a in net.layers]
    )
    penalty = weight_decay + 2 * l2 * weights
    twin = fb.Network(
        [net.layers[0].inputs, *(layer.outputs for layer in net.layers)], dtype="float64", rng=0
    )

    def cost(p):
        twin.parameters = p
        oracle = reference.Network(twin.w, twin.b, problems.activations(net))
        C0, dw, db = oracle.gradient(X, y, loss)
        mean = C0.sum() / len(X) + 0.5 * (penalty * p * p).sum()
        return mean, oracle.flat(dw, db) / len(X) + penalty * p

    return cost


@pytest.mark.slow
@pytest.mark.parametrize("name", PROBLEMS)
def test_the_same_minimum(name):
    sizes, hidden, output, loss, weight_decay, l2, seed = PROBLEMS[name]
    rng = np.random.default_rng(seed)
    net = fb.Network(sizes, activation=hidden, output=output, dtype="float64", rng=seed)
    X, y = rng.normal(size=(80, sizes[0])), problems.targets(loss, rng, 80, sizes[-1])
    cost = cost_of(net, X, y, loss, weight_decay, l2)
    theirs = optimize.minimize(
        cost,
        net.parameters.copy(),
        jac=True,
        method="L-BFGS-B",
        options={"maxcor": 10, "ftol": 0.0, "gtol": TOLERANCE, "maxiter": 5000, "maxfun": 10000},
    )
    assert np.abs(theirs.jac).max() <= TOLERANCE
    own = fb.LBFGS(
        tolerance_gradient=TOLERANCE, tolerance_change=0.0, weight_decay=weight_decay, l2=l2
    )
    net.fit(X, y, epochs=5000, loss=loss, optimizer=own)
    found, gradient = cost(net.parameters.copy())
    assert np.abs(gradient).max() <= 1.0001 * TOLERANCE
    assert abs(found - theirs.fun) <= 1e-8 * abs(theirs.fun)
    np.testing.assert_allclose(net.parameters, theirs.x, rtol=0, atol=1e-6)
    assert own.evaluations <= theirs.nfev
