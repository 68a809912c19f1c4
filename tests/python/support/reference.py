"""A training step in plain numpy and float64, as an oracle for the tests."""

import math

import numpy as np


def normal_distribution(z):
    """Phi(z)."""
    return (1.0 + np.vectorize(math.erf, otypes=[np.float64])(z / np.sqrt(2.0))) / 2.0


def kind_of(activation):
    """The name of an activation, which may be a value of filbert.activations."""
    return getattr(activation, "_kind", activation)


SELU = 1.0507009873554805, 1.6732632423543772  # scale and alpha, from PyTorch's page
GELU_TANH = np.sqrt(2.0 / np.pi), 0.044715


def logistic(z):
    return np.exp(-np.logaddexp(0.0, -z))


def activate(activation, z):
    """a = sigma(z)."""
    slope, alpha = getattr(activation, "slope", 0.01), getattr(activation, "alpha", 1.0)
    shifted = z - z.max(axis=1, keepdims=True)
    u = GELU_TANH[0] * (z + GELU_TANH[1] * z**3)
    return {
        "identity": lambda: z,
        "relu": lambda: np.where(z < 0, 0.0, z),
        "leaky_relu": lambda: np.where(z < 0, slope * z, z),
        "relu6": lambda: np.clip(z, 0.0, 6.0),
        "elu": lambda: np.where(z > 0, z, alpha * np.expm1(z)),
        "selu": lambda: SELU[0] * np.where(z > 0, z, SELU[1] * np.expm1(z)),
        "gelu": lambda: z * normal_distribution(z),
        "gelu_tanh": lambda: 0.5 * z * (1.0 + np.tanh(u)),
        "silu": lambda: z * logistic(z),
        "mish": lambda: z * np.tanh(np.logaddexp(0.0, z)),
        "softplus": lambda: np.logaddexp(0.0, z),
        "softsign": lambda: z / (1.0 + np.abs(z)),
        "sigmoid": lambda: logistic(z),
        "hard_sigmoid": lambda: np.clip(z / 6.0 + 0.5, 0.0, 1.0),
        "tanh": lambda: np.tanh(z),
        "hard_tanh": lambda: np.clip(z, -1.0, 1.0),
        "hard_swish": lambda: z * np.clip(z / 6.0 + 0.5, 0.0, 1.0),
        "softmax": lambda: np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True),
        "log_softmax": lambda: shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)),
        "exponential": lambda: np.exp(z),
    }[kind_of(activation)]()


def chain(activation, z, a, da):
    """dC/dz from dC/da."""
    kind = kind_of(activation)
    if kind == "softmax":
        return a * (da - (a * da).sum(axis=1, keepdims=True))
    if kind == "log_softmax":
        return da - np.exp(a) * da.sum(axis=1, keepdims=True)
    slope, alpha = getattr(activation, "slope", 0.01), getattr(activation, "alpha", 1.0)
    density = np.exp(-z * z / 2.0) / np.sqrt(2.0 * np.pi)
    t = np.tanh(np.logaddexp(0.0, z))
    s = logistic(z)
    g = np.tanh(GELU_TANH[0] * (z + GELU_TANH[1] * z**3))
    g_slope = (1.0 - g * g) * GELU_TANH[0] * (1.0 + 3.0 * GELU_TANH[1] * z * z)
    return (
        da
        * {
            "identity": lambda: 1.0,
            "relu": lambda: np.where(z > 0, 1.0, 0.0),
            "leaky_relu": lambda: np.where(z > 0, 1.0, slope),
            "relu6": lambda: np.where((z > 0) & (z < 6), 1.0, 0.0),
            "elu": lambda: np.where(z > 0, 1.0, alpha * np.exp(z)),
            "selu": lambda: SELU[0] * np.where(z > 0, 1.0, SELU[1] * np.exp(z)),
            "gelu": lambda: normal_distribution(z) + z * density,
            "gelu_tanh": lambda: 0.5 * (1.0 + g) + 0.5 * z * g_slope,
            "silu": lambda: s * (1.0 + z * (1.0 - s)),
            "mish": lambda: t + z * (1.0 - t * t) * s,
            "softplus": lambda: s,
            "softsign": lambda: (1.0 + np.abs(z)) ** -2.0,
            "sigmoid": lambda: a * (1.0 - a),
            "hard_sigmoid": lambda: np.where(np.abs(z) < 3, 1.0 / 6.0, 0.0),
            "tanh": lambda: 1.0 - a * a,
            "hard_tanh": lambda: np.where(np.abs(z) < 1, 1.0, 0.0),
            "hard_swish": lambda: np.where(np.abs(z) < 3, z / 3.0 + 0.5, np.where(z > 0, 1.0, 0.0)),
            "exponential": lambda: np.exp(z),
        }[kind]()
    )


