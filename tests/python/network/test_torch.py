"""Training in float64 stays on PyTorch's path: same weights, same batches, 200 steps."""

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
# The optimizers that PyTorch has too: its class, and what it calls an option that has another name
# there. A pair of names is a position in a tuple.
NAMES = {"learning_rate": "lr", "epsilon": "eps", "beta1": ("betas", 0), "beta2": ("betas", 1)}
ETAS = {"eta_minus": ("etas", 0), "eta_plus": ("etas", 1)}
SIZES = {"smallest_step": ("step_sizes", 0), "largest_step": ("step_sizes", 1)}
CLASSES = {
    "SGD": ("SGD", {}),
    "Adam": ("Adam", {}),
    "AdamW": ("AdamW", {}),
    "NAdam": ("NAdam", {}),
    "Adamax": ("Adamax", {}),
    "RMSprop": ("RMSprop", {"rho": "alpha"}),
    "Adagrad": ("Adagrad", {}),
    "Adadelta": ("Adadelta", {}),
    "RProp": ("Rprop", {**ETAS, **SIZES}),
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


def stepper_of(name, options, model):
    """PyTorch's optimizer of a class of ours with these options."""
    theirs, names = CLASSES[name]
    made = {}
    for option, value in options.items():
        key = {**NAMES, **names}.get(option, option)
        if isinstance(key, tuple):
            default = {"betas": (0.9, 0.999), "etas": (0.5, 1.2), "step_sizes": (1e-6, 50)}[key[0]]
            pair = list(made.get(key[0], default))
            pair[key[1]] = value
            key, value = key[0], tuple(pair)
        made[key] = value
    return getattr(torch.optim, theirs)(model.parameters(), **made)


def trained(net, model, loss, stepper, rng, after_step=lambda: None):
    """The parameters of a twin after 200 steps, and the data, for 40 epochs with rng=9."""
    X, y = rng.normal(size=(80, 5)), problems.targets(loss, rng, 80, net.sizes[-1])
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)  # else NAdam keeps a product of its own in float32
    try:
        for epoch in range(40):
            for xb, yb in fb.batches(X, y, batch_size=16, rng=9, epoch=epoch):
                stepper.zero_grad()
                mean_cost(loss, model(torch.from_numpy(xb)), torch.from_numpy(yb)).backward()
                stepper.step()
                after_step()
    finally:
        torch.set_default_dtype(before)
    linears = [m for m in model if isinstance(m, torch.nn.Linear)]
    pairs = [(m.weight.detach().numpy().T.ravel(), m.bias.detach().numpy()) for m in linears]
    return np.concatenate([part for pair in pairs for part in pair]), X, y


def compare(net, model, loss, own, stepper, rng, after_step=lambda: None):
    """Train a network and its twin for 200 steps, with an optimizer each."""
    expected, X, y = trained(net, model, loss, stepper, rng, after_step)
    net.fit(X, y, epochs=40, batch_size=16, loss=loss, optimizer=own, rng=9)
    assert own.steps == 200
    assert np.abs(net.parameters - expected).max() / np.abs(expected).max() <= 1e-10


@pytest.mark.parametrize("rule", [rule for rule in problems.RULES if rule != "lion"])
@pytest.mark.parametrize("defaults", [True, False])
def test_every_optimizer(rule, defaults):
    """With its defaults, which are PyTorch's but for SGD's rate, and with other options."""
    rng = np.random.default_rng(7)
    net = problems.network([5, 16, 8, 3], "tanh", "softmax", rng)
    own, model = problems.RULES[rule], twin(net)
    options = {"learning_rate": problems.defaults(rule)["learning_rate"]}
    if not defaults:
        options = problems.other_options(rule)
    missing = ["l1", "l2", "epsilon_inside", *(["weight_decay"] if rule == "rprop" else [])]
    options = {name: value for name, value in options.items() if name not in missing}
    stepper = stepper_of(own.__name__, options, model)
    compare(net, model, "cross_entropy", own(**options), stepper, rng)


def test_200_steps_of_a_cosine():
    """Theirs counts what it calls epochs: here each step is one."""
    rng = np.random.default_rng(7)
    net = problems.network([5, 16, 8, 3], "tanh", "softmax", rng)
    model = twin(net)
    stepper = torch.optim.AdamW(model.parameters(), lr=0.02, weight_decay=0.01)
    theirs = torch.optim.lr_scheduler.CosineAnnealingLR(stepper, T_max=200, eta_min=0.001)
    own = fb.AdamW(fb.schedules.Cosine(0.02, final=0.001), weight_decay=0.01)
    compare(net, model, "cross_entropy", own, stepper, rng, after_step=theirs.step)
