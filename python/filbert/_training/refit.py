"""A fit that is done once more, on all data, for as many epochs as were best."""

from __future__ import annotations

from typing import TYPE_CHECKING

from filbert import _core
from filbert._edge import arrays, checks
from filbert._edge.normalisation import Asked
from filbert._training.data import Examples, TrainingData
from filbert._training.loop import run
from filbert._training.metrics import Metrics
from filbert._training.options import Options
from filbert._training.resume import Start
from filbert.history import History

if TYPE_CHECKING:
    from filbert.network import Network


def require_refit(refit: object, options: Options, start: Start, data: TrainingData) -> bool:
    """Whether a fit is to be done once more; ValueError if nothing says for how many epochs."""
    if not checks.flag("refit", refit):
        return False
    if options.stopping is None:
        raise ValueError(
            "refit: expected an EarlyStopping among the callbacks, which finds the number of "
            "epochs, got none"
        )
    if not data.validates or data.examples is None:
        raise ValueError(
            "refit: expected validation_data or validation_split, which are trained on too, got "
            + ("none" if data.examples is not None else "an X that yields batches")
        )
    if data.class_weights is not None and data.to_split is None:
        raise ValueError(
            "refit: expected validation_split with class_weight, which validation_data have none "
            "of, got validation_data"
        )
    if start.checkpoint is not None:
        raise ValueError(
            "refit: expected no resume, as no checkpoint has the weights that its fit began with"
        )
    rate = start.optimizer._core.learning_rate
    if isinstance(rate, _core.Schedule) and rate.options.get("monitor") == "val_loss":
        raise ValueError(
            "refit: expected a learning rate that depends on nothing but the epoch or the loss, "
            "got a ReduceOnPlateau of val_loss"
        )
    return True


def run_and_refit(
    net: Network,
    options: Options,
    whole: TrainingData,
    data: TrainingData,
    start: Start,
    training: _core.Training,
    asked: Asked,
) -> History:
    """Train as `run` does on the data, and then from the same start on everything.

    whole: the data before a split.
    """
    core, optimizer = net._core, start.optimizer._core
    before = _core.from_bytes(_core.to_bytes(core))
    state, rate = optimizer.to_bytes(), optimizer.learning_rate
    history = run(net, options, data, start, training, asked)
    stopping = options.stopping
    assert stopping is not None
    if stopping.best_epoch is None:
        return history  # no number was one
    _core.adopt(core, before)
    _core.adopt(optimizer, _core.Optimizer.from_bytes(state))
    optimizer.learning_rate = rate
    examples = whole.examples
    assert examples is not None
    if whole.validation is not None:
        examples = joined(examples, whole.validation)
    everything = whole._replace(examples=examples, validation=None, to_split=None)
    none = Metrics.checked(core, (), options.loss)
    again = options._replace(epochs=stopping.best_epoch, callbacks=[], metrics=none)
    size = again.batch_size or optimizer.default_batch_size(examples.size)
    told = again.told(core, training.options.seed, size)
    fresh = Start(core, start.optimizer, History(), _core.FitPosition(), None)
    second = _core.Training(options=told, rows=examples.size)
    history.refit = run(net, again, everything, fresh, second, asked)
    return history


def joined(first: Examples, second: Examples) -> Examples:
    """The rows of both, in new memory."""
    return first._replace(
        X=arrays.joined(first.X, second.X),
        y=arrays.joined(first.y, second.y),
        weights=arrays.joined_weights(first.weights, first.size, second.weights, second.size),
        mapped=None,
    )
