"""The progress line of a fit, on stderr."""

from __future__ import annotations

import sys
import time
from typing import Any

from filbert._edge import stderr
from filbert.callbacks import Callback, State

DELAY = 1.0  # seconds: shorter fits show nothing, unless asked to


def progress_of(progress: bool | None) -> list[Callback]:
    """What shows the progress of a fit, if anything does.

    progress: True shows it, False does not, None shows it on a terminal once the fit has lasted
    for a second.
    """
    if progress is False or (progress is None and not stderr.is_terminal(sys.stderr)):
        return []
    return [Progress(delay=0.0 if progress else DELAY)]


class Progress(Callback):
    """A bar of tqdm's if that is installed, else a line an epoch."""

    def __init__(self, delay: float) -> None:
        self._delay = delay
        self._waiting = True
        self._bar: Any = None

    def on_start(self, state: State) -> None:
        self._start = time.monotonic()
        if self._delay == 0.0:
            self._open(state.epochs, state.epoch)

    def _open(self, epochs: int, epoch: int) -> None:
        self._waiting = False
        self._bar = stderr.bar(total=epochs, initial=epoch, desc="fit", unit="epoch")

    def on_epoch_end(self, state: State) -> None:
        if self._waiting:
            if time.monotonic() - self._start < self._delay:
                return
            self._open(state.epochs, state.epoch - 1)
        numbers = ", ".join(f"{name} {value:.4f}" for name, value in state.values.items())
        with stderr.dropping_errors():
            if self._bar is not None:
                self._bar.set_postfix_str(numbers, refresh=False)
                self._bar.update()
            else:
                line = f"epoch {state.epoch}/{state.epochs}: {numbers}"
                print(line, file=stderr.stderr(), flush=True)

    def on_end(self, state: State, reason: str) -> None:
        """Leave the line as it is."""
        if self._bar is not None:
            with stderr.dropping_errors():
                self._bar.close()
