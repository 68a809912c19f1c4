"""What a fit reports, epoch by epoch."""

from __future__ import annotations

from collections.abc import Mapping


class History(dict[str, list[float]]):
    """The numbers of each epoch: a dict from names to lists, one entry for each epoch.

    The names are `loss`, and `accuracy` for a network that classifies; with validation data also
    `val_loss` and `val_accuracy`. Losses and accuracies of the training data are means over the
    epoch as trained, each batch before its update. Being a dict, it is what `pandas.DataFrame` and
    `json.dumps` take. Copies share no lists.
    """

    __module__ = "filbert"

    def __init__(self, values: Mapping[str, list[float]] | None = None) -> None:
        super().__init__((name, list(numbers)) for name, numbers in (values or {}).items())

    @property
    def epochs(self) -> int:
        """The number of epochs."""
        return max(map(len, self.values()), default=0)

    def append(self, values: Mapping[str, float]) -> None:
        """Add the numbers of one epoch."""
        for name, value in values.items():
            self.setdefault(name, []).append(value)

    def copy(self) -> History:
        """Another one, with lists of its own."""
        return History(self)

    __copy__ = copy

    def __repr__(self) -> str:
        last = ", ".join(f"{name} {v[-1]:.4g}" for name, v in self.items() if v)
        count = "1 epoch" if self.epochs == 1 else f"{self.epochs} epochs"
        return f"History({count}: {last})" if last else "History(no epochs)"
