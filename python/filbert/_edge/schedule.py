"""The base of the classes of filbert.schedules, and schedules on their way to the core and back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

from filbert import _core
from filbert._edge import checks, options

classes: dict[str, type[Schedule]] = {}  # by the core's names

_MONITORS = ("auto", "loss", "val_loss")

# How an option is checked, by the type of its default. The core checks its range.
_CHECKS: dict[type, Callable[[str, Any], object]] = {
    float: checks.real,
    int: lambda name, value: checks.integer(name, value, 0),
    tuple: checks.reals,
    str: lambda name, value: checks.choice(name, value, _MONITORS),
}


class Schedule(ABC):
    """A value, equal to others of the same class with the same options, which are read-only.

    In a fit each step has the rate of its time: of the epochs done, with the fraction of the
    batches of the next one. A fit that resumes goes on on the same curve; another call of fit
    begins it again. `optimizer.step`, outside of a fit, takes the first option, `rate` or `peak`.
    """

    __module__ = "filbert.schedules"

    _name: str  # the core's name for a subclass
    _defaults: dict[str, Any]  # its options, as the core's table has them
    _core: _core.Schedule
    _options: dict[str, Any]

    rate: float
    warmup: float
    length: float

    def __init_subclass__(cls) -> None:
        if "_name" not in cls.__dict__:
            return  # a subclass of a schedule
        cls._defaults = _core.Schedule.defaults(cls._name)
        for name in cls._defaults:
            setattr(cls, name, options.Option(name))
        classes[cls._name] = cls

    @abstractmethod
    def __init__(self) -> None: ...

    def _start(self, arguments: Mapping[str, object]) -> None:
        """Make the core's schedule. arguments: among them every option."""
        given = dict(arguments)
        if given.get("length", 0.0) is None:
            given["length"] = 0.0
        self._options = {
            name: _CHECKS[type(default)](name, given[name])
            for name, default in self._defaults.items()
        }
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


def core_of(name: str, value: object) -> float | _core.Schedule:
    """A number or a Schedule as users pass it, for the core. TypeError if it is neither."""
    if isinstance(value, Schedule):
        return value._core
    return checks.real(name, value, "a number or one of filbert.schedules")


def schedule_of(value: float | _core.Schedule) -> float | Schedule:
    """The same as the core gives it back, for users."""
    if isinstance(value, float):
        return value
    made: Schedule = object.__new__(classes[value.name])
    made._core, made._options = value, value.options
    return made
