"""What `filbert train` refuses: a line that says what, where and what to do; nothing is written."""

import io
import os

import numpy as np
import pytest
from commands import failure
from table_commands import rows, write

from filbert.__main__ import main

GOOD = "a,b,y\n1,u,0\n2,v,1\n3,u,0\n4,v,1\n"
SPEC = '{"layers": [2], "epochs": 1}'


def column(values, name="a"):
    """A table with this column and a target y."""
    return f"{name},y\n" + "".join(f"{value},{i % 2}\n" for i, value in enumerate(values))


def npy(array):
    data = io.BytesIO()
    np.save(data, array, allow_pickle=True)
    return data.getvalue()


NUMBERS = [str(i * i) for i in range(100)]
WORDS = [f"w{i * i}" for i in range(100)]
DATES = [f"2020-{1 + i % 12:02}-{1 + i % 28:02}" for i in range(100)]
INF = np.array([[1, 2.0], [np.inf, 1]])

FILES = {  # what is in the file, and the message
    "empty": ("", "t.csv: expected a table, got an empty file"),
    "blank": ("\n \n\n", "t.csv: expected a table, got an empty file"),
    "a mark": (b"\xef\xbb\xbf", "t.csv: expected a table, got an empty file"),
    "only names": ("a,b,y\n", "t.csv: expected rows, got none"),
    "one column": ("y\n1\n2\n", "t.csv: expected at least two columns, one of them the target, got 1; --separator says what separates them"),
    "a line too long": (GOOD + "1,2,3,4\n", "t.csv, line 6: expected 3 columns, as before, separated by commas, got 4"),
    "a line too short": (GOOD + "1,2\n", "t.csv, line 6: expected 3 columns, as before, separated by commas, got 2"),
    "a word alone": (GOOD + "end\n", "t.csv, line 6: expected 3 columns, as before, separated by commas (--separator says what else separates them), got 1"),
    "an open quote": (GOOD + '"1,2,3\n', "t.csv, line 6: unexpected end of data; a quotation mark is not closed"),
    "after a quote": (GOOD + '"1"2,u,0\n', "t.csv, line 6: ',' expected after '\"'"),
    "a huge field": (GOOD + f'"{"x" * 140_000}",u,0\n', "t.csv, line 6: field larger than field limit (131072)"),
    "names or not": ("2019,2020,z\n1,2,0\n3,4,1\n", "t.csv, line 1: expected names or a row, got '2019', '2020', 'z', which may be either; give --header if this line names the columns, else --no-header", "-1"),
    "counted names": ("0,1,2\n1,2,0\n3,4,1\n", "t.csv, line 1: expected names or a row, got '0', '1', '2', which", "-1"),
    "a name twice": ("a,a,y\n1,2,0\n3,4,1\n", "t.csv: expected each name once, got 'a' for the columns 1 and 2; --drop 2 leaves one of them out"),
    "the target twice": ("y,a,y\n1,2,0\n3,4,1\n", "t.csv: expected --target to be the name of one column, got 'y', which is that of columns 1 and 3; give a number"),
    "a column and the target": ("y,a,y\n1,2,0\n3,4,1\n", "t.csv: expected each name once, got 'y' for the columns 1 and 3; --drop 3", "1"),
    "no such column": (GOOD, "t.csv: expected --target to be one of the columns 'a', 'b', 'y', got 'z'", "z"),
    "another case": (GOOD, "t.csv: expected --target to be one of the columns 'a', 'b', 'y', got 'Y'", "Y"),
    "no name": (GOOD, "t.csv: expected --target to be one of the columns 'a', 'b', 'y', got ''", ""),
    "column 0": (GOOD, "t.csv: expected --target to be in 1 .. 3, or -1 for the last column, got 0", "0"),
    "column 4": (GOOD, "t.csv: expected --target to be in 1 .. 3, or -1 for the last column, got 4", "4"),
    "column -4": (GOOD, "t.csv: expected --target to be in 1 .. 3, or -1 for the last column, got -4", "-4"),
    "half a column": (GOOD, "t.csv: expected --target to be one of the columns 'a', 'b', 'y', got '1.5'", "1.5"),
    "a name without names": ("1,2\n3,4\n", "t.csv: expected --target to be a number from 1 (-1: the last), got 'y', and the table has no line of names; --header says that it has"),
    "infinity": (column([1, "inf", 3]), "t.csv, line 3, column 1 ('a'): expected a finite number, got inf"),
    "minus infinity": (column([1, 2, "-Infinity"]), "t.csv, line 4, column 1 ('a'): expected a finite number, got -inf"),
    "1e999": (column([1, "1e999", 3]), "t.csv, line 3, column 1 ('a'): expected a finite number, got inf"),
    "1e300": (column([1, "1e300", 3]), "t.csv, line 3, column 1 ('a'): expected a number that fits in float32, got 1e+300"),
    "-1e39": (column([1, 2, "-1e39"]), "t.csv, line 4, column 1 ('a'): expected a number that fits in float32, got -1e+39"),
    "an integer of 400 digits": (column([1, "9" * 400]), "t.csv, line 3, column 1 ('a'): expected a finite number, got inf"),
    "late infinity": (column([*NUMBERS, "inf"]), "t.csv, line 102, column 1 ('a'): expected a finite number, got inf"),
    "a late 1e300": (column([*NUMBERS, *["5"] * 5000, "1e300"]), "t.csv, line 5102, column 1 ('a'): expected a number that fits in float32, got 1e+300"),
    "infinite target": ("a,y\n1,2\n2,inf\n", "t.csv, line 3, column 2 ('y'): expected a finite number, got inf"),
    "a question mark": (column([1, "?", 3]), "t.csv, column 1 ('a'): expected numbers, as in other rows, got '?'; if that stands for a missing value, give --missing '?'"),
    "a hyphen": (column([1, "-", 3]), "t.csv, column 1 ('a'): expected numbers, as in other rows, got '-'; if that"),
    "missing": (column([1, "missing", 3]), "t.csv, column 1 ('a'): expected numbers, as in other rows, got 'missing'; if that"),
    "a question mark among many": (column([*NUMBERS, "?"]), "t.csv, column 1 ('a'): expected numbers, as in most rows, got '?'; if that stands for a missing value, give --missing '?', or --drop a leaves the column out"),
    "a word among many": (column([*NUMBERS, "x"]), "t.csv, column 1 ('a'): expected numbers, as in most rows, got 'x'"),
    "a late word": (column([*NUMBERS, *["5"] * 5000, "x"]), "t.csv, line 5102, column 1 ('a'): expected a number, as in the rows before, got 'x'; if that stands for a missing value, give --missing 'x'"),
    "decimal commas": (column(['"1,5"', '"2,5"', "3"]), "t.csv, column 1 ('a'): expected numbers with a decimal point, as in other rows, got '1,5'; decimal commas are read where semicolons separate fields"),
    "many decimal commas": (column([f'"{i},5"' for i in range(100)]), "t.csv, column 1 ('a'): expected numbers with a decimal point, got '0,5'; decimal commas are read where semicolons separate fields"),
    "a late decimal comma": (column([*NUMBERS, *["5"] * 5000, '"1,5"']), "t.csv, line 5102, column 1 ('a'): expected a number, as in the rows before, got '1,5'; decimal commas are read where"),
    "points and commas": ("a;y\n1,5;0\n2.5;1\n", "t.csv, column 1 ('a'): expected numbers with a decimal point or with a decimal comma, got both"),
    "many values": (column(WORDS), "t.csv, column 1 ('a'): expected at most 64 values of text, each of which becomes an input, got more, such as 'w0'; --drop a leaves the column out"),
    "sixty-five values": (column(WORDS[:65] * 2), "t.csv, column 1 ('a'): expected at most 64 values of text"),
    "many values without a name": (column(WORDS).partition("\n")[2], "t.csv, column 1: expected at most 64 values of text, each of which becomes an input, got more, such as 'w0'; --drop 1 leaves the column out", "2"),
    "a name with a blank": (column(WORDS, "full name"), "t.csv, column 1 ('full name'): expected at most 64 values of text, each of which becomes an input, got more, such as 'w0'; --drop 'full name' leaves the column out"),
    "other texts in all rows": (column(WORDS[:10]), "t.csv, column 1 ('a'): expected values of text that come again, got another one in each row, such as 'w0'; --drop a leaves the column out"),
    "dates": (column(DATES), "t.csv, column 1 ('a'): expected numbers or values of text, got dates or times, such as '2020-01-01'; make numbers of them, such as the year, or --drop a leaves the column out"),
    "few dates": (column(["1.2.2020", "3.4.2021", "1.2.2020"]), "t.csv, column 1 ('a'): expected numbers or values of text, got dates or times, such as '1.2.2020'"),
    "American dates": (column(["1/2/2020", "3/4/2021"]), "t.csv, column 1 ('a'): expected numbers or values of text, got dates"),
    "times": (column(["10:30", "23:59:59"]), "t.csv, column 1 ('a'): expected numbers or values of text, got dates or times, such as '10:30'"),
    "times of days": (column(["2020-01-01T10:30", "2020-01-02 23:59:59"]), "t.csv, column 1 ('a'): expected numbers or values of text, got dates"),
    "dates with gaps": (column(["2020-01-01", "", "2020-01-01"]), "t.csv, column 1 ('a'): expected numbers or values of text, got dates"),
    "Latin-1": (b"a,y\nmou\xe9,0\nx,1\n", "t.csv, line 2, column 1 ('a'): expected text in UTF-8, got other bytes; save the table in UTF-8"),
    "Latin-1 in a name": (b"mou\xe9,y\n1,0\n2,1\n", "t.csv, line 1, column 1: expected text in UTF-8, got other bytes"),
    "Latin-1 in the target": (b"a,y\n1,mou\xe9\n2,x\n", "t.csv, line 2, column 2 ('y'): expected text in UTF-8, got other bytes"),
    "constant numbers": ("a,y\n1,2\n3,2\n", "t.csv, target 'y': expected different values, got 2 in all rows"),
    "one class": ("a,y\n1,u\n3,u\n", "t.csv, target 'y': expected different values, got 'u' in all rows"),
    "one row": ("a,y\n1,2\n", "t.csv, target 'y': expected different values, got 2 in all rows"),
    "a class for each row": ("a,y\n1,u\n2,v\n", "t.csv, target 'y': expected values that come again, got another one in each row, such as 'u'"),
    "no target": ("a,y\n1,\n2,NA\n", "t.csv: expected values of the target 'y', got none"),
    "no inputs": ("a,y\n,1\n,2\n", "t.csv: expected a column with values beside the target, got none"),
    "no inputs but the rows": (",y\n" + "".join(f"{i},{i % 3}\n" for i in range(12)), "t.csv: expected a column with values beside the target, got none"),
    "inputs where there is no target": ("a,y\n1,\n,1\n,2\n", "t.csv: expected a column with values beside the target, got none"),
    "gzip": (b"\x1f\x8b\x08" + bytes(20), "t.csv: expected CSV in UTF-8 or .npy, got data compressed by gzip"),
    "a spreadsheet": (b"PK\x03\x04" + bytes(300), "t.csv: expected CSV in UTF-8 or .npy, got a zip archive"),
    "UTF-16": (GOOD.encode("utf-16"), "t.csv: expected CSV in UTF-8 or .npy, got text in UTF-16"),
    "Parquet": (b"PAR1\x15" + bytes(20), "t.csv: expected CSV in UTF-8 or .npy, got Parquet"),
    "binary data": (b"\0\1\2", "t.csv: expected CSV in UTF-8 or .npy, got binary data"),
    "a vector": (npy(np.ones(3)), "t.csv: expected shape (rows, columns), got (3,)", "-1"),
    "a cube": (npy(np.ones((2, 2, 2))), "t.csv: expected shape (rows, columns), got (2, 2, 2)", "-1"),
    "a column": (npy(np.ones((3, 1))), "t.csv: expected at least two columns, one of them the target, got 1", "-1"),
    "no columns": (npy(np.ones((3, 0))), "t.csv: expected at least two columns, one of them the target, got 0", "-1"),
    "no rows": (npy(np.ones((0, 3))), "t.csv: expected rows, got none", "-1"),
    "objects": (npy(np.array([[1, "x"]], object)), "t.csv: expected real numbers, got dtype object", "-1"),
    "complex numbers": (npy(np.ones((3, 3), complex)), "t.csv: expected real numbers, got dtype complex128", "-1"),
    "texts": (npy(np.array([["a", "b"]])), "t.csv: expected real numbers, got dtype <U1", "-1"),
    "half an array": (npy(np.ones((3, 3)))[:-1], "t.csv: expected 72 bytes for shape (3, 3) of float64, got 71", "-1"),
    "infinity in an array": (npy(INF), "t.csv[1, 0]: expected a finite number, got inf", "-1"),
    "1e300 in an array": (npy(np.array([[1, 2.0], [1e300, 1]])), "t.csv[1, 0]: expected a number that fits in float32, got 1e+300", "-1"),
    "a name in an array": (npy(np.ones((3, 3))), "t.csv: expected --target to be a number from 1 (-1: the last), got 'y'"),
    "a constant array": (npy(np.ones((3, 3))), "t.csv, target '3': expected different values, got 1 in all rows", "-1"),
    "no values in an array": (npy(np.full((3, 3), np.nan)), "t.csv: expected values of the target '3', got none", "-1"),
}  # fmt: skip


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refused(capsys, *arguments):
    """The message; what was there is there, and nothing else."""
    before = {name: (os.stat(name).st_size, os.stat(name).st_mtime_ns) for name in os.listdir()}
    _, message = failure(capsys, *arguments)
    assert {
        name: (os.stat(name).st_size, os.stat(name).st_mtime_ns) for name in os.listdir()
    } == before
    return message


