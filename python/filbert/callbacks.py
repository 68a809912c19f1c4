"""Callbacks: what may happen between the epochs of a fit."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from filbert._edge import checks

if TYPE_CHECKING:
    from filbert._core import FitPosition, Training
    from filbert._training.resume import Save
    from filbert.history import History
    from filbert.network import Network
    from filbert.optimizers.base import Optimizer

__all__ = ["Callback", "Checkpoint", "State"]


class State:
    """What a callback sees of the fit that calls it.

    Attributes
    ----------
    network : Network
        The network that is trained. In `on_start` and `on_epoch_end`, which run in the thread that
        called `fit`, everything that leaves it as it is works: `predict`, `evaluate`, `forward`,
        `trace`, `save`, copies. Its parameters may be set through `parameters`, `w` and `b`: the
        next epoch starts from them. (In a fit with an average they are the mean of those that are
        trained, and to set them sets the mean.) What trains it, or loads a state dict into it, is a BusyError
        there. In `on_end` it is free for everything.
    optimizer : Optimizer
        The one that the fit uses. Its `learning_rate` may be set: the next step takes the new one.
    epochs : int
        How many epochs the fit is to have done at its end, those before its checkpoint included.
    epoch : int
        How many epochs are done. In `on_epoch_end` it is the number of the epoch that has ended,
        1, 2, ..., `epochs`; in `on_start` it is 0, or the epochs of the checkpoint that `resume`
        names.
    values : dict of str to float
        The numbers of the epoch that has ended: `loss`, and `accuracy`, `val_loss`,
        `val_accuracy` and metrics where the history has them. Empty in `on_start`.
    history : History
        The numbers of all epochs so far, that of the epoch that has ended included.
    """

    def __init__(
        self,
        network: Network,
        optimizer: Optimizer,
        epochs: int,
        epoch: int,
        history: History,
        position: FitPosition,
        save_to: Callable[[str], Save],
        names: list[str],
        training: Training,
    ) -> None:
        self.network = network
        self.optimizer = optimizer
        self.epochs = epochs
        self.epoch = epoch
        self.values: dict[str, float] = {}
        self.history = history
        self._position = position  # where a checkpoint that is written now goes on
        self._ends = False  # whether the epoch that has ended is the last one of the fit
        self._save_to = save_to
        self._names = names  # those of the numbers of each epoch, in the order of the history
        self._training = training  # what a checkpoint keeps beside the position
        self._saves: dict[int, Save] = {}  # by the id of their Checkpoint

    def __repr__(self) -> str:
        numbers = "".join(f", {name} {value:.4g}" for name, value in self.values.items())
        return f"State(epoch {self.epoch} of {self.epochs}{numbers})"


class Callback:
    """Something that is done when a fit starts, after each of its epochs, and at its end.

    Inherit from it, override what is needed, and pass an object to `Network.fit(callbacks=[...])`.
    Where only `on_epoch_end` is needed, a function f(state) does as well.

    After each epoch, first the validation data are evaluated, then the history takes the numbers of
    the epoch, then the callbacks run in the order in which they are given, then every Checkpoint
    writes its file, and last the progress is shown. The same order holds for `on_start` and
    `on_end`.

    An exception of a callback ends the fit, after the checkpoints have been written, and is raised
    as it is. The network then holds what it has learned so far.
    """

    __module__ = "filbert"
    _judges = False  # whether it says itself what is to be said of the result

    def on_start(self, state: State) -> None:
        """When all arguments have been checked, before the first step.

        After an exception the network is as it was, unless a callback has changed it.
        """

    def on_epoch_end(self, state: State) -> object:
        """After each epoch. If this returns False, the fit ends once the other callbacks have run.

        An epoch whose callbacks an exception has interrupted ends again, for all of them, in the
        fit that resumes from the checkpoint.
        """

    def on_end(self, state: State, reason: str) -> None:
        """At the end of the fit; not called where `on_start` has not returned.

        Parameters
        ----------
        state
            As after the last epoch that has ended.
        reason
            "finished" after all epochs or when LBFGS has converged, "stopped" if a callback returned
            False or `max_seconds` have passed, "interrupted" if an exception ends the fit: of a
            callback, of the handler of a signal, as that of Ctrl-C, or a DivergedError.
            That one is what `fit` raises in the end; what `on_end` itself raises becomes a note on
            it (`__notes__`).
        """


class AfterEachEpoch(Callback):
    """A function f(state) as a callback."""

    def __init__(self, function: Callable[[State], object]) -> None:
        self._function = function

    def on_epoch_end(self, state: State) -> object:
        return self._function(state)


class Checkpoint(Callback):
    """A file in which a fit keeps what it needs to go on, should it be interrupted.

    The file is replaced whole: before the first step, after every `every`-th epoch and the last
    one, when `max_seconds` have passed, and when an exception ends the fit, such as that of Ctrl-C
    or of the handler of another signal; but a DivergedError leaves the file as it is. That
    exception is raised even if the file cannot be written then, which is noted on it.
    `filbert.load` reads the file as the network that it holds; `fit(..., resume=path)` goes on from
    it.

    Parameters
    ----------
    path
        The file.
    every
        A number of epochs.
    """

    __module__ = "filbert"

    def __init__(self, path: str | os.PathLike[str], *, every: int = 1) -> None:
        self._path = checks.path("path", path)
        self._every = checks.integer("every", every, 1)

    @property
    def path(self) -> str:
        """The file."""
        return self._path

    @property
    def every(self) -> int:
        """A number of epochs."""
        return self._every

    def on_start(self, state: State) -> None:
        """Write the file: a path that cannot be written to shows before anything has changed."""
        save = state._save_to(self._path)
        save(state._position)
        state._saves[id(self)] = save  # from now on, what is written if an exception ends the fit

    def on_epoch_end(self, state: State) -> None:
        """Write the file if it is time for it."""
        if state.epoch % self._every == 0 or state._ends:
            state._saves[id(self)](state._position)

    def __repr__(self) -> str:
        return f"Checkpoint({self._path!r}, every={self._every})"
