"""Training in float64 stays on PyTorch's path: same weights, same batches, 200 steps."""

import itertools
from functools import partial

import numpy as np
import problems
import pytest
import reference

import filbert as fb

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
F = torch.nn.functional
torch.set_num_threads(1)  # more of them wait for each other longer than these steps take


class ExactHardsigmoid(torch.nn.Module):
    """torch.nn.Hardsigmoid multiplies derivatives by 1/6 in float32, in float64 too."""

    def forward(self, z):
        return torch.clamp(z + 3.0, 0.0, 6.0) / 6.0


MODULES = {
    "identity": "Identity",
    "relu": "ReLU",
    "tanh": "Tanh",
    "sigmoid": "Sigmoid",
    "gelu": "GELU",
    "mish": "Mish",
    "leaky_relu": "LeakyReLU",
    "relu6": "ReLU6",
    "elu": "ELU",
    "selu": "SELU",
    "gelu_tanh": partial(torch.nn.GELU, approximate="tanh"),
    "silu": "SiLU",
    "softplus": partial(torch.nn.Softplus, threshold=40),  # its own 20 is 2e-9 away
    "softsign": "Softsign",
    "hard_sigmoid": ExactHardsigmoid,
    "hard_tanh": "Hardtanh",
    "hard_swish": "Hardswish",
}
PARAMETERS = {"leaky_relu": ("negative_slope", "slope"), "elu": ("alpha", "alpha")}
OPTIMIZERS = {
    **{rule: (cls.__name__, {"learning_rate": 0.02}) for rule, cls in problems.RULES.items()},
    "momentum": ("SGD", {"learning_rate": 0.02, "momentum": 0.9, "weight_decay": 0.01}),
    "nesterov": ("SGD", {"learning_rate": 0.02, "momentum": 0.9, "nesterov": True}),
    "adam, decay": ("Adam", {"learning_rate": 0.01, "weight_decay": 0.001}),
    "adamw, decay": ("AdamW", {"learning_rate": 0.01, "weight_decay": 0.2}),
}


def twin(net):
    """A torch.nn.Sequential that ends in z, with the network's own weights."""
    modules = []
    for l, layer in enumerate(net.layers, 1):
        linear = torch.nn.Linear(layer.inputs, layer.outputs, dtype=torch.float64)
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(net.w[l].copy()))
            linear.bias.copy_(torch.from_numpy(net.b[l].copy()))
        modules.append(linear)
        if l < len(net.layers):
            modules.append(module_of(layer.activation))
    return torch.nn.Sequential(*modules)


def module_of(activation):
    """The module of an activation, which may be a value of filbert.activations."""
    kind = reference.kind_of(activation)
    module = MODULES[kind]
    theirs, ours = PARAMETERS.get(kind, (None, None))
    options = {} if theirs is None else {theirs: getattr(activation, ours)}
    return (getattr(torch.nn, module) if isinstance(module, str) else module)(**options)


def mean_cost(loss, z, y):
    if loss == "cross_entropy":
        return torch.nn.functional.cross_entropy(z, y)
    if loss == "binary_cross_entropy":
        bce = torch.nn.functional.binary_cross_entropy_with_logits(z, y, reduction="none")
        return bce.sum(dim=1).mean()
    if loss == "huber":
        huber = torch.nn.functional.huber_loss(torch.tanh(z), y, reduction="none")
        return huber.sum(dim=1).mean()
    if loss in ROW_COSTS:
        return ROW_COSTS[loss](z, y).sum(dim=1).mean()
    half = 0.5 if loss == "half_squared_error" else 1.0
    return half * ((torch.tanh(z) - y) ** 2).sum(dim=1).mean()


def gaussian_nll(z, y):
    mean, s = torch.tanh(z).chunk(2, dim=1)
    return F.gaussian_nll_loss(mean, y, torch.exp(s), reduction="none")


def focal(z, y):
    """As torchvision has it, which is not PyTorch itself."""
    a = torch.sigmoid(z)
    entropy = F.binary_cross_entropy_with_logits(z, y, reduction="none")
    return (1 - (a * y + (1 - a) * (1 - y))) ** 2 * entropy


