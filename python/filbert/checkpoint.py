"""Checkpoints: trainings that are under way, in files."""

from __future__ import annotations

import os
from typing import NamedTuple

from filbert import _core
from filbert._edge import checks
from filbert.optimizers import Optimizer, optimizer_of


class Checkpoint:
    """Where `Network.fit` keeps what it needs to go on, should it be interrupted.

    The file is replaced whole: before the first step, after every `every`-th epoch and the last
    one, and when an exception ends the fit, such as that of Ctrl-C or of the handler of another
    signal. That exception is raised even if the file cannot be written then, which is noted on it.
    `filbert.load` reads the file as the network that it holds; `fit(..., resume=path)` goes on from
    it.

    Parameters
    ----------
    path
        The file.
    every
        A number of epochs.
    """

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

    def __repr__(self) -> str:
        return f"Checkpoint({self._path!r}, every={self._every})"


class Resumed(NamedTuple):
    """What a checkpoint holds."""

    network: _core.Network32 | _core.Network64
    optimizer: _core.Optimizer
    training: _core.Training
    history: dict[str, list[float]]


def load_resumed(path: object) -> Resumed:
    """FormatError if it is no checkpoint, OSError if it is missing."""
    return Resumed(*_core.load_checkpoint(checks.path("resume", path)))


def require_same(name: str, expected: object, got: object) -> None:
    """ValueError unless an argument is that of the checkpoint."""
    if expected != got:
        raise ValueError(f"{name}: expected {expected!r} as in the checkpoint, got {got!r}")


def require_same_options(expected: _core.FitOptions, got: _core.FitOptions) -> None:
    """ValueError unless a fit may go on with these options."""
    for name in expected.differences(got):
        argument = "rng" if name == "seed" else name
        require_same(argument, getattr(expected, name), getattr(got, name))


def require_same_network(resumed: Resumed, core: _core.Network32 | _core.Network64) -> None:
    """ValueError unless the checkpoint is of such a network.

    One that knows no classes, or no feature names, takes those of the checkpoint.
    """
    other = resumed.network
    require_same("sizes", other.sizes, core.sizes)
    require_same("activations", other.activations, core.activations)
    require_same("dtype", other.parameters.dtype.name, core.parameters.dtype.name)
    if core.classes is not None:
        known = None if other.classes is None else other.classes.tolist()
        require_same("classes", known, core.classes.tolist())
    if core.feature_names is not None:
        require_same("feature_names", other.feature_names, core.feature_names)


def resumed_optimizer(resumed: Resumed, given: Optimizer | None) -> Optimizer:
    """That of the checkpoint, or a given one that has the same options."""
    expected = optimizer_of(resumed.optimizer)
    if given is None:
        return expected
    if given._core.rule != expected._core.rule or given._core.options != expected._core.options:
        require_same("optimizer", expected, given)
    return given
