"""Schedules of the learning rate as Python sees them, and in fits."""

import copy
import inspect
import math
import pickle

import numpy as np
import pytest
from problems import RULES, SCHEDULES, other_schedule

import filbert as fb
from filbert import _core, schedules
from filbert._edge import schedule

AGAIN = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda schedule: pickle.loads(pickle.dumps(schedule)),
    "repr": lambda schedule: eval(repr(schedule), vars(schedules)),
}


def test_every_schedule_has_its_class():
    assert list(schedule.classes) == _core.schedule_names()
    assert {cls.__name__ for cls in SCHEDULES.values()} == set(schedules.__all__)
    with pytest.raises(TypeError, match="abstract class Schedule"):
        schedules.Schedule()


@pytest.mark.parametrize("name", SCHEDULES)
def test_the_signature_is_the_table_of_the_core(name):
    cls, defaults = SCHEDULES[name], _core.Schedule.defaults(name)
    signature = inspect.signature(cls).parameters
    assert list(signature) == list(defaults)
    assert next(iter(signature)) in ("rate", "peak")
    shown = inspect.get_annotations(schedules.Schedule) | inspect.get_annotations(cls)
    for option, parameter in signature.items():
        assert option in cls.__doc__, option
        types = {float: "float", int: "int", str: "str", tuple: "tuple[float, ...]"}
        assert shown[option] == types[type(defaults[option])], option
        if parameter.default is inspect.Parameter.empty:  # only the first are to be given
            assert parameter.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
        else:
            assert parameter.default == defaults[option], option
            if option in ("warmup", "length"):
                assert parameter.kind is inspect.Parameter.KEYWORD_ONLY, option


@pytest.mark.parametrize("name", SCHEDULES)
def test_options_that_are_to_be_given_have_no_default_in_range(name):
    cls = SCHEDULES[name]
    needed = [
        option
        for option, parameter in inspect.signature(cls).parameters.items()
        if parameter.default is inspect.Parameter.empty
    ]
    given = {option: getattr(other_schedule(name), option) for option in needed}
    cls(**given)
    for option in needed[1:]:
        wrong = given | {option: _core.Schedule.defaults(name)[option]}
        with pytest.raises(ValueError, match=f"^{option}: expected"):
            cls(**wrong)


@pytest.mark.parametrize("name", SCHEDULES)
def test_options(name):
    made, defaults = other_schedule(name), _core.Schedule.defaults(name)
    options = {option: getattr(made, option) for option in defaults}
    assert options == made._core.options
    for option, default in defaults.items():
        assert type(options[option]) is type(default)
        assert options[option] != default
        with pytest.raises(AttributeError, match=f"{option}: expected to be read only"):
            setattr(made, option, 1.0)
    with pytest.raises(TypeError, match=f"^options: expected those of {name}, got 'speed'"):
        _core.Schedule(name, **(options | {"speed": 1.0}))


SHORT = {
    "step": "Step(0.25, every=3.0)",
    "multi_step": "MultiStep(0.25, milestones=(2.0, 3.0))",
    "exponential": "Exponential(0.25, factor=0.5)",
}


def short(name):
    """A schedule with what has to be given only."""
    return eval(SHORT.get(name, f"{SCHEDULES[name].__name__}(0.25)"), vars(schedules))


@pytest.mark.parametrize("name", SCHEDULES)
def test_repr(name):
    assert repr(short(name)) == SHORT.get(name, f"{SCHEDULES[name].__name__}(0.25)")


def test_forms_of_options():
    assert schedules.MultiStep(1, np.array([2, 3])) == schedules.MultiStep(1.0, [2.0, 3.0])
    assert schedules.Cosine(1, length=None) == schedules.Cosine(1)
    assert schedules.Cosine(1, restarts=np.int64(3)).restarts == 3
    assert fb.SGD(schedules.Constant(0.5)).learning_rate == 0.5


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("again", AGAIN.values(), ids=AGAIN)
def test_values(name, again):
    made, default = other_schedule(name), short(name)
    for each in (made, default):
        other = again(each)
        assert type(other) is type(each)
        assert other == each
        assert hash(other) == hash(each)
        assert other(0.5, 3) == each(0.5, 3)
    assert made != default
    assert made != 0.5


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("rule", RULES)
def test_optimizers_take_them(name, rule):
    expected = other_schedule(name)
    optimizer = RULES[rule](expected)
    for each in (optimizer, copy.copy(optimizer), pickle.loads(pickle.dumps(optimizer))):
        assert each.learning_rate == expected
        assert type(each.learning_rate) is type(expected)
        assert repr(each) == f"{RULES[rule].__name__}({expected!r})"
    optimizer.learning_rate = 0.5
    assert optimizer.learning_rate == 0.5
    optimizer.learning_rate = expected
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


@pytest.mark.parametrize("name", SCHEDULES)
def test_every_step_of_a_fit_has_its_rate(name):
    """The gradient of the bias b is b - 1 in every row."""
    made, seen, b = other_schedule(name), [], 0.0
    net = fb.Network([1, 1], output="identity", dtype="float64")
    net.fit(
        np.zeros((5, 1)), np.ones(5), epochs=4, batch_size=2, loss="half_squared_error",
        optimizer=fb.SGD(made), callbacks=[lambda state: seen.append(float(net.b[1][0]))],
    )  # fmt: skip
    for epoch in range(4):
        for batch in range(3):
            b -= made(epoch + batch / 3, 4) * (b - 1)
        assert seen[epoch] == pytest.approx(b, rel=1e-14)
