"""What a fit reports, epoch by epoch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping


class History(Mapping[str, list[float]]):
    """The numbers of each epoch: a mapping from names to lists, one entry for each epoch.

    The names are `loss`, and `accuracy` for a network that classifies; with validation data also
    `val_loss` and `val_accuracy`. Losses and accuracies of the training data are means over the
    epoch as trained, each batch before its update.
    """

    def __init__(self, values: Mapping[str, list[float]] | None = None) -> None:
        self._values = {name: list(numbers) for name, numbers in (values or {}).items()}

    def __getitem__(self, name: str) -> list[float]:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    @property
    def epochs(self) -> int:
        """The number of epochs."""
        return max((len(numbers) for numbers in self._values.values()), default=0)

    def append(self, values: Mapping[str, float]) -> None:
        """Add the numbers of one epoch."""
        for name, value in values.items():
            self._values.setdefault(name, []).append(value)

    def __copy__(self) -> History:
        return History(self._values)

    def __repr__(self) -> str:
        last = ", ".join(f"{name} {v[-1]:.4g}" for name, v in self._values.items() if v)
        count = "1 epoch" if self.epochs == 1 else f"{self.epochs} epochs"
        return f"History({count}: {last})" if last else "History(no epochs)"
