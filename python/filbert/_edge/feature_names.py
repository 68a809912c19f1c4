"""The names of features: what the columns of X are called, where X is a frame.

A network keeps the names that it was trained with. Where rows come with names, the two are
compared; arrays have no names, and are taken as they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from filbert import _core
from filbert._edge.checks import first_ten, shown
from filbert._edge.labels import require_text

if TYPE_CHECKING:
    from filbert._core import Network32, Network64


def names_of(name: str, X: Any) -> list[str] | None:
    """What the columns of X are called, or None if they have no names.

    A frame is whatever has `columns`, as those of pandas and polars do, or `column_names`, as those
    of pyarrow do. One row may be a Series of pandas, whose index holds the names. Names of which
    none is a string, such as pandas' 0, 1, 2, do not count. Names of which some are strings are a
    TypeError.
    """
    if isinstance(X, (np.ndarray, list, tuple)):
        return None
    if hasattr(type(X), "iloc") and getattr(X, "ndim", None) == 1:
        return _strings(name, X.index)
    for attribute in ("columns", "column_names"):
        values = getattr(X, attribute, None)
        if isinstance(values, Iterable) and (names := _strings(name, values)) is not None:
            return names
    return None


def _strings(name: str, values: Iterable[object]) -> list[str] | None:
    values = list(values)
    strings = [str(value) for value in values if isinstance(value, str)]
    if not strings:
        return None
    if len(strings) < len(values):
        other = next(value for value in values if not isinstance(value, str))
        raise TypeError(
            f"{name}: expected columns whose names are all strings, or none of them, got "
            f"{strings[0]!r} and {shown(other)}"
        )
    require_text(name, strings)
    return strings


def require_known(
    name: str, X: object, core: Network32 | Network64, learned: list[str] | None = None
) -> list[str] | None:
    """The names of X. ValueError if they are not those that the network knows, in their order.

    learned: the names that a network which knows none is about to learn.
    """
    if (names := names_of(name, X)) is not None:
        known = core.feature_names or learned
        if known is not None:
            require_feature_names(name, known, names)
    return names


def require_feature_names(name: str, expected: Sequence[str], got: Sequence[str]) -> None:
    """ValueError unless these are the names of the network's features, in the same order."""
    if list(expected) == list(got):
        return
    missing = list((Counter(expected) - Counter(got)).elements())
    unknown = list((Counter(got) - Counter(expected)).elements())
    columns = f"{name}: expected the columns {first_ten(expected)}"
    if not missing and not unknown:
        i = next(i for i, pair in enumerate(zip(expected, got, strict=True)) if len(set(pair)) > 1)
        raise ValueError(
            f"{columns} in this order, that of the network's feature_names, got {got[i]!r} in the "
            f"place of {expected[i]!r}"
        )
    parts = [f"no {first_ten(missing)}"] if missing else []
    parts += [f"the unknown {first_ten(unknown)}"] if unknown else []
    raise ValueError(f"{columns}, the network's feature_names, got {' and '.join(parts)}")


def require_storable(
    core: Network32 | Network64, labels: list[str] | list[int], names: list[str] | None
) -> None:
    """ValueError if a network or a file cannot hold these labels and names of features."""
    sizes = core.sizes
    try:
        _core.require_names(sizes[0], sizes[-1], core.activations[-1], labels, names or [])
    except ValueError as error:
        hint = "" if names is None else "; an array, such as X.to_numpy(), has no names"
        raise ValueError(f"{error}{hint}") from None
