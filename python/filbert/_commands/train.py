"""`filbert train`: a network that predicts a column of a table from the others."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Iterator
from typing import Any

import filbert
from filbert import _core
from filbert._commands import learn_table, numbers, recipe, table_columns, tables
from filbert._commands.bar import Bar
from filbert._commands.learn_table import TrainingTable
from filbert._commands.output import printable
from filbert._commands.table_columns import plural
from filbert._commands.target import Target, target_of
from filbert._commands.training import Result, Training
from filbert._edge.stderr import is_terminal, stderr


def add_to(commands: Any) -> None:
    """Add the parser of this command."""
    parser = commands.add_parser(
        "train",
        help="a network that predicts a column of a table from the others",
        description="Trains a network on a table: numbers are normalised, gaps filled and texts made "
        "inputs, and the file of the network keeps how. Prints its scores on rows that it has not "
        "seen.",
    )
    parser.add_argument(
        "data",
        metavar="DATA",
        help="a table: CSV or other text in UTF-8, or .npy; - is the standard input",
    )
    parser.add_argument(
        "--target",
        metavar="COLUMN",
        required=True,
        help="the column to predict: its name, or its number from 1; -1 is the last",
    )
    parser.add_argument(
        "--out", metavar="FILE", help="where the network goes (default: DATA with .safetensors)"
    )
    parser.add_argument(
        "--force", action="store_true", help="write there although another kind of file is there"
    )
    parser.add_argument(
        "--drop",
        metavar="COLUMN",
        action="append",
        default=[],
        help="a column to leave out, by name or number; may be given several times",
    )
    table_columns.add_table_options(parser)
    parser.add_argument(
        "--task",
        choices=["classify", "regress"],
        help="whether the target is classes or numbers (default: text and a few different whole "
        "numbers are classes)",
    )
    parser.add_argument(
        "--validation",
        metavar="SHARE",
        type=numbers.share,
        default=0.2,
        help="the part of the rows that is held out for the scores (default 0.2); 0: none",
    )
    parser.add_argument(
        "--patience",
        metavar="N",
        type=numbers.positive,
        help="stop when the loss of the held-out rows has not fallen for so many epochs",
    )
    parser.add_argument(
        "--class-weight",
        choices=["balanced"],
        help="balanced: rows of rare classes count more, so that all classes count the same",
    )
    parser.add_argument(
        "--spec",
        metavar="JSON",
        help='layers, optimizer and the rest, as \'{"layers": [64], "optimizer": "adam"}\', or a file of '
        "that",
    )
    parser.add_argument(
        "--epochs", metavar="N", type=numbers.positive, help="how often to go through the rows"
    )
    parser.add_argument(
        "--max-seconds", metavar="S", type=numbers.seconds, help="about how long to train"
    )
    parser.add_argument(
        "--seed",
        metavar="N",
        type=numbers.seed,
        default=0,
        help="of the weights, the order of rows and which are held out (default 0)",
    )
    parser.add_argument(
        "--progress",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="show the epochs on stderr (default: on a terminal)",
    )
    parser.add_argument("--quiet", action="store_true", help="print the scores only")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Read the table, train, print the scores and write the network."""
    out = _out(arguments)
    spec = recipe.read_spec(arguments.spec)

    def say(text: str) -> None:
        if not arguments.quiet:
            print(printable(text), flush=True)

    table = _read(arguments)
    target = target_of(table.name, table.target_name, table.target, arguments.task)
    for line in _description(table, target):
        say(line)
    for note in table.notes:
        _warn(note)
    show = not arguments.quiet and is_terminal(sys.stderr)
    training = Training(
        table,
        target,
        spec,
        seed=arguments.seed,
        epochs=arguments.epochs,
        patience=arguments.patience,
        max_seconds=arguments.max_seconds,
        class_weight=arguments.class_weight,
        show=show if arguments.progress is None else arguments.progress,
    )
    result = training.run(arguments.validation)
    for line in _results(result, target):
        print(line, flush=True)
    for note in result.warnings:
        _warn(note)
    if result.retrained:
        say(
            f"trained again on all {plural(len(target.y), 'row')}, for {plural(result.epochs, 'epoch')}"
        )
    result.network.save(out)
    say(f"written: {out}")
    return 0


def _read(arguments: argparse.Namespace) -> TrainingTable:
    choice = learn_table.Choice(
        target=arguments.target,
        drop=arguments.drop,
        missing=arguments.missing,
        header=arguments.header,
        separator=arguments.separator,
    )
    with tables.opened(arguments.data) as (source, is_npy), _bar(source, is_npy) as update:
        return learn_table.read(source, is_npy, choice, update)


@contextlib.contextmanager
def _bar(source: tables.Input, is_npy: bool) -> Iterator[Any]:
    if not is_terminal(sys.stderr):
        yield lambda done: None
        return
    bar = Bar("read", None if is_npy else source.size, "rows" if is_npy else "B")
    try:
        yield bar.update
    finally:
        bar.close()


def _out(arguments: argparse.Namespace) -> str:
    """Where the network is to go. An error, before anything is done, if it cannot go there."""
    out: str | None = arguments.out
    if out is None:
        if arguments.data == tables.STDIN:
            raise ValueError("--out: expected the name of a file, because the table has none")
        out = os.path.splitext(arguments.data)[0] + ".safetensors"
    if os.path.exists(out) and not arguments.force:
        if os.path.exists(arguments.data) and os.path.samefile(out, arguments.data):
            raise ValueError(f"--out: expected another file than the table, got {out!r}")
        try:
            filbert.load(out, mmap=True)
        except filbert.FormatError:
            raise ValueError(
                f"{out}: expected a network or no file, got another kind of file; --force replaces it"
            ) from None
    if os.path.isdir(out) or not os.path.isdir(os.path.dirname(out) or "."):
        raise ValueError(f"--out: expected a file in a folder that exists, got {out!r}")
    _core.FileReplacement(out).discard()  # says whether it may be written to
    return out


def _description(table: TrainingTable, target: Target) -> Iterator[str]:
    yield f"table: {table.name}, {plural(len(target.y), 'row')}, {table.how}"
    texts = [column for column in table.columns if column.values]
    count = len(table.columns) - len(texts)
    parts = [plural(count, "column") + " of numbers"] if count else []
    if gaps := sum(column.has_gaps for column in table.columns if not column.values):
        parts[0] += f" ({gaps} with gaps)"
    if texts:
        values = sum(len(column.values) for column in texts)
        parts.append(f"{plural(len(texts), 'column')} of text ({plural(values, 'value')})")
    yield f"inputs: {table.X.shape[1]:,}, from {' and '.join(parts)}"
    yield f"target: {target.name!r}, {target.why}"


def _results(result: Result, target: Target) -> Iterator[str]:
    if result.score is None:
        return
    name = "r2" if target.classes is None else "accuracy"
    chose = ", which chose the number of epochs too" if result.stopped else ""
    yield f"scores on {plural(result.held_out, 'row')} held out{chose}:"
    yield f"{name}: {result.score:.3f}"
    yield f"{name} of a linear model: {result.linear:.3f}"
    guess = "the mean" if target.classes is None else "the most frequent class"
    yield f"{name} of {guess}: {result.guess:.3f}"


def _warn(text: str) -> None:
    print(f"filbert: note: {printable(text)}", file=stderr(), flush=True)
