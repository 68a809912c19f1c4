"""What `fit` does to a step beside the rule, where PyTorch has it: 200 steps in float64."""

import numpy as np
import problems
import pytest
from test_torch import mean_cost, torch, twin

import filbert as fb

STEPS, BATCH, ROWS = 200, 16, 80


def run(
    own, options, groups, *, each=lambda model: None, after=lambda model, step: None, accumulate=1
):
    """The largest difference of parameters. groups(linear modules): parameter groups of theirs;
    each(model): before a step; after(model, step): after it."""
    rng = np.random.default_rng(7)
    net = problems.network([5, 16, 8, 3], "tanh", "softmax", rng)
    model = twin(net)
    linears = [module for module in model if isinstance(module, torch.nn.Linear)]
    name, arguments = own
    theirs = {"lr" if k == "learning_rate" else k: v for k, v in arguments.items()}
    stepper = getattr(torch.optim, name)(groups(linears), **theirs)
    X, y = rng.normal(size=(ROWS, 5)), problems.targets("cross_entropy", rng, ROWS, 3)
    per_epoch = -(-ROWS // BATCH // accumulate)
    epochs, step = -(-STEPS // per_epoch), 0
    for epoch in range(epochs):
        batches = list(fb.batches(X, y, batch_size=BATCH, rng=9, epoch=epoch))
        for first in range(0, len(batches), accumulate):
            group = batches[first : first + accumulate]
            stepper.zero_grad()
            for xb, yb in group:
                cost = mean_cost("cross_entropy", model(torch.from_numpy(xb)), torch.from_numpy(yb))
                (cost / len(group)).backward()
            each(model)
            stepper.step()
            after(model, step)
            step += 1
    assert step >= STEPS
    net.fit(
        X,
        y,
        epochs=epochs,
        batch_size=BATCH,
        loss="cross_entropy",
        optimizer=getattr(fb, name)(**arguments),
        rng=9,
        accumulate=accumulate,
        **options,
    )
    return net, linears


def agrees(net, linears):
    flat = [
        part.detach().numpy()
        for module in linears
        for part in (module.weight.T.reshape(-1), module.bias)
    ]
    expected = np.concatenate(flat)
    return np.abs(net.parameters - expected).max() / np.abs(expected).max() <= 1e-10


def everything(linears):
    return [{"params": [p for module in linears for p in module.parameters()]}]


RULES = {
    "SGD": ("SGD", {"learning_rate": 0.05, "momentum": 0.9, "weight_decay": 0.01}),
    "Adam": ("Adam", {"learning_rate": 0.01}),
    "AdamW": ("AdamW", {"learning_rate": 0.01, "weight_decay": 0.1}),
}


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("limit", [0.05, 0.3])
def test_clip_norm(rule, limit):
    def clip(model):
        torch.nn.utils.clip_grad_norm_(model.parameters(), limit)

    assert agrees(*run(RULES[rule], {"clip_norm": limit}, everything, each=clip))


@pytest.mark.parametrize("rule", RULES)
def test_clip_value(rule):
    def clip(model):
        torch.nn.utils.clip_grad_norm_(model.parameters(), 0.3)
        torch.nn.utils.clip_grad_value_(model.parameters(), 0.02)

    options = {"clip_norm": 0.3, "clip_value": 0.02}
    assert agrees(*run(RULES[rule], options, everything, each=clip))


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("accumulate", [2, 5])
def test_accumulate(rule, accumulate):
    assert agrees(*run(RULES[rule], {}, everything, accumulate=accumulate))


@pytest.mark.parametrize("rule", RULES)
def test_rates_by_groups(rule):
    rate = RULES[rule][1]["learning_rate"]

    def groups(linears):
        weights = [0.0, 0.5, 2.0]
        biases = [1.0, 0.0, 0.25]
        linears[0].weight.requires_grad_(False)
        linears[1].bias.requires_grad_(False)
        return [
            {"params": [parameter], "lr": rate * factor}
            for module, w, b in zip(linears, weights, biases, strict=True)
            for parameter, factor in ((module.weight, w), (module.bias, b))
            if factor > 0.0
        ]

    options = {"layer_rates": [0.0, 0.5, 2.0], "bias_rates": [1.0, 0.0, 0.25]}
    assert agrees(*run(RULES[rule], options, groups))


def test_l2_of_layers_is_a_decay_by_groups():
    def groups(linears):
        return [
            {"params": [linear.weight], "weight_decay": 2 * l2}
            for linear, l2 in zip(linears, [0.01, 0.0, 0.03], strict=True)
        ] + [{"params": [linear.bias for linear in linears], "weight_decay": 0.0}]

    own = ("SGD", {"learning_rate": 0.05, "momentum": 0.9})
    assert agrees(*run(own, {"l2": [0.01, 0.0, 0.03]}, groups))


def test_average():
    averaged = []

    def update(model, step):
        if step == 0:
            mean = torch.optim.swa_utils.get_ema_multi_avg_fn(0.95)
            averaged.append(torch.optim.swa_utils.AveragedModel(model, multi_avg_fn=mean))
        averaged[0].update_parameters(model)

    net, _ = run(RULES["Adam"], {"average": 0.95}, everything, after=update)
    linears = [m for m in averaged[0].module if isinstance(m, torch.nn.Linear)]
    assert agrees(net, linears)


def test_max_norm():
    def limit(model, step):
        with torch.no_grad():
            for module in model:
                if isinstance(module, torch.nn.Linear):
                    norm = module.weight.norm(dim=1, keepdim=True)
                    module.weight *= torch.clamp(0.8 / norm, max=1.0)

    assert agrees(*run(RULES["SGD"], {"max_norm": 0.8}, everything, after=limit))
