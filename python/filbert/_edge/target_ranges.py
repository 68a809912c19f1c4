"""Targets of losses that take certain values only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def require_nonnegative(name: str, given: NDArray[Any], loss: str) -> None:
    """ValueError, which says where, for a value below 0."""
    if given.min() < 0:
        _refuse(name, given, given < 0, "values of at least 0", loss)


def as_signs(name: str, given: NDArray[Any], values: NDArray[Any], loss: str) -> NDArray[Any]:
    """Values of -1 and 1; those of 0 and 1 become such, as in Keras. ValueError for any others.

    Parameters
    ----------
    given, values
        The same numbers: as they came in, and in the network's dtype.
    """
    is_one = values == 1
    if (is_one | (values == 0)).all():
        signs = np.full_like(values, -1)
        signs[is_one] = 1
        return signs
    others = ~(is_one | (values == 0) | (values == -1))
    wrong = others if others.any() else values == 0
    if wrong.any():
        _refuse(name, given, wrong, "-1 and 1, or 0 and 1,", loss)
    return values


def _refuse(
    name: str, given: NDArray[Any], wrong: NDArray[np.bool_], expected: str, loss: str
) -> None:
    index = np.unravel_index(np.argmax(wrong), wrong.shape)
    at = ", ".join(map(str, index))
    raise ValueError(f"{name}: expected {expected} for {loss}, got {given[index]} at [{at}]")
