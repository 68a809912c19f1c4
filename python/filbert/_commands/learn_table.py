"""Reads the table of a training: what its columns are, their inputs, and the target."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from filbert._commands import table_columns
from filbert._commands.cell_numbers import Words
from filbert._commands.cells import MOST_VALUES, Cells, Numbers, Texts
from filbert._commands.npy_table import Npy
from filbert._commands.table_columns import plural
from filbert._commands.tables import Input
from filbert._commands.text_rows import TextRows
from filbert._edge.encoding import Column, Unknown, first_too_large, put_numbers, too_large
from filbert._edge.fields import is_number
from filbert.errors import FormatError

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_CLASSES = 10_000
_ROWS = 4096  # of a block


class Choice(NamedTuple):
    """What is asked of a table: its target and what to leave out, by names or numbers."""

    target: str
    drop: Sequence[str] = ()
    missing: Sequence[str] = ()
    header: bool | None = None
    separator: str | None = None


class TrainingTable(NamedTuple):
    """A table whose columns are known.

    target: of all rows that have one. notes: what the user should know of what was left out.
    """

    name: str
    how: str  # it is written
    columns: list[Column]
    X: NDArray[np.float32]
    target_name: str
    target: Numbers | Texts
    notes: list[str]


def read(
    source: Input, is_npy: bool, choice: Choice, progress: Callable[[int], None]
) -> TrainingTable:
    """Read a table to its end."""
    if is_npy:
        return _read_array(Npy(source, None, _ROWS), source.name, choice, progress)
    known = [text for text in (choice.target, *choice.drop) if not is_number(text)]
    rows = TextRows(source, header=choice.header, separator=choice.separator, known=known)
    width = rows.width
    if width == 0:
        raise FormatError(f"{source.name}: expected a table, got an empty file")
    if width == 1:
        raise FormatError(
            f"{source.name}: expected at least two columns, one of them the target, got 1; "
            "--separator says what separates them"
        )
    target, used, names = _chosen(source.name, choice, rows.names, width)
    words = Words(choice.missing, rows.dialect.decimal_comma)
    cells = {}
    for j in [*used, target]:
        what = f"{source.name}, column {j + 1}" + (f" ({rows.names[j]!r})" if rows.names else "")
        most, remedy = (MOST_CLASSES, "") if j == target else (MOST_VALUES, _remedy(rows.names, j))
        cells[j] = Cells(what, words, most, remedy)
    for block in rows.blocks(_ROWS):
        for j, each in cells.items():

            def place(i: int, j: int = j, lines: list[int] = block.lines) -> str:
                return rows.place(lines[i], j)

            each.add(block.columns[j], place)
        progress(rows.done)
    if not cells[target].rows:
        raise FormatError(f"{source.name}: expected rows, got none")
    finished = {j: each.finish() for j, each in cells.items()}
    wanted = finished.pop(target)
    if rows.summary is not None and target == width - 1 and isinstance(wanted, Numbers):
        wanted = _named(wanted, rows.summary.classes)
    how = f"{rows.dialect.separator}s separate them, "
    how += "the first line has their names" if rows.names else "there is no line of names"
    if rows.summary is not None:
        how = "in scikit-learn's format"
    nameless = {0} if rows.names is not None and not rows.names[0] else set()
    return _table(source.name, how, names, target, wanted, finished, nameless)


def _chosen(
    name: str, choice: Choice, names: Sequence[str] | None, width: int
) -> tuple[int, list[int], list[str]]:
    """The target, the columns that are to become inputs, and what all of them are called."""
    target = table_columns.position(name, "--target", choice.target, names, width)
    drop = {table_columns.position(name, "--drop", text, names, width) for text in choice.drop}
    if target in drop:
        raise FormatError(f"{name}: expected --drop to keep the target, got it too")
    used = [j for j in range(width) if j != target and j not in drop]
    if not used:
        raise FormatError(f"{name}: expected a column beside the target, got none")
    called = table_columns.names_of(names, width)
    table_columns.require_distinct(name, called, sorted([*used, target]))
    return target, used, called


def _remedy(names: Sequence[str] | None, j: int) -> str:
    name = names[j] if names and names[j] and names.count(names[j]) == 1 else str(j + 1)
    return f"--drop {name if name.isalnum() else repr(name)} leaves the column out"


def _read_array(
    table: Npy, name: str, choice: Choice, progress: Callable[[int], None]
) -> TrainingTable:
    width = table.width
    if width < 2:
        raise FormatError(
            f"{name}: expected at least two columns, one of them the target, got {width}"
        )
    target, used, names = _chosen(name, choice, None, width)
    parts = []
    for block in table:
        rows = np.array(block.rows, np.float64)
        for j in [*used, target]:
            if (i := first_too_large(rows[:, j], np.dtype(np.float32))) is not None:
                message = too_large(float(rows[i, j]), np.dtype(np.float32))
                raise FormatError(f"{block.place(i, j)}: {message}")
        parts.append(rows)
        progress(table.done)
    if not parts:
        raise FormatError(f"{name}: expected rows, got none")
    whole = np.concatenate(parts)
    finished: dict[int, Numbers | Texts | None] = {j: _numbers(whole[:, j]) for j in used}
    return _table(name, "an array", names, target, _numbers(whole[:, target]), finished, set())


def _numbers(values: NDArray[np.float64]) -> Numbers | None:
    return None if np.all(np.isnan(values)) else Numbers(values)


def _named(target: Numbers, classes: list[str]) -> Numbers | Texts:
    """The classes that the numbers of scikit-learn's last column stand for, if they stand for any."""
    values = target.values
    if not np.all(np.isin(values, np.arange(len(classes)))):
        return target
    order = sorted(range(len(classes)), key=classes.__getitem__)
    codes = np.argsort(order).astype(np.int32)[values.astype(np.intp)]
    return Texts(sorted(classes), codes)


