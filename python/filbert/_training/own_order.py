"""An order of the rows that a function of the user's tells, in the place of the shuffled one."""

from __future__ import annotations

from collections.abc import Callable

from filbert._edge import arrays


class OwnOrder:
    """What the core calls before each epoch: it calls the function and hands on what that returns.

    Parameters
    ----------
    function
        f(epoch) -> rows (n,); see `shuffle` of `Network.fit`.
    """

    def __init__(self, function: Callable[[int], object]) -> None:
        self._function = function

    def __call__(self, epoch: int, rows: memoryview) -> None:
        """Fill in the rows (n,) of an epoch as int64, in their order."""
        arrays.fill_indices("shuffle", rows, self._function(epoch))
