"""Which columns a table has, by their names or numbers."""

from __future__ import annotations

import argparse
import contextlib
from collections import Counter
from collections.abc import Sequence

from filbert._commands import dialect
from filbert._edge.checks import first_ten
from filbert.errors import FormatError


def add_table_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say how a table is written."""
    parser.add_argument(
        "--header",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="the first line names the columns, or is a row; by default that is found out",
    )
    parser.add_argument(
        "--separator",
        metavar="WHICH",
        type=_separator,
        help="what separates the fields: comma, semicolon, tab, bar or blank, by name or as it is; by "
        "default that is found out",
    )
    parser.add_argument(
        "--missing",
        metavar="TEXT",
        action="append",
        default=[],
        help="a text that stands for a missing value, beside none at all, NA, N/A, NaN, null and "
        "None; may be given several times",
    )


def _separator(text: str) -> str:
    try:
        return dialect.separator(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def names_of(names: Sequence[str] | None, width: int) -> list[str]:
    """What the columns are called: by the line of names, else by their numbers from 1."""
    if names is None:
        return [str(j + 1) for j in range(width)]
    return [name or str(j + 1) for j, name in enumerate(names)]


def position(table: str, option: str, text: str, names: Sequence[str] | None, width: int) -> int:
    """The column, from 0, that a name or a number from 1 stands for; -1 is the last one."""
    got = f"{table}: expected {option} to be"
    if names is not None and (count := Counter(names)[text]) > 0:
        if count > 1:
            places = [str(j + 1) for j, name in enumerate(names) if name == text]
            raise FormatError(
                f"{got} the name of one column, got {text!r}, which is that of columns "
                f"{' and '.join(places)}; give a number"
            )
        return list(names).index(text)
    number = _integer(text)
    if number is not None:
        if 1 <= number <= width or -width <= number <= -1:
            return number - 1 if number > 0 else width + number
        raise FormatError(f"{got} in 1 .. {width}, or -1 for the last column, got {text}")
    if names is None:
        raise FormatError(
            f"{got} a number from 1 (-1: the last), got {text!r}, and the table has no line of names; "
            "--header says that it has"
        )
    raise FormatError(f"{got} one of the columns {first_ten(names)}, got {text!r}")


def _integer(text: str) -> int | None:
    with contextlib.suppress(ValueError):
        if text.isascii() and "_" not in text:
            return int(text)
    return None


def require_distinct(table: str, names: Sequence[str], used: Sequence[int]) -> None:
    """FormatError if two of the columns that are used have one name."""
    first: dict[str, int] = {}
    for j in used:
        before = first.setdefault(names[j], j)
        if before != j:
            raise FormatError(
                f"{table}: expected each name once, got {names[j]!r} for the columns {before + 1} and "
                f"{j + 1}; --drop {j + 1} leaves one of them out"
            )


def plural(count: int, what: str, more: str | None = None) -> str:
    """A count with its noun."""
    return f"{count:,} {what if count == 1 else more or what + 's'}"
