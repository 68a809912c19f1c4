"""Ending a fit when it gets no better, with its best weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from filbert import _core
from filbert._edge import checks
from filbert.callbacks import Callback

if TYPE_CHECKING:
    from filbert.callbacks import State

__all__ = ["EarlyStopping"]


MODES = ("min", "max")


class EarlyStopping(Callback):
    """Ends a fit when a number of its history gets no better, and puts the best weights back.

    They are put back whenever the fit ends: after the last epoch, after Ctrl-C and another
    exception too. Files of a Checkpoint hold the weights of their epoch to go on from, and the best
    ones besides, so that a fit that resumes stops where it would have stopped. A fit may have one
    of these.

    Parameters
    ----------
    monitor
        A name in the history, such as "val_loss", "loss" or "val_f1".
    patience
        After how many epochs without a better number the fit ends.
    min_delta
        By how much a number has to be better to count, not negative.
    best
        Which of several epochs with the best number is meant, "first" or "last".
    mode
        "min" or "max": whether a lower or a higher number is better. None: the name says it, but
        for that of a function of your own.

    Attributes
    ----------
    best_epoch : int or None
        Of the last fit: the epoch whose weights the network has.
    best_value : float or None
        Its number.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of these; when the fit starts, if its history has no such number.
    """

    __module__ = "filbert"

    def __init__(
        self,
        monitor: str = "val_loss",
        *,
        patience: int = 10,
        min_delta: float = 0.0,
        best: str = "first",
        mode: str | None = None,
    ) -> None:
        if not isinstance(monitor, str):
            raise TypeError(f"monitor: expected a name in the history, got {checks.shown(monitor)}")
        self._monitor = monitor
        self._patience = checks.integer("patience", patience, 1)
        self._min_delta = checks.real("min_delta", min_delta)
        if not 0.0 <= self._min_delta < float("inf"):
            raise ValueError(
                f"min_delta: expected a finite number >= 0, got {checks.shown(min_delta)}"
            )
        self._which = checks.choice("best", best, ("first", "last"))
        self._maximize = None if mode is None else checks.choice("mode", mode, MODES) == "max"
        self._mode = mode
        self._best: _core.BestEpoch | None = None

    @property
    def monitor(self) -> str:
        """A name in the history."""
        return self._monitor

    @property
    def patience(self) -> int:
        """After how many epochs without a better number the fit ends."""
        return self._patience

    @property
    def best_epoch(self) -> int | None:
        """Of the last fit: the epoch whose weights the network has; None if there is none."""
        return self._best.epoch or None if self._best is not None else None

    @property
    def best_value(self) -> float | None:
        """Its number."""
        return self._best.value if self._best is not None and self._best.epoch else None

    def on_start(self, state: State) -> None:
        """Check that there will be such a number."""
        self._maximize = self._maximizes(state._names)
        if state._training.best is None:
            state._training.best = _core.BestEpoch()
        self._best = state._training.best

    def _maximizes(self, names: Sequence[str]) -> bool:
        """Whether a higher number is better. ValueError unless a history of these names has it."""
        if self._monitor not in names:
            hint = "; there are no validation data" if self._monitor.startswith("val_") else ""
            raise ValueError(
                f"monitor: expected {checks.listed(names)}, got {self._monitor!r}"
                + (hint if "val_loss" not in names else "")
            )
        maximize = higher_is_better(self._monitor) if self._mode is None else self._mode == "max"
        if maximize is None:
            raise ValueError(
                f"mode: expected 'min' or 'max' for {self._monitor!r}, whose name does not say "
                "whether a higher number is better, got None"
            )
        return maximize

    def on_epoch_end(self, state: State) -> bool:
        """Count the epoch."""
        best = self._best
        assert best is not None
        assert self._maximize is not None
        value = state.values[self._monitor]
        core = state.network._core
        best.count(core, state.epoch, value, self._maximize, self._min_delta, self._which == "last")
        return not self.has_stopped(best)

    def has_stopped(self, best: _core.BestEpoch) -> bool:
        """Whether a fit that stands there has ended."""
        return best.bad >= self._patience

    def on_end(self, state: State, reason: str) -> None:
        """Put the best weights back."""
        if self._best is not None:
            self._best.put_back(state.network._core)

    def __repr__(self) -> str:
        given = [repr(self._monitor), f"patience={self._patience}"]
        if self._min_delta:
            given.append(f"min_delta={self._min_delta!r}")
        if self._which != "first":
            given.append(f"best={self._which!r}")
        if self._mode is not None:
            given.append(f"mode={self._mode!r}")
        return f"EarlyStopping({', '.join(given)})"


def higher_is_better(name: str) -> bool | None:
    """Whether a number of the history is better if it is higher; None if its name does not say."""
    name = name.removeprefix("val_")
    if name == "loss":
        return False
    try:
        return _core.higher_is_better(name)
    except ValueError:
        return None
