"""`filbert evaluate`: how good a network is on the rows of a table."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

import filbert
from filbert._commands import models, scores, table_columns, tables
from filbert._commands.bar import Bar
from filbert._commands.encoded_table import EncodedTable, Fields, Way
from filbert._commands.output import printable
from filbert._commands.tables import TableRows
from filbert._edge.checks import first_ten, shown
from filbert._edge.fields import is_number
from filbert._edge.stderr import is_terminal, stderr
from filbert.errors import FormatError

if TYPE_CHECKING:
    from numpy.typing import NDArray

NUMBERS = 2**18  # in memory at a time: of some rows, or of the activations of one layer for them


def add_to(commands: Any) -> None:
    """Add the parser of this command."""
    parser = commands.add_parser(
        "evaluate",
        help="how good a network is on the rows of a table",
        description="Prints the scores of a network that filbert train made on the rows of a table.",
    )
    parser.add_argument("file", metavar="FILE", help="the network (.safetensors)")
    parser.add_argument(
        "data",
        metavar="DATA",
        help="a table with the target: CSV or other text in UTF-8, or .npy; - is the standard input",
    )
    parser.add_argument(
        "--target",
        metavar="COLUMN",
        help="the column to compare with, by name or number (default: the one of training)",
    )
    table_columns.add_table_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Read, predict, compare and print."""
    model, network = models.load(arguments.file)
    columns, target = network.columns, arguments.target or network.target_name
    if columns is None:
        raise ValueError(
            f"{arguments.file}: expected a network that filbert train made, got one that knows no "
            "columns"
        )
    if target is None:
        raise ValueError("--target: expected a column, because the network knows none, got none")
    classifies = scores.score_name(network) == "accuracy"
    way = Way(arguments.header, arguments.separator, arguments.missing)
    most = max(1, NUMBERS // max(network.sizes))
    outputs, targets, without = [], [], 0
    with tables.opened(arguments.data) as (source, is_npy):
        table = EncodedTable(source, is_npy, columns, most, way, network.dtype, target)
        bar = Bar("evaluate", table.total, table.unit) if is_terminal(sys.stderr) else None
        try:
            for portion, fields in table.with_targets():
                y = _targets(network, table, portion, fields, classifies)
                known = y >= 0 if classifies else ~np.isnan(y)
                without += int(np.count_nonzero(~known))
                if known.any():
                    outputs.append(model.predict(portion.rows[known]))
                    targets.append(y[known])
                if bar is not None:
                    bar.update(table.done)
        finally:
            if bar is not None:
                bar.close()
    if not targets:
        raise FormatError(f"{source.name}: expected rows with a value of {target!r}, got none")
    _print(np.concatenate(outputs), np.concatenate(targets), classifies)
    if without:
        _note(f"{table_columns.plural(without, 'row')} without a value of {target!r} left out")
    if text := str(table.unknown):
        _note(text)
    return 0


def _targets(
    network: filbert.Network,
    table: EncodedTable,
    portion: TableRows,
    fields: Fields,
    classifies: bool,
) -> NDArray[Any]:
    """The classes' indices, -1 where there is none; or the values, NaN where there is none."""
    if classifies:
        return _classes(network, table, portion, fields)
    if isinstance(fields, np.ndarray):
        return fields
    values = table.words.numbers(fields)
    if isinstance(values, int):
        raise FormatError(
            f"{table.place_of_target(portion, values)}: expected a number, got {shown(fields[values])}"
        )
    return values


def _classes(
    network: filbert.Network, table: EncodedTable, portion: TableRows, fields: Fields
) -> NDArray[np.intp]:
    labels = [] if network.classes is None else network.classes.tolist()
    index = {str(label): j for j, label in enumerate(labels)}
    codes: dict[Any, int] = {}
    for i, field in enumerate(fields):
        if field in codes:
            continue
        if isinstance(field, str):
            missing, text = table.words.is_missing(field), field.strip()
        else:
            missing, text = bool(np.isnan(field)), f"{field:g}"
        if text not in index and table.classes is not None and text.isdecimal():
            number = int(text)  # in scikit-learn's format
            text = table.classes[number] if number < len(table.classes) else text
        if text not in index and is_number(text) and float(text).is_integer():
            text = str(int(float(text)))
        if text not in index and not missing:
            raise FormatError(
                f"{table.place_of_target(portion, i)}: expected one of the classes "
                f"{first_ten(labels)}, got {shown(field)}"
            )
        codes[field] = index.get(text, -1)
    return np.array([codes[field] for field in fields], np.intp)


def _print(outputs: NDArray[Any], y: NDArray[Any], classifies: bool) -> None:
    print(f"rows: {len(y)}")
    if classifies:
        most = np.bincount(y).max() / len(y)
        print(f"accuracy: {np.mean(np.argmax(outputs, axis=1) == y):.3f}")
        print(f"accuracy of the most frequent class: {most:.3f}")
        likelihood = np.maximum(outputs[np.arange(len(y)), y].astype(np.float64), 1e-300)
        print(f"cross entropy: {-np.mean(np.log(likelihood)):.4g}")
        return
    errors = outputs[:, 0].astype(np.float64) - y
    print(f"r2: {scores.r2(outputs[:, 0].astype(np.float64), y):.3f}")
    print(f"mean absolute error: {np.mean(np.abs(errors)):.4g}")
    print(f"root of the mean squared error: {np.sqrt(np.mean(errors**2)):.4g}")


def _note(text: str) -> None:
    print(f"filbert: note: {printable(text)}", file=stderr(), flush=True)