@pytest.mark.parametrize("case", FILES.values(), ids=FILES)
def test_bad_files(here, capsys, case):
    data, message, *target = case
    (here / "t.csv").write_bytes(data if isinstance(data, bytes) else data.encode())
    got = refused(capsys, "train", "t.csv", "--target", *(target or ["y"]), "--spec", SPEC)
    assert got.startswith(message)


ARGUMENTS = {  # options, and the message
    "a column to drop": (["--drop", "z"], "t.csv: expected --drop to be one of the columns 'size', 'colour', 'age', 'class', got 'z'"),
    "column 9 to drop": (["--drop", "9"], "t.csv: expected --drop to be in 1 .. 4, or -1 for the last column, got 9"),
    "the target to drop": (["--drop", "class"], "t.csv: expected --drop to keep the target, got it too"),
    "all to drop": (["--drop", "1", "--drop", "2", "--drop", "3"], "t.csv: expected a column beside the target, got none"),
    "semicolons": (["--separator", "semicolon"], "t.csv: expected at least two columns"),
    "no header": (["--no-header"], "t.csv: expected --target to be a number from 1 (-1: the last), got 'class', and the table has no"),
    "numbers of text": (["--task", "regress"], "t.csv, target 'class': expected numbers for --task regress, got 'no'"),
    "no folder": (["--out", "none/x.safetensors"], "--out: expected a file in a folder that exists, got 'none/x.safetensors'"),
    "a folder": (["--out", "folder"], "folder: Is a directory"),
    "the table itself": (["--out", "t.csv"], "--out: expected another file than the table, got 't.csv'"),
    "another file": (["--out", "notes.txt"], "notes.txt: expected a network or no file, got another kind of file; --force replaces it"),
    "no text": (["--spec", ""], ": No such file or directory"),
    "no file": (["--spec", "none.json"], "none.json: No such file or directory"),
    "half of JSON": (["--spec", '{"layers": ['], "--spec: expected JSON, got an error"),
    "a list": (["--spec", "list.json"], "--spec list.json: expected an object of JSON, got list"),
    "a text as spec": (["--spec", "notes.txt"], "--spec notes.txt: expected JSON, got an error"),
    "an unknown key": (["--spec", '{"layer": [3]}'], "--spec: expected layers, activation, optimizer,"),
    "layers of one number": (["--spec", '{"layers": 3}'], "--spec: expected layers to be a list of the numbers of neurons, got 3"),
    "an empty layer": (["--spec", '{"layers": [0]}'], "--spec: expected layers to be a list of the numbers of neurons, got [0]"),
    "half a neuron": (["--spec", '{"layers": [1.5]}'], "--spec: expected layers to be a list"),
    "true neurons": (["--spec", '{"layers": [true]}'], "--spec: expected layers to be a list"),
    "words of layers": (["--spec", '{"layers": ["x"]}'], "--spec: expected layers to be a list"),
    "no epochs": (["--spec", '{"epochs": 0}'], "--spec: expected epochs to be a positive integer, got 0"),
    "epochs of text": (["--spec", '{"epochs": "5"}'], "--spec: expected epochs to be a positive integer, got '5'"),
    "half a batch": (["--spec", '{"batch_size": 0.5}'], "--spec: expected batch_size to be a positive integer, got 0.5"),
    "an unknown activation": (["--spec", '{"activation": "rely"}'], "activation: expected"),
    "a number as activation": (["--spec", '{"activation": 3}'], "--spec: activation: expected"),
    "activations of other layers": (["--spec", '{"activation": ["relu"], "layers": [2, 2]}'], "activation: expected"),
    "an unknown optimizer": (["--spec", '{"optimizer": "adamant"}'], "--spec: expected optimizer"),
    "a number as optimizer": (["--spec", '{"optimizer": 3}'], "--spec: expected optimizer to be a name or an object with a name, got 3"),
    "an optimizer without a name": (["--spec", '{"optimizer": {}}'], "--spec: expected optimizer to be a name or an object with a name, got dict"),
    "an unknown option": (["--spec", '{"optimizer": {"name": "adam", "rate": 1}}'], "--spec: optimizer adam:"),
    "a negative rate": (["--spec", '{"optimizer": {"name": "adam", "learning_rate": -1}}'], "--spec: optimizer adam: learning_rate: expected"),
    "a rate of text": (["--spec", '{"optimizer": {"name": "adam", "learning_rate": "fast"}}'], "--spec: optimizer adam: learning_rate: expected"),
    "an unknown schedule": (["--spec", '{"optimizer": {"name": "adam", "learning_rate": {"name": "sine"}}}'], "--spec: expected learning_rate"),
    "a schedule without a rate": (["--spec", '{"optimizer": {"name": "adam", "learning_rate": {"name": "cosine"}}}'], "--spec: learning_rate cosine:"),
    "too much dropout": (["--spec", '{"dropout": 1}'], "dropout: expected"),
    "dropout of text": (["--spec", '{"dropout": "much"}'], "--spec: dropout: expected"),
    "an unknown loss": (["--spec", '{"loss": "pain"}'], "loss: expected"),
    "the loss of another output": (["--spec", '{"loss": "binary_cross_entropy"}'], "loss: "),
    "a negative noise": (["--spec", '{"noise": -1}'], "noise: expected"),
    "an average of 1": (["--spec", '{"average": 1}'], "average: expected"),
}  # fmt: skip


