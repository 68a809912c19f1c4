"""`filbert info`: shows what is in a file."""

from __future__ import annotations

import argparse
import errno
import json
import os
from collections.abc import Iterator
from typing import Any

import filbert
from filbert import _core
from filbert._commands import models
from filbert._commands.output import printable

SHOWN = 10  # elements of a list that are shown
MOST_COLUMNS = 40


def add_to(commands: Any) -> None:
    """Add the parser of this command."""
    parser = commands.add_parser(
        "info",
        help="what is in the file of a network",
        description="Shows the layers, tensors and metadata of a saved network or checkpoint, and "
        "checks the file as loading does.",
    )
    parser.add_argument("file", metavar="FILE", help="a saved network (.safetensors)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Load the file, which checks all of it, and print what is in it."""
    path = arguments.file
    before = os.stat(path)
    model, network = models.load(path)
    metadata = _core.read_safetensors_metadata(path)
    arrays = _core.read_safetensors(path)
    if not _is_same(before, os.stat(path)):  # so that parts of two files are never shown as one
        raise OSError(errno.EAGAIN, "expected one file, got another while it was read", path)
    print(f"{printable(path)}: {before.st_size:,} bytes")
    print()
    if isinstance(model, filbert.Ensemble):
        print(f"an ensemble of {len(model)}, the first of which is")
        print()
    print(network.summary())
    print()
    if network.columns is not None:
        _print_columns(list(_table_columns(network)))
        print()
    tensors = [("tensor", "dtype", "shape")]
    for name, array in arrays.items():
        tensors.append((name, str(array.dtype), str(array.shape)))
    _print_columns(tensors)
    print()
    description = json.loads(metadata["filbert"])
    for described in description.get("ensemble", [description.get("network")]):
        described.pop("columns", None)  # which have been printed
    if "ensemble" in description:
        first, *others = description.pop("ensemble")
        description |= {"networks": 1 + len(others), "networks.0": first}
    entries = list(_entries("", description))
    _print_columns([*entries, ("checksum", f"{metadata['filbert.checksum']}, as it should be")])
    return 0


def _table_columns(network: filbert.Network) -> Iterator[tuple[str, str, str]]:
    """The columns of the table that the network was trained with, and the target."""
    yield "column", "inputs", "what"
    columns = network.columns or []
    for column in columns[:MOST_COLUMNS]:
        what = "a number"
        if column.values:
            shown = ", ".join(map(repr, column.values[:SHOWN]))
            what = "text: " + shown + (", ..." if len(column.values) > SHOWN else "")
        gaps = ", with gaps" if column.has_gaps else ""
        yield printable(column.name), str(column.inputs), printable(what + gaps)
    if len(columns) > MOST_COLUMNS:
        yield "...", "", f"{len(columns):,} columns"
    if network.target_name is not None:
        labels = [] if network.classes is None else network.classes.tolist()
        shown = ", ".join(map(repr, labels[:SHOWN])) + (", ..." if len(labels) > SHOWN else "")
        yield (
            printable(network.target_name),
            "",
            f"the target{': ' if labels else ''}{printable(shown)}",
        )


def _is_same(a: os.stat_result, b: os.stat_result) -> bool:
    return (a.st_ino, a.st_size, a.st_mtime_ns) == (b.st_ino, b.st_size, b.st_mtime_ns)


def _print_columns(rows: list[Any]) -> None:
    *widths, _ = (max(map(len, column)) for column in zip(*rows, strict=True))
    for *cells, last in rows:
        print("  ".join([*map(str.ljust, cells, widths), last]))


def _entries(name: str, value: object) -> Iterator[tuple[str, str]]:
    """The entries of nested metadata, as names with dots and their values."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _entries(f"{name}.{key}".lstrip("."), inner)
    elif isinstance(value, list):
        text = ", ".join(repr(element) for element in value[:SHOWN])
        yield name, text + (f", ... ({len(value)})" if len(value) > SHOWN else "")
    else:
        yield name, repr(value)  # JSON shows control characters as escapes
