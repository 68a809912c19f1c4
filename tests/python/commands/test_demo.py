"""`filbert demo` and the bare command, as a user runs them."""

import re
import subprocess
import sys

import numpy as np
import pytest

import filbert as fb
from filbert import demo
from filbert.__main__ import main


@pytest.fixture
def digits():
    """Those that the demo reads by itself."""
    pytest.importorskip("sklearn", reason="scikit-learn, which has the digits, is not installed")


@pytest.mark.usefixtures("digits")
def test_the_demo_reads_digits():
    """The real one: a process of its own, every default."""
    done = subprocess.run(
        [sys.executable, "-m", "filbert", "demo"],
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert lines[0] == "split seed: 0"
    assert len([line for line in lines if re.match(r"epoch +\d+/20 ", line)]) == 20
    (accuracy,) = re.findall(r"^test accuracy: (0\.\d{4}|1\.0000)$", done.stdout, re.MULTILINE)
    assert float(accuracy) >= 0.96
    assert done.stdout.isascii()
    assert max(map(len, lines)) <= 80
    verdicts = re.findall(r"says (\d), is (\d): (WRONG|right)", done.stdout)
    assert len(verdicts) == 6
    assert [said != true for said, true, _ in verdicts] == [v == "WRONG" for *_, v in verdicts]
    assert [v for *_, v in verdicts] == sorted(v for *_, v in verdicts)  # WRONG before right


@pytest.mark.slow
def test_the_mean_over_five_splits(capsys):
    accuracies = []
    for seed in range(5):
        assert main(["demo", "--seed", str(seed)]) == 0
        printed = capsys.readouterr().out
        assert f"split seed: {seed}" in printed
        accuracies.append(float(re.search(r"test accuracy: (\d\.\d+)", printed)[1]))
    assert np.mean(accuracies) >= 0.97


@pytest.mark.usefixtures("digits")
def test_options(capsys):
    assert main(["demo", "--seed", "3", "--epochs", "2"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("split seed: 3\n")
    assert "epoch  2/2" in printed
    assert "epoch  3" not in printed


def test_is_the_same_each_time(capsys):
    outputs = []
    for _ in range(2):
        main(["demo", "--epochs", "1"])
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1]


def test_version(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"filbert {fb.__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["dmeo"],
        ["demo", "--epochs", "0"],
        ["demo", "--epochs", "many"],
        ["demo", "--seed", "-1"],
        ["demo", "--seed", "1.5"],
        ["demo", "--seed", str(2**32)],
    ],
    ids=" ".join,
)
def test_wrong_usage(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: filbert" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "text", "expected"),
    [
        ("--epochs", "many", "an integer of at least 1"),
        ("--epochs", "0", "an integer of at least 1"),
        ("--seed", "1.5", "an integer in 0 .. 4294967295"),
        ("--seed", "-1", "an integer in 0 .. 4294967295"),
    ],
)
def test_a_wrong_number_is_told_by_the_name_of_its_option(option, text, expected, capsys):
    with pytest.raises(SystemExit):
        main(["demo", option, text])
    last = capsys.readouterr().err.splitlines()[-1]
    assert last == f"filbert demo: error: argument {option}: expected {expected}, got {text!r}"


def write_digits(folder, n):
    """Images of four kinds, as IDX files."""
    rng = np.random.default_rng(0)
    y = np.arange(n, dtype=np.uint8) % 4
    X = rng.integers(0, 60, (n, 28, 28), np.uint8)
    for i, kind in enumerate(y):
        X[i, 5 * kind + 3 : 5 * kind + 9, 4:24] = 230
    shapes = [bytes([0, 0, 8, 3]) + b"".join(s.to_bytes(4, "big") for s in (n, 28, 28))]
    shapes.append(bytes([0, 0, 8, 1]) + n.to_bytes(4, "big"))
    (folder / "t10k-images-idx3-ubyte").write_bytes(shapes[0] + X.tobytes())
    (folder / "t10k-labels-idx1-ubyte").write_bytes(shapes[1] + y.tobytes())


def test_data_of_ones_own(tmp_path, capsys):
    write_digits(tmp_path, 200)
    assert main(["demo", "--data", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "160 digits to learn from, 40 to be tested on" in printed
    assert "test accuracy: 1.0000" in printed
    assert max(map(len, printed.splitlines())) <= 80


def test_data_that_is_missing_or_broken(tmp_path, capsys):
    def failed(*words):
        assert main(["demo", "--data", str(tmp_path)]) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert err.startswith("filbert: ")
        assert err.count("\n") == 1
        assert all(word in err for word in words)

    failed("expected MNIST's IDX files", str(tmp_path))
    write_digits(tmp_path, 20)
    labels = tmp_path / "t10k-labels-idx1-ubyte"
    labels.write_bytes(labels.read_bytes()[:-3])
    failed(str(labels), "expected 20 bytes")


def test_without_scikit_learn(monkeypatch, capsys):
    def absent(name):
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    monkeypatch.setattr(demo, "import_module", absent)
    assert main(["demo"]) == 2  # as the other commands
    out, err = capsys.readouterr()
    assert out == ""
    assert 'pip install "filbert[demo]"' in err
    assert "--data" in err  # which needs numpy alone
    assert err.count("\n") == 1


@pytest.mark.usefixtures("digits")
def test_ctrl_c_is_quiet(monkeypatch, capsys):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(demo, "run", interrupted)
    assert main(["demo"]) == 130
    assert capsys.readouterr().err == ""


def test_drawings():
    ramp = np.linspace(0, 1, 64)
    lines = demo.drawn(ramp)
    assert [len(line) for line in lines] == [16] * 8
    assert lines[0].startswith("  ")
    assert lines[-1].endswith("@@")
    assert [len(line) for line in demo.drawn(np.zeros(784))] == [24] * 12


def test_gallery_shows_wrong_ones_first():
    X, y = np.zeros((8, 64)), np.array([1, 2, 3, 4, 5, 6, 7, 8])

    def verdicts(said):
        return re.findall(r"WRONG|right", demo.gallery(X, y, np.array(said)))

    assert verdicts(y) == ["right"] * 6
    assert verdicts([1, 2, 3, 4, 5, 6, 0, 0]) == ["WRONG"] * 2 + ["right"] * 4
    assert verdicts([0, 0, 0, 0, 0, 6, 7, 8]) == ["WRONG"] * 3 + ["right"] * 3
    assert verdicts([0] * 8) == ["WRONG"] * 6
