"""PyTorch as one writes it: a Sequential, autograd and the fused SGD, over batches made before."""

from collections.abc import Callable

import numpy as np
from harness.problem import Layers, Problem

from peers import missing


def name() -> str:
    import torch

    return f"PyTorch {torch.__version__} eager"


def available() -> str | None:
    return missing("torch")


def network(problem: Problem):
    """The net without softmax: PyTorch's cross entropy takes z."""
    import torch
    from torch import nn

    hidden = {"relu": nn.ReLU, "sigmoid": nn.Sigmoid}[problem.activation]
    modules: list[nn.Module] = []
    for w, b in problem.start:
        linear = nn.Linear(w.shape[1], w.shape[0])
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(w))
            linear.bias.copy_(torch.from_numpy(b))
        modules += [linear, hidden()]
    return nn.Sequential(*modules[:-1])


CLASSES = {
    name: name
    for name in ("SGD", "Adam", "AdamW", "NAdam", "Adamax", "RMSprop", "Adagrad", "Adadelta")
} | {"RProp": "Rprop"}
FUSED = ("SGD", "Adam", "AdamW", "Adagrad")  # which have a fused form for CPUs


def has_optimizer(problem: Problem) -> bool:
    return problem.optimizer in CLASSES


def optimizer_of(problem: Problem, parameters):
    import torch

    rule = getattr(torch.optim, CLASSES[problem.optimizer])
    fused = {"fused": True} if problem.optimizer in FUSED else {}
    return rule(list(parameters), lr=problem.learning_rate, **problem.options, **fused)


class train_steps:
    def __init__(self, problem: Problem, threads: int) -> None:
        import torch
        from torch.nn import functional

        torch.set_num_threads(threads)
        self.net = network(problem)
        self.forward = self.net
        self.optimizer = optimizer_of(problem, self.net.parameters())
        y = problem.y.astype(np.int64) if problem.y.ndim == 1 else problem.y
        pair = (torch.from_numpy(problem.X), torch.from_numpy(y))
        self.batches = list(zip(*(t.split(problem.batch) for t in pair), strict=True))
        outputs = problem.sizes[-1]
        if problem.loss == "cross_entropy":
            self.loss = functional.cross_entropy
        else:
            self.loss = lambda a, y: functional.mse_loss(a, y) * outputs

    def __call__(self, n: int) -> None:
        for _ in range(n):
            for x, y in self.batches:
                self.optimizer.zero_grad(set_to_none=True)
                self.loss(self.forward(x), y).backward()
                self.optimizer.step()

    def weights(self) -> Layers:
        p = [q.detach().numpy().copy() for q in self.net.parameters()]
        return list(zip(p[::2], p[1::2], strict=True))


def predict_one(problem: Problem) -> Callable[[np.ndarray], np.ndarray]:
    import torch

    net = network(problem)
    if problem.output == "softmax":
        net.append(torch.nn.Softmax(dim=1))

    def predict(x: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return net(torch.from_numpy(x)).numpy()

    return predict
