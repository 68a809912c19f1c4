"""What a fit reports, epoch by epoch."""

from __future__ import annotations

import importlib
import math
from collections.abc import Mapping
from typing import Any


class History(dict[str, list[float]]):
    """The numbers of each epoch: a dict from names to lists, one entry for each epoch.

    The names are `loss`, and `accuracy` for a network that classifies; with validation data also
    `val_loss` and `val_accuracy`; and those of the metrics. Losses and accuracies of the training
    data are means over the epoch as trained, each batch before its update. Being a dict, it is what
    `pandas.DataFrame` and `json.dumps` take. Copies share no lists.

    Attributes
    ----------
    seconds : list of float
        How long each epoch took, with all that happened in it: validation, metrics, and the
        callbacks after the epoch before. NaN for the epochs before a checkpoint. It is no entry of
        the dict, so that equal trainings have equal histories, and no file keeps it.
    refit : History or None
        That of the second training, where the fit had `refit=True`.
    """

    __module__ = "filbert"

    def __init__(self, values: Mapping[str, list[float]] | None = None) -> None:
        super().__init__((name, list(numbers)) for name, numbers in (values or {}).items())
        self.seconds: list[float] = list(getattr(values, "seconds", ()))
        if not self.seconds:
            self.seconds = [math.nan] * self.epochs
        self.refit: History | None = getattr(values, "refit", None)

    @property
    def epochs(self) -> int:
        """The number of epochs."""
        return max(map(len, self.values()), default=0)

    def append(self, values: Mapping[str, float]) -> None:
        """Add the numbers of one epoch."""
        for name, value in values.items():
            self.setdefault(name, []).append(value)
        self.seconds.append(math.nan)

    def copy(self) -> History:
        """Another one, with lists of its own."""
        return History(self)

    __copy__ = copy

    def to_dict(self) -> dict[str, list[float]]:
        """A plain dict, with lists of its own."""
        return {name: list(numbers) for name, numbers in self.items()}

    def to_pandas(self) -> Any:
        """A pandas.DataFrame with a row for each epoch, its index `epoch` from 1.

        Raises ImportError if pandas is not installed.
        """
        try:
            pandas = importlib.import_module("pandas")
        except ImportError:
            raise ImportError(
                "History.to_pandas: expected pandas to be installed; try pip install pandas"
            ) from None
        index = pandas.RangeIndex(1, self.epochs + 1, name="epoch")
        return pandas.DataFrame(dict(self), index=index)

    def __repr__(self) -> str:
        last = ", ".join(f"{name} {v[-1]:.4g}" for name, v in self.items() if v)
        count = "1 epoch" if self.epochs == 1 else f"{self.epochs} epochs"
        return f"History({count}: {last})" if last else "History(no epochs)"
