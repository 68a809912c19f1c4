"""The training loop: the core trains, and calls the callbacks between its epochs."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from filbert import _core
from filbert._edge import arrays
from filbert._edge.normalisation import Asked
from filbert._training.data import Examples, TrainingData, own_cost_of, wanted_of
from filbert._training.diverged import diverged, warn_if_constant
from filbert._training.metrics import Metrics
from filbert._training.options import Options, loss_or_function
from filbert._training.progress import progress_of
from filbert._training.resume import Start, history_names
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
    validation = None if data.validation is None else Validation(data.validation, options)
    state = start.state(net, options, training, history_names(network, options, data))
    callbacks = in_order(options, data, validation)
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
            scheduled=options.scheduled,
            max_seconds=options.max_seconds,
            publish=options.publish,
        )
    except _core.Diverged as error:
        known = diverged(error, data.feature_names or network.feature_names)
        end_with(known, [*undo, *ends_of(started, state, "interrupted")])
        raise known from None
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
        end_with(error, [*undo, *ends_of(started, state, "interrupted")])
        raise
    if not finished and not state._ends:  # the time is over, perhaps before the first step
        call_all([*undo, *(partial(save, position) for save in state._saves.values())])
    call_all(ends_of(started, state, "finished" if finished else "stopped"))
    if options.scheduled and not any(each._judges for each in options.callbacks):
        steps = math.ceil(data.size / ((options.batch_size or 32) * training.options.accumulate))
        losses = state.history.get("loss", [])
        warn_if_constant(network, data.examples, options.loss, losses, steps)
    return state.history


def in_order(options: Options, data: TrainingData, validation: Validation | None) -> list[Callback]:
    """Everything that happens between two epochs, in the order in which it happens."""
    checkpoints = [callback for callback in options.callbacks if isinstance(callback, Checkpoint)]
    measured_rows = data.examples if validation is None and options.metrics.propagates else None
    return [
        *([] if validation is None else [validation]),
        *([] if measured_rows is None else [Measuring(measured_rows, options)]),
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

    def __init__(self, examples: Examples, options: Options) -> None:
        self._examples, self._loss, self._metrics = examples, options.loss, options.metrics
        self._values: dict[str, float] = {}

    def evaluate(self, network: Network32 | Network64) -> float:
        """The cost."""
        loss, accuracy, more = measured(network, self._examples, self._loss, self._metrics, "val_")
        self._values = {**named("val_", loss, accuracy), **more}
        return loss

    def on_epoch_end(self, state: State) -> None:
        state.values.update(self._values)


class Measuring(Callback):
    """Measures the training data after each epoch, where there are no others to measure."""

    def __init__(self, examples: Examples, options: Options) -> None:
        self._examples, self._loss, self._metrics = examples, options.loss, options.metrics

    def on_epoch_end(self, state: State) -> None:
        core = state.network._core
        state.values.update(measured(core, self._examples, self._loss, self._metrics, "")[2])


class Recording(Callback):
    """Adds the numbers of the epoch to the history."""

    def on_start(self, state: State) -> None:
        self._since = time.monotonic()

    def on_epoch_end(self, state: State) -> None:
        state.history.append(state.values)
        now = time.monotonic()
        state.history.seconds[-1], self._since = now - self._since, now


def evaluate(
    core: Network32 | Network64,
    X: object,
    y: object,
    sample_weight: object,
    loss: object,
    metrics: object,
) -> dict[str, float]:
    """`Network.evaluate`."""
    known = loss_or_function(core, loss)
    asked = Metrics.checked(core, metrics, known)
    wanted = wanted_of(core, known)
    examples = Examples.of(core, X, y, wanted, nan=core.fills)
    weights = as_weights("sample_weight", sample_weight, examples.size)
    examples = examples._replace(weights=rounded("sample_weight", weights, wanted.dtype))
    mean, accuracy, more = measured(core, examples, known, asked, "")
    return {**named("", mean, accuracy), **more}


def measured(
    core: Network32 | Network64,
    examples: Examples,
    loss: str | Callable[..., Any],
    metrics: Metrics,
    prefix: str,
) -> tuple[float, float | None, dict[str, float]]:
    """The mean cost of examples, the accuracy if there is one, and the other metrics."""
    X, y = examples.X, examples.y
    text = loss if isinstance(loss, str) else None
    a = None
    if metrics.propagates:
        a = arrays.empty((examples.size, core.sizes[-1]), core.parameters.dtype)
    own_cost = own_cost_of(core, loss, y)
    mean, accuracy = core.evaluate(X, y, text, own_cost=own_cost, a=a, **examples.besides)
    return mean, accuracy, {} if a is None else metrics.measured(a, y, examples.weights, prefix)


def named(prefix: str, loss: float, accuracy: float | None) -> dict[str, float]:
    """{"loss": ..., "accuracy": ...}; without an accuracy where the network does not classify."""
    values = {f"{prefix}loss": loss}
    if accuracy is not None:
        values[f"{prefix}accuracy"] = accuracy
    return values


def end_with(error: BaseException, functions: Sequence[Call]) -> None:
    """Tell callbacks of the end. What they raise becomes a note on what has ended the fit."""
    try:
        call_all(functions)
    except BaseException as later:  # noqa: BLE001  # `error` is raised
        note(error, "the callbacks were told of the end", later)


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
