"""Schedules: the learning rate as a function of time, for the option learning_rate of optimizers.

The options beta2 and weight_decay may be schedules too, but for ReduceOnPlateau. Time is counted in epochs, and a schedule is as long as the fit: nobody has to count steps. A number
instead of a schedule is the same rate all the time.

>>> net.fit(X, y, epochs=10, optimizer=fb.AdamW(fb.schedules.Cosine(3e-3, warmup=1)))

All of them take these two options, Constant only the first:

warmup
    Epochs at the beginning in which the rate rises from 0 in a straight line, to where the schedule
    starts. The time u of the schedule, in the formulas below, is counted from their end.
length
    Epochs after which the rate stays as it is; those of the warm-up are among them. 0 or None is
    the whole fit. D = length - warmup epochs are left for the schedule.

docs/numerics.md has the operations of each, in double precision.
"""

from __future__ import annotations

from collections.abc import Sequence

from filbert._edge.schedule import Schedule

__all__ = [
    "Constant",
    "CosLog4",
    "Cosine",
    "Exponential",
    "FlatCosine",
    "InverseScaling",
    "MultiStep",
    "OneCycle",
    "Polynomial",
    "ReduceOnPlateau",
    "Step",
]


class Constant(Schedule):
    """The same rate all the time, as a number says it too; or after a warm-up.

    Parameters
    ----------
    rate
        Finite, not negative.
    warmup
        Epochs.
    """

    _name = "constant"

    def __init__(self, rate: float, *, warmup: float = 0.0) -> None:
        self._start(locals())


class Cosine(Schedule):
    """Half a cosine wave, from the rate down to the final one (Loshchilov and Hutter 2017, SGDR).

    final + (rate - final) (1 + cos(pi u / D)) / 2. With restarts the time D is cut into that many
    equal parts, with a wave in each: PyTorch's CosineAnnealingLR and CosineAnnealingWarmRestarts.

    Parameters
    ----------
    rate
        Where each wave starts; finite, not negative.
    final
        Where the last one ends, and what comes after `length`; finite, not negative.
    restarts
        How many times the wave starts: an integer, 1 or more.
    warmup, length
        Epochs.
    """

    _name = "cosine"
    final: float
    restarts: int

    def __init__(
        self,
        rate: float,
        *,
        final: float = 0.0,
        restarts: int = 1,
        warmup: float = 0.0,
        length: float | None = 0.0,
    ) -> None:
        self._start(locals())


class Step(Schedule):
    """A rate that is multiplied by a factor again and again: PyTorch's StepLR.

    rate * factor^floor(u / every).

    Parameters
    ----------
    rate
        The first one; finite, not negative.
    every
        Epochs from one reduction to the next; positive.
    factor
        In (0, 1].
    warmup, length
        Epochs.
    """

    _name = "step"
    every: float
    factor: float

    def __init__(
        self,
        rate: float,
        every: float,
        factor: float = 0.1,
        *,
        warmup: float = 0.0,
        length: float | None = 0.0,
    ) -> None:
        self._start(locals())


class MultiStep(Schedule):
    """A rate that is multiplied by a factor at each of some times: PyTorch's MultiStepLR.

    rate * factor^k, where k is the number of milestones that are <= u.

    Parameters
    ----------
    rate
        The first one; finite, not negative.
    milestones
        Epochs, counted from the end of the warm-up: 1 to 16 increasing numbers.
    factor
        In (0, 1].
    warmup, length
        Epochs.
    """

    _name = "multi_step"
    milestones: tuple[float, ...]
    factor: float

    def __init__(
        self,
        rate: float,
        milestones: Sequence[float],
        factor: float = 0.1,
        *,
        warmup: float = 0.0,
        length: float | None = 0.0,
    ) -> None:
        self._start(locals())


class Exponential(Schedule):
    """A decay by the same factor in every epoch: PyTorch's ExponentialLR, between epochs as well.

    rate * factor^u.

    Parameters
    ----------
    rate
        The first one; finite, not negative.
    factor
        In (0, 1], of an epoch.
    warmup, length
        Epochs.
    """

    _name = "exponential"
    factor: float

    def __init__(
        self, rate: float, factor: float, *, warmup: float = 0.0, length: float | None = 0.0
    ) -> None:
        self._start(locals())


class InverseScaling(Schedule):
    """A decay by a power of time: scikit-learn's "invscaling", Keras's InverseTimeDecay.

    rate / (1 + decay u)^power. Where decay is the number of training examples, it has the rates of
    scikit-learn's MLPClassifier at the beginning of each epoch, for that counts examples; with
    power 1 it is Keras's InverseTimeDecay.

    Parameters
    ----------
    rate
        The first one; finite, not negative.
    power
        Finite, not negative.
    decay
        How fast it falls, by the epoch; finite, not negative.
    warmup, length
        Epochs.
    """

    _name = "inverse_scaling"
    power: float
    decay: float

    def __init__(
        self,
        rate: float,
        power: float = 0.5,
        *,
        decay: float = 1.0,
        warmup: float = 0.0,
        length: float | None = 0.0,
    ) -> None:
        self._start(locals())


