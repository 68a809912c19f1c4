"""The curves of the schedules, against formulas, PyTorch's, optax's and scikit-learn's."""

import math

import numpy as np
import pytest

import filbert as fb
from filbert import schedules

EPOCHS = 12


def cosine(t, rate, final, warmup, length):
    if t < warmup:
        return rate * t / warmup
    share = min((t - warmup) / (length - warmup), 1)
    return final + (rate - final) * (1 + math.cos(math.pi * share)) / 2


@pytest.mark.parametrize(
    "options", [{}, {"warmup": 2}, {"length": 7}, {"final": 0.01, "warmup": 0.5, "length": 5.5}]
)
def test_the_cosine(options):
    schedule = fb.schedules.Cosine(0.3, **options)
    formula = {"final": 0.0, "warmup": 0.0, "length": 10.0} | options
    for t in np.linspace(0, 10, 201):
        assert schedule(t, 10) == pytest.approx(cosine(t, 0.3, **formula), abs=1e-15)


def test_the_cosine_against_mpmath(rng):
    mpmath = pytest.importorskip("mpmath")
    schedule = fb.schedules.Cosine(1)
    near = np.outer([0.25, 0.5, 0.75, 1], 1 - np.ldexp(1.0, -np.arange(10, 50)))
    for t in np.concatenate([rng.uniform(size=2000), near.ravel()]):
        with mpmath.workprec(120):
            exact = (1 + mpmath.cospi(float(t))) / 2
            assert abs(schedule(t, 1) - exact) <= 2.0**-53


def formulas(mp):
    """Each schedule at a part of the time, or after u epochs of D."""
    half = lambda a, b, p: b + (a - b) * (1 + mp.cospi(p)) / 2
    turns = lambda p: mp.log(1 + 15 * p) / mp.log(2)
    return {
        schedules.Cosine(0.3, final=0.02, restarts=4): lambda u, D: half(
            0.3, 0.02, 1 if u == D else 4 * u / D - mp.floor(4 * u / D)
        ),
        schedules.Step(0.3, 2.5, 0.7): lambda u, D: 0.3 * mp.mpf(0.7) ** mp.floor(u / 2.5),
        schedules.MultiStep(0.3, [1, 4.5, 9], 0.7): lambda u, D: (
            0.3 * mp.mpf(0.7) ** sum(m <= u for m in (1, 4.5, 9))
        ),
        schedules.Exponential(0.3, 0.6): lambda u, D: 0.3 * mp.mpf(0.6) ** u,
        schedules.InverseScaling(0.3, 0.7, decay=30): lambda u, D: (
            0.3 / (1 + 30 * u) ** mp.mpf(0.7)
        ),
        schedules.Polynomial(0.3, 1.7, 0.02): lambda u, D: (
            0.02 + (mp.mpf(0.3) - 0.02) * (1 - u / D) ** mp.mpf(1.7)
        ),
        schedules.OneCycle(0.3, pct_start=0.25): lambda u, D: (
            half(0.3 / mp.mpf(25), 0.3, u / D / 0.25)
            if u < 0.25 * D
            else half(0.3, 0.3 / mp.mpf(25e4), (u / D - 0.25) / 0.75)
        ),
        schedules.CosLog4(0.3): lambda u, D: mp.mpf(0.3) * (1 - mp.cospi(2 * turns(u / D))) / 2,
        schedules.FlatCosine(0.3, final=0.02, flat=0.5): lambda u, D: half(
            0.3, 0.02, max(u / D - 0.5, 0) / 0.5
        ),
        schedules.ReduceOnPlateau(0.3): lambda u, D: 0.3,
        schedules.Constant(0.3): lambda u, D: 0.3,
    }


def test_every_schedule_has_its_formula():
    mpmath = pytest.importorskip("mpmath")
    assert {type(s).__name__ for s in formulas(mpmath.mp)} == set(schedules.__all__)


@pytest.mark.parametrize(
    "times", [{}, {"warmup": 2.0}, {"length": 8.0}, {"warmup": 2.5, "length": 10.5}]
)
def test_formulas(times):
    """To 1e-14 of the highest rate, and to the same of a rate that decays."""
    mpmath = pytest.importorskip("mpmath")
    with mpmath.workprec(120):
        for made, formula in formulas(mpmath.mp).items():
            options = made._options | times
            if isinstance(made, schedules.Constant):
                options.pop("length", None)
            schedule = type(made)(**options)
            W, L = times.get("warmup", 0.0), times.get("length", EPOCHS)
            L = EPOCHS if isinstance(made, schedules.Constant) else L
            for t in np.linspace(0, EPOCHS + 1, 13 * 16 + 1).tolist():
                if t < W:
                    expected = formula(mpmath.mpf(0), L - W) * t / W
                else:
                    expected = formula(mpmath.mpf(min(t, L)) - W, L - W)
                got = schedule(t, EPOCHS)
                assert abs(got - expected) <= 1e-14 * 0.3, (schedule, t)
                if not isinstance(made, (schedules.CosLog4, schedules.OneCycle)):
                    assert abs(got - expected) <= 1e-13 * expected, (schedule, t)


