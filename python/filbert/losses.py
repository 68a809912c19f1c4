"""Cost functions: their names, classes of those that have a parameter, and functions of one's own.

A cost function is C0(a, y), of the output a of one training example and its target y; it sums over
the outputs. docs/numerics.md has the formula of each. They are

- "squared_error", "half_squared_error", "absolute_error", "log_cosh" and "huber", for any output;
- "quantile", for any output; with several levels see `Quantile`;
- "poisson", for counts and rates: a - y log a. The output is one that is never negative, and so is y;
- "gaussian_nll", for a mean and a variance of each target: with n_out outputs, y has n_out / 2
  columns; the first n_out / 2 outputs are the means, each of the target in its column, the others
  the logarithms of the variances: `mean, log_variance = np.split(net.predict(X), 2, axis=1)`.
  Half of it and without its constant, as in PyTorch. Not for a sigmoid or softmax output;
- "hinge" and "squared_hinge", as in Keras: y is -1 or 1, or 0 or 1, which become -1 and 1; several
  outputs also take labels, of which one is 1. The accuracy counts outputs by their signs. Not for a
  sigmoid or softmax output;
- "cross_entropy" and "kl_divergence", for softmax and log_softmax, and "binary_cross_entropy", for sigmoid;
- "focal", for sigmoid and softmax.

A function f(a, y) -> (C, dC_da) of one's own may stand in the place of a loss in `fit` and
`evaluate`. For a batch of m rows it gets a (m, n_out), the outputs, and y (m, k), the targets, as
arrays of the network's dtype that are the function's to keep. y has the columns that the caller of
`fit` gives it, whatever their number and finite values; labels have become rows of 0 with a 1 at
the label. It returns C (m,), the cost of each row, and dC_da (m, n_out), whose row i is the
derivative of C[i] with respect to a[i]. The loss that is minimised and reported is the mean of C,
by the weights of the rows where they have weights: neither C nor dC_da is divided by m or
multiplied by weights. The accuracy is there if the network classifies and y has n_out columns, or
is labels. `fit` calls it in its own thread, for each batch; what it raises ends the fit, with the
network as it was before that batch. `evaluate` calls it for up to 4096 rows at once. No checkpoint
keeps a function: `fit(resume=...)` must be given it again.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from filbert import _core
from filbert._edge import values
from filbert._edge.values import Value

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["BinaryCrossEntropy", "CrossEntropy", "Focal", "Huber", "Quantile"]

# A function f(a, y) -> (C, dC_da).
OwnLoss: TypeAlias = (
    "Callable[[NDArray[Any], NDArray[Any]], tuple[ArrayLike, ArrayLike] | list[ArrayLike]]"
)


class Loss(Value):
    """A cost function with its parameters: a value, equal to others of the same kind and parameters."""

    @abstractmethod
    def __init__(self, *values: float) -> None:
        super().__init__(*values)
        self._text = _core.loss_text(super().text)

    @property
    def text(self) -> str:
        """The same as the core knows it, exactly."""
        return self._text


class Huber(Loss):
    """Half the square of an error up to delta, and its size beyond (Huber 1964), as in PyTorch.

    Parameters
    ----------
    delta
        Positive, and a normal number in float32. In units of the output.
    """

    _kind = "huber"
    _parameter = "delta"

    def __init__(self, delta: float = 1.0) -> None:
        super().__init__(delta)

    @property
    def delta(self) -> float:
        """The error at which the square ends."""
        return self._values[0]


class Quantile(Loss):
    """The pinball loss, whose minimum is a quantile of the targets (Koenker and Bassett 1978).

    An output a of the level q costs q (y - a) where it is below y, and (1 - q) (a - y) where it is
    above; the derivative where they are equal is 0. With one level every output has its own target.
    With k levels, k outputs are for one target, and y has n_out / k columns: the first n_out / k
    outputs are of the first level, each for the target in its column, the next ones of the second
    level, and so on. So `np.split(net.predict(X), k, axis=1)` are the predictions of each level.

    Parameters
    ----------
    *levels
        1 to 32 numbers, each at least 2**-20 and at most 1 - 2**-20. 0.5 is the median. Several
        levels do not go with a sigmoid or softmax output.
    """

    _kind = "quantile"
    _parameter = "level"

    def __init__(self, *levels: float) -> None:
        most = 32
        if not 1 <= len(levels) <= most:
            raise ValueError(f"levels: expected 1 to {most} numbers, got {len(levels)}")
        super().__init__(*levels)

    def __repr__(self) -> str:
        return f"Quantile({', '.join(map(repr, self._values))})"


class CrossEntropy(Loss):
    """Cross entropy with label smoothing, for a softmax output (Szegedy et al. 2016).

    Targets y, rows or labels, enter as (1 - label_smoothing) y + label_smoothing / n_out, as in
    PyTorch and Keras.

    Parameters
    ----------
    label_smoothing
        In [0, 1]. 0 is the loss "cross_entropy".
    """

    _kind = "cross_entropy"
    _parameter = "label_smoothing"

    def __init__(self, label_smoothing: float = 0.0) -> None:
        super().__init__(label_smoothing)


class BinaryCrossEntropy(Loss):
    """Binary cross entropy with label smoothing, for a sigmoid output.

    Targets y enter as (1 - label_smoothing) y + label_smoothing / 2, as in Keras.

    Parameters
    ----------
    label_smoothing
        In [0, 1]. 0 is the loss "binary_cross_entropy".
    """

    _kind = "binary_cross_entropy"
    _parameter = "label_smoothing"

    def __init__(self, label_smoothing: float = 0.0) -> None:
        super().__init__(label_smoothing)


class Focal(Loss):
    """Cross entropy that counts what is right already for less (Lin et al. 2017).

    For a softmax output, each term -y log a is multiplied by (1 - a)**gamma. For a sigmoid output,
    the binary cross entropy of each output is multiplied by (y (1 - a) + (1 - y) a)**gamma. There
    is no factor alpha.

    Parameters
    ----------
    gamma
        In [0, 1000]. 0 is the cross entropy of the output.
    """

    _kind = "focal"
    _parameter = "gamma"

    def __init__(self, gamma: float = 2.0) -> None:
        super().__init__(gamma)


def text_of(loss: object) -> str:
    """A loss as users pass it, a name or a Loss, for the core. TypeError, ValueError if it is none."""
    return values.text_of("loss", loss, _core.loss_names())


def shown(text: str) -> str:
    """What the core calls a loss, for people."""
    return values.shown(text)
