"""`filbert predict`: writes a network's outputs for every row of a file."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

import filbert
from filbert._commands import models, output, results, table_columns, tables
from filbert._commands.bar import Bar
from filbert._commands.csv_table import Csv
from filbert._commands.encoded_table import EncodedTable, Way
from filbert._commands.npy_table import Npy
from filbert._edge.stderr import is_terminal, stderr
from filbert.errors import FormatError

if TYPE_CHECKING:
    from numpy.typing import NDArray

NUMBERS = 2**18  # in memory at a time: of some rows, or of the activations of one layer for them


def add_to(commands: Any) -> None:
    """Add the parser of this command."""
    parser = commands.add_parser(
        "predict",
        help="the outputs of a network for the rows of a file",
        description="Writes what a network says of each row of a file: a line of output "
        "activations, or the class. The file may be larger than memory. A network that filbert train "
        "made takes tables such as the one that it learned from, with or without the target.",
    )
    parser.add_argument("file", metavar="FILE", help="a saved network (.safetensors)")
    parser.add_argument(
        "data",
        metavar="DATA",
        help="rows: CSV or other text in UTF-8, or .npy; - is the standard input",
    )
    parser.add_argument(
        "--out", metavar="OUT", type=_out, help="a .csv or .npy to write; else stdout, as CSV"
    )
    parser.add_argument(
        "--classes", action="store_true", help="write the class of each row instead"
    )
    parser.add_argument(
        "--spread",
        action="store_true",
        help="of an ensemble: behind the outputs, their standard deviations over its networks",
    )
    table_columns.add_table_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Read, predict and write, some rows at a time."""
    model, network = models.load(arguments.file)
    predict = _way(arguments, model)
    rows = 0
    with tables.opened(arguments.data) as (source, is_npy):
        table = _table(arguments, source, is_npy, network)
        with _results(arguments.out) as out, _bar(arguments.out, table) as bar:
            for portion in table:
                out.write(_predicted(predict, portion, network.dtype))
                rows += len(portion.rows)
                if bar is not None:
                    bar.update(table.done)
            if rows == 0:
                raise FormatError(f"{source.name}: expected at least one row, got none")
        if isinstance(table, EncodedTable) and (text := str(table.unknown)):
            print(f"filbert: note: {output.printable(text)}", file=stderr(), flush=True)
    return 0


def _way(
    arguments: argparse.Namespace, model: filbert.Network | filbert.Ensemble
) -> Callable[[NDArray[Any]], NDArray[Any]]:
    """What makes results of rows."""
    if not arguments.spread:
        return model.predict_classes if arguments.classes else model.predict
    if arguments.classes:
        raise ValueError("--spread: expected it without --classes, which have none, got both")
    if isinstance(model, filbert.Ensemble):
        return lambda rows: np.hstack(model.spread(rows))
    raise ValueError("--spread: expected the file of an ensemble, got that of one network")


def _table(
    arguments: argparse.Namespace, source: tables.Input, is_npy: bool, network: filbert.Network
) -> tables.Table:
    width, most = network.sizes[0], max(1, NUMBERS // max(network.sizes))
    if (columns := network.columns) is not None:
        way = Way(arguments.header, arguments.separator, arguments.missing)
        return EncodedTable(source, is_npy, columns, most, way, network.dtype)
    if arguments.missing:
        raise ValueError("--missing: expected a network that filbert train made, got another one")
    if is_npy:
        return Npy(source, width, most)
    return Csv(
        source,
        width,
        most,
        header=arguments.header,
        names=network.feature_names,
        separator=arguments.separator or "comma",
    )


def _predicted(
    predict: Callable[[NDArray[Any]], NDArray[Any]], portion: tables.TableRows, dtype: np.dtype[Any]
) -> NDArray[Any]:
    try:
        return predict(portion.rows)
    except ValueError:
        with np.errstate(all="ignore"):
            wrong = np.argwhere(~np.isfinite(portion.rows.astype(dtype)))
        if len(wrong) == 0:
            raise
        i, j = wrong[0]
        value = portion.rows[i, j]
        expected = f"a number that fits in {dtype}" if np.isfinite(value) else "a finite number"
        raise FormatError(f"{portion.place(i, j)}: expected {expected}, got {value}") from None


def _results(out: str | None) -> contextlib.AbstractContextManager[results.Results]:
    if out is None:
        return contextlib.nullcontext(results.Csv(output.results_to(sys.stdout)))
    return results.file_of_results(out)


@contextlib.contextmanager
def _bar(out: str | None, table: tables.Table) -> Iterator[Bar | None]:
    """The bar, or None if nobody would see it or if it would be among the results."""
    if not is_terminal(sys.stderr) or (out is None and is_terminal(sys.stdout)):
        yield None
        return
    bar = Bar("predict", table.total, table.unit)
    try:
        yield bar
    finally:
        bar.close()


def _out(text: str) -> str:
    if results.format_of(text) not in (".csv", ".npy"):
        raise argparse.ArgumentTypeError(f"expected a name that ends in .csv or .npy, got {text!r}")
    return text
