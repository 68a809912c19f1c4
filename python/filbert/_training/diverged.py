"""What is raised when a training diverges, and what is said of one that has learned nothing."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from filbert import _core
from filbert.errors import DivergedError, TrainingWarning

if TYPE_CHECKING:
    from filbert._core import Network32, Network64
    from filbert._training.data import Examples

LEAST_EPOCHS, LEAST_STEPS = 5, 100  # a fit that is shorter may have had no time to learn


def diverged(error: _core.Diverged, feature_names: Sequence[str] | None) -> DivergedError:
    """The core's exception as users see it."""
    epoch, step, cost, layer, column, largest, kept = error.args
    suspect = "the learning rate"
    if column is not None:
        name = "" if feature_names is None else f" ({feature_names[column]!r})"
        suspect = f"the scale of column {column} of X{name}, |x| up to {largest:.6g}"
    got = f"a cost of {cost}" if not math.isfinite(cost) else "parameters that are not"
    return DivergedError(
        f"fit: expected a finite cost and finite parameters, got {got} in epoch {epoch}, step "
        f"{step}; layer {layer} is the first where numbers are not finite, and the first suspect "
        f"is {suspect}",
        epoch=epoch,
        step=step,
        layer=layer,
        suspect=suspect,
        column=column,
        kept=kept,
    )


def warn_if_constant(
    core: Network32 | Network64,
    examples: Examples | None,
    loss: str | Callable[..., Any],
    losses: Sequence[float],
    steps: int,
) -> None:
    """A TrainingWarning if the loss was never below that of a constant prediction.

    examples: those that it was trained on; None: nobody has them any more. losses: of all epochs.
    steps: of an epoch.
    """
    if examples is None or not isinstance(loss, str) or len(losses) < LEAST_EPOCHS:
        return
    if steps * len(losses) < LEAST_STEPS:
        return
    constant = _core.constant_cost(core, examples.y, loss, examples.weights)
    if constant is None or min(losses) < constant:
        return
    warnings.warn(
        f"fit: the loss was {min(losses):.4g} at best, which is not below {constant:.4g}, that of "
        "predicting the same for every row: look at the scale of the inputs (normalize=True) and "
        "at the learning rate",
        TrainingWarning,
        stacklevel=4,
    )
