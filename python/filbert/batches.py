"""Minibatches, for training loops of one's own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from filbert import _core
from filbert._edge import arrays, checks
from filbert._edge.rng import key_from

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def batches(
    X: ArrayLike,
    y: ArrayLike,
    *,
    batch_size: int = 32,
    shuffle: bool = True,
    rng: object = None,
    epoch: int = 0,
) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
    """Go once through the data, in minibatches.

    Parameters
    ----------
    X, y
        Arrays of any shape and dtype with the same number of rows, at least one.
    batch_size
        Rows of a batch. The last one may be smaller.
    shuffle
        Whether the rows come in random order; else they come as they are, as views.
    rng
        Key of that order: an int, a numpy Generator or SeedSequence, or None for another order
        each time.
    epoch
        Number of the epoch: the same rng gives another order in each. For an int `rng` it is the
        order in which `Network.fit` takes the rows with this `rng` in this epoch of the network.

    Returns
    -------
    iterator of (xb, yb)
        The arguments are checked now, not at the first step.
    """
    X = arrays.as_rows("X", X)
    y = arrays.as_rows("y", y)
    if len(y) != len(X):
        raise ValueError(f"y: expected {len(X)} rows, one for each row of X, got {len(y)}")
    batch_size = checks.integer("batch_size", batch_size, 1)
    shuffle = checks.flag("shuffle", shuffle)
    epoch = checks.integer("epoch", epoch, 0, 2**64 - 1)
    key = key_from(rng)
    return _generate(X, y, batch_size, key if shuffle else None, epoch)


def _generate(
    X: NDArray[Any], y: NDArray[Any], batch_size: int, key: int | None, epoch: int
) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
    n = len(X)
    for start in range(0, n, batch_size):
        stop = min(start + batch_size, n)
        if key is None:
            yield X[start:stop], y[start:stop]
        else:
            rows = _core.epoch_order(n, key, epoch, start, stop)
            yield X[rows], y[rows]
