"""The training loop: the core trains, and calls the callbacks between its epochs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from filbert import _core
from filbert._edge.normalisation import Asked
from filbert._training.data import Examples, TrainingData, own_cost_of, wanted_of
from filbert._training.options import Options, loss_or_function
from filbert._training.progress import progress_of
from filbert._training.resume import Start
from filbert._training.weights import as_weights, rounded
from filbert.callbacks import Callback, Checkpoint, State
from filbert.history import History

if TYPE_CHECKING:
    from filbert._core import FitPosition, Network32, Network64
    from filbert.network import Network

Call = Callable[[], object]


def run(
    net: Network,
    options: Options,
    data: TrainingData,
    start: Start,
    training: _core.Training,
    asked: Asked,
) -> History:
    """Train to the end, or until a callback or an exception ends it."""
    network, optimizer, position = net._core, start.optimizer._core, start.position
    validation = None if data.validation is None else Validation(data.validation, options.loss)
    state, callbacks = start.state(net, options, training), in_order(options, validation)
    started: list[Callback] = []
    undo: list[Call] = []  # what is to be done if the fit does not begin

    def on_start() -> None:
        for callback in callbacks:
            callback.on_start(state)
            started.append(callback)
        undo.clear()

    def on_epoch(
        epoch: int,
        loss: float,
        accuracy: float | None,
        after: FitPosition,
        last: bool,
        penalty: float,
    ) -> bool:
        state.epoch, state.values, state._position = epoch, named("", loss, accuracy), after
        if training.options.alpha > 0.0:
            state.values["penalty"] = penalty
        state._ends, goes_on = last, True
        for callback in callbacks:
            answer = callback.on_epoch_end(state)
            if answer is False or answer is np.False_:
                state._ends, goes_on = True, False
        return goes_on

    try:
        start.adopt(network, undo)
        finished = network.fit(
            optimizer=optimizer,
            options=training.options,
            position=position,
            on_epoch=on_epoch,
            classes=data.classes,
            feature_names=data.feature_names,
            on_start=on_start,
            val_loss=None if validation is None else partial(validation.evaluate, network),
            order=options.order,
            threads=options.threads,
            **data.for_core(network, options.loss),
            normalize=asked.kind,
            fill=asked.fill,
            normalize_targets=asked.targets,
        )
    except BaseException as error:
        # Whatever it is, it is what ends the fit, and the checkpoints are written. Before the first
        # of them is, nothing is called but `write`, which is a function of the core's: Python would
        # run the handler of another signal first, which may raise as well.
        for key in state._saves:
            if state._saves[key].complete:
                try:
                    state._saves[key].write(position)
                except BaseException as later:  # noqa: BLE001  # `error` is raised
                    note(error, "the checkpoint was written", later)
        try:
            call_all([*undo, *ends_of(started, state, "interrupted")])
        except BaseException as later:  # noqa: BLE001
            note(error, "the callbacks were told of the end", later)
        raise
    call_all(ends_of(started, state, "finished" if finished else "stopped"))
    return state.history


def in_order(options: Options, validation: Validation | None) -> list[Callback]:
    """Everything that happens between two epochs, in the order in which it happens."""
    checkpoints = [callback for callback in options.callbacks if isinstance(callback, Checkpoint)]
    return [
        *([] if validation is None else [validation]),
        Recording(),
        *(callback for callback in options.callbacks if not isinstance(callback, Checkpoint)),
        *checkpoints,
        *progress_of(options.progress),
    ]


class Validation(Callback):
    """Evaluates the validation data.

    The core asks for their cost when an epoch ends, for schedules may depend on it; the callback
    then adds the numbers to those of the epoch.
    """

    def __init__(self, examples: Examples, loss: str | Callable[..., Any]) -> None:
        self._examples, self._loss = examples, loss
        self._values: dict[str, float] = {}

    def evaluate(self, network: Network32 | Network64) -> float:
        """The cost."""
        loss, accuracy = evaluated(network, self._examples, self._loss)
        self._values = named("val_", loss, accuracy)
        return loss

    def on_epoch_end(self, state: State) -> None:
        state.values.update(self._values)


class Recording(Callback):
    """Adds the numbers of the epoch to the history."""

    def on_epoch_end(self, state: State) -> None:
        state.history.append(state.values)


def evaluate(
    core: Network32 | Network64, X: object, y: object, sample_weight: object, loss: object
) -> dict[str, float]:
    """`Network.evaluate`."""
    known = loss_or_function(core, loss)
    wanted = wanted_of(core, known)
    examples = Examples.of(core, X, y, wanted, nan=core.fills)
    weights = as_weights("sample_weight", sample_weight, examples.size)
    examples = examples._replace(weights=rounded("sample_weight", weights, wanted.dtype))
    return named("", *evaluated(core, examples, known))


def evaluated(
    core: Network32 | Network64, examples: Examples, loss: str | Callable[..., Any]
) -> tuple[float, float | None]:
    """The mean cost of examples, and the accuracy if there is one."""
    X, y = examples.X, examples.y
    text = loss if isinstance(loss, str) else None
    return core.evaluate(X, y, text, own_cost=own_cost_of(core, loss, y), **examples.besides)


def named(prefix: str, loss: float, accuracy: float | None) -> dict[str, float]:
    """{"loss": ..., "accuracy": ...}; without an accuracy where the network does not classify."""
    values = {f"{prefix}loss": loss}
    if accuracy is not None:
        values[f"{prefix}accuracy"] = accuracy
    return values


def ends_of(callbacks: Sequence[Callback], state: State, reason: str) -> list[Call]:
    """Functions that tell callbacks of the end."""
    return [partial(callback.on_end, state, reason) for callback in callbacks]


def call_all(functions: Sequence[Call]) -> None:
    """Call all of them. The first exception is raised in the end, with notes of later ones."""
    first: BaseException | None = None
    for function in functions:
        try:
            function()
        except BaseException as error:  # noqa: BLE001  # the others are called first
            if first is None:
                first = error
            else:
                note(first, "another callback was told of the end", error)
    if first is not None:
        raise first


def note(error: BaseException, moment: str, later: BaseException) -> None:
    """Note on an exception another one, which came later and is not raised."""
    error.add_note(f"While {moment}: {type(later).__name__}: {later}")
