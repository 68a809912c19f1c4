"""What a search for a learning rate has found."""

from __future__ import annotations


class LearningRates:
    """The losses of a short training in which the learning rate grew from step to step.

    Attributes
    ----------
    rates : list of float
        The learning rate of each step.
    losses : list of float
        The loss at each step, smoothed: an exponential mean of those so far, without bias.
    suggestion : float
        A tenth of the rate at which the loss was lowest, but not less than the lowest rate.
    """

    __module__ = "filbert"

    def __init__(self, rates: list[float], losses: list[float], suggestion: float) -> None:
        self.rates: list[float] = rates
        self.losses: list[float] = losses
        self.suggestion: float = suggestion

    def __repr__(self) -> str:
        return f"LearningRates({len(self.rates)} steps, suggestion {self.suggestion:.3g})"
