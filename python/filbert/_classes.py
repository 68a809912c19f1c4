"""The labels of a network's classes: sorted, read-only arrays of strings, of bytes or of int64."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from filbert._core import Network32, Network64


def frozen(labels: NDArray[Any]) -> NDArray[Any]:
    """The same array, which nobody may write to any more."""
    labels.flags.writeable = False
    return labels


def of_core(core: Network32 | Network64) -> NDArray[Any] | None:
    """Those that a file held, or None."""
    labels = core.classes
    if not labels:
        return None
    return frozen(np.array(labels, str if isinstance(labels[0], str) else np.int64))


def for_file(name: str, labels: NDArray[Any] | None) -> list[str] | list[int]:
    """As a file takes them. ValueError for bytes, with the name of the argument."""
    if labels is None:
        return []
    if labels.dtype.kind == "S":
        raise ValueError(
            f"{name}: expected class labels that are strings or integers, got bytes; decode them"
        )
    values: list[str] | list[int] = labels.tolist()
    for value in values:
        try:
            str(value).encode()
        except UnicodeEncodeError:
            raise ValueError(
                f"{name}: expected labels of whole characters, got {value!r}"
            ) from None
    return values
