"""A cost that a function of the user's computes, in the place of a loss."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from filbert._edge import arrays, checks

if TYPE_CHECKING:
    import numpy as np


class OwnCost:
    """What the core calls for each batch: it calls the function and hands on what that returns.

    Parameters
    ----------
    function
        f(a, y) -> (C, dC_da); see `Network.fit`.
    outputs, columns
        How many columns a has, and y.
    dtype
        Of all arrays.
    """

    def __init__(
        self, function: Callable[..., Any], outputs: int, columns: int, dtype: np.dtype[Any]
    ) -> None:
        self._function = function
        self._outputs, self._columns, self._dtype = outputs, columns, dtype

    def __call__(self, a: memoryview, y: memoryview, C: memoryview, dC_da: memoryview) -> None:
        """Read a and y, and fill C and dC_da, row by row without gaps."""
        outputs = arrays.copied(a, self._outputs, self._dtype)
        answer = self._function(outputs, arrays.copied(y, self._columns, self._dtype))
        if not isinstance(answer, (tuple, list)) or len(answer) != 2:
            size = f" of {len(answer)}" if isinstance(answer, (tuple, list)) else ""
            raise TypeError(
                "loss: expected a function that returns (C, dC_da), the cost of each row and its "
                f"derivative, got {checks.shown(answer)}{size}"
            )
        n = len(outputs)
        arrays.fill(C, arrays.as_shaped("loss: C", answer[0], (n,), self._dtype))
        shape = (n, self._outputs)
        arrays.fill(dC_da, arrays.as_shaped("loss: dC_da", answer[1], shape, self._dtype))


def is_function(loss: object) -> bool:
    """Whether a loss that a user passes is a function of his own."""
    return callable(loss) and not isinstance(loss, type)
