"""filbert: fit, over batches in order unless asked to shuffle."""

from collections.abc import Callable

import numpy as np
from harness.problem import Layers, Problem

from peers import missing


def name() -> str:
    import filbert

    return f"filbert {filbert.__version__}"


def available() -> str | None:
    return missing("filbert")


def network(problem: Problem, dtype: str = "float32"):
    import filbert as fb

    net = fb.Network(
        problem.sizes, activation=problem.activation, output=problem.output, dtype=dtype, rng=0
    )
    for layer, (w, b) in enumerate(problem.start, 1):
        net.w[layer], net.b[layer] = w, b
    return net


class train_steps:
    def __init__(
        self, problem: Problem, threads: int, shuffle: bool = False, dtype: str = "float32"
    ) -> None:
        import filbert as fb

        self.problem, self.threads, self.shuffle = problem, threads, shuffle
        self.net = network(problem, dtype)
        rule = getattr(fb, problem.optimizer)
        self.optimizer = rule(problem.learning_rate, **problem.options)

    def __call__(self, n: int) -> None:
        import filbert as fb

        fb.set_threads(self.threads)
        self.net.fit(
            self.problem.X,
            self.problem.y,
            epochs=n,
            batch_size=self.problem.batch,
            loss=self.problem.loss,
            optimizer=self.optimizer,
            shuffle=self.shuffle,
            progress=False,
        )

    def weights(self) -> Layers:
        layers = range(1, len(self.problem.sizes))
        return [(np.array(self.net.w[i]), np.array(self.net.b[i])) for i in layers]


def predict_one(problem: Problem) -> Callable[[np.ndarray], np.ndarray]:
    return network(problem).predict


def predict_rows(problem: Problem, threads: int) -> Callable[[np.ndarray], np.ndarray]:
    import filbert as fb

    predict = network(problem).predict

    def on_threads(x: np.ndarray) -> np.ndarray:
        fb.set_threads(threads)
        return predict(x)

    return on_threads
