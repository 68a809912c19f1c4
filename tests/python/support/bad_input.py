"""Cells: each is a call with one bad argument, and the exception that it has to raise."""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

import filbert as fb

X = np.linspace(-1, 1, 24).reshape(6, 4)
Y = np.arange(6) % 3
ROWS = np.eye(3)[Y]


class Cell(NamedTuple):
    argument: str  # what the message has to start with
    kind: str
    call: Callable[[fb.Network], Any]
    error: type[Exception]
    message: str
    where: str = ""  # several calls may take an argument of that name

    @property
    def id(self):
        return f"{self.argument} = {self.kind}" + (f" ({self.where})" if self.where else "")


def classifier():
    return fb.Network([4, 5, 3], activation="tanh", output="softmax", rng=1)


def parametrize(cells):
    named = [pytest.param(cell, id=f"{i}: {cell.id}") for i, cell in enumerate(cells)]
    return pytest.mark.parametrize("cell", named)


def check(cell):
    """Check the exception, that it names the argument, and that the network is as it was."""
    net = classifier()
    before = net.parameters.tobytes()
    with pytest.raises(cell.error, match=cell.message) as caught:
        cell.call(net)
    assert type(caught.value) is cell.error
    text = caught.value.args[0]  # str of a KeyError has quotes around it
    assert text.startswith(f"{cell.argument}:")
    assert net.parameters.tobytes() == before
    assert net.classes is None
    other = classifier()
    for each in (net, other):  # it still works, from where it was
        each.fit(X, Y)
    assert net.parameters.tobytes() == other.parameters.tobytes()


def kind_of(value):
    text = re.sub(r" at 0x[0-9a-f]+", "", repr(value))  # two processes have to agree on it
    return text if len(text) < 50 else type(value).__name__


def with_value(array, index, value):
    result = np.array(array, np.float64)
    result[index] = value
    return result
