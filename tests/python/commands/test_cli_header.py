"""Whether the first line of a CSV names its columns: no row is taken for names, in silence."""

import pytest
from commands import ROWS, failure, numbers, run

import filbert as fb
from filbert._edge.fields import is_name, is_number

NUMBERS = ["0", "-1", "+2", "3.", ".4E1", "5e-3", " 6 ", "\t7", "nan", "-inf", "Infinity", "1e999"]
NAMES = ["a", "_0", "x1", " width ", "a b", "\u91cd\u91cf", "\u03b1", "e", "E5", "NA_count", "nano"]
NEITHER = [
    *("", " ", "NA", "na", "N/A", "n/a", "n.a.", "<NA>", "#N/A", "NaT", "null", "NULL", "None", "nil"),
    *("?", "-", "--", ".", "*", "True", "FALSE", "yes", "No", "missing", "nan(ind)", "-nan(ind)"),
    *("1_0", "1x", "0x10", "1,5", "1 234", "$5", "12%", "1O", "2024-01-01", "#id"),
    *("\uff11", "\u0661", "\u00bd", "1\u00b2", "#DIV/0!", "1.#QNAN"),
]  # fmt: skip


@pytest.mark.parametrize("field", NUMBERS)
def test_numbers(field):
    assert is_number(field)
    assert not is_name(field)


@pytest.mark.parametrize("field", NAMES)
def test_names(field):
    assert is_name(field)
    assert not is_number(field)


@pytest.mark.parametrize("field", NEITHER)
def test_neither(field):
    assert not is_name(field)
    assert not is_number(field)


HINT = "; give --header if this line names the columns"


@pytest.mark.parametrize("field", NEITHER)
def test_a_row_without_values_is_never_a_header(saved, folder, capsys, field):
    """In the first line as in any other; in all columns, or beside names."""
    quoted = '"' + field + '"'
    for line, column in ((",".join([quoted] * 4), 1), (f"a,b,{quoted},d", 3)):
        (folder / "first.csv").write_text(f"{line}\n{ROWS}", encoding="utf-8")
        out, message = failure(capsys, "predict", "net.safetensors", "first.csv")
        assert out == ""
        assert message.startswith(f"first.csv, line 1, column {column}: expected a number, got '")
        assert message.endswith(HINT)
        read = run(capsys, "predict", "net.safetensors", "first.csv", "--header")
        assert len(numbers(read)) == 2
    (folder / "last.csv").write_text(f"{ROWS}1,2,{quoted},4\n", encoding="utf-8")
    _, message = failure(capsys, "predict", "net.safetensors", "last.csv")
    assert message.startswith("last.csv, line 3, column 3: expected a number, got '")
    assert HINT not in message


def test_a_row_of_missing_values_after_names(saved, folder, capsys):
    (folder / "two.csv").write_text("a,b,c,d\nNA,NA,NA,NA\n" + ROWS)
    _, message = failure(capsys, "predict", "net.safetensors", "two.csv")
    assert message == "two.csv, line 2, column 1: expected a number, got 'NA'"


@pytest.mark.parametrize("text", ["0,1,2,3\n", '"0","1","2","3"\n', " 0, 1 ,2,3\r\n"], ids=repr)
def test_numbers_from_0_may_be_names(saved, folder, capsys, text):
    """As pandas names columns that have no names."""
    (folder / "frame.csv").write_text(text + ROWS)
    _, message = failure(capsys, "predict", "net.safetensors", "frame.csv")
    assert message.startswith("frame.csv, line 1: expected names or numbers, got ")
    assert message.endswith(
        "which may be either; give --header if this line names the columns, else --no-header"
    )
    for header, rows in (("--header", 2), ("--no-header", 3)):
        out = run(capsys, "predict", "net.safetensors", "frame.csv", header)
        assert len(numbers(out)) == rows, header


def test_numbers_from_0_in_one_column(folder, capsys):
    fb.Network([1, 2], rng=0).save("one.safetensors")
    (folder / "one.csv").write_text("0\n1\n2\n")
    _, message = failure(capsys, "predict", "one.safetensors", "one.csv")
    assert "line 1: expected names or numbers, got 0, which may be either" in message


@pytest.mark.parametrize(
    "first", ["1,2,3,4", "0,1,2,4", "0.0,1,2,3", "3,2,1,0", "2019,2020,2021,2022"]
)
def test_other_numbers_are_a_row(saved, folder, capsys, first):
    (folder / "row.csv").write_text(f"{first}\n{ROWS}")
    assert len(numbers(run(capsys, "predict", "net.safetensors", "row.csv"))) == 3


