"""The fit of a network: every argument is checked, then the core trains."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from filbert import _arrays, _checks, _core
from filbert._progress import progress_of
from filbert._rng import key_from
from filbert._targets import Wanted, as_targets
from filbert.history import History
from filbert.optimizers import SGD, Optimizer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from filbert._core import Network32, Network64


class Data(NamedTuple):
    """Arrays that the core takes as they are, and the labels that y consisted of."""

    X: NDArray[Any]
    y: NDArray[Any]
    classes: NDArray[Any] | None


def wanted_of(core: Network32 | Network64, loss: object, classes: NDArray[Any] | None) -> Wanted:
    """What a network wants of y; loss=None becomes the one that its output asks for."""
    output = core.activations[-1]
    if loss is None:
        chosen = _core.default_loss(output)
    else:
        chosen = _checks.choice("loss", loss, _core.loss_names())
        _core.require_loss_fits(chosen, output)
    return Wanted(core.sizes[-1], output, chosen, core.parameters.dtype, classes)


def data_of(
    core: Network32 | Network64,
    X: object,
    y: object,
    wanted: Wanted,
    *,
    prefix: str = "",
    learn: bool = False,
) -> Data:
    """Training examples, checked whole. prefix: stands before X and y in messages."""
    rows, _ = _arrays.as_batch(f"{prefix}X", X, core.sizes[0], wanted.dtype, single=False)
    targets, classes = as_targets(f"{prefix}y", y, len(rows), wanted, learn=learn)
    return Data(rows, targets, classes)


class Fit:
    """One call of `Network.fit`, ready to run."""

    def __init__(
        self,
        core: Network32 | Network64,
        X: object,
        y: object,
        classes: NDArray[Any] | None,
        *,
        epochs: object,
        batch_size: object,
        loss: object,
        optimizer: object,
        validation_data: object,
        shuffle: object,
        rng: object,
        progress: object,
    ) -> None:
        self._core = core
        self._epochs = _checks.integer("epochs", epochs, 1)
        self._batch_size = _checks.integer("batch_size", batch_size, 1)
        self._shuffle = _checks.flag("shuffle", shuffle)
        self._progress = None if progress is None else _checks.flag("progress", progress)
        if optimizer is None:
            optimizer = SGD(0.01, momentum=0.9)
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"optimizer: expected SGD or Adam, got {_checks.shown(optimizer)}")
        self._optimizer = optimizer
        wanted = wanted_of(core, loss, classes)
        self._loss = wanted.loss
        self._data = data_of(core, X, y, wanted, learn=True)
        self.classes = classes if self._data.classes is None else self._data.classes
        self._validation: Data | None = None
        if validation_data is not None:
            if not isinstance(validation_data, (tuple, list)) or len(validation_data) != 2:
                raise TypeError(
                    f"validation_data: expected (X, y), got {_checks.shown(validation_data)}"
                )
            Xv, yv = validation_data
            known = wanted._replace(classes=self.classes)
            self._validation = data_of(core, Xv, yv, known, prefix="validation_data ")
        self._seed = None if rng is None else key_from(rng)  # last: a Generator is drawn from
        self._steps = optimizer.steps

    @property
    def has_begun(self) -> bool:
        """Whether a step was taken."""
        return self._optimizer.steps != self._steps

    def run(self) -> History:
        """Train, record each epoch, show the progress."""
        history = History()
        shown = progress_of(self._progress, self._epochs)

        def on_epoch(_: int, loss: float, accuracy: float | None) -> None:
            values = named("", loss, accuracy)
            if self._validation is not None:
                X, y = self._validation[:2]
                values |= named("val_", *self._core.evaluate(X, y, self._loss))
            history.append(values)
            if shown is not None:
                shown.update(values)

        try:
            self._core.fit(
                self._data.X,
                self._data.y,
                self._optimizer._core,
                self._epochs,
                self._batch_size,
                self._loss,
                self._shuffle,
                self._seed,
                on_epoch,
            )
        finally:
            if shown is not None:
                shown.close()
        return history


def named(prefix: str, loss: float, accuracy: float | None) -> dict[str, float]:
    """{"loss": ..., "accuracy": ...}; without an accuracy where the network does not classify."""
    values = {f"{prefix}loss": loss}
    if accuracy is not None:
        values[f"{prefix}accuracy"] = accuracy
    return values
