"""What a fit is asked for, as the core has it: one table of options."""

import inspect

import numpy as np
import pytest
from test_resume import DIFFERENT

import filbert as fb
from filbert import _core

NAMES = [name for name, _ in inspect.getmembers(_core.FitOptions, inspect.isdatadescriptor)]
NAMES = [name for name in NAMES if not name.startswith("_")]
OTHERS = {
    "epochs": 7,
    "batch_size": 8,
    "own_cost": True,
    "loss": "half_squared_error",
    "shuffle": False,
    "own_order": True,
    "seed": 2**64 - 1,
    "dropout": [0.5],
    "input_dropout": 0.25,
    "noise": 0.125,
    "clip_norm": 1.0,
    "clip_value": 0.5,
    "accumulate": 2,
    "max_norm": 3.0,
    "l1": [0.1, 0.2],
    "l2": [0.3],
    "alpha": 0.125,
    "layer_rates": [0.0, 1.0],
    "bias_rates": [2.0],
    "average": 0.75,
}


def test_every_option_is_tested():
    assert sorted(OTHERS) == sorted(NAMES)
    arguments = {
        "seed": "rng",
        "own_cost": "loss",
        "own_order": "shuffle",
    }  # of fit, where they are called otherwise
    assert {arguments.get(name, name) for name in NAMES} <= set(DIFFERENT)


def test_defaults():
    options = _core.FitOptions()
    values = {name: getattr(options, name) for name in OTHERS}
    assert values == {
        "epochs": 1,
        "batch_size": None,
        "loss": None,
        "shuffle": True,
        "seed": None,
        "own_cost": False,
        "own_order": False,
        "accumulate": 1,
        **{name: [] for name in ["dropout", "l1", "l2", "layer_rates", "bias_rates"]},
        **dict.fromkeys(["input_dropout", "noise", "alpha", "average"], 0.0),
        **dict.fromkeys(["clip_norm", "clip_value", "max_norm"], float("inf")),
    }
    assert _core.FitOptions(batch_size=None, loss=None, seed=None) == options


@pytest.mark.parametrize("name", OTHERS)
def test_each_option(name):
    options, other = _core.FitOptions(), _core.FitOptions(**{name: OTHERS[name]})
    assert getattr(other, name) == OTHERS[name]
    assert other != options
    assert other == _core.FitOptions(**{name: OTHERS[name]})
    assert options.differences(other) == ([] if name == "epochs" else [name])


def test_all_differences_in_order():
    names = _core.FitOptions().differences(_core.FitOptions(**OTHERS))
    assert names == [name for name in OTHERS if name != "epochs"]


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"epoch": 3}, TypeError),
        ({"loss": "cross_entropi"}, ValueError),
    ],
)
def test_bad_options(options, error):
    with pytest.raises(error):
        _core.FitOptions(**options)


def test_equal_to_options_only():
    assert _core.FitOptions() != 3


def test_a_report_says_the_next_position():
    core = fb.Network([3, 1], rng=0)._core
    reported = []
    position = _core.FitPosition()
    core.fit(
        np.ones((5, 3), np.float32),
        np.ones((5, 1), np.float32),
        fb.SGD()._core,
        _core.FitOptions(epochs=3, batch_size=2),
        position,
        lambda number, loss, accuracy, after, last, penalty: reported.append(
            (number, after, position.batch, last)
        ),
    )
    assert [(n, p.epoch, p.batch, batch, last) for n, p, batch, last in reported] == [
        (1, 1, 0, 3, False),
        (2, 2, 0, 3, False),
        (3, 3, 0, 3, True),
    ]
    assert (position.epoch, position.batch) == (3, 0)