class Polynomial(Schedule):
    """A power of the time that is left: PyTorch's PolynomialLR, Keras's PolynomialDecay.

    final + (rate - final) (1 - u / D)^power; a straight line for power 1.

    Parameters
    ----------
    rate
        The first one; finite, not negative.
    power
        Finite, not negative.
    final
        The last one; finite, not negative.
    warmup, length
        Epochs.
    """

    _name = "polynomial"
    power: float
    final: float

    def __init__(
        self,
        rate: float,
        power: float = 1.0,
        final: float = 0.0,
        *,
        warmup: float = 0.0,
        length: float | None = 0.0,
    ) -> None:
        self._start(locals())


class OneCycle(Schedule):
    """Up to a peak and down to almost nothing (Smith and Topin 2019), as PyTorch's OneCycleLR.

    Half a cosine wave from peak / div_factor to the peak, until u = pct_start D, and half a wave
    from there to peak / div_factor / final_div_factor. Its time is continuous: PyTorch counts
    steps, and its phases end a step earlier. Momentum stays as it is.

    Parameters
    ----------
    peak
        The highest rate; finite, not negative.
    pct_start
        The part of the time in which the rate rises, in [0, 1).
    div_factor, final_div_factor
        Finite, 1 or more.
    warmup, length
        Epochs.
    """

    _name = "one_cycle"
    peak: float
    pct_start: float
    div_factor: float
    final_div_factor: float

    def __init__(
        self,
        peak: float,
        *,
        pct_start: float = 0.3,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        warmup: float = 0.0,
        length: float | None = 0.0,
    ) -> None:
        self._start(locals())


class CosLog4(Schedule):
    """Four waves, each twice as long as the one before: RealMLP's (Holzmüller et al. 2024).

    rate (1 - cos(2 pi log2(1 + 15 u / D))) / 2.

    Parameters
    ----------
    rate
        The highest one; finite, not negative.
    warmup
        Epochs. The first wave rises from 0 by itself: it needs no warm-up, and the rate of one is 0.
    length
        Epochs.
    """

    _name = "coslog4"

    def __init__(self, rate: float, *, warmup: float = 0.0, length: float | None = 0.0) -> None:
        self._start(locals())


class FlatCosine(Schedule):
    """The same rate for most of the time, then half a cosine wave: fastai's fit_flat_cos.

    The rate until u = flat D, and final + (rate - final) (1 + cos(pi p)) / 2 from there, where p
    goes from 0 to 1. fastai's final rate is rate / 1e5.

    Parameters
    ----------
    rate
        The first one; finite, not negative.
    final
        The last one; finite, not negative.
    flat
        The part of the time before the wave, in [0, 1).
    warmup, length
        Epochs.
    """

    _name = "flat_cosine"
    final: float
    flat: float

    def __init__(
        self,
        rate: float,
        *,
        final: float = 0.0,
        flat: float = 0.75,
        warmup: float = 0.0,
        length: float | None = 0.0,
    ) -> None:
        self._start(locals())


class ReduceOnPlateau(Schedule):
    """A rate that is multiplied by a factor when the cost has stopped falling, as in PyTorch.

    After an epoch whose cost is not below (1 - threshold) times the lowest one so far, it counts as
    bad; after patience + 1 bad ones since the lowest, the rate becomes max(factor * rate,
    min_rate), and the count begins again. The relative threshold of negative costs is one of their
    size. Only a learning rate may be one. What it has seen is in checkpoints, so that a fit that resumes has the same rates; another
    call of fit begins again. Called, it gives the rate without reductions.

    Parameters
    ----------
    rate
        The first one; finite, not negative.
    factor
        In (0, 1].
    patience
        How many bad epochs are borne; an integer, 0 or more.
    threshold
        In [0, 1).
    cooldown
        For so many epochs after a reduction none is counted as bad; an integer, 0 or more.
    min_rate
        The lowest one; finite, not negative.
    monitor
        Which cost: "loss", that of the training data as trained; "val_loss", that of the validation
        data, without which it is a ValueError; "auto", that of the validation data if the fit has
        any, else that of the training data.
    warmup
        Epochs.
    length
        Epochs after which there are no more reductions.
    """

    _name = "reduce_on_plateau"
    factor: float
    patience: int
    threshold: float
    cooldown: int
    min_rate: float
    monitor: str

    def __init__(
        self,
        rate: float,
        factor: float = 0.1,
        patience: int = 10,
        *,
        threshold: float = 1e-4,
        cooldown: int = 0,
        min_rate: float = 0.0,
        monitor: str = "auto",
        warmup: float = 0.0,
        length: float | None = 0.0,
    ) -> None:
        self._start(locals())
