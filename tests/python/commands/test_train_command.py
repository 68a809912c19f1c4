"""`filbert train`: what it prints and writes, and its options."""

import io
import json
import re
import sys

import numpy as np
import pytest
from commands import process, run
from table_commands import NAMES, rows, write

import filbert as fb
from filbert._commands import recipe

SPEC = '{"layers": [6], "epochs": 3}'


@pytest.fixture
def here(tmp_path, monkeypatch):
    """The current folder, with a table, t.csv."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "t.csv", rows())
    return tmp_path


def train(capsys, *options, data="t.csv", target="class", spec=SPEC):
    given = [] if spec is None else ["--spec", spec]
    return run(capsys, "train", data, "--target", target, *given, *options)


def test_output(here, capsys):
    out = train(capsys, spec=None)
    assert re.fullmatch(
        r"table: t.csv, 60 rows, commas separate them, the first line has their names\n"
        r"inputs: 6, from 2 columns of numbers \(1 with gaps\) and 1 column of text \(3 values\)\n"
        r"target: 'class', 2 classes: no \((\d+)\), yes \((\d+)\)\n"
        r"scores on 1[12] rows held out:\n"
        r"accuracy: [01]\.\d{3}\n"
        r"accuracy of a linear model: [01]\.\d{3}\n"
        r"accuracy of the most frequent class: [01]\.\d{3}\n"
        r"trained again on all 60 rows, for 80 epochs\n"
        r"written: t.safetensors\n",
        out,
    )


def test_what_the_file_holds(here, capsys):
    train(capsys)
    net = fb.load("t.safetensors")
    assert net.columns == [
        fb.Column("size", [], True),
        fb.Column("colour", ["blue", "green", "red"], False),
        fb.Column("age", [], False),
    ]
    assert net.target_name == "class"
    assert net.classes.tolist() == ["no", "yes"]
    assert net.sizes == [6, 6, 2]
    assert net.normalisation is not None


def test_it_learns(here, capsys):
    write(here / "t.csv", rows(600))
    out = train(capsys, spec=None)
    scores = [float(number) for number in re.findall(r"accuracy.*: (.*)", out)]
    assert scores[0] > scores[2] + 0.2
    assert scores[0] > 0.9


def test_numbers(here, capsys):
    rng = np.random.default_rng(0)
    X = rng.normal(100, 30, (400, 2))
    table = [[f"{a:.2f}", f"{b:.2f}", f"{1e6 + 1e4 * a - 2e4 * b:.0f}"] for a, b in X]
    write(here / "t.csv", table, names=["a", "b", "price"])
    out = train(capsys, target="price", spec=None)
    assert "target: 'price', numbers from" in out
    scores = [float(number) for number in re.findall(r"r2.*: (.*)", out)]
    assert scores[0] > 0.98
    assert scores[1] > 0.98
    assert abs(scores[2]) < 0.2
    predicted = np.array(run(capsys, "predict", "t.safetensors", "t.csv").split(), float)
    wanted = np.array([row[-1] for row in table], float)
    assert np.corrcoef(predicted, wanted)[0, 1] > 0.99
    assert np.abs(predicted - wanted).max() < 0.2 * wanted.std()
    assert (
        float(re.search(r"r2: (.*)", run(capsys, "evaluate", "t.safetensors", "t.csv"))[1]) > 0.98
    )


def test_the_same_file_again(here, capsys):
    train(capsys)
    first = (here / "t.safetensors").read_bytes()
    fb.set_threads(1)
    out = train(capsys, "--out", "other.safetensors")
    assert (here / "other.safetensors").read_bytes() == first
    assert out.endswith("written: other.safetensors\n")
    train(capsys, "--seed", "1")
    assert (here / "t.safetensors").read_bytes() != first


def test_progress_changes_no_bit(here, capsys):
    train(capsys)
    first = (here / "t.safetensors").read_bytes()
    from filbert.__main__ import main

    assert main(["train", "t.csv", "--target", "class", "--spec", SPEC, "--progress"]) == 0
    out, err = capsys.readouterr()
    lines = err.splitlines()
    assert len(lines) == 6
    number = r"\d\.\d{4}"
    assert re.fullmatch(
        rf"epoch 1 of 3: loss {number}, accuracy {number}, held-out loss {number}, held-out accuracy {number}",
        lines[0],
    )
    assert re.fullmatch(rf"epoch 3 of 3: again, loss {number}, accuracy {number}", lines[-1])
    assert (here / "t.safetensors").read_bytes() == first
    assert out.startswith("table: ")


def test_many_epochs_have_few_lines(here, capsys):
    from filbert.__main__ import main

    spec = '{"layers": [2], "epochs": 200}'
    assert main(["train", "t.csv", "--target", "class", "--spec", spec, "--progress"]) == 0
    assert len(capsys.readouterr().err.splitlines()) <= 2 * 22


def test_quiet(here, capsys):
    out = train(capsys, "--quiet")
    assert [line.partition(":")[0].partition(" o")[0] for line in out.splitlines()] == [
        "scores",
        "accuracy",
        "accuracy",
        "accuracy",
    ]


def test_no_rows_held_out(here, capsys):
    out = train(capsys, "--validation", "0")
    assert "scores" not in out
    assert "accuracy" not in out
    assert (here / "t.safetensors").exists()


def test_shares(here, capsys):
    for share, held in (("0.5", "30"), ("0.99", "58"), ("0.001", None)):
        out = train(capsys, "--validation", share)
        found = re.search(r"scores on (\d+) rows? held out", out)
        assert (None if found is None else found[1]) == held


def test_large_tables_are_not_learned_again(here, capsys, monkeypatch):
    monkeypatch.setattr("filbert._commands.training.MOST_AGAIN", 59)
    assert "again" not in train(capsys)


def test_tasks(here, capsys):
    write(here / "t.csv", [[str(i % 7), str(i % 3)] for i in range(30)], names=["a", "y"])
    assert "3 classes: 0 (10), 1 (10), 2 (10)" in train(capsys, target="y")
    assert fb.load("t.safetensors").classes.tolist() == [0, 1, 2]
    assert run(capsys, "predict", "t.safetensors", "t.csv", "--classes").split()[0] in "012"
    assert "numbers from 0 to 2 (as --task says)" in train(capsys, "--task", "regress", target="y")
    assert fb.load("t.safetensors").classes is None
    assert "3 classes: 0 (10)" in train(capsys, "--task", "classify", target="y")
    write(here / "t.csv", [[str(i % 7), str(i % 3 / 4)] for i in range(30)], names=["a", "y"])
    assert "numbers from 0 to 0.5" in train(capsys, target="y")
    assert "3 classes: 0 (10), 0.25 (10)" in train(capsys, "--task", "classify", target="y")
    assert "rows: 30\n" in run(capsys, "evaluate", "t.safetensors", "t.csv")
    write(here / "t.csv", [[str(i % 7), str(i % 11)] for i in range(30)], names=["a", "y"])
    assert "numbers from 0 to 10 (--task classify" in train(capsys, target="y")


def test_spec(here, capsys):
    spec = {
        "layers": [8, 4],
        "activation": ["tanh", "relu"],
        "optimizer": {
            "name": "sgd",
            "learning_rate": {"name": "cosine", "rate": 0.1},
            "momentum": 0.9,
        },
        "epochs": 2,
        "batch_size": 5,
        "dropout": [0.1, 0],
        "loss": "cross_entropy",
    }
    (here / "spec.json").write_text(json.dumps(spec))
    for given in (json.dumps(spec), "spec.json"):
        out = train(capsys, spec=given)
        assert "for 2 epochs" in out
        net = fb.load("t.safetensors")
        assert net.sizes == [6, 8, 4, 2]
        assert [layer.activation for layer in net.layers] == ["tanh", "relu", "softmax"]
    assert "for 4 epochs" in train(capsys, "--epochs", "4", spec="spec.json")
    train(capsys, spec='{"layers": [], "epochs": 2}')
    assert fb.load("t.safetensors").sizes == [6, 2]
    train(capsys, spec='{"optimizer": "Adam", "epochs": 2}')
    assert fb.load("t.safetensors").sizes == [6, 64, 64, 2]


def test_defaults_of_many_rows():
    for count, epochs, batch_size in (
        (100, 80, 32),
        (40_000, 80, 64),
        (10**5, 40, 128),
        (10**6, 10, 128),
    ):
        made = recipe.recipe_of(count, {})
        assert (made.epochs, made.fit["batch_size"]) == (epochs, batch_size)
    assert recipe.recipe_of(7, {}).fit["batch_size"] == 7


def test_class_weight(here, capsys):
    table = [[str(i % 9), "rare" if i % 20 == 0 else "often"] for i in range(100)]
    write(here / "t.csv", table, names=["a", "y"])
    train(capsys, target="y")
    plain = (here / "t.safetensors").read_bytes()
    train(capsys, "--class-weight", "balanced", target="y")
    assert (here / "t.safetensors").read_bytes() != plain


def test_patience(here, capsys):
    out = train(capsys, "--patience", "2", spec='{"epochs": 200}')
    epochs = int(re.search(r"for (\d+) epochs?", out)[1])
    assert epochs < 200
    assert "held out, which chose the number of epochs too:" in out


def test_max_seconds(here, capsys):
    out = train(capsys, "--max-seconds", "0.2", spec='{"epochs": 1000000, "layers": [2]}')
    assert "written: " in out


@pytest.mark.parametrize("separator", [",", ";", "\t", "|", " "])
def test_separators_and_no_names(here, capsys, separator):
    table = [row for row in rows() if row[0]]
    write(here / "t.csv", table, names=None, separator=separator)
    train(capsys, target="-1")
    net = fb.load("t.safetensors")
    assert [column.name for column in net.columns] == ["1", "2", "3"]
    assert net.target_name == "4"
    assert f"rows: {len(table)}" in run(capsys, "evaluate", "t.safetensors", "t.csv")


def test_arrays(here, capsys):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 4))
    X[:, 3] = X[:, 0] > 0
    X[5, 1] = np.nan
    np.save("t.npy", X)
    out = train(capsys, data="t.npy", target="-1")
    assert (
        "table: t.npy, 80 rows, an array\ninputs: 4, from 3 columns of numbers (1 with gaps)" in out
    )
    assert fb.load("t.safetensors").classes.tolist() == [0, 1]
    whole = run(capsys, "predict", "t.safetensors", "t.npy")
    np.save("X.npy", X[:, :3])
    assert run(capsys, "predict", "t.safetensors", "X.npy") == whole
    assert "rows: 80\n" in run(capsys, "evaluate", "t.safetensors", "t.npy")
    assert len(whole.splitlines()) == 80


def test_standard_input(here, capsys, monkeypatch):
    data = (here / "t.csv").read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    out = train(capsys, "--out", "t.safetensors", data="-")
    assert out.startswith("table: standard input, 60 rows")


def test_a_network_in_the_way_is_replaced(here, capsys):
    fb.Network([1, 1], rng=0).save("t.safetensors")
    train(capsys)
    assert fb.load("t.safetensors").sizes == [6, 6, 2]


def test_another_file_in_the_way(here, capsys):
    (here / "notes.txt").write_text("mine")
    train(capsys, "--out", "notes.txt", "--force")
    assert fb.load("notes.txt").sizes == [6, 6, 2]


def test_notes_are_on_stderr(here):
    table = [[str(i), *row] for i, row in enumerate(rows())]
    table[3][-1] = ""
    write(here / "t.csv", table, names=["Id", *NAMES])
    done = process("train", "t.csv", "--target", "class", "--spec", SPEC)
    assert done.returncode == 0
    assert (
        done.stderr.decode().splitlines()
        == [
            "filbert: note: 1 row without a value of 'class' left out",
        ]
        or "counts the rows" in done.stderr.decode()
    )
    assert done.stdout.startswith(b"table: t.csv, 59 rows")


def test_small_tables(here, capsys):
    for text, target in [
        ("a,y\n1,2\n3,4\n", "y"),
        ("a,y\n1,u\n3,v\n1,u\n", "y"),
        ("1 2\n3 4\n5 6\n", "1"),
    ]:
        (here / "t.csv").write_text(text)
        assert "written: t.safetensors" in train(capsys, target=target)
        assert len(run(capsys, "predict", "t.safetensors", "t.csv").splitlines()) >= 2


def test_a_constant_column(here, capsys):
    write(
        here / "t.csv",
        [[str(i), "7", str(i % 2)] for i in [*range(9), *range(9)]],
        names=["a", "b", "y"],
    )
    train(capsys, target="y")
    assert np.isfinite(fb.load("t.safetensors").predict([[1, 7], [2, 8]])).all()
