"""A training step in plain numpy and float64, as an oracle for the tests."""

import math

import numpy as np


def normal_distribution(z):
    """Phi(z)."""
    return (1.0 + np.vectorize(math.erf, otypes=[np.float64])(z / np.sqrt(2.0))) / 2.0


def activate(name, z):
    """a = sigma(z)."""
    if name == "relu":
        return np.where(z < 0, 0.0, z)
    if name == "sigmoid":
        return 1.0 / (1.0 + np.exp(-z))
    if name == "tanh":
        return np.tanh(z)
    if name == "softmax":
        e = np.exp(z - z.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)
    if name == "gelu":
        return z * normal_distribution(z)
    if name == "mish":
        return z * np.tanh(np.logaddexp(0.0, z))
    if name == "identity":
        return z
    raise KeyError(name)


def chain(name, z, a, da):
    """dC/dz from dC/da."""
    if name == "relu":
        return np.where(z > 0, da, 0.0)
    if name == "sigmoid":
        return da * a * (1.0 - a)
    if name == "tanh":
        return da * (1.0 - a * a)
    if name == "softmax":
        return a * (da - (a * da).sum(axis=1, keepdims=True))
    if name == "gelu":
        density = np.exp(-z * z / 2.0) / np.sqrt(2.0 * np.pi)
        return da * (normal_distribution(z) + z * density)
    if name == "mish":
        t = np.tanh(np.logaddexp(0.0, z))
        return da * (t + z * (1.0 - t * t) / (1.0 + np.exp(-z)))
    if name == "identity":
        return da
    raise KeyError(name)


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
    raise KeyError(loss)


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
