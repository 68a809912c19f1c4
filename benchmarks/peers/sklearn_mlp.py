"""scikit-learn's MLPClassifier and MLPRegressor: partial_fit, which keeps the optimizer's state."""

from collections.abc import Callable

import numpy as np
from harness.problem import Layers, Problem

from peers import missing


def name() -> str:
    import sklearn

    return f"scikit-learn {sklearn.__version__}"


def available() -> str | None:
    return missing("sklearn.neural_network")


def model(problem: Problem):
    """An estimator with the problem's starting weights."""
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    classifies = problem.loss == "cross_entropy"
    kind = MLPClassifier if classifies else MLPRegressor
    net = kind(
        hidden_layer_sizes=problem.sizes[1:-1],
        activation={"relu": "relu", "sigmoid": "logistic"}[problem.activation],
        solver="sgd",
        alpha=0.0,
        batch_size=problem.batch,
        learning_rate_init=1e-30,  # for the call that only builds the arrays
        shuffle=False,
        momentum=problem.momentum,
        nesterovs_momentum=False,
    )
    y = problem.y if classifies or problem.sizes[-1] > 1 else problem.y[:, 0]
    classes = {"classes": np.arange(problem.sizes[-1])} if classifies else {}
    net.partial_fit(problem.X[: problem.batch], y[: problem.batch], **classes)
    for i, (w, b) in enumerate(problem.start):
        net.coefs_[i][:], net.intercepts_[i][:] = w.T, b
    return net, y


class train_steps:
    def __init__(self, problem: Problem, threads: int) -> None:  # threads: see worker.py
        self.net, self.y = model(problem)
        self.problem = problem
        rule = self.net._optimizer
        rule.velocities = [np.zeros_like(v) for v in rule.velocities]
        # Its squared error has a half.
        rule.learning_rate = problem.learning_rate * (1 if problem.loss == "cross_entropy" else 2)

    def __call__(self, n: int) -> None:
        for _ in range(n):
            self.net.partial_fit(self.problem.X, self.y)

    def weights(self) -> Layers:
        pairs = zip(self.net.coefs_, self.net.intercepts_, strict=True)
        return [(w.T.copy(), b.copy()) for w, b in pairs]


def predict_one(problem: Problem) -> Callable[[np.ndarray], np.ndarray]:
    net, _ = model(problem)
    return net.predict_proba if problem.loss == "cross_entropy" else net.predict
