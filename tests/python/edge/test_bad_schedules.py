"""Bad options of schedules: each error names the option, what was expected and what came."""

import numpy as np
import pytest
from problems import SCHEDULES, other_schedule

import filbert as fb
from filbert import schedules

NUMBERS = [
    (-0.1, ValueError, "expected a .*number .*, got -0.1"),
    (np.inf, ValueError, "expected a .*number .*, got inf"),
    (np.nan, ValueError, "expected a .*number .*, got nan"),
    ("0.1", TypeError, "expected a number, got '0.1'"),
    (None, TypeError, "expected a number, got None"),
    (True, TypeError, "expected a number, got True"),
    ([0.9], TypeError, "expected a number, got list"),
    (10**400, ValueError, "expected a number that fits in a float"),
]
INTEGERS = [
    (-1, ValueError, "expected an integer >= 0, got -1"),
    (1.5, TypeError, "expected an integer >= 0, got 1.5"),
    (2.0, TypeError, "expected an integer >= 0, got 2.0"),
    ("3", TypeError, "expected an integer >= 0, got '3'"),
    (None, TypeError, "expected an integer >= 0, got None"),
    (True, TypeError, "expected an integer >= 0, got True"),
    (2**64, ValueError, "expected an integer >= 0, got 18446744073709551616"),
]
NAMES = [
    ("accuracy", ValueError, "expected auto, loss or val_loss, got 'accuracy'"),
    ("", ValueError, "expected auto, loss or val_loss, got ''"),
    (None, TypeError, "expected auto, loss or val_loss, got None"),
    (1, TypeError, "expected auto, loss or val_loss, got 1"),
]
MILESTONES = [
    (3.0, TypeError, "expected a list of numbers, got 3.0"),
    ("3", TypeError, "expected a list of numbers, got '3'"),
    (None, TypeError, "expected a list of numbers, got None"),
    ({1, 2}, TypeError, "expected a list of numbers, got set"),
    (np.ones((2, 2)), TypeError, "expected a list of numbers, got ndarray"),
    ([], ValueError, "expected at least one number, got none"),
    ([2, 1], ValueError, "expected increasing numbers, got 2 before 1"),
    ([1, 1], ValueError, "expected increasing numbers, got 1 before 1"),
    ([-1, 1], ValueError, "expected a finite number >= 0, got -1"),
    ([1, np.inf], ValueError, "expected a finite number >= 0, got inf"),
    ([np.nan], ValueError, "expected a finite number >= 0, got nan"),
    (list(range(17)), ValueError, "expected at most 16 of them, got 17"),
]
RANGES = [
    ("step", "every", 0, "expected a finite number > 0, got 0"),
    ("step", "factor", 0, r"expected a number in \(0, 1\], got 0"),
    ("step", "factor", 1.5, r"expected a number in \(0, 1\], got 1.5"),
    ("multi_step", "factor", 2, r"expected a number in \(0, 1\], got 2"),
    ("exponential", "factor", 1.01, r"expected a number in \(0, 1\], got 1.01"),
    ("reduce_on_plateau", "factor", 0, r"expected a number in \(0, 1\], got 0"),
    ("reduce_on_plateau", "threshold", 1, r"expected a number in \[0, 1\), got 1"),
    ("one_cycle", "pct_start", 1, r"expected a number in \[0, 1\), got 1"),
    ("one_cycle", "div_factor", 0.5, "expected a finite number >= 1, got 0.5"),
    ("one_cycle", "final_div_factor", 0, "expected a finite number >= 1, got 0"),
    ("flat_cosine", "flat", 1, r"expected a number in \[0, 1\), got 1"),
    ("cosine", "restarts", 0, "expected an integer >= 1, got 0"),
]
BY_TYPE = {float: NUMBERS, int: INTEGERS, str: NAMES}


def cells():
    for name in SCHEDULES:
        for option, value in options_of(name).items():
            for wrong, error, message in BY_TYPE.get(type(value), []):
                if option == "length" and wrong is None:
                    continue  # the whole fit
                yield name, option, wrong, error, message
    for wrong, error, message in MILESTONES:
        yield "multi_step", "milestones", wrong, error, message
    for name, option, wrong, message in RANGES:
        yield name, option, wrong, ValueError, message


def options_of(name):
    return dict(other_schedule(name)._options)


CELLS = list(cells())


def test_there_are_many():
    assert len(CELLS) > 300


@pytest.mark.parametrize("name", SCHEDULES)
def test_cells(name):
    for kind, option, wrong, error, message in CELLS:
        if kind == name:
            with pytest.raises(error, match=rf"^{option}(\[\d\])?: {message}"):
                SCHEDULES[name](**(options_of(name) | {option: wrong}))


def test_an_element_of_the_milestones():
    with pytest.raises(TypeError, match=r"^milestones\[1\]: expected a number, got 'two'"):
        schedules.MultiStep(0.1, [1, "two"])


@pytest.mark.parametrize("name", SCHEDULES)
def test_rates_that_do_not_fit_in_float32(name):
    """They show when the network is known, before its first step."""
    first = next(iter(options_of(name)))
    schedule = SCHEDULES[name](**(options_of(name) | {first: 1e300}))
    net = fb.Network([2, 1], rng=0)
    before = net.parameters.tobytes()
    with pytest.raises(ValueError, match=f"^{first}: expected a number that fits in float32"):
        net.fit(np.ones((3, 2)), np.ones(3), optimizer=fb.SGD(schedule))
    assert net.parameters.tobytes() == before


def test_what_is_missing():
    for cls in (schedules.Step, schedules.MultiStep, schedules.Exponential):
        with pytest.raises(TypeError, match="missing 1 required positional argument"):
            cls(0.1)