def cost(loss, a, y):
    """C_0 of each row, and dC_0/da."""
    if loss == "squared_error":
        return ((a - y) ** 2).sum(axis=1), 2.0 * (a - y)
    if loss == "half_squared_error":
        return 0.5 * ((a - y) ** 2).sum(axis=1), a - y
    if loss == "huber":  # of delta 1
        d = a - y
        beyond = np.abs(d) > 1.0
        return np.where(beyond, np.abs(d) - 0.5, 0.5 * d * d).sum(axis=1), np.clip(d, -1.0, 1.0)
    if loss == "cross_entropy":
        return -(y * np.log(a)).sum(axis=1), -y / a
    if loss == "binary_cross_entropy":
        return (
            -(y * np.log(a) + (1.0 - y) * np.log(1.0 - a)).sum(axis=1),
            (1.0 - y) / (1.0 - a) - y / a,
        )
    if loss in MORE_COSTS:
        return MORE_COSTS[loss](a, y)
    raise KeyError(loss)


def absolute_error(a, y):
    return np.abs(a - y).sum(axis=1), np.sign(a - y)


def log_cosh(a, y):
    return (np.logaddexp(a - y, y - a) - np.log(2.0)).sum(axis=1), np.tanh(a - y)


def poisson(a, y):
    return (a - y * np.log(a)).sum(axis=1), 1.0 - y / a


def quantile(a, y, levels=(0.5,)):
    level = np.repeat(levels, y.shape[1])
    d = np.tile(y, len(levels)) - a
    cost = np.maximum(level * d, (level - 1.0) * d).sum(axis=1)
    return cost, np.where(d > 0, -level, np.where(d < 0, 1.0 - level, 0.0))


def gaussian_nll(a, y):
    mean, s = np.split(a, 2, axis=1)
    square = (y - mean) ** 2 / np.exp(s)
    derivative = [(mean - y) / np.exp(s), (1.0 - square) / 2.0]
    return (s + square).sum(axis=1) / 2.0, np.concatenate(derivative, axis=1)


def hinge(a, y):
    missing = np.maximum(0.0, 1.0 - y * a)
    return missing.sum(axis=1), np.where(missing > 0, -y, 0.0)


def squared_hinge(a, y):
    missing = np.maximum(0.0, 1.0 - y * a)
    return (missing**2).sum(axis=1), -2.0 * y * missing


def kl_divergence(a, y):
    return (y * np.log(y / a)).sum(axis=1), -y / a


def focal(a, y, gamma=2.0):
    """Of a sigmoid."""
    u = y * (1.0 - a) + (1.0 - y) * a
    entropy = -(y * np.log(a) + (1.0 - y) * np.log(1.0 - a))
    slope = (1.0 - y) / (1.0 - a) - y / a
    derivative = gamma * u ** (gamma - 1.0) * (1.0 - 2.0 * y) * entropy + u**gamma * slope
    return (u**gamma * entropy).sum(axis=1), derivative


def focal_of_softmax(a, y, gamma=2.0):
    u = 1.0 - a
    derivative = y * (gamma * u ** (gamma - 1.0) * np.log(a) - u**gamma / a)
    return -(y * u**gamma * np.log(a)).sum(axis=1), derivative


MORE_COSTS = {
    function.__name__: function
    for function in (
        absolute_error,
        log_cosh,
        poisson,
        quantile,
        gaussian_nll,
        hinge,
        squared_hinge,
        kl_divergence,
        focal,
    )
}


class Network:
    """w[l] is (n_out, n_in), b[l] is (n_out,), l = 1..L; activations: one for each layer."""

    def __init__(self, w, b, activations):
        self.w = {l: np.array(w[l], np.float64) for l in w}
        self.b = {l: np.array(b[l], np.float64) for l in b}
        self.activations = dict(enumerate(activations, 1))
        self.depth = len(self.activations)

    def forward(self, x):
        """z and a of every layer."""
        z, a = {}, {0: x}
        for l in range(1, self.depth + 1):
            z[l] = a[l - 1] @ self.w[l].T + self.b[l]
            a[l] = activate(self.activations[l], z[l])
        return z, a

    def gradient(self, x, y, loss):
        """C_0 of each row; dC/dw and dC/db, summed over the rows."""
        z, a = self.forward(x)
        c, da = cost(loss, a[self.depth], y)
        dw, db = {}, {}
        for l in range(self.depth, 0, -1):
            dz = chain(self.activations[l], z[l], a[l], da)
            dw[l], db[l] = dz.T @ a[l - 1], dz.sum(axis=0)
            da = dz @ self.w[l]
        return c, dw, db

    def flat(self, w, b):
        """Parameters in the order of filbert: for each layer W as [in][out], then b."""
        layers = range(1, self.depth + 1)
        return np.concatenate([part for l in layers for part in (w[l].T.ravel(), b[l])])


def fit(net, optimizer, batches, loss):
    """One step for each (x, y); returns the cost of each example, in order."""
    costs = []
    for x, y in batches:
        c, dw, db = net.gradient(x, y, loss)
        optimizer.step(
            net, {l: g / len(x) for l, g in dw.items()}, {l: g / len(x) for l, g in db.items()}
        )
        costs.append(c)
    return np.concatenate(costs)
