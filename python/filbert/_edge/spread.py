"""The mean and the spread of what several networks predict."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from filbert._edge import arrays
from filbert._edge.feature_names import require_known

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from filbert._core import Network32, Network64

NUMBERS = 2**20  # outputs of all networks that are in memory at a time


def mean_and_spread(
    cores: Sequence[Network32 | Network64], X: object, *, spread: bool
) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """Means of the outputs (n, n_out), or (n_out,) for one row, and their standard deviations.

    Both are computed in float64, number by number in the order of the networks, and rounded to
    their dtype in the end.
    """
    first = cores[0]
    require_known("X", X, first)
    nan = all(core.fills for core in cores)
    rows, was_1d = arrays.as_batch("X", X, first.sizes[0], first.parameters.dtype, nan=nan)
    shape = (len(rows), first.sizes[-1])
    mean = arrays.empty(shape, first.parameters.dtype)
    deviation = arrays.empty(shape, first.parameters.dtype) if spread else None
    step = max(1, NUMBERS // (len(cores) * first.sizes[-1]))
    for begin in range(0, len(rows), step):
        part = slice(begin, begin + step)
        outputs = [_outputs(core, rows[part]) for core in cores]
        of_part, squares = _moments(outputs, spread=spread)
        mean[part] = of_part
        if deviation is not None:
            deviation[part] = squares
    if was_1d:
        return mean[0], None if deviation is None else deviation[0]
    return mean, deviation


def _outputs(core: Network32 | Network64, rows: NDArray[Any]) -> NDArray[Any]:
    result = core.predict_finite(rows)
    assert result is not None
    return result


def _moments(outputs: list[NDArray[Any]], *, spread: bool) -> tuple[NDArray[Any], NDArray[Any]]:
    """The mean, and the standard deviation by the number of networks if it is wanted."""
    with np.errstate(all="ignore"):
        total = outputs[0].astype(np.float64)
        for a in outputs[1:]:
            total += a
        mean = total / len(outputs)
        squares = np.zeros_like(mean)
        if spread:
            for a in outputs:
                difference = a - mean
                squares += difference * difference
        return mean, np.sqrt(squares / len(outputs))
