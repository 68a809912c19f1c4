"""Checks of targets that have to be in [0, 1], in rows that may have to sum to 1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def require_range(
    name: str, given: NDArray[Any], values: NDArray[Any], output: str, remedy: str
) -> None:
    """ValueError, which says where and what to pass, for a value outside [0, 1].

    Parameters
    ----------
    given, values
        The same numbers: as they came in, and in the network's dtype.
    output
        Activation of the last layer.
    remedy
        What to pass.
    """
    rounding = rounding_of(given.dtype, 1)
    low, high = values.dtype.type(-rounding), values.dtype.type(1 + rounding)
    if values.min() >= low and values.max() <= high:
        return
    index = np.unravel_index(np.argmax((values < low) | (values > high)), values.shape)
    at = ", ".join(map(str, index))
    raise ValueError(
        f"{name}: expected values in [0, 1] for a {output} output, got {given[index]} at [{at}]; "
        f"pass {remedy}; other values need another output, such as identity"
    )


def require_sums(name: str, rows: NDArray[Any], came_in: np.dtype[Any]) -> None:
    """ValueError, which says where, for a row that does not sum to 1.

    Parameters
    ----------
    rows
        Numbers in [0, 1], in the network's dtype.
    came_in
        The dtype that they had before.
    """
    sums = rows.sum(axis=1, dtype=np.float64)
    wrong = np.abs(sums - 1.0) > rounding_of(came_in, rows.shape[1])
    if wrong.any():
        at = int(np.argmax(wrong))
        remedy = "; divide by the sum" if sums[at] > 0 else ""
        raise ValueError(
            f"{name}: expected rows of probabilities that sum to 1, got sum {sums[at]:.9g} "
            f"in row {at}{remedy}"
        )


def rounding_of(dtype: np.dtype[Any], terms: int) -> float:
    """How far rounding may have moved numbers in [0, 1], or a sum of some that should be 1.

    Let u be half of the machine epsilon of the type that the numbers came in: the largest relative
    error of one rounded operation. A softmax e_j / s divides by s = sum(e_j). The terms - 1
    additions that make s, in whatever order, and the division have an error of up to u each, so
    that the sum of the quotients is off by up to terms * u, to first order. float16 comes within a
    factor of four of that along axis 0, where numpy adds small numbers to a large one, one after
    another. Another 8 u are for other ways to compute a softmax, such as exp(z - log(s)).

    1e-6 is always allowed, for numbers that were written with six digits, or had a coarser type
    before. More than 1/4 never is: a float16 softmax of thousands of classes can be that wrong, but
    its rows are no probabilities then. Integers and bools are exact.

    The core makes the same checks for its callers in C++, with the bound of float16 (target_rounding
    in cpp/src/network/data.hpp), so that it takes whatever passes here.
    """
    if dtype.kind != "f":
        return 0.0
    u = float(np.finfo(dtype).eps) / 2
    return min(max((terms + 8) * u, 1e-6), 0.25)
