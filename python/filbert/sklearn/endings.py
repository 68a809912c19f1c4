"""Ends of a fit that nobody has asked for, as scikit-learn tells of them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from filbert.errors import DivergedError


@contextmanager
def as_scikit_learn_does(recovers: Callable[[], bool] = lambda: False) -> Iterator[None]:
    """Ctrl-C ends a fit with a warning, and one that diverges is a ValueError.

    recovers: asked then whether there are other weights to put back, which are all right.
    """
    try:
        yield
    except KeyboardInterrupt:
        warnings.warn("Training interrupted by user.", stacklevel=6)
    except DivergedError as error:
        if not recovers():
            raise not_finite() from error


def require_finite(parameters: Any) -> None:
    """ValueError if a weight is not finite."""
    if not np.isfinite(parameters).all():
        raise not_finite()


def not_finite() -> ValueError:
    """What a fit that has diverged raises."""
    return ValueError(
        "Solver produced non-finite parameter weights. The input data may contain large values and "
        "need to be preprocessed."
    )
