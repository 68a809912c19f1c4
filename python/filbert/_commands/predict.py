"""`filbert predict`: a network's outputs for every row of a file."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

import filbert
from filbert._commands import results, tables
from filbert._commands.bar import Bar
from filbert._stderr import is_terminal
from filbert.errors import FormatError

if TYPE_CHECKING:
    from numpy.typing import NDArray

NUMBERS = 2**18  # at a time: of a block, or of one layer's activations for it


def add_to(commands: Any) -> None:
    """Add the parser of this command."""
    parser = commands.add_parser(
        "predict",
        help="the outputs of a network for the rows of a file",
        description="Writes what a network says of each row of a file: a line of output "
        "activations, or the class. The file may be larger than memory.",
    )
    parser.add_argument("file", metavar="FILE", help="a saved network (.safetensors)")
    parser.add_argument(
        "data", metavar="DATA", help="rows of numbers: .npy, or else CSV with commas, in UTF-8"
    )
    parser.add_argument(
        "--out", metavar="OUT", type=_out, help="a .csv or .npy to write; else stdout"
    )
    parser.add_argument(
        "--classes", action="store_true", help="write the class of each row instead"
    )
    parser.add_argument(
        "--header",
        action=argparse.BooleanOptionalAction,
        help="whether the first line of a CSV names the columns; by default it does if none of its "
        "fields is a number",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Read, predict and write, a block of rows at a time."""
    network = filbert.load(arguments.file)
    predict = network.predict_classes if arguments.classes else network.predict
    most = max(1, NUMBERS // max(network.sizes))
    table: tables.Csv | tables.Npy
    if arguments.data.endswith(".npy"):
        table = tables.Npy(arguments.data, network.sizes[0], most)
    else:
        table = tables.Csv(arguments.data, network.sizes[0], most, arguments.header)
    rows = 0
    with _results(arguments.out) as out, _bar(arguments.out, table) as bar:
        for block in table:
            out.write(_predicted(predict, block, network.dtype))
            rows += len(block.rows)
            if bar is not None:
                bar.update(table.done)
        if rows == 0:
            raise FormatError(f"{arguments.data}: expected at least one row, got none")
    return 0


def _predicted(
    predict: Callable[[NDArray[Any]], NDArray[Any]], block: tables.Block, dtype: np.dtype[Any]
) -> NDArray[Any]:
    try:
        return predict(block.rows)
    except ValueError:
        with np.errstate(all="ignore"):
            wrong = np.argwhere(~np.isfinite(block.rows.astype(dtype)))
        if len(wrong) == 0:
            raise
        i, j = wrong[0]
        value = block.rows[i, j]
        expected = f"a number that fits in {dtype}" if np.isfinite(value) else "a finite number"
        raise FormatError(f"{block.place(i, j)}: expected {expected}, got {value}") from None


def _results(out: str | None) -> contextlib.AbstractContextManager[results.Results]:
    if out is None:
        return contextlib.nullcontext(results.Csv(sys.stdout))
    return results.file_of_results(out)


@contextlib.contextmanager
def _bar(out: str | None, table: tables.Csv | tables.Npy) -> Iterator[Bar | None]:
    """None if nobody would see it, or see it among the results."""
    if not is_terminal(sys.stderr) or (out is None and is_terminal(sys.stdout)):
        yield None
        return
    bar = Bar("predict", table.total, table.unit)
    try:
        yield bar
    finally:
        bar.close()


def _out(text: str) -> str:
    if not text.endswith((".csv", ".npy")):
        raise argparse.ArgumentTypeError(f"expected a name that ends in .csv or .npy, got {text!r}")
    return text
