"""The target of a table: classes or numbers, as training and scores take them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from filbert import _core
from filbert._commands.cells import Numbers, Texts
from filbert._commands.table_columns import plural
from filbert.errors import FormatError

if TYPE_CHECKING:
    from numpy.typing import NDArray

FEW = 10  # so many different whole numbers are taken for classes


class Target(NamedTuple):
    """What is to be predicted: y (n,) has the index of each row's class, or float64 values.

    classes: labels, sorted, or None for values. why: which of the two it was taken for.
    """

    name: str
    y: NDArray[Any]
    classes: list[str] | list[int] | None
    why: str

    @property
    def outputs(self) -> int:
        """How many outputs a network for it has."""
        return 1 if self.classes is None else len(self.classes)


def target_of(table: str, name: str, values: Numbers | Texts, task: str | None) -> Target:
    """The target that a column is. task: "classify", "regress", or None to decide."""
    where = f"{table}, target {name!r}"
    if isinstance(values, Texts):
        if task == "regress":
            raise FormatError(
                f"{where}: expected numbers for --task regress, got {values.values[0]!r}"
            )
        return _texts(where, name, values)
    numbers = values.values
    distinct = np.unique(numbers)
    if len(distinct) < 2:
        raise FormatError(f"{where}: expected different values, got {distinct[0]:g} in all rows")
    is_whole = (
        bool(np.all(distinct == np.floor(distinct))) and float(np.abs(distinct).max()) < 2**53
    )
    few = is_whole and len(distinct) <= FEW and 2 * len(distinct) <= len(numbers)
    if task == "regress" or (task is None and not few):
        why = "as --task says" if task else "--task classify takes them for classes"
        return Target(
            name, numbers, None, f"numbers from {distinct[0]:g} to {distinct[-1]:g} ({why})"
        )
    if len(distinct) > 10_000:
        raise FormatError(f"{where}: expected at most 10,000 classes, got {len(distinct):,}")
    y = np.searchsorted(distinct, numbers)
    labels = [int(v) for v in distinct] if is_whole else [f"{v:g}" for v in distinct]
    if len(set(labels)) < len(labels):
        labels = [repr(float(v)) for v in distinct]
    why = "as --task says" if task else "--task regress takes them for numbers"
    return Target(name, y, labels, f"{_counted(labels, y)} ({why})")


def _texts(where: str, name: str, texts: Texts) -> Target:
    used, y = np.unique(texts.codes, return_inverse=True)
    labels = [texts.values[code] for code in used]
    if len(labels) < 2:
        raise FormatError(f"{where}: expected different values, got {labels[0]!r} in all rows")
    if len(labels) == len(y):
        raise FormatError(
            f"{where}: expected values that come again, got another one in each row, such as "
            f"{labels[0]!r}"
        )
    return Target(name, y, labels, _counted(labels, y))


def _counted(labels: list[str] | list[int], y: NDArray[Any]) -> str:
    counts = np.bincount(y, minlength=len(labels))
    shown = [f"{label} ({count:,})" for label, count in zip(labels[:6], counts, strict=False)]
    more = ", ..." if len(labels) > 6 else ""
    return f"{plural(len(labels), 'class', 'classes')}: {', '.join(shown)}{more}"


def held_out(target: Target, share: float, seed: int) -> NDArray[np.bool_]:
    """Which rows (n,) are held out: a share of each class, or of all; at least one of each is left.

    They are chosen by the core's permutation, which is the same on every machine.
    """
    n = len(target.y)
    order = _core.epoch_order(n, seed, 0, 0, n)
    chosen = np.zeros(n, bool)
    groups = (
        [order]
        if target.classes is None
        else [order[target.y[order] == k] for k in range(len(target.classes))]
    )
    for group in groups:
        chosen[group[: min(len(group) - 1, round(share * len(group)))]] = True
    return chosen
