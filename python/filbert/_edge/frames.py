"""Frames of pandas, polars and pyarrow as arrays. This imports none of them.

Columns of numbers become numbers, those of nullable types, of booleans and of categories that are
numbers too. Any other column is an error that names it and says how to make numbers of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from filbert._edge import elements

if TYPE_CHECKING:
    from numpy.typing import NDArray


def array_of(
    name: str, value: Any, *, strings: bool = False, gaps: bool = False
) -> NDArray[Any] | None:
    """A frame as (n, columns), a column of one as (n,); None for anything else.

    strings: whether a single column may hold strings, as y does. gaps: whether missing values
    become NaN.

    Raises
    ------
    TypeError
        If a column holds anything else. The message names it.
    ValueError
        If a value is missing. The message names the row and the column.
    """
    if (kind := _kind_of(value)) is None:
        return None
    if kind.is_column(value):
        return _checked(name, kind, kind.array(name, value, "", gaps), "", strings=strings)
    columns = kind.columns(value)
    arrays = []
    for title, column in columns:
        where = f" in column {title!r}"
        array = kind.array(name, column, where, gaps)
        arrays.append(_checked(name, kind, array, where, strings=strings and len(columns) == 1))
    if not arrays:
        return np.empty((len(value), 0))
    return np.stack(arrays, axis=1)  # of the type that holds the numbers of all columns


def _checked(
    name: str, kind: Kind, array: NDArray[Any], where: str, *, strings: bool
) -> NDArray[Any]:
    if array.dtype.kind in "biuf" or (strings and array.dtype.kind == "U"):
        return array
    if array.dtype.kind == "U":
        raise TypeError(
            f"{name}: expected numbers, got strings{where}; make columns of 0 and 1 of it with "
            f"{kind.encoder}"
        )
    raise TypeError(
        f"{name}: expected numbers, got dtype object{where}"
        + elements.complaint(array, strings=strings)
    )


class Kind:
    """What to ask the frames of one library."""

    encoder = ""  # the function that makes columns of 0 and 1 of one of labels

    def is_column(self, value: Any) -> bool:
        """Whether it is a column, and not a frame."""
        raise NotImplementedError

    def columns(self, frame: Any) -> list[tuple[Any, Any]]:
        """Pairs of a name and a column."""
        raise NotImplementedError

    def array(self, name: str, column: Any, where: str, gaps: bool) -> NDArray[Any]:
        """The column as bools, numbers, strings, or objects that are looked at one by one.

        where: which column, for messages.
        """
        raise NotImplementedError


class Pandas(Kind):
    """pandas.DataFrame and pandas.Series."""

    encoder = "pd.get_dummies"

    def is_column(self, value: Any) -> bool:
        return bool(value.ndim == 1)

    def columns(self, frame: Any) -> list[tuple[Any, Any]]:
        return [(title, frame.iloc[:, i]) for i, title in enumerate(frame.columns)]

    def array(self, name: str, column: Any, where: str, gaps: bool) -> NDArray[Any]:
        dtype = column.dtype
        if isinstance(dtype, np.dtype) and dtype.kind in "biuf":
            return np.asarray(column)
        if hasattr(column, "cat"):
            codes = np.asarray(column.cat.codes)
            values = self.array(name, column.cat.categories.to_series(), where, gaps)
            return _filled(name, where, values[codes], codes < 0, gaps)
        numbers = getattr(dtype, "numpy_dtype", getattr(dtype, "subtype", np.dtype(object)))
        missing = np.asarray(column.isna())
        if numbers.kind in "biuf":  # nullable, of Arrow, or sparse
            filled = column.fillna(numbers.type(0)) if missing.any() else column
            return _filled(name, where, np.asarray(filled.to_numpy(numbers)), missing, gaps)
        array = np.asarray(column)
        if dtype.kind in "Mm" or array.dtype.kind not in "OU":
            raise _refused(name, where, str(dtype))
        if missing.any():
            _require_none_missing(name, where, missing)
        strings = elements.are_all(array.flat, str)
        return np.array(array.tolist(), dtype=str) if strings and array.size > 0 else array


class Polars(Kind):
    """polars.DataFrame and polars.Series."""

    encoder = ".to_dummies()"

    def is_column(self, value: Any) -> bool:
        return not hasattr(value, "get_columns")

    def columns(self, frame: Any) -> list[tuple[Any, Any]]:
        return [(column.name, column) for column in frame.get_columns()]

    def array(self, name: str, column: Any, where: str, gaps: bool) -> NDArray[Any]:
        missing = np.asarray(column.is_null().to_numpy())
        dtype = str(column.dtype)
        if dtype.startswith(("String", "Categorical", "Enum")):
            _require_none_missing(name, where, missing)
            return np.array(column.to_list(), dtype=str)
        if not column.dtype.is_numeric() and dtype != "Boolean":
            if dtype == "Object":
                return np.asarray(column.to_numpy())
            raise _refused(name, where, dtype)
        array = np.asarray(column.fill_null(0 if dtype != "Boolean" else False).to_numpy())
        if array.dtype.kind not in "biuf":  # decimals, and integers of 128 bits
            array = np.array([float(number) for number in array.tolist()])
        return _filled(name, where, array, missing, gaps)


class Arrow(Kind):
    """pyarrow.Table, pyarrow.RecordBatch, and their columns."""

    encoder = "pd.get_dummies"

    def is_column(self, value: Any) -> bool:
        return not hasattr(value, "column_names")

    def columns(self, frame: Any) -> list[tuple[Any, Any]]:
        return list(zip(frame.column_names, frame.columns, strict=True))

    def array(self, name: str, column: Any, where: str, gaps: bool) -> NDArray[Any]:
        kind = str(column.type)
        if hasattr(column.type, "value_type") and hasattr(column.type, "index_type"):  # categories
            return self.array(name, column.cast(column.type.value_type), where, gaps)
        values = column.to_pylist()
        missing = np.array([value is None for value in values], bool)
        if kind in ("string", "large_string", "string_view"):
            _require_none_missing(name, where, missing)
            return np.array(values, dtype=str)
        if not kind.startswith(("bool", "int", "uint", "float", "double", "half", "decimal")):
            raise _refused(name, where, kind)
        if kind.startswith("decimal"):
            values = [None if value is None else float(value) for value in values]
        array = np.array([0 if value is None else value for value in values])
        return _filled(name, where, array, missing, gaps)


def _kind_of(value: Any) -> Kind | None:
    """The library whose frame or column it is, by its name and by what it can do."""
    if isinstance(value, (np.ndarray, list, tuple)):
        return None
    module = type(value).__module__.partition(".")[0]
    if module == "pandas" and hasattr(value, "iloc"):
        return Pandas()
    if module == "polars" and (hasattr(value, "get_columns") or hasattr(value, "is_null")):
        return Polars()
    if module == "pyarrow" and (hasattr(value, "column_names") or hasattr(value, "null_count")):
        return Arrow()
    return None


def _filled(
    name: str, where: str, array: NDArray[Any], missing: NDArray[Any], gaps: bool
) -> NDArray[Any]:
    """The array; with NaN where values are missing, if that is allowed."""
    if not missing.any():
        return array
    if not gaps or array.dtype.kind not in "biuf":
        _require_none_missing(name, where, missing)
    array = array.astype(np.float64)
    array[missing] = np.nan
    return array


def _require_none_missing(name: str, where: str, missing: NDArray[Any]) -> None:
    """ValueError if one is. It says where."""
    if missing.any():
        raise ValueError(
            f"{name}: expected no missing values, got one in row {int(np.argmax(missing))}{where}; "
            "fill it in, or leave its row out"
        )


def _refused(name: str, where: str, got: str) -> TypeError:
    """The error for a column of neither numbers nor strings."""
    times = ("date", "time", "duration", "period")
    remedy = "count days or seconds" if got.lower().startswith(times) else "make numbers of it"
    return TypeError(f"{name}: expected numbers, got {got}{where}; {remedy}")
