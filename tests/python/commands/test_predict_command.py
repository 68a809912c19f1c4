"""`filbert predict`, as a user runs it."""

import os
import tracemalloc

import numpy as np
import pytest
from commands import ROWS, X, failure, numbers, run, write_csv
from problems import labelled

import filbert as fb
from filbert.__main__ import main


@pytest.mark.parametrize("data", ["X.csv", "X.npy"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_bit_arrives(folder, capsys, small_blocks, data, dtype):
    net = fb.Network([4, 6, 3], output="softmax", dtype=dtype, rng=1)
    net.save("net.safetensors")
    expected = net.predict(X)
    np.testing.assert_array_equal(
        numbers(run(capsys, "predict", "net.safetensors", data), dtype), expected
    )
    for out in ("out.csv", "out.npy"):
        assert run(capsys, "predict", "net.safetensors", data, "--out", out) == ""
    np.testing.assert_array_equal(numbers((folder / "out.csv").read_text(), dtype), expected)
    written = np.load("out.npy")
    assert written.dtype == dtype
    np.testing.assert_array_equal(written, expected)
    assert sorted(os.listdir()) == ["X.csv", "X.npy", "net.safetensors", "out.csv", "out.npy"]


@pytest.mark.parametrize("rows", [1, 6, 7, 8, 14, 40])
@pytest.mark.parametrize("suffix", ["csv", "npy"])
def test_any_number_of_rows(saved, capsys, small_blocks, rows, suffix):
    write_csv("few.csv", X[:rows])
    np.save("few.npy", X[:rows])
    run(capsys, "predict", "net.safetensors", f"few.{suffix}", "--out", "out.npy")
    np.testing.assert_array_equal(np.load("out.npy"), saved.predict(X[:rows]))


KINDS = {
    "Fortran": lambda: np.asfortranarray(X),
    "float16": lambda: X.astype(np.float16),
    "big-endian": lambda: X.astype(">f8"),
    "int8": lambda: (X * 10).astype(np.int8),
    "uint64": lambda: (np.abs(X) * 10).astype(np.uint64),
    "bool": lambda: X > 0,
}


@pytest.mark.parametrize("make", KINDS.values(), ids=KINDS)
def test_kinds_of_npy(saved, capsys, small_blocks, make):
    np.save("kind.npy", make())
    run(capsys, "predict", "net.safetensors", "kind.npy", "--out", "out.npy")
    np.testing.assert_array_equal(np.load("out.npy"), saved.predict(make()))


def test_npy_of_one_dimension(saved, capsys):
    np.save("row.npy", X[3])
    run(capsys, "predict", "net.safetensors", "row.npy", "--out", "out.npy")
    np.testing.assert_array_equal(np.load("out.npy"), saved.predict(X[3:4]))
    net = fb.Network([1, 2], rng=0)
    net.save("one.safetensors")
    np.save("column.npy", X[:, 0])
    write_csv("column.csv", X[:, :1])
    for data in ("column.npy", "column.csv"):
        run(capsys, "predict", "one.safetensors", data, "--out", "out.npy")
        np.testing.assert_array_equal(np.load("out.npy"), net.predict(X[:, :1]))


CSV = {
    "plain": ROWS,
    "no last line break": ROWS[:-1],
    "header": "a,b,c,d\n" + ROWS,
    "header with quotes": '"a, in cm",b,"c ""c""",d\n' + ROWS,
    "header over two lines": '"a\nin cm",b,c,d\n' + ROWS,
    "names that look strange": "_0,x1,\u91cd\u91cf,NA_count\n" + ROWS,
    "Windows": ROWS.replace("\n", "\r\n"),
    "old Macintosh": ROWS.replace("\n", "\r"),
    "byte order mark": "\ufeff" + ROWS,
    "byte order mark, header": "\ufeffa,b,c,d\n" + ROWS,
    "blank lines": "\n\n" + ROWS.replace("\n", "\n  \n\n") + "\n",
    "blank before header": "\na,b,c,d\n" + ROWS,
    "quoted numbers": '"1","2","3","4"\n5,6,7,8\n',
    "spaces": " 1, 2 ,\t3,4\n5 ,6,7,8 \n",
    "exponents": "1e0,+2,3.,.4E1\n5000e-3,6,7,8\n",
}


@pytest.mark.parametrize("text", CSV.values(), ids=CSV)
def test_kinds_of_csv(saved, capsys, text):
    with open("kind.csv", "w", encoding="utf-8", newline="") as file:
        file.write(text)
    got = numbers(run(capsys, "predict", "net.safetensors", "kind.csv"))
    np.testing.assert_array_equal(got, saved.predict([[1, 2, 3, 4], [5, 6, 7, 8]]))


def test_classes(saved, capsys, small_blocks):
    expected = saved.predict_classes(X)
    out = run(capsys, "predict", "net.safetensors", "X.csv", "--classes")
    assert out == "".join(f"{c}\n" for c in expected)
    run(capsys, "predict", "net.safetensors", "X.csv", "--classes", "--out", "out.npy")
    np.testing.assert_array_equal(np.load("out.npy"), expected)


def test_classes_that_are_labels(folder, capsys, small_blocks):
    labels = np.array(["\u00e9t\u00e9", "a, b", 'say "no"'])
    net = fb.Network([4, 3], output="softmax", rng=0)
    net.fit(X, labels[np.arange(40) % 3], epochs=2)
    net.save("net.safetensors")
    expected = net.predict_classes(X)
    assert len(set(expected)) > 1
    for out in ("out.csv", "out.npy"):
        run(capsys, "predict", "net.safetensors", "X.npy", "--classes", "--out", out)
    np.testing.assert_array_equal(np.load("out.npy"), expected)
    lines = (folder / "out.csv").read_bytes().decode("utf-8").splitlines()
    quoted = {"a, b": '"a, b"', 'say "no"': '"say ""no"""'}
    assert lines == [quoted.get(label, label) for label in expected]


def test_classes_that_are_integers(folder, capsys, small_blocks):
    net = labelled(fb.load("net.safetensors"), [-5, 70, 2**63 - 1])
    net.save("net.safetensors")
    expected = net.predict_classes(X)
    assert len(set(expected)) > 1
    out = run(capsys, "predict", "net.safetensors", "X.csv", "--classes")
    assert out == "".join(f"{c}\n" for c in expected.tolist())
    run(capsys, "predict", "net.safetensors", "X.npy", "--classes", "--out", "out.npy")
    np.testing.assert_array_equal(np.load("out.npy"), expected, strict=True)


def test_files_that_are_not_there(saved, folder, capsys):
    (folder / "folder.csv").mkdir()
    for arguments, message in [
        (["predict", "no.safetensors", "X.csv"], "no.safetensors: No such file or directory"),
        (["predict", "net.safetensors", "no.csv"], "no.csv: No such file or directory"),
        (["predict", "net.safetensors", "no.npy"], "no.npy: No such file or directory"),
        (["predict", "net.safetensors", "folder.csv"], "folder.csv: Is a directory"),
        (["predict", "net.safetensors", "X.csv", "--out", "no/o.csv"], "no/o.csv: No such file"),
        (["predict", "net.safetensors", "X.csv", "--out", "folder.csv"], "folder.csv: Is a dir"),
        (["info", "no.safetensors"], "no.safetensors: No such file or directory"),
    ]:
        assert failure(capsys, *arguments)[1].startswith(message)


@pytest.mark.parametrize("content", [b"", b"abc", b"1,2,3,4\n", b"\x80\x04N."], ids=repr)
def test_files_that_are_no_networks(folder, capsys, content):
    (folder / "foreign.safetensors").write_bytes(content)
    for arguments in (["predict", "foreign.safetensors", "X.csv"], ["info", "foreign.safetensors"]):
        out, message = failure(capsys, *arguments)
        assert out == ""
        assert message.startswith("foreign.safetensors: ")
        assert "expected" in message


def test_a_network_that_tells_no_classes(folder, capsys):
    fb.Network([4, 1], rng=0).save("value.safetensors")
    _, message = failure(capsys, "predict", "value.safetensors", "X.csv", "--classes")
    assert (
        message == "output: expected several outputs, or sigmoid, to tell classes, got one identity"
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ["predict"],
        ["predict", "net.safetensors"],
        ["predict", "net.safetensors", "X.csv", "X.csv"],
        ["predict", "net.safetensors", "X.csv", "--out"],
        ["predict", "net.safetensors", "X.csv", "--out", "result.txt"],
        ["predict", "net.safetensors", "X.csv", "--out", "npy"],
        ["predict", "net.safetensors", "X.csv", "--header", "yes"],
        ["predict", "net.safetensors", "X.csv", "--header=yes"],
        ["predict", "net.safetensors", "X.csv", "--separator", "x"],
        ["predict", "net.safetensors", "X.csv", "--separator", ""],
        ["predict", "net.safetensors", "X.csv", "--class", "0"],
        ["info"],
        ["info", "a", "b"],
    ],
    ids=" ".join,
)
def test_wrong_usage(folder, capsys, arguments):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: filbert" in capsys.readouterr().err


def test_memory_does_not_grow_with_the_input(saved, folder, capsys, small_blocks):
    """Python's and numpy's own allocations at their highest."""

    def peak(data, out):
        tracemalloc.start()
        try:
            run(capsys, "predict", "net.safetensors", data, "--out", out)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    for times in (50, 200):
        write_csv(f"{times}.csv", np.tile(X, (times, 1)))
        np.save(f"{times}.npy", np.tile(X, (times, 1)))
    for suffix in ("csv", "npy"):
        peak(f"50.{suffix}", f"out.{suffix}")  # imports
        short, long = (peak(f"{times}.{suffix}", f"out.{suffix}") for times in (50, 200))
        assert long < short + 20_000
