"""Adam, and the rules that come from it."""

from __future__ import annotations

from filbert._edge.schedule import Schedule
from filbert.optimizers.base import Optimizer


class Adam(Optimizer):
    """Adam (Kingma and Ba 2015), with bias correction.

    Parameters
    ----------
    learning_rate
        Finite, not negative; or one of `filbert.schedules`.
    beta1, beta2
        Decay rates of the two moments, in [0, 1); beta2 may be a schedule of such numbers.
    epsilon
        Positive; added to the square root of the second moment.
    amsgrad
        Divide by the largest second moment so far (Reddi, Kale and Kumar 2018).
    epsilon_inside
        Correct the bias of epsilon too, as scikit-learn does: epsilon is added to the root before
        its bias is corrected (Kingma and Ba 2015, end of section 2). False is PyTorch's form.
    weight_decay, l1, l2
        As in SGD.

    Raises
    ------
    TypeError, ValueError
        If an option is not of its type, or out of its range.
    """

    _rule = "adam"
    beta1: float
    beta2: float | Schedule
    epsilon: float
    amsgrad: bool
    epsilon_inside: bool
    l1: float

    def __init__(
        self,
        learning_rate: float | Schedule = 0.001,
        *,
        beta1: float = 0.9,
        beta2: float | Schedule = 0.999,
        epsilon: float = 1e-8,
        amsgrad: bool = False,
        epsilon_inside: bool = False,
        weight_decay: float | Schedule = 0.0,
        l1: float = 0.0,
        l2: float = 0.0,
    ) -> None:
        self._start(locals())


class AdamW(Optimizer):
    """Adam with decoupled weight decay (Loshchilov and Hutter 2019), as in PyTorch.

    Parameters
    ----------
    learning_rate
        Finite, not negative; or one of `filbert.schedules`.
    beta1, beta2, epsilon, amsgrad
        As in Adam.
    weight_decay
        Subtracts learning_rate * weight_decay * w from every parameter w, beside Adam's step; a
        number, or a schedule.
    l1, l2
        As in SGD.

    Raises
    ------
    TypeError, ValueError
        If an option is not of its type, or out of its range.
    """

    _rule = "adamw"
    beta1: float
    beta2: float | Schedule
    epsilon: float
    amsgrad: bool
    l1: float

    def __init__(
        self,
        learning_rate: float | Schedule = 0.001,
        *,
        beta1: float = 0.9,
        beta2: float | Schedule = 0.999,
        epsilon: float = 1e-8,
        amsgrad: bool = False,
        weight_decay: float | Schedule = 0.01,
        l1: float = 0.0,
        l2: float = 0.0,
    ) -> None:
        self._start(locals())


class NAdam(Optimizer):
    """Adam with Nesterov's momentum (Dozat 2016), as in PyTorch.

    Parameters
    ----------
    learning_rate
        Finite, not negative; or one of `filbert.schedules`.
    beta1, beta2, epsilon
        As in Adam.
    momentum_decay
        Finite, not negative: in step t the momentum is beta1 (1 - 0.96^(t momentum_decay) / 2).
    weight_decay, l1, l2
        As in SGD.

    Raises
    ------
    TypeError, ValueError
        If an option is not of its type, or out of its range.
    """

    _rule = "nadam"
    beta1: float
    beta2: float | Schedule
    epsilon: float
    momentum_decay: float
    l1: float

    def __init__(
        self,
        learning_rate: float | Schedule = 0.002,
        *,
        beta1: float = 0.9,
        beta2: float | Schedule = 0.999,
        epsilon: float = 1e-8,
        momentum_decay: float = 0.004,
        weight_decay: float | Schedule = 0.0,
        l1: float = 0.0,
        l2: float = 0.0,
    ) -> None:
        self._start(locals())


class Adamax(Optimizer):
    """Adam with the infinity norm for the second moment (Kingma and Ba 2015, section 7).

    Parameters
    ----------
    learning_rate
        Finite, not negative; or one of `filbert.schedules`.
    beta1, beta2
        Decay rates of the mean and of the largest gradient, in [0, 1); beta2 may be a schedule of
        such numbers.
    epsilon
        Positive; added to |g|, as in PyTorch.
    weight_decay, l1, l2
        As in SGD.

    Raises
    ------
    TypeError, ValueError
        If an option is not of its type, or out of its range.
    """

    _rule = "adamax"
    beta1: float
    beta2: float | Schedule
    epsilon: float
    l1: float

    def __init__(
        self,
        learning_rate: float | Schedule = 0.002,
        *,
        beta1: float = 0.9,
        beta2: float | Schedule = 0.999,
        epsilon: float = 1e-8,
        weight_decay: float | Schedule = 0.0,
        l1: float = 0.0,
        l2: float = 0.0,
    ) -> None:
        self._start(locals())
