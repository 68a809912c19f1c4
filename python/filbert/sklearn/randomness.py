"""What scikit-learn draws from random_state, drawn in the same order."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.random import MT19937, RandomState
from numpy.random.bit_generator import ISeedSequence
from sklearn.utils import check_random_state

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from filbert.network import Network


class _NoSeed(ISeedSequence):
    """What a generator is made with that is seeded at once.

    `RandomState(seed)` gathers random bits of the system first, which takes longer than an epoch.
    """

    def generate_state(self, n_words: int, dtype: Any = np.uint32) -> NDArray[Any]:
        """So many numbers."""
        return np.ones(n_words, dtype)


_NO_SEED = _NoSeed()


def random_state(seed: Any) -> RandomState:
    """`sklearn.utils.check_random_state`."""
    if type(seed) is not int:
        return check_random_state(seed)
    state = RandomState(MT19937(_NO_SEED))  # type: ignore[arg-type]  # which takes any ISeedSequence
    state.seed(seed)
    return state


def draw_parameters(network: Network, random_state: RandomState, *, logistic: bool) -> None:
    """Set all parameters, layer by layer, weights before biases, to uniform numbers.

    They are within sqrt(6 / (n_in + n_out)), after Glorot and Bengio (2010); where the hidden layers
    are logistic, within sqrt(2 / (n_in + n_out)).
    """
    factor = 2.0 if logistic else 6.0
    core, sizes = network._core, network.sizes
    for l, (inputs, outputs) in enumerate(itertools.pairwise(sizes), start=1):
        bound = math.sqrt(factor / (inputs + outputs))
        core.w(l).T[:] = random_state.uniform(-bound, bound, (inputs, outputs))
        core.b(l)[:] = random_state.uniform(-bound, bound, outputs)


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
        """The rows (n,) of the next epoch, which the call after this one shuffles in their place."""
        self._random_state.shuffle(self._rows)
        return self._rows
