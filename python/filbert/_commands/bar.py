"""Shows on stderr how much of its input a command has read."""

from __future__ import annotations

import time
from typing import Any

from filbert._edge import stderr
from filbert._training.progress import DELAY


class Bar:
    """A bar of tqdm if that is installed, else a line that changes. It appears after a second."""

    def __init__(self, what: str, total: int | None, unit: str) -> None:
        self._what, self._total, self._unit = what, total, unit
        self._start = time.monotonic()
        self._bar: Any = None
        self._shown = ""
        self._waiting = True

    def update(self, done: int) -> None:
        """Show that so much of the input has been read."""
        if self._waiting:
            if time.monotonic() - self._start < DELAY:
                return
            self._waiting = False
            self._bar = stderr.bar(
                total=self._total, desc=self._what, unit=self._unit, unit_scale=True
            )
        with stderr.dropping_errors():
            self._show(done)

    def _show(self, done: int) -> None:
        if self._bar is not None:
            self._bar.update(done - self._bar.n)
            return
        share = f"{100 * done // self._total} %" if self._total else f"{done:,} {self._unit}"
        text = f"{self._what}: {share}"
        if text != self._shown:
            print("\r" + text, end="", file=stderr.stderr(), flush=True)
            self._shown = text

    def close(self) -> None:
        """End the line and leave it there. May be called after an exception too."""
        if self._bar is not None:
            with stderr.dropping_errors():
                self._bar.close()
        elif self._shown:
            print(file=stderr.stderr(), flush=True)
