"""Callbacks that write the numbers of each epoch somewhere else than into the history."""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any, TextIO

from filbert._edge import checks
from filbert.callbacks import Callback

if TYPE_CHECKING:
    from filbert.callbacks import State

__all__ = ["CSVLog", "TensorBoard"]


class CSVLog(Callback):
    """A file of comma-separated values with a line for each epoch, which is there at once.

    The first line has the names: `epoch`, and those of the history. Numbers are written so that
    reading them gives the same float64. A fit that resumes from a checkpoint goes on with the file:
    lines of later epochs than that of the checkpoint are taken out first. Any other fit begins a
    new file.

    Parameters
    ----------
    path
        The file.
    """

    __module__ = "filbert"

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = checks.path("path", path)
        self._file: TextIO | None = None

    @property
    def path(self) -> str:
        """The file."""
        return self._path

    def on_start(self, state: State) -> None:
        """Open the file: a path that cannot be written to shows before anything has changed."""
        header = ",".join(["epoch", *state._names])
        kept = [header, *self._lines(header, state.epoch)]
        self._file = open(self._path, "w", encoding="utf-8", newline="\n")  # noqa: SIM115
        self._file.writelines(f"{line}\n" for line in kept)
        self._file.flush()

    def _lines(self, header: str, epochs: int) -> list[str]:
        """What the file already says of the first epochs, if it is of such a fit."""
        if epochs == 0 or not os.path.exists(self._path):
            return []
        with open(self._path, encoding="utf-8") as file:
            lines = file.read().splitlines()
        if lines[:1] != [header]:
            raise ValueError(
                f"path: expected a file with the first line {header!r} to go on with, got "
                f"{checks.shown(lines[0] if lines else '')}"
            )
        return [line for line in lines[1 : epochs + 1] if line.count(",") == header.count(",")]

    def on_epoch_end(self, state: State) -> None:
        """Write a line."""
        assert self._file is not None
        numbers = [repr(float(state.values[name])) for name in state._names]
        self._file.write(",".join([str(state.epoch), *numbers]) + "\n")
        self._file.flush()

    def on_end(self, state: State, reason: str) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def __repr__(self) -> str:
        return f"CSVLog({self._path!r})"


class TensorBoard(Callback):
    """The numbers of each epoch for TensorBoard, through tensorboardX or else PyTorch.

    Parameters
    ----------
    logdir
        The folder of this run.

    Raises
    ------
    ImportError
        If neither can be imported.
    """

    __module__ = "filbert"

    def __init__(self, logdir: str | os.PathLike[str]) -> None:
        self._logdir = checks.path("logdir", logdir)
        self._make = _summary_writer()
        self._writer: Any = None

    @property
    def logdir(self) -> str:
        """The folder of this run."""
        return self._logdir

    def on_start(self, state: State) -> None:
        """Begin a file of events; those of later epochs than this one do not count any more."""
        self._writer = self._make(self._logdir, purge_step=state.epoch + 1)

    def on_epoch_end(self, state: State) -> None:
        """Write the numbers."""
        for name, value in state.values.items():
            self._writer.add_scalar(name, value, state.epoch)
        self._writer.flush()

    def on_end(self, state: State, reason: str) -> None:
        """Close the file."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def __repr__(self) -> str:
        return f"TensorBoard({self._logdir!r})"


def _summary_writer() -> Any:
    """The class that writes files of events."""
    for name in ("tensorboardX", "torch.utils.tensorboard"):
        try:
            return importlib.import_module(name).SummaryWriter
        except ImportError:
            continue
    raise ImportError(
        "TensorBoard: expected tensorboardX, or torch with tensorboard, got neither; try "
        "pip install tensorboardX"
    )
