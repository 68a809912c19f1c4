"""Where a fit starts, and what a checkpoint holds so that another fit can start there."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from filbert import _core, losses
from filbert._edge import checks, values
from filbert._edge.rng import key_from
from filbert._training.data import TrainingData
from filbert._training.metrics import names_of
from filbert._training.options import Options, default_optimizer
from filbert.callbacks import State
from filbert.history import History
from filbert.optimizers.base import Optimizer, optimizer_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from filbert._core import FitPosition, Network32, Network64, Training
    from filbert.network import Network


class Start(NamedTuple):
    """Where a fit starts: with the network as it is, or where a checkpoint stands."""

    network: Network32 | Network64  # the one to train, or that of the checkpoint
    optimizer: Optimizer
    history: History
    position: FitPosition
    checkpoint: Checkpointed | None

    @classmethod
    def of(cls, core: Network32 | Network64, options: Options, resume: object) -> Start:
        """resume: the path of a checkpoint, or None.

        FormatError if the file is no checkpoint, OSError if it cannot be read, ValueError if it is
        of another network or of another optimizer.
        """
        if resume is None:
            optimizer = options.optimizer or default_optimizer()
            return cls(core, optimizer, History(), _core.FitPosition(), None)
        held = Checkpointed(*_core.load_checkpoint(checks.path("resume", resume)))
        held.require_network(core)
        optimizer = held.optimizer_for(options.optimizer)
        position = held.training.position
        return cls(held.network, optimizer, History(held.history), position, held)

    def training(
        self, core: Network32 | Network64, options: Options, data: TrainingData, rng: object
    ) -> Training:
        """What is asked of the fit; ValueError if a checkpoint is of a fit with other arguments."""
        if rng is not None:
            seed: int | None = key_from(rng)  # last of all arguments: a Generator is drawn from
        else:
            seed = self.checkpoint.training.options.seed if self.checkpoint else core.seed
        rows, batch_size = data.size, options.batch_size
        if batch_size is None:
            batch_size = self.optimizer._core.default_batch_size(max(1, rows))
        told = options.told(core, seed, batch_size)
        best = None
        if self.checkpoint is not None:
            names = history_names(core, options, data)
            self.checkpoint.require_fit(told, data, options, names)
            best = self.checkpoint.training.best
            if best is not None and options.has_stopped(best, self.position):
                told = options._replace(epochs=self.position.epoch).told(core, seed, batch_size)
        training = _core.Training(options=told, rows=rows)
        training.best = best
        return training

    def state(self, net: Network, options: Options, training: Training, names: list[str]) -> State:
        """What callbacks see of the fit before its first step."""
        optimizer, history, position = self.optimizer, self.history, self.position
        save_to = partial(Save, net._core, optimizer._core, training, history)
        return State(
            net,
            optimizer,
            options.epochs,
            position.epoch,
            history,
            position,
            save_to,
            names,
            training,
        )

    def adopt(self, core: Network32 | Network64, undo: list[Callable[[], object]]) -> None:
        """Put what the checkpoint holds, if there is one, into the network that is to go on from it
        and into the optimizer. undo: is given functions that take it out again."""
        if self.checkpoint is None:
            return
        optimizer = self.optimizer._core
        before = _core.from_bytes(_core.to_bytes(core))
        state_before = _core.Optimizer.from_bytes(optimizer.to_bytes())
        _core.adopt(core, self.network)
        undo.append(partial(_core.adopt, core, before))
        _core.adopt(optimizer, self.checkpoint.optimizer)
        undo.append(partial(_core.adopt, optimizer, state_before))


class Checkpointed(NamedTuple):
    """What a checkpoint holds."""

    network: Network32 | Network64
    optimizer: _core.Optimizer
    training: Training
    history: dict[str, list[float]]

    def require_network(self, core: Network32 | Network64) -> None:
        """ValueError unless it is of such a network.

        One that knows no classes, or no feature names, takes those of the checkpoint.
        """
        held = self.network
        require_same("sizes", held.sizes, core.sizes)
        if held.activations != core.activations:
            expected, got = (list(map(values.value_of, of.activations)) for of in (held, core))
            require_same("activations", expected, got)
        require_same("dtype", held.parameters.dtype.name, core.parameters.dtype.name)
        if core.classes is not None:
            known = None if held.classes is None else held.classes.tolist()
            require_same("classes", known, core.classes.tolist())
        if core.feature_names is not None:
            require_same("feature_names", held.feature_names, core.feature_names)

    def optimizer_for(self, given: Optimizer | None) -> Optimizer:
        """Its own one, or a given one that has the same options."""
        expected = optimizer_of(self.optimizer)
        if given is None:
            return expected
        if given._core.rule != expected._core.rule or given._core.options != expected._core.options:
            require_same("optimizer", expected, given)
        return given

    def require_fit(
        self,
        options: _core.FitOptions,
        data: TrainingData,
        arguments: Options,
        names: list[str],
    ) -> None:
        """ValueError unless it is of a fit with these arguments. options: as the core takes them."""
        loss = arguments.loss
        held = self.training.options
        if held.own_cost and not options.own_cost:
            raise ValueError(
                "loss: expected the function that the fit of the checkpoint had, which has to be "
                f"passed again because no file keeps it, got {losses.shown(str(options.loss))!r}"
            )
        if options.own_cost and not held.own_cost:
            require_same("loss", losses.shown(str(held.loss)), loss)
        for name in held.differences(options):
            expected, got = getattr(held, name), getattr(options, name)
            if name == "own_order":
                name, kinds = "shuffle", ("True or False", "a function of the epoch")
                expected, got = kinds[expected], kinds[got]
            if name == "loss":
                expected, got = losses.shown(expected), losses.shown(got)
            if name in ("clip_norm", "clip_value", "max_norm"):
                expected, got = (None if limit == math.inf else limit for limit in (expected, got))
            require_same("rng" if name == "seed" else name, expected, got)
        require_same("rows of X", self.training.rows, data.size)
        if self.history and ("val_loss" in self.history) != data.validates:
            expected, got = ("some", "none") if "val_loss" in self.history else ("none", "some")
            raise ValueError(
                f"validation_data: expected {expected}, as in the checkpoint, got {got}"
            )
        if self.history and sorted(self.history) != sorted(names):
            raise ValueError(
                f"metrics: expected those of the checkpoint, whose history has "
                f"{', '.join(self.history)}, got {', '.join(names)}"
            )
        stops = arguments.stopping is not None
        if stops != (self.training.best is not None):
            expected, got = ("none", "one") if stops else ("one", "none")
            raise ValueError(
                f"callbacks: expected {expected} that is an EarlyStopping, as in the checkpoint, got "
                f"{got}"
            )
        done = self.training.position.epoch
        if done > options.epochs:
            raise ValueError(
                f"epochs: expected at least {done}, which the checkpoint has done, got "
                f"{options.epochs}"
            )


def history_names(core: Network32 | Network64, options: Options, data: TrainingData) -> list[str]:
    """What the history of a fit has, in its order."""
    y = None if data.examples is None else data.examples.y
    penalised = options.step.get("alpha", 0.0) > 0.0
    return names_of(core, options.metrics, y, validates=data.validates, penalised=penalised)


def require_same(name: str, expected: object, got: object) -> None:
    """ValueError unless an argument is that of the checkpoint."""
    if expected != got:
        raise ValueError(f"{name}: expected {expected!r} as in the checkpoint, got {got!r}")


class Save:
    """Writes the checkpoints of one fit to one file.

    Attributes
    ----------
    write
        A function of the core's, called with a position of the fit: it writes the file as of then,
        without what has been reported of later epochs, for that will be reported again.
    complete
        Whether all writing so far came to its end. What has failed is not tried once more when the
        exception that this raised ends the fit.
    """

    def __init__(
        self,
        network: Network32 | Network64,
        optimizer: _core.Optimizer,
        training: Training,
        history: History,
        path: str,
    ) -> None:
        self.write: Callable[[FitPosition], None] = partial(
            _core.save_checkpoint, network, optimizer, training, path, history
        )
        self.is_finite: Callable[[], bool] = partial(_core.is_finite, network)
        self.complete = True

    def __call__(self, position: FitPosition) -> None:
        """Write the file as of a position of the fit."""
        self.complete = False
        if self.is_finite():  # else the next step tells, and the file keeps what was
            self.write(position)
        self.complete = True
