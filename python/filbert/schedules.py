"""Schedules: the learning rate as a function of time, for the option learning_rate of optimizers.

Time is counted in epochs, and a schedule is as long as the fit: nobody has to count steps. A number
instead of a schedule is the same rate all the time.

>>> net.fit(X, y, epochs=10, optimizer=fb.AdamW(fb.schedules.Cosine(3e-3, warmup=1)))
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from filbert import _core
from filbert._edge import checks, options

__all__ = ["Constant", "Cosine"]


_classes: dict[str, type[Schedule]] = {}  # by the core's names


class Schedule(ABC):
    """A value, equal to others of the same class with the same options, which are read-only.

    In a fit each step has the rate of its time: of the epochs done, with the fraction of the
    batches of the next one. A fit that resumes goes on on the same curve; another call of fit
    begins it again. `optimizer.step`, outside of a fit, takes `rate`.
    """

    _name: str  # the core's name for a subclass
    _defaults: dict[str, float]  # its options, as the core's table has them
    _core: _core.Schedule
    _options: dict[str, float]

    rate: float

    def __init_subclass__(cls) -> None:
        if "_name" not in cls.__dict__:
            return  # a subclass of a schedule
        cls._defaults = _core.Schedule(cls._name).options
        for name in cls._defaults:
            setattr(cls, name, options.Option(name))
        _classes[cls._name] = cls

    @abstractmethod
    def __init__(self) -> None: ...

    def _start(self, arguments: Mapping[str, object]) -> None:
        """Make the core's schedule. arguments: among them every option."""
        self._options = {name: checks.real(name, arguments[name]) for name in self._defaults}
        self._core = _core.Schedule(self._name, **self._options)

    def __call__(self, epoch: float, epochs: float) -> float:
        """The rate at a time of a fit.

        Parameters
        ----------
        epoch
            How many epochs are done, 0 at the first step; 2.5 is in the middle of the third.
        epochs
            How many the fit has in total.
        """
        return self._core.at(checks.real("epoch", epoch), checks.real("epochs", epochs))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Schedule) and other._core == self._core

    def __hash__(self) -> int:
        return hash((self._name, *self._options.values()))

    def __getstate__(self) -> dict[str, Any]:
        return {"options": self._options}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._start(state["options"])

    def __repr__(self) -> str:
        return options.call(self, self._options, self._defaults)


class Constant(Schedule):
    """The same rate all the time, as a number says it too.

    Parameters
    ----------
    rate
        Finite, not negative.
    """

    _name = "constant"

    def __init__(self, rate: float) -> None:
        self._start(locals())


class Cosine(Schedule):
    """Half a cosine wave, from the rate down to the final one (Loshchilov and Hutter 2017).

    Parameters
    ----------
    rate
        The highest one; finite, not negative.
    final
        The last one, which goes on after `length`; finite, not negative.
    warmup
        Epochs at the beginning in which the rate rises from 0 in a straight line; part of `length`.
    length
        Epochs; 0 is the whole fit.
    """

    _name = "cosine"
    final: float
    warmup: float
    length: float

    def __init__(
        self, rate: float, *, final: float = 0.0, warmup: float = 0.0, length: float = 0.0
    ) -> None:
        self._start(locals())


def core_of(name: str, value: object) -> float | _core.Schedule:
    """A number or a Schedule as users pass it, for the core. TypeError if it is neither."""
    if isinstance(value, Schedule):
        return value._core
    return checks.real(name, value, "a number or one of filbert.schedules")


def schedule_of(value: float | _core.Schedule) -> float | Schedule:
    """The same as the core gives it back, for users."""
    if isinstance(value, float):
        return value
    made: Schedule = object.__new__(_classes[value.name])
    made._core, made._options = value, value.options
    return made
