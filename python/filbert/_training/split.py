"""`validation_split`: which rows of a fit are kept for validation."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from filbert import _core
from filbert._edge import checks
from filbert._edge.checks import first_ten

if TYPE_CHECKING:
    from numpy.typing import NDArray

EPOCH = 2**64 - 1  # no fit has so many: its order of the rows is free for this


class Split(NamedTuple):
    """How many rows are kept, of which kind."""

    kinds: NDArray[Any]  # (n,) the index of the class of each row, or 0 where y holds no labels
    kept: NDArray[np.int64]  # how many rows of each kind are for validation

    @classmethod
    def of(
        cls,
        validation_split: object,
        n: int,
        labels: NDArray[Any] | None,
        classes: NDArray[Any] | None,
    ) -> Split:
        """ValueError where the training or the validation would be without rows, or without a
        class that y has. labels: of the rows, if they have such. classes: what they are called."""
        fraction = checks.real("validation_split", validation_split)
        if not 0.0 < fraction < 1.0:
            raise ValueError(f"validation_split: expected a number between 0 and 1, got {fraction}")
        kinds = np.zeros(n, np.int32) if labels is None else labels
        kept = []
        for kind, count in enumerate(np.bincount(kinds).tolist()):
            if count == 1:
                what = "" if labels is None else f" of class {_name(kind, classes)}"
                raise ValueError(
                    f"validation_split: expected at least two rows{what} to split, got one"
                )
            kept.append(min(max(1, math.floor(fraction * count + 0.5)), count - 1) if count else 0)
        return cls(kinds, np.array(kept, np.int64))

    @property
    def size(self) -> int:
        """How many rows are kept."""
        return int(self.kept.sum())

    def rows(self, key: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
        """The rows to train on and those that are kept, each in their order.

        Of each class the first in an order by the key are kept.
        """
        n = len(self.kinds)
        order = _core.epoch_order(n, key, EPOCH, 0, n)
        by_kind = order[np.argsort(self.kinds[order], kind="stable")]
        counts = np.bincount(self.kinds, minlength=len(self.kept))
        place = np.arange(n) - np.repeat(np.cumsum(counts) - counts, counts)  # among their kind
        is_kept = np.zeros(n, bool)
        is_kept[by_kind[place < np.repeat(self.kept, counts)]] = True
        return tuple(np.flatnonzero(each).astype(np.uint64) for each in (~is_kept, is_kept))  # type: ignore[return-value]


def _name(kind: int, classes: NDArray[Any] | None) -> str:
    return first_ten([kind if classes is None else classes.tolist()[kind]])
