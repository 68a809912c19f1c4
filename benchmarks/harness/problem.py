"""The training problems of the table, and what the right answer is: numpy, in float64."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

Layers = list[tuple[np.ndarray, np.ndarray]]  # (w (n_out, n_in), b (n_out,)) for each layer


@dataclass(frozen=True)
class Problem:
    """Minibatches in order, starting weights, and SGD with momentum."""

    sizes: tuple[int, ...]
    batch: int
    loss: str  # "cross_entropy" (softmax output) or "squared_error" (identity output)
    batches: int
    activation: str = "relu"
    momentum: float = 0.9
    optimizer: str = "SGD"  # filbert's class
    more: tuple[tuple[str, float | bool], ...] = ()  # options of any class but SGD

    @property
    def rows(self) -> int:
        return self.batch * self.batches

    @property
    def learning_rate(self) -> float:
        """Small enough for every problem to go on for ever without overflow."""
        if self.optimizer != "SGD":
            return 1e-4
        return (1.0 if self.loss == "cross_entropy" else 0.05) / max(self.sizes)

    @property
    def options(self) -> dict[str, float | bool]:
        """Of the optimizer, beside the learning rate."""
        return {"momentum": self.momentum} if self.optimizer == "SGD" else dict(self.more)

    @property
    def output(self) -> str:
        return "softmax" if self.loss == "cross_entropy" else "identity"

    @property
    def flops(self) -> int:
        """Of one step: forward, dW, and dX except for the first layer."""
        products = [a * b for a, b in zip(self.sizes, self.sizes[1:], strict=False)]
        return 2 * self.batch * (3 * sum(products) - products[0])

    @cached_property
    def X(self) -> np.ndarray:
        rng = np.random.default_rng(0)
        return rng.standard_normal((self.rows, self.sizes[0]), dtype=np.float32)

    @cached_property
    def y(self) -> np.ndarray:
        """int32 labels, or targets (rows, n_out)."""
        rng = np.random.default_rng(1)
        if self.loss == "cross_entropy":
            return rng.integers(0, self.sizes[-1], self.rows, dtype=np.int32)
        return rng.standard_normal((self.rows, self.sizes[-1]), dtype=np.float32)

    @cached_property
    def start(self) -> Layers:
        rng = np.random.default_rng(2)

        def layer(n_in: int, n_out: int) -> tuple[np.ndarray, np.ndarray]:
            w = rng.standard_normal((n_out, n_in), dtype=np.float32)
            return w * np.float32(n_in**-0.5), rng.standard_normal(n_out, np.float32) / 10

        return [layer(a, b) for a, b in zip(self.sizes, self.sizes[1:], strict=False)]


def sigma(z: np.ndarray, activation: str) -> tuple[np.ndarray, np.ndarray]:
    """(a, da/dz)."""
    if activation == "relu":
        return np.maximum(z, 0), z > 0
    a = 1 / (1 + np.exp(-z))
    return a, a * (1 - a)


def train(problem: Problem) -> Layers:
    """The weights after one pass over the batches."""
    layers = [(w.astype(float), b.astype(float)) for w, b in problem.start]
    velocity = [(0 * w, 0 * b) for w, b in layers]
    for i in range(0, problem.rows, problem.batch):
        a, slopes = [problem.X[i : i + problem.batch].astype(float)], []
        for w, b in layers:
            value, slope = sigma(a[-1] @ w.T + b, problem.activation)
            a.append(value)
            slopes.append(slope)
        z = a[-2] @ layers[-1][0].T + layers[-1][1]
        y = problem.y[i : i + problem.batch]
        if problem.loss == "cross_entropy":
            p = np.exp(z - z.max(axis=1, keepdims=True))
            dz = p / p.sum(axis=1, keepdims=True) - np.eye(problem.sizes[-1])[y]
        else:
            dz = 2 * (z - y)
        gradients = []
        for level in reversed(range(len(layers))):
            gradients.append((dz.T @ a[level] / problem.batch, dz.sum(axis=0) / problem.batch))
            if level:
                dz = dz @ layers[level][0] * slopes[level - 1]
        for (w, b), (vw, vb), (gw, gb) in zip(layers, velocity, gradients[::-1], strict=True):
            for value, v, g in ((w, vw, gw), (b, vb, gb)):
                v *= problem.momentum
                v += g
                value -= problem.learning_rate * v
    return layers


def error(problem: Problem, right: Layers, answer: Layers) -> float:
    """How far an answer is off, relative to how far training moved the weights."""
    off = moved = 0.0
    for (w0, b0), (w, b), (w1, b1) in zip(problem.start, right, answer, strict=True):
        off += float(np.sum((w - w1) ** 2) + np.sum((b - b1) ** 2))
        moved += float(np.sum((w - w0) ** 2) + np.sum((b - b0) ** 2))
    return (off / moved) ** 0.5
