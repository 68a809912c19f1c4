"""Rows of a table as the inputs of a network that knows its columns, some rows at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from filbert._commands import table_columns
from filbert._commands.cell_numbers import Words
from filbert._commands.npy_table import Npy
from filbert._commands.tables import Input, TableRows
from filbert._commands.text_rows import TextRows
from filbert._edge.checks import first_ten, shown
from filbert._edge.encoding import (
    Column,
    Unknown,
    first_too_large,
    put_numbers,
    put_texts,
    too_large,
)
from filbert._edge.fields import is_number
from filbert.errors import FormatError

Fields = Sequence[str] | NDArray[np.float64]  # of a column: of text, or of an array


class Way(NamedTuple):
    """How a table is written, as far as the user says it."""

    header: bool | None = None
    separator: str | None = None
    missing: Sequence[str] = ()


class EncodedTable:
    """The rows of a table, as inputs. Its columns are found by name, or by number if it has none.

    target: the column that `targets` takes along, a name or a number from 1; None: none. After the
    rows have been read, `unknown` says what training had not seen.
    """

    def __init__(
        self,
        source: Input,
        is_npy: bool,
        columns: Sequence[Column],
        most: int,
        way: Way,
        dtype: np.dtype[Any],
        target: str | None = None,
    ) -> None:
        self.name = source.name
        self._columns, self._most, self._dtype = columns, most, dtype
        numbered = _are_numbers([column.name for column in columns])
        known = [] if numbered else [column.name for column in columns]
        self._table: Npy | TextRows
        if is_npy:
            self._table = Npy(source, None, most)
            names = None
        else:
            known += [target] if target is not None and not is_number(target) else []
            self._table = TextRows(source, header=way.header, separator=way.separator, known=known)
            names = self._table.names
            self.words = Words(way.missing, self._table.dialect.decimal_comma)
        self.unit = self._table.unit
        width = self._table.width
        if width == 0:
            raise FormatError(f"{self.name}: expected at least one row, got none")
        self._positions = _positions(self.name, columns, names, width)
        self._target = None
        if target is not None:
            self._target = table_columns.position(self.name, "--target", target, names, width)
        self._inputs = sum(column.inputs for column in columns)
        # Of each input the column that it comes from; behind them that of the target.
        self._position_of_input = [
            position
            for column, position in zip(columns, self._positions, strict=True)
            for _ in range(column.inputs)
        ]
        if self._target is not None:
            self._position_of_input.append(self._target)
        self.unknown = Unknown()

    @property
    def total(self) -> int | None:
        """How much there is to read, in `unit`."""
        return self._table.total

    @property
    def done(self) -> int:
        """How much of it has been read."""
        return self._table.done

    @property
    def classes(self) -> list[str] | None:
        """The classes that the numbers of scikit-learn's last column stand for."""
        summary = getattr(self._table, "summary", None)
        return None if summary is None else summary.classes

    def place_of_target(self, rows: TableRows, i: int) -> str:
        """Where the target of row i of a block is, for messages."""
        return rows.place(i, self._inputs)

    def __iter__(self) -> Iterator[TableRows]:
        for rows, _ in self.with_targets():
            yield rows

    def with_targets(self) -> Iterator[tuple[TableRows, Fields]]:
        """Iterate over blocks of inputs and the fields, or numbers, of their target."""
        if isinstance(self._table, Npy):
            yield from self._of_array(self._table)
        else:
            yield from self._of_text(self._table)

    def _of_text(self, table: TextRows) -> Iterator[tuple[TableRows, Fields]]:
        for block in table.blocks(self._most):

            def place(i: int, j: int, lines: list[int] = block.lines) -> str:
                return table.place(lines[i], self._position_of_input[j])

            out = np.zeros((len(block.lines), self._inputs), self._dtype)
            at = 0
            for column, position in zip(self._columns, self._positions, strict=True):
                into = out[:, at : at + column.inputs]
                fields = block.columns[position]
                if column.values:
                    put_texts(column, self._texts(fields), into, self.unknown)
                else:
                    self._put_numbers(column, self._numbers(fields, at, place), at, into, place)
                at += column.inputs
            targets: Fields = [] if self._target is None else block.columns[self._target]
            yield TableRows(out, place), targets

    def _texts(self, fields: Sequence[str]) -> list[str | None]:
        return [None if self.words.is_missing(field) else field.strip() for field in fields]

    def _numbers(self, fields: Sequence[str], at: int, place: Any) -> NDArray[np.float64]:
        numbers = self.words.numbers(fields)
        if isinstance(numbers, int):
            field = fields[numbers].strip()
            raise FormatError(
                f"{place(numbers, at)}: expected a number, got {shown(fields[numbers])}; if that "
                f"stands for a missing value, give --missing {field!r}"
            )
        return numbers

    def _put_numbers(
        self, column: Column, numbers: NDArray[np.float64], at: int, into: NDArray[Any], place: Any
    ) -> None:
        if (i := first_too_large(numbers, self._dtype)) is not None:
            raise FormatError(f"{place(i, at)}: {too_large(float(numbers[i]), self._dtype)}")
        put_numbers(column, numbers, into, self.unknown)

    def _of_array(self, table: Npy) -> Iterator[tuple[TableRows, Fields]]:
        for rows, place_in in table:

            def place(i: int, j: int, place_in: Any = place_in) -> str:
                where: str = place_in(i, self._position_of_input[j])
                return where

            numbers = np.asarray(rows, np.float64)
            out = np.zeros((len(rows), self._inputs), self._dtype)
            at = 0
            for column, position in zip(self._columns, self._positions, strict=True):
                into = out[:, at : at + column.inputs]
                if column.values:
                    raise FormatError(
                        f"{self.name}: expected a table of text, because column {column.name!r} is "
                        "text, got an array"
                    )
                self._put_numbers(column, numbers[:, position], at, into, place)
                at += column.inputs
            targets: Fields = [] if self._target is None else numbers[:, self._target].copy()
            yield TableRows(out, place), targets


def _are_numbers(names: Sequence[str]) -> bool:
    """Whether columns are called by their numbers, as where a table has no line of names."""
    return all(name.isascii() and name.isdecimal() and 1 <= int(name) < 2**31 for name in names)


def _positions(
    table: str, columns: Sequence[Column], names: Sequence[str] | None, width: int
) -> list[int]:
    """Where the columns are, from 0."""
    wanted = [column.name for column in columns]
    if names is not None:
        called = table_columns.names_of(names, width)
        missing = [name for name in wanted if name not in called]
        if not missing:
            found = [called.index(name) for name in wanted]
            twice = [name for name in wanted if called.count(name) > 1]
            if twice:
                raise FormatError(f"{table}: expected one column {twice[0]!r}, got two")
            return found
        if not _are_numbers(wanted):
            raise FormatError(
                f"{table}: expected the columns {first_ten(wanted)}, got no {first_ten(missing)}"
            )
    if width == len(wanted):
        return list(range(width))
    if not _are_numbers(wanted):
        raise FormatError(
            f"{table}: expected a line with the names of the columns, {first_ten(wanted)}, or these "
            f"{len(wanted)} columns alone, got {width} columns without names"
        )
    numbers = [int(name) - 1 for name in wanted]
    if max(numbers) >= width:
        raise FormatError(
            f"{table}: expected at least {max(numbers) + 1} columns, or {len(wanted)} without the "
            f"target, got {width}"
        )
    return numbers
