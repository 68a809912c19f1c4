"""Rules that go by the sign of a gradient."""

from __future__ import annotations

from filbert._edge.schedule import Schedule
from filbert.optimizers.base import Optimizer


class Lion(Optimizer):
    """Lion (Chen et al. 2023): steps of one size, along the sign of a mean of the gradients.

    Parameters
    ----------
    learning_rate
        Finite, not negative; or one of `filbert.schedules`.
    beta1
        Decay rate of the mean whose sign is the step, in [0, 1).
    beta2
        Decay rate of the mean that is kept, in [0, 1); or a schedule of such numbers.
    weight_decay
        Subtracts learning_rate * weight_decay * w from every parameter w, beside the step; a
        number, or a schedule.
    l1, l2
        As in SGD.

    Raises
    ------
    TypeError, ValueError
        If an option is not of its type, or out of its range.
    """

    _rule = "lion"
    beta1: float
    beta2: float | Schedule
    l1: float

    def __init__(
        self,
        learning_rate: float | Schedule = 0.0001,
        *,
        beta1: float = 0.9,
        beta2: float | Schedule = 0.99,
        weight_decay: float | Schedule = 0.0,
        l1: float = 0.0,
        l2: float = 0.0,
    ) -> None:
        self._start(locals())


class RProp(Optimizer):
    """RProp (Riedmiller and Braun 1993), as in PyTorch: every parameter has its own size of a step.

    Parameters
    ----------
    learning_rate
        The size of the first step; finite, not negative. Later ones go by the sizes that they have
        come to, so that a new rate, or a schedule, changes nothing after the first step.
    eta_minus
        What a size is multiplied by when the sign of the gradient changes, in [0, 1). The parameter
        then waits for one step.
    eta_plus
        What it is multiplied by while the sign stays, above 1.
    smallest_step, largest_step
        Positive; sizes stay between them.
    weight_decay, l1, l2
        As in SGD.

    Raises
    ------
    TypeError, ValueError
        If an option is not of its type, or out of its range.

    Notes
    -----
    It goes by signs, so that it needs gradients of the whole data set: without a `batch_size`,
    `Network.fit` takes all rows as one batch. A smaller batch_size is taken as it is, as in PyTorch.
    """

    _rule = "rprop"
    eta_minus: float
    eta_plus: float
    smallest_step: float
    largest_step: float
    l1: float

    def __init__(
        self,
        learning_rate: float | Schedule = 0.01,
        *,
        eta_minus: float = 0.5,
        eta_plus: float = 1.2,
        smallest_step: float = 1e-6,
        largest_step: float = 50.0,
        weight_decay: float | Schedule = 0.0,
        l1: float = 0.0,
        l2: float = 0.0,
    ) -> None:
        self._start(locals())
