"""Training on data that come in pieces: `partial_fit` and `train_one`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from filbert import _core
from filbert._edge import arrays
from filbert._edge.feature_names import require_known
from filbert._edge.normalisation import Asked
from filbert._edge.targets import as_target
from filbert._training.data import TrainingData, wanted_of
from filbert._training.diverged import diverged
from filbert._training.loop import run
from filbert._training.options import (
    Options,
    as_optimizer,
    default_optimizer,
    loss_or_function,
)
from filbert._training.resume import Start
from filbert.history import History
from filbert.optimizers.base import Optimizer

if TYPE_CHECKING:
    from filbert.network import Network


class Online(NamedTuple):
    """What a network keeps between two calls of `train_one`."""

    loss: object  # as it was passed
    optimizer: Optimizer
    step: Callable[[object, object], float | None]
    trainer: _core.Trainer32 | _core.Trainer64


def partial_fit(
    net: Network,
    X: object,
    y: object,
    *,
    sample_weight: object = None,
    batch_size: object,
    loss: object,
    optimizer: object,
) -> dict[str, float]:
    """`Network.partial_fit`."""
    options = Options.of_a_piece(net._core, batch_size=batch_size, loss=loss, optimizer=optimizer)
    core = net._core
    data = TrainingData.of(core, X, y, options.loss, sample_weight=sample_weight, nan=core.fills)
    with _KeptOptimizer(net, options.optimizer) as kept:
        start = Start(core, kept, History(), _core.FitPosition(), None)
        training = start.training(core, options, data, None)
        history = run(net, options, data, start, training, Asked("none", False, False))
    return {name: numbers[0] for name, numbers in history.items()}


def train_one(net: Network, x: object, y: object, *, loss: object, optimizer: object) -> float:
    """`Network.train_one`, for the first call and for what has to be converted or refused."""
    core = net._core
    known = loss_or_function(core, loss)
    given = as_optimizer("optimizer", optimizer)
    require_known("x", x, core)
    wanted = wanted_of(core, known)
    row, was_1d = arrays.as_batch("x", x, core.sizes[0], core.parameters.dtype, nan=core.fills)
    if not was_1d:
        raise ValueError(f"x: expected shape ({core.sizes[0]},), one row, got {row.shape}")
    if not isinstance(known, str):
        only = arrays.as_array("y", y)[None]
        result = partial_fit(net, row, only, batch_size=None, loss=loss, optimizer=optimizer)
        return result["loss"]
    target = as_target("y", y, wanted)
    with _KeptOptimizer(net, given) as kept:
        online = net._online
        if online is None or online.loss is not loss or online.optimizer is not kept:
            Trainer = _core.Trainer64 if row.dtype.itemsize == 8 else _core.Trainer32
            trainer = Trainer(core, kept._core, known)
            online = Online(loss, kept, trainer.step, trainer)
        cost = online.trainer.step_checked(row, target)
        net._online = online
    return cost


def of_network(error: _core.Diverged, net: Network) -> Exception:
    """What a step that has diverged raises."""
    return diverged(error, net._core.feature_names)


class _KeptOptimizer:
    """The optimizer of a call, which the network keeps unless the call is refused."""

    def __init__(self, net: Network, given: Optimizer | None) -> None:
        self._net, self._before = net, net._optimizer
        self._used = given or net._optimizer or default_optimizer()

    def __enter__(self) -> Optimizer:
        self._net._optimizer = self._used
        return self._used

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        refused = (TypeError, ValueError, _core.BusyError)
        if kind is not None and issubclass(kind, refused):
            self._net._optimizer = self._before