# What PyTorch has of its own, it has as a function; the others are written in its operations.
ROW_COSTS = {
    "absolute_error": lambda z, y: F.l1_loss(torch.tanh(z), y, reduction="none"),
    "log_cosh": lambda z, y: torch.log(torch.cosh(torch.tanh(z) - y)),
    "poisson": lambda z, y: F.poisson_nll_loss(
        torch.sigmoid(z), y, log_input=False, eps=0, reduction="none"
    ),
    "quantile": lambda z, y: torch.maximum((y - torch.tanh(z)) / 2, (torch.tanh(z) - y) / 2),
    "gaussian_nll": gaussian_nll,
    "hinge": lambda z, y: torch.clamp(1 - y * torch.tanh(z), min=0),
    "squared_hinge": lambda z, y: torch.clamp(1 - y * torch.tanh(z), min=0) ** 2,
    "kl_divergence": lambda z, y: F.kl_div(F.log_softmax(z, dim=1), y, reduction="none"),
    "focal": focal,
}


def combinations():
    """All of them are the slow tests, and some the quick ones, with each activation among them."""
    every = itertools.product(
        problems.LOSSES, OPTIMIZERS, [*problems.HIDDEN, *problems.WITH_PARAMETER]
    )
    for i, combination in enumerate(every):
        yield pytest.param(*combination, marks=() if i % 11 == 0 else pytest.mark.slow)


@pytest.mark.parametrize(("loss", "optimizer", "activation"), list(combinations()))
def test_200_steps(loss, optimizer, activation):
    rng = np.random.default_rng(7)
    output = problems.output_of(loss)
    net = problems.network([5, 16, 8, problems.width_of(loss, 3)], activation, output, rng)
    name, options = OPTIMIZERS[optimizer]
    if loss in ("absolute_error", "quantile"):
        # Their derivative does not shrink with the error, and so with large steps two paths that
        # differ by a rounding do not stay close.
        options = {**options, "learning_rate": options["learning_rate"] / 10}
    theirs = {"lr" if k == "learning_rate" else k: v for k, v in options.items()}
    model = twin(net)
    stepper = getattr(torch.optim, name)(model.parameters(), **theirs)
    compare(net, model, loss, getattr(fb, name)(**options), stepper, rng)


def test_200_steps_of_a_cosine():
    """Theirs counts what it calls epochs: here each step is one."""
    rng = np.random.default_rng(7)
    net = problems.network([5, 16, 8, 3], "tanh", "softmax", rng)
    model = twin(net)
    stepper = torch.optim.AdamW(model.parameters(), lr=0.02, weight_decay=0.01)
    theirs = torch.optim.lr_scheduler.CosineAnnealingLR(stepper, T_max=200, eta_min=0.001)
    own = fb.AdamW(fb.schedules.Cosine(0.02, final=0.001), weight_decay=0.01)
    compare(net, model, "cross_entropy", own, stepper, rng, after_step=theirs.step)


def compare(net, model, loss, own, stepper, rng, after_step=lambda: None):
    """Train a network and its twin for 200 steps, with an optimizer each."""
    X, y = rng.normal(size=(80, 5)), problems.targets(loss, rng, 80, net.sizes[-1])
    for epoch in range(40):
        for xb, yb in fb.batches(X, y, batch_size=16, rng=9, epoch=epoch):
            stepper.zero_grad()
            mean_cost(loss, model(torch.from_numpy(xb)), torch.from_numpy(yb)).backward()
            stepper.step()
            after_step()
    net.fit(X, y, epochs=40, batch_size=16, loss=loss, optimizer=own, rng=9)
    assert own.steps == 200
    linears = [m for m in model if isinstance(m, torch.nn.Linear)]
    expected = np.concatenate(
        [p for m in linears for p in (m.weight.detach().numpy().T.ravel(), m.bias.detach().numpy())]
    )
    assert np.abs(net.parameters - expected).max() / np.abs(expected).max() <= 1e-10
