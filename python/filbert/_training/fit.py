"""The fit of a network: every argument is checked, then the core trains."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from filbert import _core, losses
from filbert._edge import arrays, checks
from filbert._edge import names as _names
from filbert._edge.rng import key_from
from filbert._edge.targets import Wanted, as_targets
from filbert._training.progress import progress_of
from filbert.checkpoint import (
    Checkpoint,
    load_resumed,
    require_same,
    require_same_network,
    require_same_options,
    resumed_optimizer,
)
from filbert.history import History
from filbert.optimizers import SGD, Optimizer, class_names

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from filbert._core import Network32, Network64


class Data(NamedTuple):
    """Arrays that the core takes as they are, the labels that y consisted of, the names of X."""

    X: NDArray[Any]
    y: NDArray[Any]
    classes: NDArray[Any] | None
    feature_names: list[str] | None


def wanted_of(core: Network32 | Network64, loss: object) -> Wanted:
    """What a network wants of y; loss=None becomes the one that its output asks for."""
    output = core.activations[-1]
    if loss is None:
        chosen = _core.default_loss(output)
    else:
        chosen = _core.checked_loss(losses.text_of(loss), output)
    return Wanted(core.sizes[-1], output, chosen, core.parameters.dtype, core.classes)


def data_of(
    core: Network32 | Network64,
    X: object,
    y: object,
    wanted: Wanted,
    *,
    prefix: str = "",
    learn: bool = False,
    feature_names: list[str] | None = None,
) -> Data:
    """Training examples, checked whole.

    prefix: stands before X and y in messages; feature_names: what the network is about to learn.
    """
    names = _names.require_known(f"{prefix}X", X, core, feature_names)
    rows, _ = arrays.as_batch(f"{prefix}X", X, core.sizes[0], wanted.dtype, single=False)
    targets, classes = as_targets(f"{prefix}y", y, len(rows), wanted, learn=learn)
    return Data(rows, targets, classes, names)


class Fit:
    """One call of `Network.fit`, ready to run."""

    def __init__(
        self,
        core: Network32 | Network64,
        X: object,
        y: object,
        *,
        epochs: object,
        batch_size: object,
        loss: object,
        optimizer: object,
        validation_data: object,
        shuffle: object,
        rng: object,
        progress: object,
        checkpoint: object,
        resume: object,
    ) -> None:
        self._core = core
        self._epochs = checks.integer("epochs", epochs, 1)
        batch_size = checks.integer("batch_size", batch_size, 1)
        shuffle = checks.flag("shuffle", shuffle)
        self._progress = None if progress is None else checks.flag("progress", progress)
        if optimizer is not None and not isinstance(optimizer, Optimizer):
            raise TypeError(f"optimizer: expected {class_names()}, got {checks.shown(optimizer)}")
        if checkpoint is not None and not isinstance(checkpoint, Checkpoint):
            raise TypeError(f"checkpoint: expected a Checkpoint, got {checks.shown(checkpoint)}")
        self._checkpoint = checkpoint
        self._resumed = None if resume is None else load_resumed(resume)
        if self._resumed is not None:
            require_same_network(self._resumed, core)
            optimizer = resumed_optimizer(self._resumed, optimizer)
        self._optimizer = SGD(0.01, momentum=0.9) if optimizer is None else optimizer
        known = core if self._resumed is None else self._resumed.network
        wanted = wanted_of(known, loss)
        self._data = data_of(known, X, y, wanted, learn=True)
        self._learn_names(known)
        self._validation: Data | None = None
        if validation_data is not None:
            if not isinstance(validation_data, (tuple, list)) or len(validation_data) != 2:
                raise TypeError(
                    f"validation_data: expected (X, y), got {checks.shown(validation_data)}"
                )
            Xv, yv = validation_data
            if self._classes is not None:
                wanted = wanted._replace(classes=self._data.classes)
            names, prefix = self._feature_names, "validation_data "
            self._validation = data_of(known, Xv, yv, wanted, prefix=prefix, feature_names=names)
        seed: int | None = core.seed
        if rng is not None:
            seed = key_from(rng)  # last: a Generator is drawn from
        elif self._resumed is not None:
            seed = self._resumed.training.options.seed
        self._options = _core.FitOptions(
            epochs=self._epochs,
            batch_size=batch_size,
            loss=wanted.loss,
            shuffle=shuffle,
            seed=seed,
        )
        if self._resumed is not None:
            self._require_resumable()

    def _learn_names(self, known: Network32 | Network64) -> None:
        """What the data call outputs and inputs, where the network knows neither yet."""
        self._classes: list[str] | list[int] | None = None
        self._feature_names: list[str] | None = None
        if known.classes is None and self._data.classes is not None:
            self._classes = self._data.classes.tolist()
        if known.feature_names is None:
            self._feature_names = self._data.feature_names
        if self._classes is not None or self._feature_names is not None:
            labels = [] if known.classes is None else known.classes.tolist()
            _names.require_room(known, self._classes or labels, self._feature_names)

    def _require_resumable(self) -> None:
        """ValueError unless the checkpoint is of the same fit."""
        assert self._resumed is not None
        training, history = self._resumed.training, self._resumed.history
        require_same_options(training.options, self._options)
        require_same("rows of X", training.rows, len(self._data.X))
        if history and ("val_loss" in history) != (self._validation is not None):
            expected, got = ("some", "none") if "val_loss" in history else ("none", "some")
            raise ValueError(
                f"validation_data: expected {expected}, as in the checkpoint, got {got}"
            )
        if training.position.epoch > self._epochs:
            raise ValueError(
                f"epochs: expected at least {training.position.epoch}, which the checkpoint has "
                f"done, got {self._epochs}"
            )

    def run(self) -> History:
        """Train, record each epoch, show the progress, write checkpoints."""
        history, position = History(), _core.FitPosition()
        network, optimizer = self._core, self._optimizer._core
        on_start: Callable[[], None] | None = None
        # A path that cannot be written to shows before the first step: nothing has changed.
        if self._resumed is None:
            on_start = partial(self._writer(network, optimizer, history), position)
        else:
            history, position = History(self._resumed.history), self._resumed.training.position
            self._writer(self._resumed.network, self._resumed.optimizer, history)(position)
            _core.adopt(network, self._resumed.network)
            _core.adopt(optimizer, self._resumed.optimizer)
        write = self._writer(network, optimizer, history)
        written_at_start = position.epoch, position.batch
        failure: BaseException | None = None  # to write a checkpoint
        shown = progress_of(self._progress, self._epochs - position.epoch)

        def on_epoch(
            number: int, loss: float, accuracy: float | None, after: _core.FitPosition
        ) -> None:
            nonlocal failure
            values = named("", loss, accuracy)
            if self._validation is not None:
                X, y = self._validation[:2]
                values |= named("val_", *network.evaluate(X, y, self._options.loss))
            history.append(values)
            if self._checkpoint is not None and (
                number % self._checkpoint.every == 0 or number == self._epochs
            ):
                try:
                    write(after)
                except BaseException as error:
                    failure = error
                    raise
            if shown is not None:
                shown.update(values)

        try:
            network.fit(
                self._data.X,
                self._data.y,
                optimizer,
                self._options,
                position,
                on_epoch,
                classes=self._classes,
                feature_names=self._feature_names,
                on_start=on_start,
            )
        except BaseException as error:
            # Whatever it is, it is what ends the fit, and the checkpoint is written; but not again
            # if that is what failed. Nothing here runs a function of Python before `write`, as one
            # would first run the handler of another signal, which may raise too.
            if error is not failure and (position.epoch, position.batch) != written_at_start:
                try:
                    write(position)
                except BaseException as later:  # noqa: BLE001  # `error` is raised
                    error.add_note(
                        f"While the checkpoint was written: {type(later).__name__}: {later}"
                    )
            raise
        finally:
            if shown is not None:
                shown.close()
        return history

    def _writer(
        self,
        network: Network32 | Network64,
        optimizer: _core.Optimizer,
        history: History,
    ) -> Callable[[_core.FitPosition], None]:
        """What writes the checkpoint, if there is one, as of a position of the fit.

        What is reported of later epochs is left out: they will be reported again.
        """
        if self._checkpoint is None:
            return lambda position: None
        training = _core.Training(options=self._options, rows=len(self._data.X))
        path = self._checkpoint.path
        return partial(_core.save_checkpoint, network, optimizer, training, path, history)


def named(prefix: str, loss: float, accuracy: float | None) -> dict[str, float]:
    """{"loss": ..., "accuracy": ...}; without an accuracy where the network does not classify."""
    values = {f"{prefix}loss": loss}
    if accuracy is not None:
        values[f"{prefix}accuracy"] = accuracy
    return values
