"""The progress line of a fit, on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import Any

from filbert._edge import stderr

DELAY = 1.0  # seconds: shorter fits show nothing, unless asked to


def progress_of(progress: bool | None, epochs: int) -> Progress | None:
    """What shows the progress of a fit, or None if nothing does.

    progress: True shows it, False does not, None shows it on a terminal once the fit has lasted
    for a second.
    """
    if progress is False or (progress is None and not stderr.is_terminal(sys.stderr)):
        return None
    return Progress(epochs, delay=0.0 if progress else DELAY)


class Progress:
    """A bar of tqdm's if that is installed, else a line an epoch."""

    def __init__(self, epochs: int, delay: float) -> None:
        self._epochs = epochs
        self._epoch = 0
        self._start = time.monotonic()
        self._delay = delay
        self._bar: Any = None
        if delay == 0.0:
            self._open()

    def _open(self) -> None:
        self._bar = stderr.bar(total=self._epochs, initial=self._epoch, desc="fit", unit="epoch")

    def update(self, values: Mapping[str, float]) -> None:
        """One more epoch has ended, with these numbers."""
        if self._bar is None and self._delay > 0.0:
            if time.monotonic() - self._start < self._delay:
                self._epoch += 1
                return
            self._delay = 0.0
            self._open()
        self._epoch += 1
        numbers = ", ".join(f"{name} {value:.4f}" for name, value in values.items())
        with stderr.dropping_errors():
            if self._bar is not None:
                self._bar.set_postfix_str(numbers, refresh=False)
                self._bar.update()
            else:
                line = f"epoch {self._epoch}/{self._epochs}: {numbers}"
                print(line, file=stderr.stderr(), flush=True)

    def close(self) -> None:
        """Leave the line as it is; also after an exception."""
        if self._bar is not None:
            with stderr.dropping_errors():
                self._bar.close()
