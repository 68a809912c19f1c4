"""What scikit-learn draws from random_state, drawn in the same order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.random import RandomState
    from numpy.typing import NDArray

    from filbert.network import Network


def draw_parameters(network: Network, random_state: RandomState, *, logistic: bool) -> None:
    """Set all parameters, layer by layer, weights before biases, to uniform numbers.

    They are within sqrt(6 / (n_in + n_out)), after Glorot and Bengio (2010); where the hidden layers
    are logistic, within sqrt(2 / (n_in + n_out)).
    """
    factor = 2.0 if logistic else 6.0
    for l, (inputs, outputs, _) in enumerate(network.layers, start=1):
        bound = np.sqrt(factor / (inputs + outputs))
        network.w[l].T[:] = random_state.uniform(-bound, bound, (inputs, outputs))
        network.b[l][:] = random_state.uniform(-bound, bound, outputs)


class RowOrder:
    """The order of the rows in each epoch: that of the epoch before, shuffled.

    Parameters
    ----------
    rows
        How many there are.
    random_state
        What the shuffles are drawn from, each when its epoch begins.
    """

    def __init__(self, rows: int, random_state: RandomState) -> None:
        self._rows = np.arange(rows)
        self._random_state = random_state

    def __call__(self, epoch: int) -> NDArray[Any]:
        """The rows (n,) of the next epoch; epochs are asked for one after another."""
        shuffled = np.arange(len(self._rows))
        self._random_state.shuffle(shuffled)
        self._rows = self._rows[shuffled]
        return self._rows
