"""How a table of text is written: what separates its fields and what quotes them, found by trial."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from filbert._edge.checks import listed
from filbert._edge.fields import is_number

SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|", "blank": " "}
_OTHERS = ",;\t|"
_LOOKED_AT = 50  # rows whose fields are looked at one by one


class Dialect(NamedTuple):
    """A separator, a key of SEPARATORS; the quotation mark; and whether \\ stands before quotes.

    Blanks separate fields in any number, among them tabs. Blanks around fields do not count.
    """

    separator: str = "comma"
    quote: str = '"'
    escapes: bool = False

    def records(self, lines: Iterable[str]) -> Any:
        """csv's reader of these lines: an iterator over lists of fields, with `line_num`."""
        if self.separator == "blank":
            lines = _one_kind_of_blank(lines)
        return csv.reader(
            lines,
            delimiter=SEPARATORS[self.separator],
            quotechar=self.quote,
            doublequote=not self.escapes,
            escapechar="\\" if self.escapes else None,
            skipinitialspace=self.separator != "tab",
            strict=True,
        )

    @property
    def decimal_comma(self) -> bool:
        """Whether a number may be written 1,5: where that could not be two fields, by custom."""
        return self.separator == "semicolon"


def _one_kind_of_blank(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        text = line.rstrip()
        yield text.replace("\t", " ") + "\n" if text else "\n"


def separator(text: str) -> str:
    """The separator of that name, or that character. ValueError for any other text."""
    characters = {character: name for name, character in SEPARATORS.items()}
    name = (characters | {"\\t": "tab", "space": "blank"}).get(text, text)
    if name not in SEPARATORS:
        raise ValueError(f"expected {listed(list(SEPARATORS))}, got {text!r}")
    return name


def is_blank(fields: Sequence[str]) -> bool:
    """Whether a line holds nothing, which makes it no row."""
    return len(fields) == 0 or (len(fields) == 1 and not fields[0].strip())


def find(lines: Sequence[str], whole: bool, given: str | None = None) -> Dialect:
    """The dialect by which lines at the beginning of a table are a table with two columns or more.

    whole: whether these lines are all of it, so that the last record is whole. given: a separator
    that is known. Where no dialect makes a table of them, it is the first of csv's own.
    """
    best, best_score = Dialect(given or "comma"), (0.0, 0.0, 0)
    text = "".join(lines)
    for order, name in enumerate([given] if given else SEPARATORS):
        for quote, escapes in _quotations(text, name):
            dialect = Dialect(name, quote, escapes)
            score = _score(dialect, lines, whole)
            if score is not None and (*score, -order) > best_score:
                best, best_score = dialect, (*score, -order)
    return best


def _quotations(text: str, name: str) -> Iterator[tuple[str, bool]]:
    """The quotation marks that a table may have; whether \\ stands before those within quotes."""
    between = r"[ \t]" if name == "blank" else re.escape(SEPARATORS[name])

    def fields_in(quote: str) -> int:
        pattern = rf"(?:^|{between})[ ]*{quote}[^{quote}\n]*{quote}[ ]*(?={between}|$)"
        return len(re.findall(pattern, text.replace("\r", ""), re.MULTILINE))

    if "'" in text and fields_in("'") > fields_in('"'):
        yield "'", False
        if "\\'" in text:
            yield "'", True
    yield '"', False
    if '\\"' in text:
        yield '"', True


def _score(dialect: Dialect, lines: Sequence[str], whole: bool) -> tuple[float, float] | None:
    """The part of rows that are equally wide, and of fields that hold no other separator; or None."""
    rows: list[list[str]] = []
    try:
        rows.extend(row for row in dialect.records(lines) if not is_blank(row))
    except csv.Error:
        if whole or len(rows) < 2:
            return None
    if not rows:
        return None
    width, count = Counter(len(row) for row in rows[1:] or rows).most_common(1)[0]
    if width < 2:
        return None
    others = _OTHERS.replace(SEPARATORS[dialect.separator], "")
    fields = [field for row in rows[:_LOOKED_AT] for field in row]
    odd = sum(_is_odd(field, others) for field in fields)
    return round(count / max(1, len(rows) - 1), 2), round(1 - odd / len(fields), 2)


def _is_odd(field: str, others: str) -> bool:
    """Whether a field looks like several: it holds another separator, or numbers between blanks."""
    if any(c in field for c in others):
        return not is_number(field.replace(",", ".", 1))
    parts = field.split()
    return len(parts) > 1 and all(map(is_number, parts))
