"""`filbert predict`, `evaluate` and `info` on networks that know the columns of a table."""

import io
import sys

import numpy as np
import pytest
from commands import failure, process, run
from table_commands import NAMES, rows, write

import filbert as fb
from filbert.__main__ import main

SPEC = '{"layers": [6], "epochs": 3}'


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The bytes of networks that were trained with names and without."""
    folder = tmp_path_factory.mktemp("made")
    files = {}
    for name, names, target in (
        ("named", NAMES, "class"),
        ("plain", None, "4"),
        ("first", None, "1"),
    ):
        write(folder / "t.csv", rows(), names)
        out = str(folder / f"{name}.safetensors")
        command = ["train", str(folder / "t.csv"), "--target", target, "--out", out, "--quiet"]
        assert (
            main(
                [*command, "--spec", SPEC, "--drop", "2"]
                if name == "first"
                else [*command, "--spec", SPEC]
            )
            == 0
        )
        files[name] = (folder / f"{name}.safetensors").read_bytes()
    return files


@pytest.fixture
def here(made, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for name, data in made.items():
        (tmp_path / f"{name}.safetensors").write_bytes(data)
    write(tmp_path / "t.csv", rows())
    capsys.readouterr()
    return tmp_path


def predicted(capsys, data="t.csv", *options, net="named"):
    return run(capsys, "predict", f"{net}.safetensors", data, *options)


def picked(order, table=None):
    return [[row[j] for j in order] for row in (rows() if table is None else table)]


def test_predictions_are_those_of_python(here, capsys):
    net = fb.load("named.safetensors")
    table = {name: [row[j] for row in rows()] for j, name in enumerate(NAMES)}
    out = np.array([line.split(",") for line in predicted(capsys).splitlines()], np.float32)
    np.testing.assert_array_equal(out, net.predict(net.encode(table)))
    classes = predicted(capsys, "t.csv", "--classes").split()
    assert classes == net.predict_classes(net.encode(table)).tolist()


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 0, 1], [3, 2, 1, 0], [0, 0, 1, 2]])
def test_columns_are_found_by_name(here, capsys, order):
    whole = predicted(capsys)
    names = picked(order, [NAMES])[0]
    if order == [0, 0, 1, 2]:
        names[0] = "other"
    for separator in ",;\t|":
        write(here / "u.csv", picked(order), names, separator)
        assert predicted(capsys, "u.csv") == whole


def test_tables_without_names(here, capsys):
    whole = predicted(capsys)
    write(here / "u.csv", picked([0, 1, 2]), None)
    assert predicted(capsys, "u.csv") == whole
    assert predicted(capsys, "u.csv", net="plain") == predicted(
        capsys, "u.csv", "--no-header", net="plain"
    )
    write(here / "v.csv", rows(), None)
    assert predicted(capsys, "v.csv", net="plain") == predicted(capsys, "u.csv", net="plain")


def test_small_blocks(here, capsys, monkeypatch):
    whole, scores = predicted(capsys), run(capsys, "evaluate", "named.safetensors", "t.csv")
    monkeypatch.setattr("filbert._commands.predict.NUMBERS", 50)
    monkeypatch.setattr("filbert._commands.evaluate.NUMBERS", 50)
    assert predicted(capsys) == whole
    assert run(capsys, "evaluate", "named.safetensors", "t.csv") == scores


def test_standard_input(here, capsys, monkeypatch):
    whole = predicted(capsys)
    for command in ("predict", "evaluate"):
        data = (here / "t.csv").read_bytes()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        out = run(capsys, command, "named.safetensors", "-")
        assert out == whole or out.startswith("rows: 60\n")


def test_what_training_had_not_seen(here):
    table = rows()
    table[0][1] = table[7][1] = "mauve"
    table[3][2] = ""
    write(here / "t.csv", table)
    note = (
        "filbert: note: 2 values of text that training had not seen, such as 'mauve' of column 'colour': "
        "all inputs of such a column are 0; and 1 gap in columns that had none in training, such as 'age'\n"
    )
    for command, count in (("predict", 60), ("evaluate", 4)):
        done = process(command, "named.safetensors", "t.csv")
        assert (done.returncode, done.stderr.decode()) == (0, note)
        assert len(done.stdout.splitlines()) == count


def test_missing_words(here, capsys):
    whole = predicted(capsys)
    write(here / "t.csv", [[cell or "?" for cell in row] for row in rows()])
    _, message = failure(capsys, "predict", "named.safetensors", "t.csv")
    assert (
        "expected a number, got '?'; if that stands for a missing value, give --missing '?'"
        in message
    )
    assert predicted(capsys, "t.csv", "--missing", "?") == whole
    assert "rows: 60" in run(capsys, "evaluate", "named.safetensors", "t.csv", "--missing", "?")


def test_scores(here, capsys):
    net = fb.load("named.safetensors")
    table = {name: [row[j] for row in rows()] for j, name in enumerate(NAMES)}
    right = np.mean(net.predict_classes(net.encode(table)) == np.array(table["class"]))
    out = run(capsys, "evaluate", "named.safetensors", "t.csv").splitlines()
    assert out[:2] == ["rows: 60", f"accuracy: {right:.3f}"]
    assert out[2].startswith("accuracy of the most frequent class: 0.")
    loss = net.evaluate(net.encode(table), np.array(table["class"]))["loss"]
    assert float(out[3].removeprefix("cross entropy: ")) == pytest.approx(loss, rel=1e-3)


def test_another_target(here, capsys):
    table = [[*row, row[3]] for row in rows()]
    write(here / "t.csv", table, [*NAMES, "truth"])
    whole = run(capsys, "evaluate", "named.safetensors", "t.csv")
    for target in ("truth", "5", "-1"):
        assert run(capsys, "evaluate", "named.safetensors", "t.csv", "--target", target) == whole


def test_rows_without_a_target(here):
    table = rows()
    table[0][3] = table[5][3] = ""
    write(here / "t.csv", table)
    done = process("evaluate", "named.safetensors", "t.csv")
    assert done.stdout.startswith(b"rows: 58\n")
    assert done.stderr == b"filbert: note: 2 rows without a value of 'class' left out\n"


BAD = {
    "a column less": (picked([0, 1, 3]), ["size", "colour", "class"], "t.csv: expected the columns 'size', 'colour', 'age', got no 'age'"),
    "another name": (rows(), ["size", "color", "age", "class"], "t.csv: expected the columns 'size', 'colour', 'age', got no 'colour'"),
    "a name twice": (rows(), ["size", "colour", "age", "age"], "t.csv: expected one column 'age', got two"),
    "no names": (rows(), None, "t.csv: expected a line with the names of the columns, 'size', 'colour', 'age', or these 3 columns alone, got 4 columns without names"),
    "a word": ([["x", "red", "3", "no"], *rows()], NAMES, "t.csv, line 2, column 1 ('size'): expected a number, got 'x'"),
    "infinity": ([["inf", "red", "3", "no"], *rows()], NAMES, "t.csv, line 2, column 1 ('size'): expected a finite number, got inf"),
    "1e300": ([*rows(5), ["1", "red", "1e300", "no"]], NAMES, "t.csv, line 7, column 3 ('age'): expected a number that fits in float32, got 1e+300"),
    "a line too short": ([*rows(5), ["1", "red"]], NAMES, "t.csv, line 7: expected 4 columns, as before, separated by commas, got 2"),
    "empty": ([], None, "t.csv: expected at least one row, got none"),
}  # fmt: skip


@pytest.mark.parametrize("command", ["predict", "evaluate"])
@pytest.mark.parametrize(("table", "names", "message"), BAD.values(), ids=BAD)
def test_bad_tables(here, capsys, command, table, names, message):
    write(here / "t.csv", table, names)
    _, got = failure(capsys, command, "named.safetensors", "t.csv")
    assert got.startswith(message)


def test_only_names(here, capsys):
    write(here / "t.csv", [], NAMES)
    _, got = failure(capsys, "predict", "named.safetensors", "t.csv")
    assert got == "t.csv: expected at least one row, got none"
    _, got = failure(capsys, "evaluate", "named.safetensors", "t.csv")
    assert got == "t.csv: expected rows with a value of 'class', got none"


def test_bad_evaluations(here, capsys):
    write(here / "t.csv", [*rows(5), ["1", "red", "3", "perhaps"]])
    _, got = failure(capsys, "evaluate", "named.safetensors", "t.csv")
    assert (
        got
        == "t.csv, line 7, column 4 ('class'): expected one of the classes 'no', 'yes', got 'perhaps'"
    )
    write(here / "t.csv", picked([0, 1, 2]), NAMES[:3])
    _, got = failure(capsys, "evaluate", "named.safetensors", "t.csv")
    assert (
        got
        == "t.csv: expected --target to be one of the columns 'size', 'colour', 'age', got 'class'"
    )
    fb.Network([3, 1], rng=0).save("other.safetensors")
    _, got = failure(capsys, "evaluate", "other.safetensors", "t.csv")
    assert (
        got
        == "other.safetensors: expected a network that filbert train made, got one that knows no columns"
    )
    _, got = failure(capsys, "predict", "other.safetensors", "t.csv", "--missing", "?")
    assert got == "--missing: expected a network that filbert train made, got another one"
    np.save("t.npy", np.ones((2, 3)))
    _, got = failure(capsys, "predict", "named.safetensors", "t.npy")
    assert got == "t.npy: expected a table of text, because column 'colour' is text, got an array"
    net = fb.Network([1, 1], rng=0)
    net._core.set_columns([("a", [], False)], "")
    net.save("other.safetensors")
    _, got = failure(capsys, "evaluate", "other.safetensors", "t.csv")
    assert got == "--target: expected a column, because the network knows none, got none"


def test_places_of_columns(here, capsys):
    """Columns without names are found by number, where some were left out in training."""
    net = fb.load("first.safetensors")
    assert [column.name for column in net.columns] == ["3", "4"]
    write(here / "t.csv", rows(), None)
    whole = predicted(capsys, net="first")
    write(here / "t.csv", picked([2, 3]), None)
    assert predicted(capsys, net="first") == whole
    write(here / "t.csv", picked([0, 2, 3]), None)
    _, got = failure(capsys, "predict", "first.safetensors", "t.csv")
    assert got == "t.csv: expected at least 4 columns, or 2 without the target, got 3"


def test_info(here, capsys):
    out = run(capsys, "info", "named.safetensors")
    assert (
        "column  inputs  what\n"
        "size    2       a number, with gaps\n"
        "colour  3       text: 'blue', 'green', 'red'\n"
        "age     1       a number\n"
        "class           the target: 'no', 'yes'\n"
    ) in out
    assert "network.target_name" in out
    assert "network.columns" not in out


def test_info_of_many_columns(here, capsys):
    net = fb.Network([100, 1], rng=0)
    net._core.set_columns([(f"c\x1b{j}", [], False) for j in range(100)], "")
    net.save("wide.safetensors")
    lines = run(capsys, "info", "wide.safetensors").splitlines()
    assert "..." in [line.split()[0] for line in lines if line.endswith("100 columns")]
    assert any(line.startswith(r"c\x1b39 ") for line in lines)
    assert not any(line.startswith(r"c\x1b40 ") for line in lines)


def test_scikit_learns_tables(here, capsys):
    lines = [f"{i % 5},{i % 3},{i % 2}" for i in range(20)]
    (here / "t.csv").write_text("\n".join(["20,2,setosa,virginica", *lines]) + "\n")
    run(capsys, "train", "t.csv", "--target", "-1", "--spec", SPEC)
    assert fb.load("t.safetensors").classes.tolist() == ["setosa", "virginica"]
    assert set(run(capsys, "predict", "t.safetensors", "t.csv", "--classes").split()) <= {
        "setosa",
        "virginica",
    }
    assert run(capsys, "evaluate", "t.safetensors", "t.csv").startswith("rows: 20\n")
