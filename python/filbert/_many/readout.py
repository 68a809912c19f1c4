"""Measures outputs that are known, such as means of the outputs of several networks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from filbert import _core
from filbert._edge import architecture
from filbert._training.loop import evaluate
from filbert._training.options import loss_of
from filbert._training.own_cost import is_function

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from filbert._core import Network32, Network64

LEAST = 2.0**-1074  # what an output of 0 counts as where its logarithm is needed
LN_2 = 0.6931471805599453


def measure(
    core: Network32 | Network64,
    a: NDArray[Any],
    y: object,
    sample_weight: object,
    loss: object,
    metrics: object,
) -> dict[str, float]:
    """What `Network.evaluate` returns, for a network with the outputs a on the rows of y.

    A network of one layer whose weights are the unit matrix has them: it takes z, from which its
    activation makes a.
    """
    n, output = core.sizes[-1], core.activations[-1]
    if not is_function(loss):
        loss_of(core, loss)  # the check that it fits the output
        loss = _core.default_loss(output) if loss is None else loss
    invertible = output in ("identity", "log_softmax", "softmax", "sigmoid")
    kind = output if invertible else "identity"
    labels = core.classes if _core.class_count(n, kind) > 0 else None
    readout = architecture.make_core(
        [n, n], "relu", kind, "float64", 0, [np.eye(n)], "zeros", labels
    )
    z = a.astype(np.float64)
    if kind == "softmax":
        z = logarithm(z)
    elif kind == "sigmoid":
        z = logarithm(z) - logarithm(1.0 - z)
    return evaluate(readout, z, y, sample_weight, loss, metrics)


def logarithm(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """The natural logarithm, with the same bits on every machine (numpy's differ).

    With x = 2^k m and s = (m - 1) / (m + 1) it is k ln 2 + 2 (s + s^3 / 3 + s^5 / 5 + ...).
    """
    m, k = np.frexp(np.maximum(x, LEAST))
    low = m < 0.7071067811865476
    m, k = np.where(low, m + m, m), np.where(low, k - 1, k)
    s = (m - 1.0) / (m + 1.0)
    square = s * s
    series = np.full_like(s, 1.0 / 23.0)
    for divisor in range(21, 0, -2):
        series = series * square + 1.0 / divisor
    return k * LN_2 + 2.0 * (s * series)
