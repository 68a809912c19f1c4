"""Schedules of the learning rate as Python sees them, and their curves."""

import copy
import inspect
import math
import pickle

import numpy as np
import pytest
from problems import RULES, SCHEDULES, other_schedule

import filbert as fb
from filbert import _core, schedules

AGAIN = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda schedule: pickle.loads(pickle.dumps(schedule)),
    "repr": lambda schedule: eval(repr(schedule), vars(schedules)),
}


def test_every_schedule_has_its_class():
    assert list(schedules._classes) == _core.schedule_names()
    assert {cls.__name__ for cls in SCHEDULES.values()} == set(schedules.__all__)
    with pytest.raises(TypeError, match="abstract class Schedule"):
        schedules.Schedule()


@pytest.mark.parametrize("name", SCHEDULES)
def test_the_signature_is_the_table_of_the_core(name):
    cls, defaults = SCHEDULES[name], _core.Schedule(name).options
    signature = inspect.signature(cls).parameters
    assert list(signature) == list(defaults)
    assert next(iter(defaults)) == "rate"
    shown = inspect.get_annotations(schedules.Schedule) | inspect.get_annotations(cls)
    for option, parameter in signature.items():
        assert option in cls.__doc__, option
        assert shown[option] == "float", option
        if option == "rate":
            assert parameter.default is inspect.Parameter.empty
            assert parameter.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
        else:
            assert parameter.default == defaults[option], option
            assert parameter.kind is inspect.Parameter.KEYWORD_ONLY, option


@pytest.mark.parametrize("name", SCHEDULES)
def test_options(name):
    schedule, options = other_schedule(name), _core.Schedule(name).options
    for i, option in enumerate(options):
        assert getattr(schedule, option) == 0.5 + i / 4
        with pytest.raises(AttributeError, match=f"{option}: expected to be read only"):
            setattr(schedule, option, 1.0)
        for wrong, error in [(-1, ValueError), (np.inf, ValueError), ("1", TypeError)]:
            with pytest.raises(error, match=f"^{option}: expected a .*number"):
                SCHEDULES[name](**{"rate": 0.5, option: wrong})
    with pytest.raises(TypeError, match=f"^options: expected those of {name}, got 'speed'"):
        _core.Schedule(name, speed=1.0)


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("again", AGAIN.values(), ids=AGAIN)
def test_values(name, again):
    schedule, default = other_schedule(name), SCHEDULES[name](0.25)
    for each in (schedule, default):
        other = again(each)
        assert type(other) is type(each)
        assert other == each
        assert hash(other) == hash(each)
        assert other(0.5, 3) == each(0.5, 3)
    assert schedule != default
    assert schedule != 0.5
    assert repr(default) == f"{type(default).__name__}(0.25)"


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("rule", RULES)
def test_optimizers_take_them(name, rule):
    schedule = other_schedule(name)
    expected = schedule.rate if name == "constant" else schedule
    optimizer = RULES[rule](schedule)
    for each in (optimizer, copy.copy(optimizer), pickle.loads(pickle.dumps(optimizer))):
        assert each.learning_rate == expected
        assert type(each.learning_rate) is type(expected)
        assert repr(each) == f"{RULES[rule].__name__}({expected!r})"
    optimizer.learning_rate = 0.5
    assert optimizer.learning_rate == 0.5
    optimizer.learning_rate = schedule
    assert optimizer.learning_rate == expected


def test_what_is_no_schedule():
    for wrong in ("cosine", None, True, _core.Schedule("constant"), fb.schedules.Constant):
        with pytest.raises(
            TypeError, match=r"learning_rate: expected a number or one of filbert\.schedules, got"
        ):
            fb.SGD(wrong)


def test_time():
    constant = fb.schedules.Constant(0.5)
    assert constant(np.float32(0), np.int64(3)) == constant(100, 3) == 0.5
    for wrong, error in [(-1, ValueError), (math.nan, ValueError), ("1", TypeError)]:
        with pytest.raises(error, match=r"^epoch: expected a number"):
            constant(wrong, 3)
        with pytest.raises(error, match=r"^epochs: expected a number"):
            constant(1, wrong)


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


@pytest.mark.parametrize("name", SCHEDULES)
def test_every_step_of_a_fit_has_its_rate(name):
    """The gradient of the bias b is b - 1 in every row."""
    schedule, seen, b = other_schedule(name), [], 0.0
    net = fb.Network([1, 1], output="identity", dtype="float64")
    net.fit(
        np.zeros((5, 1)), np.ones(5), epochs=4, batch_size=2, loss="half_squared_error",
        optimizer=fb.SGD(schedule), callbacks=[lambda state: seen.append(float(net.b[1][0]))],
    )  # fmt: skip
    for epoch in range(4):
        for batch in range(3):
            b -= schedule(epoch + batch / 3, 4) * (b - 1)
        assert seen[epoch] == pytest.approx(b, rel=1e-14)