def _table(
    name: str,
    how: str,
    names: list[str],
    target: int,
    wanted: Numbers | Texts | None,
    cells: dict[int, Numbers | Texts | None],
    nameless: set[int],
) -> TrainingTable:
    notes = []
    if wanted is None:
        raise FormatError(f"{name}: expected values of the target {names[target]!r}, got none")
    has_target = _has_value(wanted)
    if without := int(np.count_nonzero(~has_target)):
        notes.append(f"{plural(without, 'row')} without a value of {names[target]!r} left out")
        wanted = _at(wanted, has_target)
    kept: list[tuple[str, Numbers | Texts]] = []
    for j in list(cells):
        column = cells.pop(j)
        if column is not None and without:
            column = _at(column, has_target)
        if column is None or not np.any(_has_value(column)):
            notes.append(f"column {names[j]!r} left out: it has no values")
        elif counts := _counts_rows(column):
            if j in nameless:
                notes.append(f"column {j + 1} left out: it has no name and {counts}")
            else:
                notes.append(
                    f"column {names[j]!r} {counts}: if it numbers them, leave it out by --drop"
                )
                kept.append((names[j], column))
        else:
            kept.append((names[j], column))
    if not kept:
        raise FormatError(f"{name}: expected a column with values beside the target, got none")
    columns = [_learned(*each) for each in kept]
    X = _inputs(columns, _columns_of(kept), int(np.count_nonzero(has_target)))
    return TrainingTable(name, how, columns, X, names[target], wanted, notes)


def _columns_of(kept: list[tuple[str, Numbers | Texts]]) -> Iterator[Numbers | Texts]:
    """The columns one by one; they are let go of, for there may be no memory for all of them twice."""
    kept.reverse()
    while kept:
        yield kept.pop()[1]


def _has_value(column: Numbers | Texts) -> NDArray[np.bool_]:
    if isinstance(column, Numbers):
        return ~np.isnan(column.values)
    return column.codes >= 0


def _at(column: Numbers | Texts, rows: NDArray[np.bool_]) -> Numbers | Texts:
    if isinstance(column, Numbers):
        return Numbers(column.values[rows])
    return Texts(column.values, column.codes[rows])


def _counts_rows(column: Numbers | Texts) -> str:
    """That a column counts the rows, from whatever number; or nothing."""
    if not isinstance(column, Numbers) or len(column.values) < 10:
        return ""
    first = column.values[0]
    counts = np.array_equal(column.values, first + np.arange(len(column.values)))
    return "counts the rows" if counts else ""


def _learned(name: str, column: Numbers | Texts) -> Column:
    has_gaps = not bool(np.all(_has_value(column)))
    if isinstance(column, Numbers):
        return Column(name, [], has_gaps)
    used = np.unique(column.codes[column.codes >= 0])
    return Column(name, [column.values[code] for code in used], has_gaps)


def _inputs(
    columns: Sequence[Column], cells: Iterator[Numbers | Texts], rows: int
) -> NDArray[np.float32]:
    X = np.zeros((rows, sum(column.inputs for column in columns)), np.float32)
    at = 0
    for column, cell in zip(columns, cells, strict=True):
        into = X[:, at : at + column.inputs]
        at += column.inputs
        if isinstance(cell, Numbers):
            put_numbers(column, cell.values, into, Unknown())
        else:
            index = {value: i for i, value in enumerate(column.values)}
            places = np.array([index.get(value, -1) for value in cell.values] + [-1], np.intp)
            codes = places[cell.codes]
            known = np.flatnonzero(codes >= 0)
            into[known, codes[known]] = 1
    return X
