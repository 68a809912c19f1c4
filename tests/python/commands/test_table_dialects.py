"""Tables of any dialect of csv are read back as the same fields, and small ones tell their dialect."""

import csv
import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from filbert._commands.dialect import SEPARATORS, Dialect, find
from filbert._commands.tables import Input
from filbert._commands.text_rows import TextRows

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\ufeff"), max_size=12)
NUMBER = st.floats(allow_nan=False, allow_infinity=False).map(repr)
WORD = st.text("abcxyz '.-", min_size=1, max_size=8).map(lambda text: f"w{text}w")


def tables_of(field):
    """Tables of at least three rows and two columns."""
    return st.integers(2, 5).flatmap(
        lambda width: st.lists(
            st.lists(field, min_size=width, max_size=width), min_size=3, max_size=8
        )
    )


def written(rows, separator, quote, quoting, end):
    text = io.StringIO(newline="")
    writer = csv.writer(
        text, delimiter=SEPARATORS[separator], quotechar=quote, quoting=quoting, lineterminator=end
    )
    writer.writerows(rows)
    return text.getvalue()


def stripped(rows):
    return [[field.strip() for field in row] for row in rows]


def read(text, mark=b"", **options):
    data = mark + text.encode()
    rows = TextRows(Input("t", io.BufferedReader(io.BytesIO(data)), len(data)), **options)
    columns = [[] for _ in range(rows.width)]
    for block in rows.blocks(3):
        for column, fields in zip(columns, block.columns, strict=True):
            column += fields
    assert rows.done == len(text)
    return [list(row) for row in zip(*columns, strict=True)], rows


QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
ENDS = st.sampled_from(["\n", "\r\n"])


@QUICK
@given(
    tables_of(TEXT | NUMBER),
    st.sampled_from(["comma", "semicolon", "tab", "bar"]),
    st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    ENDS,
    st.sampled_from([b"", b"\xef\xbb\xbf"]),
)
def test_any_fields(rows, separator, quoting, end, mark):
    text = written(rows, separator, '"', quoting, end)
    dialect = Dialect(separator)
    assert stripped(dialect.records(io.StringIO(text, newline=""))) == stripped(rows)
    fields, table = read(text, mark, header=False, separator=separator)
    if table.dialect == dialect:  # fields may look like quotes of another kind
        assert stripped(fields) == stripped(rows)
    if quoting == csv.QUOTE_ALL:
        assert fields == rows


@QUICK
@given(
    tables_of(WORD | NUMBER),
    st.sampled_from(["comma", "semicolon", "tab", "bar"]),
    st.sampled_from(['"', "'"]),
    st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    ENDS,
)
def test_dialects_are_found(rows, separator, quote, quoting, end):
    if quote == "'" and quoting != csv.QUOTE_ALL:
        rows = [[field.replace("'", "") for field in row] for row in rows]
    if quote == '"' and quoting == csv.QUOTE_MINIMAL:
        rows = [[field.strip("'") for field in row] for row in rows]
    text = written(rows, separator, quote, quoting, end)
    fields, table = read(text, header=False)
    assert table.dialect.separator == separator
    assert stripped(fields) == stripped(rows)


@QUICK
@given(tables_of(NUMBER), st.sampled_from([" ", "   "]), st.sampled_from(["", "  "]))
def test_blanks(rows, between, before):
    text = "".join(before + between.join(row) + before + "\n" for row in rows)
    fields, table = read(text, header=False)
    assert table.dialect.separator == "blank"
    assert fields == rows


@pytest.mark.parametrize("separator", SEPARATORS)
def test_a_given_separator_is_taken(separator):
    lines = ["a,b;c\n", "d,e;f\n"]
    assert find(lines, True, separator).separator == separator


def test_no_table_is_what_csv_would_be():
    assert find(["a\n", "b\n"], True) == Dialect()
    assert find([], True) == Dialect()
