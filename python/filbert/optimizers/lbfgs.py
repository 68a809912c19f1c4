"""L-BFGS."""

from __future__ import annotations

from filbert._edge.schedule import Schedule
from filbert.optimizers.base import Optimizer


class LBFGS(Optimizer):
    """L-BFGS (Liu and Nocedal 1989), over the whole data set: an epoch of a fit is one iteration.

    Each iteration goes along -H g, where g is the gradient and H the inverse Hessian that the latest
    steps suggest, to a point that meets the strong Wolfe conditions, which the line search of Moré
    and Thuente (1994) finds. The fit ends before its last epoch once a tolerance is met; what the
    history reports of an epoch is of the parameters before its step.

    Parameters
    ----------
    learning_rate
        Times the direction, it is the first step that a line search tries; without a history, as in
        the first iteration, the length of that step. Finite, not negative; or one of
        `filbert.schedules`.
    history
        How many of the latest steps, each with the change of the gradient along it, H is made of;
        an integer. Each takes the memory of two networks.
    tolerance_gradient
        The fit ends where no |derivative| is larger; finite, not negative.
    tolerance_change
        The fit ends after a step in which no parameter has changed by more; finite, not negative.
    tolerance_cost
        The fit ends after a step that has lowered the cost by no more than this times the larger of
        its magnitudes before and after the step, and of 1; finite, not negative. 0: never.
    max_evaluations
        How often one line search may evaluate the cost and its gradient; an integer.
    weight_decay
        Adds the penalty weight_decay / 2 times the sum of the squares of all parameters; a number,
        or a schedule.
    l2
        Adds the penalty l2 sum w^2, for weights only. There is no l1, which has no derivative at 0.

    Raises
    ------
    TypeError, ValueError
        If an option is not of its type, or out of its range.

    Notes
    -----
    `Network.fit` takes all rows as one batch: a smaller batch_size is a ValueError, and `shuffle`
    does nothing. `step` is a ValueError, for one gradient is not enough for a line search.
    """

    _rule = "lbfgs"
    history: int
    tolerance_gradient: float
    tolerance_change: float
    tolerance_cost: float
    max_evaluations: int

    def __init__(
        self,
        learning_rate: float | Schedule = 1.0,
        *,
        history: int = 10,
        tolerance_gradient: float = 1e-7,
        tolerance_change: float = 1e-9,
        tolerance_cost: float = 0.0,
        max_evaluations: int = 25,
        weight_decay: float | Schedule = 0.0,
        l2: float = 0.0,
    ) -> None:
        self._start(locals())

    @property
    def evaluations(self) -> int:
        """How often the cost and its gradient have been evaluated so far."""
        return self._core.evaluations
