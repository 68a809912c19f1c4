"""The arguments of a fit that are not data, each of them checked once."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from filbert import _core, losses
from filbert._edge import checks
from filbert.callbacks import AfterEachEpoch, Callback
from filbert.optimizers.base import Optimizer, class_names

if TYPE_CHECKING:
    from filbert._core import Network32, Network64


class Options(NamedTuple):
    """How to train, as the user has asked for it."""

    epochs: int
    batch_size: int | None  # None: as the optimizer says
    loss: str
    optimizer: Optimizer | None
    shuffle: bool
    progress: bool | None
    callbacks: list[Callback]

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
    ) -> Options:
        """TypeError or ValueError for what the network cannot be trained with."""
        if optimizer is not None and not isinstance(optimizer, Optimizer):
            raise TypeError(f"optimizer: expected {class_names()}, got {checks.shown(optimizer)}")
        return cls(
            epochs=checks.integer("epochs", epochs, 1),
            batch_size=None if batch_size is None else checks.integer("batch_size", batch_size, 1),
            loss=loss_of(core, loss),
            optimizer=optimizer,
            shuffle=checks.flag("shuffle", shuffle),
            progress=None if progress is None else checks.flag("progress", progress),
            callbacks=as_callbacks("callbacks", callbacks),
        )


def loss_of(core: Network32 | Network64, loss: object) -> str:
    """A loss that fits the output of a network; None becomes the one that the output asks for."""
    output = core.activations[-1]
    if loss is None:
        return _core.default_loss(output)
    return _core.checked_loss(losses.text_of(loss), output)


def as_callbacks(name: str, callbacks: object) -> list[Callback]:
    """Callbacks; functions of the state become such."""
    if not isinstance(callbacks, (list, tuple)):
        raise TypeError(f"{name}: expected a list of callbacks, got {checks.shown(callbacks)}")
    return [_as_callback(f"{name}[{i}]", callback) for i, callback in enumerate(callbacks)]


def _as_callback(name: str, callback: object) -> Callback:
    if isinstance(callback, Callback):
        return callback
    if not callable(callback) or isinstance(callback, type):
        raise TypeError(
            f"{name}: expected a Callback or a function of the state, got {checks.shown(callback)}"
        )
    return AfterEachEpoch(callback)
