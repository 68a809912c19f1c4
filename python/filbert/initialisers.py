"""Initialisers: how the parameters of a new network start.

Each has a name, for the arguments init and bias_init of `Network`, and those with a parameter have
a class here as well. For a layer with n inputs and m outputs:

| name | weights |
| --- | --- |
| "auto" | he_uniform before relu and its like (docs/numerics.md lists them), else glorot_uniform |
| "he_uniform", "he_normal", "he_truncated_normal" | variance 2 / n (He et al. 2015) |
| "glorot_uniform", ... | variance 2 / (n + m) (Glorot and Bengio 2010) |
| "lecun_uniform", ... | variance 1 / n (LeCun et al. 1998); the usual choice before selu |
| "fan_in_uniform" | uniform in +-1 / sqrt(n): PyTorch's nn.Linear, biases too |
| "orthogonal" | orthonormal rows or columns (Saxe et al. 2014) |
| "zeros", "constant" | the same number for all |

All but the last three have a mean of 0. Keras's HeNormal, GlorotNormal and LecunNormal are the
truncated ones; PyTorch's kaiming_normal_ and xavier_normal_ are not truncated, and are the others.

>>> net = fb.Network([30, 128, 3], init=fb.initialisers.Orthogonal(gain=1.4))
>>> net = fb.Network([30, 128, 3], init=["lecun_normal", "zeros"], bias_init=[b1, b2])

docs/numerics.md has the operations.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from filbert._edge.initialiser import Initialiser

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    Init = str | Initialiser | Sequence[str | Initialiser | ArrayLike]

__all__ = [
    "Constant",
    "FanInUniform",
    "GlorotNormal",
    "GlorotTruncatedNormal",
    "GlorotUniform",
    "HeNormal",
    "HeTruncatedNormal",
    "HeUniform",
    "LeCunNormal",
    "LeCunTruncatedNormal",
    "LeCunUniform",
    "Orthogonal",
]


class HeUniform(Initialiser):
    """Uniform in +-scale sqrt(6 / n) (He et al. 2015): PyTorch's kaiming_uniform_, for relu.

    Parameters
    ----------
    scale
        In [0, 1e30].
    """

    _kind = "he_uniform"
    scale: float

    def __init__(self, scale: float = 1.0) -> None:
        super().__init__(scale)


class HeNormal(Initialiser):
    """Normal, of standard deviation scale sqrt(2 / n) (He et al. 2015): PyTorch's kaiming_normal_.

    Parameters
    ----------
    scale
        In [0, 1e30].
    """

    _kind = "he_normal"
    scale: float

    def __init__(self, scale: float = 1.0) -> None:
        super().__init__(scale)


class HeTruncatedNormal(Initialiser):
    """As HeNormal, but cut off at 2 / 0.8796 standard deviations: Keras's HeNormal.

    A normal distribution is truncated at two of its standard deviations, which leaves 0.8796 of
    them, and is stretched to the standard deviation scale sqrt(2 / n).

    Parameters
    ----------
    scale
        In [0, 1e30].
    """

    _kind = "he_truncated_normal"
    scale: float

    def __init__(self, scale: float = 1.0) -> None:
        super().__init__(scale)


class GlorotUniform(Initialiser):
    """Uniform in +-scale sqrt(6 / (n + m)) (Glorot and Bengio 2010): PyTorch's xavier_uniform_.

    Parameters
    ----------
    scale
        In [0, 1e30].
    """

    _kind = "glorot_uniform"
    scale: float

    def __init__(self, scale: float = 1.0) -> None:
        super().__init__(scale)


class GlorotNormal(Initialiser):
    """Normal, of standard deviation scale sqrt(2 / (n + m)): PyTorch's xavier_normal_.

    Parameters
    ----------
    scale
        In [0, 1e30].
    """

    _kind = "glorot_normal"
    scale: float

    def __init__(self, scale: float = 1.0) -> None:
        super().__init__(scale)


class GlorotTruncatedNormal(Initialiser):
    """As GlorotNormal, truncated as HeTruncatedNormal is: Keras's GlorotNormal.

    Parameters
    ----------
    scale
        In [0, 1e30].
    """

    _kind = "glorot_truncated_normal"
    scale: float

    def __init__(self, scale: float = 1.0) -> None:
        super().__init__(scale)


class LeCunUniform(Initialiser):
    """Uniform in +-scale sqrt(3 / n) (LeCun et al. 1998).

    Parameters
    ----------
    scale
        In [0, 1e30].
    """

    _kind = "lecun_uniform"
    scale: float

    def __init__(self, scale: float = 1.0) -> None:
        super().__init__(scale)


class LeCunNormal(Initialiser):
    """Normal, of standard deviation scale sqrt(1 / n), for selu (Klambauer et al. 2017).

    Parameters
    ----------
    scale
        In [0, 1e30].
    """

    _kind = "lecun_normal"
    scale: float

    def __init__(self, scale: float = 1.0) -> None:
        super().__init__(scale)


class LeCunTruncatedNormal(Initialiser):
    """As LeCunNormal, truncated as HeTruncatedNormal is: Keras's LecunNormal.

    Parameters
    ----------
    scale
        In [0, 1e30].
    """

    _kind = "lecun_truncated_normal"
    scale: float

    def __init__(self, scale: float = 1.0) -> None:
        super().__init__(scale)


class FanInUniform(Initialiser):
    """Uniform in +-scale sqrt(1 / n), for weights and biases: what PyTorch's nn.Linear starts with.

    Parameters
    ----------
    scale
        In [0, 1e30].
    """

    _kind = "fan_in_uniform"
    scale: float

    def __init__(self, scale: float = 1.0) -> None:
        super().__init__(scale)


class Orthogonal(Initialiser):
    """A random matrix with orthonormal columns or rows, times the gain (Saxe et al. 2014).

    Of w (m, n) the rows are orthonormal where m <= n, and the columns where m >= n. It is made of
    normal numbers by Gram and Schmidt's method in double precision, and every such matrix is
    equally probable. PyTorch's orthogonal_ and Keras's Orthogonal.

    Parameters
    ----------
    gain
        In [0, 1e30]; sqrt(2) is usual before relu.
    """

    _kind = "orthogonal"
    gain: float

    def __init__(self, gain: float = 1.0) -> None:
        super().__init__(gain)


class Constant(Initialiser):
    """The same number for all, weights or biases.

    Parameters
    ----------
    value
        In [-1e30, 1e30].
    """

    _kind = "constant"
    value: float

    def __init__(self, value: float = 0.0) -> None:
        super().__init__(value)
