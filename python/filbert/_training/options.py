"""The arguments of a fit that are not data, each of them checked once."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from filbert import _core, losses
from filbert._edge import checks
from filbert._training.metrics import Metrics
from filbert._training.own_cost import is_function
from filbert._training.own_order import OwnOrder
from filbert.callbacks import AfterEachEpoch, Callback
from filbert.early_stopping import EarlyStopping
from filbert.optimizers import SGD
from filbert.optimizers.base import Optimizer, class_names

if TYPE_CHECKING:
    from filbert._core import FitPosition, Network32, Network64


class Options(NamedTuple):
    """How to train, as the user has asked for it."""

    epochs: int
    batch_size: int | None  # None: as the optimizer says
    loss: str | Callable[..., Any]  # a function is a cost of the user's own
    optimizer: Optimizer | None
    shuffle: bool
    order: OwnOrder | None  # that of a function, which is instead of a shuffled one
    threads: int  # at most so many; 0: as many as the library may use
    progress: bool | None
    callbacks: list[Callback]
    step: dict[str, Any]  # what a step does besides, as FitOptions takes it
    metrics: Metrics
    max_seconds: float  # infinite where there is no limit
    scheduled: bool  # whether schedules follow the time of the fit
    publish: int  # after how many steps a snapshot is handed out; 0: never

    @classmethod
    def checked(
        cls,
        core: Network32 | Network64,
        *,
        epochs: object,
        batch_size: object,
        loss: object,
        optimizer: object,
        shuffle: object,
        progress: object,
        callbacks: object,
        step: Mapping[str, object],
        metrics: object = (),
        max_seconds: object = None,
        n_threads: object = None,
        scheduled: bool = True,
        publish: object = None,
    ) -> Options:
        """TypeError or ValueError for what the network cannot be trained with."""
        known_optimizer = as_optimizer("optimizer", optimizer)
        order = OwnOrder(shuffle) if callable(shuffle) and is_function(shuffle) else None
        known_loss = loss_or_function(core, loss)
        options = cls(
            epochs=checks.integer("epochs", epochs, 1),
            batch_size=None if batch_size is None else checks.integer("batch_size", batch_size, 1),
            loss=known_loss,
            optimizer=known_optimizer,
            shuffle=False if order is not None else checks.flag("shuffle", shuffle),
            order=order,
            threads=0 if n_threads is None else checks.integer("n_threads", n_threads, 1, 1024),
            progress=None if progress is None else checks.flag("progress", progress),
            callbacks=as_callbacks("callbacks", callbacks),
            step={name: STEP[name](name, value, core.sizes) for name, value in step.items()},
            metrics=Metrics.checked(core, metrics, known_loss),
            max_seconds=seconds("max_seconds", max_seconds),
            scheduled=scheduled,
            publish=0 if publish is None else checks.integer("publish", publish, 1),
        )
        options.told(core, None, options.batch_size)  # the core checks their ranges
        return options

    @classmethod
    def of_a_piece(
        cls,
        core: Network32 | Network64,
        *,
        batch_size: object,
        loss: object,
        optimizer: object,
    ) -> Options:
        """Those of a fit that goes once over rows in their order, and has no time of its own that
        schedules could follow."""
        return cls.checked(
            core,
            epochs=1,
            batch_size=batch_size,
            loss=loss,
            optimizer=optimizer,
            shuffle=False,
            progress=False,
            callbacks=(),
            step={},
            scheduled=False,
        )

    @property
    def stopping(self) -> EarlyStopping | None:
        """The EarlyStopping among the callbacks, of which there is one at most."""
        return next((each for each in self.callbacks if isinstance(each, EarlyStopping)), None)

    def has_stopped(self, best: _core.BestEpoch, position: FitPosition) -> bool:
        """Whether a fit that goes on from there has been ended by its EarlyStopping."""
        at_its_end = position.batch == 0 and best.seen == position.epoch
        return at_its_end and self.stopping is not None and self.stopping.has_stopped(best)

    def told(
        self, core: Network32 | Network64, seed: int | None, batch_size: int | None
    ) -> _core.FitOptions:
        """What the core is asked for. seed: the key of all random numbers, None for the network's."""
        loss = self.loss if isinstance(self.loss, str) else None
        asked = _core.FitOptions(
            epochs=self.epochs,
            batch_size=batch_size,
            own_cost=loss is None,
            loss=loss or _core.default_loss(core.activations[-1]),
            shuffle=self.shuffle,
            own_order=self.order is not None,
            seed=seed,
            **self.step,
        )
        return core.complete(asked)


