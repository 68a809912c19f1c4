"""What all optimizers share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from filbert import _core
from filbert._core import Network32, Network64, schedulable_options
from filbert._core import Optimizer as Rule
from filbert._edge import arrays, checks
from filbert._edge.options import Option, call
from filbert._edge.schedule import Schedule, core_of, schedule_of
from filbert.propagation import Gradients

_classes: dict[str, type[Optimizer]] = {}  # by the core's name for their rule


class Optimizer(ABC):
    """An update rule over a network's parameters, with its state: what all of them share.

    It belongs to the first network that it steps; another one is a ValueError. It keeps its state
    between fits. A copy or a pickle carries the state on, and belongs to the next network that it
    steps.
    """

    _rule: str  # the core's name for the rule of a subclass
    _defaults: dict[str, Any]  # its options, as the core's table has them
    _schedulable: list[str]  # those of them that may be a schedule
    _core: Rule
    _options: dict[str, Any]  # but the learning rate

    weight_decay: float | Schedule
    l2: float

    def __init_subclass__(cls) -> None:
        if "_rule" not in cls.__dict__:
            return  # a subclass of a rule
        cls.__module__ = "filbert"
        cls._defaults = Rule(cls._rule).options
        cls._schedulable = schedulable_options(cls._rule)
        for name in cls._defaults.keys() - {"learning_rate"}:
            setattr(cls, name, Option(name))
        _classes[cls._rule] = cls

    @abstractmethod
    def __init__(self) -> None: ...

    def _start(self, arguments: Mapping[str, object]) -> None:
        """Make the core's optimizer. arguments: among them every option."""
        options = {name: self._checked(name, arguments[name]) for name in self._defaults}
        self._core = Rule(self._rule, **options)
        self._options = _fixed_options(self._core)

    def _checked(self, name: str, value: object) -> float | bool | int | Any:
        """An option as the core takes it. TypeError if it is of another type."""
        if name in self._schedulable:
            return core_of(name, value)
        default = self._defaults[name]
        if isinstance(default, bool):
            return checks.flag(name, value)
        if isinstance(default, int):
            return checks.integer(name, value, 1, _core.most_count)
        return checks.real(name, value)

    @property
    def learning_rate(self) -> float | Any:
        """The learning rate, a number or a Schedule. It may be set: the next step takes the new one.

        While a fit runs, the thread that runs it may set it between two batches, as the handler of
        a signal does; for any other thread this is a BusyError.
        """
        return schedule_of(self._core.learning_rate)

    @learning_rate.setter
    def learning_rate(self, value: float | Schedule) -> None:
        self._core.learning_rate = core_of("learning_rate", value)

    @property
    def steps(self) -> int:
        """The number of steps so far."""
        return self._core.steps

    def step(self, net: object, g: object) -> None:
        """Change the parameters of a network, once, with the learning rate or the `rate` of its schedule.

        Parameters
        ----------
        net : Network
            The network whose parameters change.
        g : Gradients or array
            The gradient of the cost to be minimised, laid out like `net.parameters`, taken as it
            is: for the mean over a batch, divide by its size before.

        Raises
        ------
        ValueError
            If g has another size or is not finite, or if the optimizer belongs to another network.
        BusyError
            If the network or the optimizer is in use by another thread.
        """
        core = getattr(net, "_core", None)
        if not isinstance(core, (Network32, Network64)):
            raise TypeError(f"net: expected a Network, got {checks.shown(net)}")
        parameters = core.parameters
        flat = g.flat if isinstance(g, Gradients) else g
        self._core.step(core, arrays.as_shaped("g", flat, parameters.shape, parameters.dtype))

    def __getstate__(self) -> dict[str, Any]:
        return {"file": self._core.to_bytes()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._core = Rule.from_bytes(state["file"])
        self._options = _fixed_options(self._core)

    def __repr__(self) -> str:
        return call(self, {"learning_rate": self.learning_rate, **self._options}, self._defaults)


def _fixed_options(core: Rule) -> dict[str, Any]:
    """The options that cannot be set, as users see them."""
    options = core.options
    del options["learning_rate"]
    return {
        name: schedule_of(value) if isinstance(value, (float, _core.Schedule)) else value
        for name, value in options.items()
    }


def class_names() -> str:
    """For messages, such as "SGD or Adam"."""
    return checks.listed([_classes[rule].__name__ for rule in _core.rule_names()])


def optimizer_of(core: Rule) -> Optimizer:
    """An optimizer around one of the core's."""
    self: Optimizer = object.__new__(_classes[core.rule])
    self._core, self._options = core, _fixed_options(core)
    return self
