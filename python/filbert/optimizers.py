"""Update rules."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from filbert._core import Network32, Network64
from filbert._core import Optimizer as Rule
from filbert._edge import arrays, checks
from filbert._edge.options import Option, call
from filbert._edge.schedule import Schedule, core_of, schedule_of
from filbert.propagation import Gradients

__all__ = ["SGD", "Adam", "AdamW"]


_classes: dict[str, type[Optimizer]] = {}  # by the core's name for their rule


class Optimizer(ABC):
    """An update rule over a network's parameters, with its state: what all of them share.

    It belongs to the first network that it steps; another one is a ValueError. It keeps its state
    between fits. A copy or a pickle carries the state on, and belongs to the next network that it
    steps.
    """

    _rule: str  # the core's name for the rule of a subclass
    _defaults: dict[str, Any]  # its options, as the core's table has them
    _core: Rule
    _options: dict[str, Any]  # but the learning rate

    weight_decay: float
    l1: float
    l2: float

    def __init_subclass__(cls) -> None:
        if "_rule" not in cls.__dict__:
            return  # a subclass of a rule
        cls.__module__ = "filbert"
        cls._defaults = Rule(cls._rule).options
        for name in cls._defaults.keys() - {"learning_rate"}:
            setattr(cls, name, Option(name))
        _classes[cls._rule] = cls

    @abstractmethod
    def __init__(self) -> None: ...

    def _start(self, arguments: Mapping[str, object]) -> None:
        """Make the core's optimizer. arguments: among them every option."""
        self._options = {
            name: (checks.flag if isinstance(default, bool) else checks.real)(name, arguments[name])
            for name, default in self._defaults.items()
            if name != "learning_rate"
        }
        rate = core_of("learning_rate", arguments["learning_rate"])
        self._core = Rule(self._rule, learning_rate=rate, **self._options)

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


class SGD(Optimizer):
    """Stochastic gradient descent as in PyTorch: v = momentum v + g, w -= learning_rate v.

    Parameters
    ----------
    learning_rate
        Finite, not negative; or one of `filbert.schedules`.
    momentum
        In [0, 1).
    nesterov
        Step along g + momentum v (Sutskever et al. 2013); needs momentum.
    weight_decay
        Adds weight_decay * w to the gradient, for every parameter.
    l1, l2
        Add the gradients of the penalties l1 sum |w| and l2 sum w^2, for weights only.

    Raises
    ------
    TypeError, ValueError
        If an option is not a number, or out of its range.
    """

    _rule = "sgd"
    momentum: float
    nesterov: bool

    def __init__(
        self,
        learning_rate: float | Schedule = 0.01,
        *,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float = 0.0,
        l1: float = 0.0,
        l2: float = 0.0,
    ) -> None:
        self._start(locals())


class Adam(Optimizer):
    """Adam (Kingma and Ba 2015), with bias correction.

    Parameters
    ----------
    learning_rate
        Finite, not negative; or one of `filbert.schedules`.
    beta1, beta2
        Decay rates of the two moments, in [0, 1).
    epsilon
        Positive; added to the square root of the second moment.
    weight_decay, l1, l2
        As in SGD.

    Raises
    ------
    TypeError, ValueError
        If an option is not a number, or out of its range.
    """

    _rule = "adam"
    beta1: float
    beta2: float
    epsilon: float

    def __init__(
        self,
        learning_rate: float | Schedule = 0.001,
        *,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        weight_decay: float = 0.0,
        l1: float = 0.0,
        l2: float = 0.0,
    ) -> None:
        self._start(locals())


class AdamW(Optimizer):
    """Adam with decoupled weight decay (Loshchilov and Hutter 2019), as in PyTorch.

    Parameters
    ----------
    learning_rate
        Finite, not negative; or one of `filbert.schedules`.
    beta1, beta2, epsilon
        As in Adam.
    weight_decay
        Subtracts learning_rate * weight_decay * w from every parameter w, beside Adam's step.
    l1, l2
        As in SGD.

    Raises
    ------
    TypeError, ValueError
        If an option is not a number, or out of its range.
    """

    _rule = "adamw"
    beta1: float
    beta2: float
    epsilon: float

    def __init__(
        self,
        learning_rate: float | Schedule = 0.001,
        *,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        weight_decay: float = 0.01,
        l1: float = 0.0,
        l2: float = 0.0,
    ) -> None:
        self._start(locals())


def _fixed_options(core: Rule) -> dict[str, Any]:
    """The options that cannot be set."""
    return {name: value for name, value in core.options.items() if name != "learning_rate"}


def class_names() -> str:
    """For messages, such as "SGD or Adam"."""
    return checks.listed([cls.__name__ for cls in _classes.values()])


def optimizer_of(core: Rule) -> Optimizer:
    """An optimizer around one of the core's."""
    self: Optimizer = object.__new__(_classes[core.rule])
    self._core, self._options = core, _fixed_options(core)
    return self
