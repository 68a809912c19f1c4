"""Trains members, and says how each of them did."""

from __future__ import annotations

from typing import Any, NamedTuple

from filbert import _core
from filbert._edge import checks
from filbert._many.members import Prepared
from filbert._training.diverged import diverged
from filbert.history import History


class Outcome(NamedTuple):
    """What has come of a member."""

    history: History
    score: float
    ending: str
    best_epoch: int | None
    error: str | None


def run(members: list[Prepared], keep: object, every: object, n_threads: object) -> list[Outcome]:
    """Train all of them; TypeError or ValueError, naming the argument, before anything is."""
    part = checks.real("keep", keep)
    if not 0.0 < part <= 1.0:
        raise ValueError(f"keep: expected a number above 0 and at most 1, got {part}")
    epochs = 0 if every is None else checks.integer("every", every, 1)
    if (part < 1.0) != (epochs > 0):
        expected, got = ("a number of epochs", "None") if part < 1.0 else ("None", epochs)
        raise ValueError(f"every: expected {expected} with keep={part}, got {got}")
    threads = 0 if n_threads is None else checks.integer("n_threads", n_threads, 1, 1024)
    told = _core.fit_many([one.core for one in members], threads, part, epochs)
    return [_outcome(*each) for each in zip(members, told, strict=True)]


def _outcome(member: Prepared, told: dict[str, Any]) -> Outcome:
    error = told["error"] or None
    if told["divergence"] is not None:
        names = member.network._core.feature_names
        error = str(diverged(_core.Diverged(*told["divergence"]), names))
    best_epoch = told["best_epoch"] or None
    return Outcome(History(told["history"]), told["score"], told["ending"], best_epoch, error)
