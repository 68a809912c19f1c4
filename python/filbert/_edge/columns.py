"""The columns of tables of every kind, as numbers and as texts."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from filbert._edge.checks import first_ten, shown
from filbert._edge.fields import is_missing, is_number

if TYPE_CHECKING:
    from numpy.typing import NDArray

_EXPECTED = (
    "a frame, a dict of columns, a list of dicts, or an array with a column for each of the "
    "network's columns"
)


def columns_of(name: str, table: Any, wanted: Sequence[str]) -> tuple[int, dict[str, Any]]:
    """The number of rows, and the wanted columns by their names.

    name: what messages call the table. Frames are those of pandas, polars and pyarrow; none of them
    is imported. Other columns are ignored.
    """
    if isinstance(table, np.ndarray):
        columns = _of_array(name, table, wanted)
    elif isinstance(table, Mapping):
        _require_names(name, list(table), wanted)
        columns = {key: table[key] for key in wanted}
    elif isinstance(table, (list, tuple)):
        return len(table), {key: _of_rows(name, table, key) for key in wanted}
    else:
        columns = _of_frame(name, table, wanted)
    lengths = {}
    for key, values in columns.items():
        if isinstance(values, (str, bytes)) or not hasattr(values, "__len__"):
            raise TypeError(f"{name}: expected values in column {key!r}, got {shown(values)}")
        lengths[key] = len(values)
    if len(set(lengths.values())) > 1:
        raise ValueError(f"{name}: expected columns of equal lengths, got {lengths}")
    return next(iter(lengths.values())), columns


def _of_array(name: str, table: NDArray[Any], wanted: Sequence[str]) -> dict[str, Any]:
    if table.ndim != 2 or table.shape[1] != len(wanted):
        raise ValueError(f"{name}: expected shape (n, {len(wanted)}), got {table.shape}")
    return {key: table[:, j] for j, key in enumerate(wanted)}


def _of_rows(name: str, rows: Sequence[Any], key: str) -> list[Any]:
    values = []
    for i, row in enumerate(rows):
        if not isinstance(row, Mapping):
            raise TypeError(f"{name}: expected {_EXPECTED}, got {shown(row)} as row {i}")
        if key not in row:
            raise ValueError(f"{name}, row {i}: expected a value of {key!r}, got none")
        values.append(row[key])
    return values


def _of_frame(name: str, table: Any, wanted: Sequence[str]) -> dict[str, Any]:
    names = getattr(table, "column_names", None)  # of pyarrow, whose `columns` are the data
    if names is None:
        names = getattr(table, "columns", None)
    if not isinstance(names, Iterable) or not hasattr(table, "__getitem__"):
        raise TypeError(f"{name}: expected {_EXPECTED}, got {shown(table)}")
    keys = list(names)
    texts = [str(key) for key in keys]  # pandas numbers columns that have no names
    _require_names(name, texts, wanted)
    for key in wanted:
        if texts.count(key) > 1:
            raise ValueError(f"{name}: expected one column {key!r}, got {texts.count(key)}")
    return {key: table[keys[texts.index(key)]] for key in wanted}


def _require_names(name: str, got: Sequence[object], wanted: Sequence[str]) -> None:
    if missing := [key for key in wanted if key not in got]:
        raise ValueError(
            f"{name}: expected the columns {first_ten(wanted)}, got no {first_ten(missing)}"
        )


def numbers_of(values: Any, place: Callable[[int], str]) -> NDArray[np.float64]:
    """A column as numbers (n,), NaN where they are missing. place(i) says where value i is."""
    array = values if isinstance(values, (list, tuple)) else np.asarray(values)
    if isinstance(array, np.ndarray):
        if array.ndim != 1:
            raise ValueError(f"{place(0)}: expected one value, got shape {array.shape[1:]}")
        if array.dtype.kind in "biuf":
            return array.astype(np.float64)
        array = array.tolist() if array.dtype.kind in "OUT" else list(array)
    return np.array([_number(value, i, place) for i, value in enumerate(array)], np.float64)


def _number(value: Any, i: int, place: Callable[[int], str]) -> float:
    if is_nothing(value):
        return np.nan
    if isinstance(value, str):
        if is_number(value):
            return float(value)
        if is_missing(value):
            return np.nan
        raise ValueError(f"{place(i)}: expected a number, got {shown(value)}")
    try:
        if not isinstance(value, (bytes, complex)):
            return float(value)
    except OverflowError:
        return np.inf
    except (TypeError, ValueError):
        pass
    raise TypeError(f"{place(i)}: expected a number, got {shown(value)}")


def texts_of(values: Any) -> list[str | None]:
    """A column as texts without blanks around them, None where they are missing."""
    for method in ("to_list", "tolist", "to_pylist"):
        if not isinstance(values, (list, tuple)) and hasattr(values, method):
            values = getattr(values, method)()
    return [_text(value) for value in values]


def _text(value: Any) -> str | None:
    if is_nothing(value):
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value).strip()
    return None if is_missing(text) else text


def is_nothing(value: Any) -> bool:
    """Whether a value is what Python, numpy, pandas or polars have where there is none."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, (float, np.floating)) and bool(np.isnan(value))


def other_spelling(text: str, known: Container[str]) -> str:
    """How the table of training wrote a truth value that Python writes True or False."""
    if text in ("True", "False"):
        for spelling in (text.lower(), text.upper()):
            if spelling in known:
                return spelling
    return text