@pytest.mark.parametrize(("options", "message"), ARGUMENTS.values(), ids=ARGUMENTS)
def test_bad_arguments(here, capsys, options, message):
    write(here / "t.csv", rows(20))
    (here / "notes.txt").write_text("mine")
    (here / "list.json").write_text("[1]")
    (here / "folder").mkdir()
    spec = [] if "--spec" in options else ["--spec", SPEC]
    got = refused(capsys, "train", "t.csv", "--target", "class", *options, *spec)
    assert got.startswith(message)


USAGE = [
    [],
    ["t.csv"],
    ["t.csv", "u.csv", "--target", "y"],
    ["--target", "y"],
    ["t.csv", "--target"],
    *(
        ["t.csv", "--target", "y", *options]
        for options in [
            ["--task", "predict"],
            ["--validation", "1"],
            ["--validation", "-0.1"],
            ["--validation", "nan"],
            ["--validation", "some"],
            ["--patience", "0"],
            ["--patience", "x"],
            ["--epochs", "0"],
            ["--epochs", "-1"],
            ["--epochs", "1.5"],
            ["--epochs", "1_0"],
            ["--max-seconds", "0"],
            ["--max-seconds", "inf"],
            ["--max-seconds", "soon"],
            ["--seed", "-1"],
            ["--seed", "4294967296"],
            ["--seed", "x"],
            ["--class-weight", "equal"],
            ["--separator", "x"],
            ["--separator", ""],
            ["--header", "yes"],
            ["--outt", "x"],
        ]
    ),
]


@pytest.mark.parametrize("arguments", USAGE, ids=" ".join)
def test_usage(here, capsys, arguments):
    (here / "t.csv").write_text(GOOD)
    with pytest.raises(SystemExit) as ended:
        main(["train", *arguments])
    assert ended.value.code == 2
    assert os.listdir() == ["t.csv"]
    assert "usage: filbert" in capsys.readouterr().err


def test_no_such_table(here, capsys):
    assert (
        refused(capsys, "train", "none.csv", "--target", "y")
        == "none.csv: No such file or directory"
    )
    os.mkdir("folder.csv")
    assert refused(capsys, "train", "folder.csv", "--target", "y").startswith("folder.csv: ")
    message = refused(capsys, "train", "-", "--target", "y")
    assert message == "--out: expected the name of a file, because the table has none"


def test_there_are_many():
    assert len(FILES) + len(ARGUMENTS) + len(USAGE) > 140
