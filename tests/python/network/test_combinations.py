"""Every optimizer with every loss and every hidden activation, for 200 steps in float64: on PyTorch's
path where PyTorch has the optimizer and the activation, else, or where it is not installed, on that
of the numpy oracle."""

import copy

import numpy as np
import problems
import pytest
import reference
import reference_rules

import filbert as fb

try:
    import test_torch
except pytest.skip.Exception:
    test_torch = None

# A class and options for each; more than one where a rule runs in several ways.
OPTIMIZERS = {
    "sgd": ("SGD", {"learning_rate": 0.02}),
    "momentum": ("SGD", {"learning_rate": 0.02, "momentum": 0.9, "weight_decay": 0.01}),
    "nesterov": ("SGD", {"learning_rate": 0.02, "momentum": 0.9, "nesterov": True}),
    "adam": ("Adam", {"learning_rate": 0.02}),
    "adam, decay": ("Adam", {"learning_rate": 0.01, "weight_decay": 0.001}),
    "amsgrad": ("Adam", {"learning_rate": 0.02, "amsgrad": True}),
    "adam, epsilon inside": ("Adam", {"learning_rate": 0.02, "epsilon_inside": True}),
    "adamw": ("AdamW", {"learning_rate": 0.02}),
    "adamw, decay": ("AdamW", {"learning_rate": 0.01, "weight_decay": 0.2, "amsgrad": True}),
    "nadam": ("NAdam", {"learning_rate": 0.01}),
    "nadam, decay": ("NAdam", {"momentum_decay": 0.1, "weight_decay": 0.01}),
    "adamax": ("Adamax", {"learning_rate": 0.01}),
    "rmsprop": ("RMSprop", {"learning_rate": 0.01}),
    "rmsprop, momentum": ("RMSprop", {"learning_rate": 0.002, "momentum": 0.9, "rho": 0.9}),
    "rmsprop, centered": ("RMSprop", {"learning_rate": 0.005, "centered": True, "momentum": 0.5}),
    "adagrad": ("Adagrad", {"learning_rate": 0.05}),
    "adadelta": ("Adadelta", {}),
    "lion": ("Lion", {"learning_rate": 0.002, "weight_decay": 0.1}),
    "rprop": ("RProp", {"learning_rate": 0.001, "largest_step": 0.05}),
}


def test_every_rule_is_combined():
    assert {name for name, _ in OPTIMIZERS.values()} == {
        cls.__name__ for cls in problems.RULES.values()
    }


def by_the_oracle(net, name, options, loss, rng):
    X, y = rng.normal(size=(80, 5)), problems.targets(loss, rng, 80, net.sizes[-1])
    oracle = reference.Network(net.w, net.b, problems.activations(net))
    rule = getattr(reference_rules, name)(**getattr(fb, name)(**options)._core.options)
    for epoch in range(40):
        batches = fb.batches(X, y, batch_size=16, rng=9, epoch=epoch)
        reference.fit(oracle, rule, batches, loss)
    return oracle.flat(oracle.w, oracle.b), X, y


def has_torch(name, options, activation):
    return (
        test_torch is not None
        and name in test_torch.CLASSES
        and not options.get("epsilon_inside")
        and activation in test_torch.MODULES
    )


# Derivatives that jump, and do not shrink near the minimum: 200 steps may amplify a rounding error a
# million times.
KINKED = ("absolute_error", "quantile", "hinge")


def distance(one, other):
    return np.abs(one - other).max() / np.abs(other).max()


# The targets are random: many losses do not fall below that of a constant.
@pytest.mark.filterwarnings("ignore::filbert.TrainingWarning")
@pytest.mark.slow
@pytest.mark.parametrize("loss", problems.LOSSES)
@pytest.mark.parametrize("activation", problems.HIDDEN)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_200_steps(optimizer, activation, loss):
    rng = np.random.default_rng(7)
    net = problems.network([5, 16, 8, 4], activation, problems.output_of(loss), rng)
    name, options = OPTIMIZERS[optimizer]
    if has_torch(name, options, activation):
        model = test_torch.twin(net)
        stepper = test_torch.stepper_of(name, options, model)
        expected, X, y = test_torch.trained(net, model, loss, stepper, rng)
    else:
        expected, X, y = by_the_oracle(net, name, options, loss, rng)
    near = copy.deepcopy(net) if loss.startswith(KINKED) else None
    own = getattr(fb, name)(**options)

    def fit(of, optimizer):
        of.fit(X, y, epochs=40, batch_size=16, loss=loss, optimizer=optimizer, rng=9)

    fit(net, own)
    assert own.steps == 200
    allowed = 1e-10
    if near is not None:  # what comes of a start that is off by one unit in the last place
        near.parameters[:] = np.nextafter(near.parameters, np.inf)
        fit(near, getattr(fb, name)(**options))
        allowed = max(allowed, 30 * distance(near.parameters, net.parameters))
    assert distance(net.parameters, expected) <= allowed
