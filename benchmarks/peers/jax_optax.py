"""JAX and optax: one jitted step with donated buffers, called from Python for each batch."""

from collections.abc import Callable

import numpy as np
from harness.problem import Layers, Problem

from peers import missing


def name() -> str:
    import jax
    import optax

    return f"JAX {jax.__version__} + optax {optax.__version__}"


def available() -> str | None:
    return missing("jax") or missing("optax")


def forward(problem: Problem, layers, x):
    """The last z."""
    import jax

    hidden = {"relu": jax.nn.relu, "sigmoid": jax.nn.sigmoid}[problem.activation]
    for w, b in layers[:-1]:
        x = hidden(x @ w + b)
    w, b = layers[-1]
    return x @ w + b


def layers_of(problem: Problem):
    import jax

    return [(jax.numpy.array(w.T), jax.numpy.array(b)) for w, b in problem.start]


# What does what filbert's rules do, without options beside the learning rate.
RULES = {
    "Adam": "adam",
    "Adamax": "adamax",
    "Lion": "lion",
}


def has_optimizer(problem: Problem) -> bool:
    return problem.optimizer == "SGD" or (problem.optimizer in RULES and not problem.options)


def rule_of(problem: Problem):
    import optax

    if problem.optimizer == "SGD":
        return optax.sgd(problem.learning_rate, momentum=problem.momentum)
    options = {"weight_decay": 0.0} if problem.optimizer == "Lion" else {}
    return getattr(optax, RULES[problem.optimizer])(problem.learning_rate, **options)


class train_steps:
    def __init__(self, problem: Problem, threads: int) -> None:  # threads: see worker.py
        import jax
        import optax

        rule = rule_of(problem)

        def cost(layers, x, y):
            z = forward(problem, layers, x)
            if problem.loss == "cross_entropy":
                return optax.softmax_cross_entropy_with_integer_labels(z, y).mean()
            return ((z - y) ** 2).sum(axis=1).mean()

        def step(state, batch):
            layers, velocity = state
            updates, velocity = rule.update(jax.grad(cost)(layers, *batch), velocity, layers)
            return optax.apply_updates(layers, updates), velocity

        self.one = step
        self.step = jax.jit(step, donate_argnums=0)
        layers = layers_of(problem)
        self.state = (layers, rule.init(layers))
        shape = (problem.batches, problem.batch)
        self.data = tuple(
            jax.numpy.array(t.reshape(*shape, *t.shape[1:])) for t in (problem.X, problem.y)
        )
        self.batches = list(zip(*self.data, strict=True))

    def __call__(self, n: int) -> None:
        import jax

        for _ in range(n):
            for batch in self.batches:
                self.state = self.step(self.state, batch)
        jax.block_until_ready(self.state)

    def weights(self) -> Layers:
        return [(np.array(w).T, np.array(b)) for w, b in self.state[0]]


def predict_one(problem: Problem) -> Callable[[np.ndarray], np.ndarray]:
    import jax

    layers = layers_of(problem)
    last = jax.nn.softmax if problem.output == "softmax" else lambda z: z
    net = jax.jit(lambda x: last(forward(problem, layers, x)))
    return lambda x: np.asarray(net(x))
