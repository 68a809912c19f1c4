"""Predictions for rows that users pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from filbert import _core
from filbert._edge import arrays, values
from filbert._edge.feature_names import require_known

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from filbert._core import Network32, Network64


def rows_of(
    core: Network32 | Network64, X: object, *, own: bool = False
) -> tuple[NDArray[Any], bool]:
    """Rows as the core takes them, and whether X was one row. own: do not share memory with X."""
    require_known("X", X, core)
    return arrays.as_batch("X", X, core.sizes[0], core.parameters.dtype, own=own, nan=core.fills)


def predict(core: Network32 | Network64, X: object) -> NDArray[Any]:
    """The output activations for an X that has to be converted for the core first."""
    rows, was_1d = rows_of(core, X)
    result = core.predict_finite(rows)  # `rows_of` has looked at every number
    assert result is not None
    return result[0] if was_1d else result


def require_classes(core: Network32 | Network64) -> None:
    """ValueError unless the outputs tell classes apart."""
    if class_count(core) == 0:
        raise ValueError(
            "output: expected several outputs, or sigmoid, to tell classes, got one "
            f"{values.shown(core.activations[-1])}"
        )


def class_count(core: Network32 | Network64) -> int:
    """How many classes the outputs tell apart."""
    return _core.class_count(core.sizes[-1], core.activations[-1])


def classes_of(core: Network32 | Network64, a: NDArray[Any]) -> Any:
    """The class of each row of output activations: its label, or its index if it has no label."""
    two_of_one = class_count(core) > core.sizes[-1]  # the two classes of a single sigmoid
    index = (a[..., 0] > 0.5).astype(np.intp) if two_of_one else a.argmax(axis=-1)
    classes = core.classes
    return index if classes is None else classes[index]
