"""Small random networks and data that several tests share."""

import copy

import numpy as np
import pytest

import filbert as fb
from filbert import _core, schedules
from filbert._edge import schedule
from filbert.optimizers import base


def is_allowed(function, *arguments, **options):
    """Whether a call raises no ValueError."""
    try:
        function(*arguments, **options)
    except ValueError:
        return False
    return True


# Every activation, those that hidden layers may have, every loss, and the outputs of each loss.
OUTPUTS = _core.activation_names()
HIDDEN = [name for name in OUTPUTS if is_allowed(fb.Network, [1, 1, 1], activation=name)]
LOSSES = _core.loss_names()
OUTPUTS_OF = {
    loss: [output for output in OUTPUTS if is_allowed(_core.checked_loss, loss, output)]
    for loss in LOSSES
}
PAIRS = [(loss, output) for loss, outputs in OUTPUTS_OF.items() for output in outputs]
# Outputs that are no probabilities, so that any number may be their target.
UNBOUNDED = [output for output in OUTPUTS if not _core.activation_traits(output)["classifies"]]
# Activations with a parameter that is not the default.
WITH_PARAMETER = [fb.activations.LeakyReLU(0.3), fb.activations.ELU(1.75)]

# Every update rule of the library, as Python's class for it; and L-BFGS, which is no rule for one
# step, but a loop of its own.
ALL_RULES = {rule: base._classes[rule] for rule in _core.rule_names()}
RULES = {rule: cls for rule, cls in ALL_RULES.items() if rule != "lbfgs"}


def defaults(rule):
    """The options of a rule, in order, as the core's table has them."""
    return _core.Optimizer(rule).options


def other_options(rule):
    """Options of a rule, none at its default and no two of the same number."""
    return {
        name: _other_value(rule, name, value, i)
        for i, (name, value) in enumerate(defaults(rule).items())
    }


def _other_value(rule, name, value, i):
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value // 2
    half = value / 2 or 0.01 + i / 1000
    return half if is_allowed(_core.Optimizer, rule, **{name: half}) else value * 2


# Every schedule, as Python's class for it.
SCHEDULES = {name: schedule.classes[name] for name in _core.schedule_names()}


def other_schedule(name):
    """A schedule of that name, of which no option is at its default. Its rate does not reach a
    plateau within a few epochs."""
    given, number = {}, 0.5
    for option, default in _core.Schedule.defaults(name).items():
        if isinstance(default, float):
            number *= 0.875
            given[option] = number + 3 if option in ("length", *RATIOS) else number
        else:
            given[option] = {int: 7, str: "loss", tuple: (0.5, 1.25)}[type(default)]
    return SCHEDULES[name](**given)


RATIOS = ("div_factor", "final_div_factor")  # options that are 1 or more


# Optimizers of every rule and kind that steps along a gradient.
OPTIMIZERS = {
    "momentum": lambda: fb.SGD(0.1, momentum=0.9),
    "nesterov": lambda: fb.SGD(0.05, momentum=0.8, nesterov=True, weight_decay=0.01, l1=1e-3),
    "rate in velocity": lambda: fb.SGD(0.05, momentum=0.8, rate_in_velocity=True),
    **RULES,
    **{
        f"{rule}, all": lambda rule=rule, cls=cls: cls(**other_options(rule))
        for rule, cls in RULES.items()
    },
    **{name: lambda name=name: fb.SGD(other_schedule(name)) for name in SCHEDULES},
    "schedules of beta2 and decay": lambda: fb.AdamW(
        0.01, beta2=schedules.Cosine(0.9, final=0.999), weight_decay=schedules.Cosine(0.1)
    ),
}


def quick_sample(cases, count):
    """Parameters of a test: all cases, of which so many, evenly spread, belong to the quick set."""
    cases = list(cases)
    step = max(1.0, len(cases) / count)
    return [
        pytest.param(*case, marks=[] if i % step < 1 else pytest.mark.slow)
        for i, case in enumerate(cases)
    ]


def output_of(loss):
    """An output that the loss goes with: a smooth one, tanh if it may be."""
    return next(name for name in ("tanh", "sigmoid", "softmax") if name in OUTPUTS_OF[loss])


def width_of(loss, n_out):
    """So many outputs, or the next number that the loss goes with."""
    return next(n for n in range(n_out, n_out + 33) if is_allowed(_core.target_columns, loss, n))


def targets(loss, rng, n, n_out):
    """Rows of targets that the loss accepts, for n_out outputs."""
    traits, n_columns = _core.loss_traits(loss), _core.target_columns(loss, n_out)
    if traits["of_distributions"]:
        return rng.dirichlet(np.ones(n_columns), n)
    if traits["of_signs"]:
        return rng.choice([-1.0, 1.0], (n, n_columns))
    return rng.uniform(0.05, 0.95, (n, n_columns))


def network(sizes, activation, output, rng, dtype="float64"):
    """A network with random biases as well, because with biases of 0 some derivatives would be 0."""
    net = fb.Network(sizes, activation=activation, output=output, dtype=dtype, rng=1)
    net.parameters[:] += rng.normal(0.0, 0.3, net.parameters.shape)
    return net


def labelled(net, labels):
    """The same network with these labels, strings or integers."""
    other = copy.copy(net)
    other._core.classes = labels
    return other


def activations(net):
    return [layer.activation for layer in net.layers]