def as_optimizer(name: str, optimizer: object) -> Optimizer | None:
    """The argument, where it is an optimizer or None; else TypeError."""
    if optimizer is not None and not isinstance(optimizer, Optimizer):
        raise TypeError(f"{name}: expected {class_names()}, got {checks.shown(optimizer)}")
    return optimizer


def default_optimizer() -> Optimizer:
    """A new one, for whoever names none."""
    return SGD(0.01, momentum=0.9)


def seconds(name: str, value: object) -> float:
    """A time above 0, infinite for None."""
    if value is None:
        return math.inf
    number = checks.real(name, value, "a number or None")
    if not number > 0.0:
        raise ValueError(f"{name}: expected a number of seconds above 0, got {checks.shown(value)}")
    return number


def _number(name: str, value: object, sizes: list[int]) -> float:
    return checks.real(name, value)


def _limit(name: str, value: object, sizes: list[int]) -> float:
    """A number, or None where there is no limit, which the core calls infinity."""
    return math.inf if value is None else checks.real(name, value, "a number or None")


def _count(name: str, value: object, sizes: list[int]) -> int:
    return checks.integer(name, value, 1)


def _of_layers(name: str, value: object, sizes: list[int]) -> list[float]:
    return checks.real_or_reals(name, value, len(sizes) - 1, "layer")


def _of_layers_or_none(name: str, value: object, sizes: list[int]) -> list[float]:
    return [] if value is None else _of_layers(name, value, sizes)


def _of_hidden_layers(name: str, value: object, sizes: list[int]) -> list[float]:
    return checks.real_or_reals(name, value, len(sizes) - 2, "hidden layer")


# What makes of an argument of `fit` the option of the same name. The core checks its range.
STEP: dict[str, Callable[[str, object, list[int]], Any]] = {
    "dropout": _of_hidden_layers,
    "input_dropout": _number,
    "noise": _number,
    "clip_norm": _limit,
    "clip_value": _limit,
    "accumulate": _count,
    "max_norm": _limit,
    "l1": _of_layers,
    "l2": _of_layers,
    "alpha": _number,
    "layer_rates": _of_layers,
    "bias_rates": _of_layers_or_none,
    "average": _number,
}


def loss_of(core: Network32 | Network64, loss: object) -> str:
    """A loss that fits the output of a network; None becomes the one that the output asks for."""
    output = core.activations[-1]
    if loss is None:
        return _core.default_loss(output)
    text = _core.checked_loss(losses.text_of(loss), output)
    _core.target_columns(text, core.sizes[-1])  # so many outputs may not be allowed
    return text


def loss_or_function(core: Network32 | Network64, loss: object) -> str | Callable[..., Any]:
    """The same, or a function that computes a cost of the user's own."""
    if is_function(loss):
        assert callable(loss)
        return loss
    return loss_of(core, loss)


def as_callbacks(name: str, callbacks: object) -> list[Callback]:
    """Callbacks; functions of the state become such."""
    if not isinstance(callbacks, (list, tuple)):
        raise TypeError(f"{name}: expected a list of callbacks, got {checks.shown(callbacks)}")
    checked = [_as_callback(f"{name}[{i}]", callback) for i, callback in enumerate(callbacks)]
    stopping = sum(isinstance(callback, EarlyStopping) for callback in checked)
    if stopping > 1:
        raise ValueError(f"{name}: expected at most one EarlyStopping, got {stopping}")
    return checked


def _as_callback(name: str, callback: object) -> Callback:
    if isinstance(callback, Callback):
        return callback
    if not callable(callback) or isinstance(callback, type):
        raise TypeError(
            f"{name}: expected a Callback or a function of the state, got {checks.shown(callback)}"
        )
    return AfterEachEpoch(callback)