def test_a_header_can_be_told(saved, folder, capsys):
    (folder / "years.csv").write_text("2019,2020,2021,2022\n" + ROWS)
    (folder / "mixed.csv").write_text("2019,id,2021,2022\n" + ROWS)
    (folder / "words.csv").write_text("a,b,c,d\n" + ROWS)
    for name in ("years", "mixed", "words"):
        out = run(capsys, "predict", "net.safetensors", f"{name}.csv", "--header")
        assert len(numbers(out)) == 2, name
    _, message = failure(capsys, "predict", "net.safetensors", "mixed.csv")
    assert message == f"mixed.csv, line 1, column 2: expected a number, got 'id'{HINT}"
    assert len(numbers(run(capsys, "predict", "net.safetensors", "words.csv"))) == 2
    _, message = failure(capsys, "predict", "net.safetensors", "words.csv", "--no-header")
    assert message == "words.csv, line 1, column 1: expected a number, got 'a'"


@pytest.fixture
def named(folder):
    """A network that was trained with names of columns, in named.safetensors."""
    net = fb.Network([4, 2], output="softmax", rng=0)
    net._core.feature_names = ["size", "age", " in cm", "l\u00e4nge"]
    net.save("named.safetensors")
    return net


SAME_NAMES = {
    "as they are": ("size,age, in cm,l\u00e4nge\n", []),
    "blanks around": ("\tsize, age , in cm, l\u00e4nge \n", []),
    "quotes": ('"size","age"," in cm","l\u00e4nge"\n', ["--header"]),
    "no header": ("", ["--no-header"]),
    "no header, seen": ("", []),
}


@pytest.mark.parametrize(("header", "option"), SAME_NAMES.values(), ids=SAME_NAMES)
def test_a_header_of_the_networks_names(named, folder, capsys, header, option):
    (folder / "rows.csv").write_text(header + ROWS, encoding="utf-8")
    out = run(capsys, "predict", "named.safetensors", "rows.csv", *option)
    assert len(numbers(out)) == 2


EXPECTED = "expected the columns 'size', 'age', ' in cm', 'l\u00e4nge'"
OTHER_NAMES = {
    "another order": (
        "age,size, in cm,l\u00e4nge",
        (
            f"{EXPECTED} in this order, that of the network's feature_names, got 'age' in the place of "
            "'size'"
        ),
    ),
    "another name": (
        "size,age,in m,l\u00e4nge",
        f"{EXPECTED}, the network's feature_names, got no ' in cm' and the unknown 'in m'",
    ),
    "other letters": (
        "Size,age, in cm,l\u00e4nge",
        f"{EXPECTED}, the network's feature_names, got no 'size' and the unknown 'Size'",
    ),
    "numbers": (
        "0,1,2,3",
        (
            f"{EXPECTED}, the network's feature_names, got no 'size', 'age', ' in cm', 'l\u00e4nge' and "
            "the unknown '0', '1', '2', '3'"
        ),
    ),
}


@pytest.mark.parametrize(("header", "message"), OTHER_NAMES.values(), ids=OTHER_NAMES)
def test_a_header_of_other_names_is_an_error(named, folder, capsys, header, message):
    (folder / "rows.csv").write_text(f"\n{header}\n{ROWS}", encoding="utf-8")
    for out in ([], ["--out", "out.csv"]):
        command = ["predict", "named.safetensors", "rows.csv", "--header", *out]
        assert failure(capsys, *command) == ("", f"rows.csv, line 2: {message}")
    assert not (folder / "out.csv").exists()


def test_a_network_without_names_takes_any_header(saved, folder, capsys):
    (folder / "rows.csv").write_text(f"d,c,b,a\n{ROWS}")
    assert len(numbers(run(capsys, "predict", "net.safetensors", "rows.csv"))) == 2


ONE_COLUMN = {
    "between": ("1\n\n2\n", "line 2, column 1: expected a number, got ''"),
    "two between": ("1\n \n\n2\n", "line 2, column 1: expected a number, got ''"),
    "in front": ("\n1\n2\n", "line 1, column 1: expected a number, got ''"),
    "after a name": ("x\n\n1\n", "line 2, column 1: expected a number, got ''"),
    "as pandas writes it": ('x\n1\n""\n2\n', "line 3, column 1: expected a number, got ''"),
    "as pandas writes it, last": ('1\n2\n""\n', "line 3, column 1: expected a number, got ''"),
}


@pytest.mark.parametrize(("text", "message"), ONE_COLUMN.values(), ids=ONE_COLUMN)
def test_a_blank_line_of_one_column_is_a_row(folder, capsys, text, message):
    """Of one without a value, as spreadsheets write it."""
    fb.Network([1, 2], rng=0).save("one.safetensors")
    (folder / "one.csv").write_text(text)
    assert message in failure(capsys, "predict", "one.safetensors", "one.csv")[1]


def test_blank_lines_at_the_end_are_none(folder, capsys):
    fb.Network([1, 2], rng=0).save("one.safetensors")
    (folder / "one.csv").write_text("1\n2\n\n  \n\r\n")
    assert len(numbers(run(capsys, "predict", "one.safetensors", "one.csv"))) == 2