def torch_rates(scheduler, steps, **options):
    """The rates that PyTorch's scheduler gives to steps 0, 1, ..., for a rate of 0.3."""
    torch = pytest.importorskip("torch")
    with torch.device("cpu"):
        optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.3)
    made = getattr(torch.optim.lr_scheduler, scheduler)(optimizer, **options)
    rates = []
    for _ in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        made.step()
    return rates


@pytest.mark.parametrize(
    ("schedule", "scheduler", "options"),
    [
        (schedules.Step(0.3, 30), "StepLR", {"step_size": 30}),
        (schedules.MultiStep(0.3, [7, 30, 80], 0.2), "MultiStepLR",
         {"milestones": [7, 30, 80], "gamma": 0.2}),
        (schedules.Exponential(0.3, 0.97), "ExponentialLR", {"gamma": 0.97}),
        (schedules.Polynomial(0.3, 1.3), "PolynomialLR", {"total_iters": 100, "power": 1.3}),
        (schedules.Cosine(0.3, final=0.02), "CosineAnnealingLR", {"T_max": 100, "eta_min": 0.02}),
        (schedules.Cosine(0.3, final=0.02, restarts=4), "CosineAnnealingWarmRestarts",
         {"T_0": 25, "eta_min": 0.02}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_against_pytorch(schedule, scheduler, options):
    """Theirs counts what it calls epochs."""
    rates = torch_rates(scheduler, 100, **options)
    own = [schedule(t, 100) for t in range(100)]
    np.testing.assert_allclose(own, rates, rtol=0, atol=1e-12 * 0.3)


def test_one_cycle_against_pytorch():
    """Its phases end at the steps 0.3 * 100 - 1 and 99: the same parts of ours."""
    rates = torch_rates("OneCycleLR", 100, max_lr=0.3, total_steps=100, cycle_momentum=False)[:100]
    schedule, own = schedules.OneCycle(0.3), []
    for step in range(100):
        part = 0.3 * step / 29 if step < 29 else 0.3 + 0.7 * (step - 29) / 70
        own.append(schedule(part, 1))
    np.testing.assert_allclose(own, rates, rtol=0, atol=1e-12 * 0.3)


def test_a_warmup_against_pytorch():
    """LinearLR from almost nothing, and another schedule after it."""
    torch = pytest.importorskip("torch")
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.3)
    scheduler = torch.optim.lr_scheduler
    made = scheduler.SequentialLR(
        optimizer,
        [
            scheduler.LambdaLR(optimizer, lambda step: step / 10),
            scheduler.MultiStepLR(optimizer, [7, 30], 0.2),
        ],
        [10],
    )
    schedule = schedules.MultiStep(0.3, [7, 30], 0.2, warmup=10)
    for step in range(60):
        assert schedule(step, 60) == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-12)
        optimizer.step()
        made.step()


@pytest.mark.parametrize(
    ("schedule", "make"),
    [
        (schedules.Polynomial(0.3, 1.3, 0.02, warmup=10),
         lambda optax: optax.join_schedules(
             [optax.linear_schedule(0.0, 0.3, 10), optax.polynomial_schedule(0.3, 0.02, 1.3, 90)],
             [10])),
        (schedules.Exponential(0.3, 0.97), lambda optax: optax.exponential_decay(0.3, 1, 0.97)),
        (schedules.Cosine(0.3, final=0.003, warmup=10),
         lambda optax: optax.warmup_cosine_decay_schedule(0.0, 0.3, 10, 100, 0.003)),
    ],
    ids=["polynomial", "exponential", "cosine"],
)  # fmt: skip
def test_against_optax(schedule, make):
    optax = pytest.importorskip("optax")
    import jax

    jax.config.update("jax_enable_x64", True)
    theirs = make(optax)
    rates = [float(theirs(jax.numpy.float64(t))) for t in range(100)]
    np.testing.assert_allclose([schedule(t, 100) for t in range(100)], rates, atol=1e-12 * 0.3)


def test_inverse_scaling_against_scikit_learn():
    """It counts the training examples that it has seen."""
    pytest.importorskip("sklearn")
    from sklearn.neural_network._stochastic_optimizers import SGDOptimizer

    theirs = SGDOptimizer([np.zeros(1)], 0.3, "invscaling", power_t=0.7)
    schedule = schedules.InverseScaling(0.3, 0.7, decay=150)
    for epoch in range(1, 20):
        theirs.iteration_ends(epoch * 150)
        assert schedule(epoch, 20) == pytest.approx(theirs.learning_rate, rel=1e-12)
