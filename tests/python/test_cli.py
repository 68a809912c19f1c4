"""`filbert predict`, as a user runs it."""

import os
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
from commands import ROWS, X, failure, numbers, run, write_csv
from problems import labelled

import filbert as fb
from filbert.__main__ import main
from filbert._commands import results


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
    "empty names": ",,,\n" + ROWS,
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


def test_a_header_can_be_told(saved, folder, capsys):
    (folder / "years.csv").write_text("2019,2020,2021,2022\n" + ROWS)
    (folder / "mixed.csv").write_text("id,2020,2021,2022\n" + ROWS)
    (folder / "words.csv").write_text("a,b,c,d\n" + ROWS)
    assert len(numbers(run(capsys, "predict", "net.safetensors", "years.csv"))) == 3
    for name in ("years", "mixed", "words"):
        out = run(capsys, "predict", "net.safetensors", f"{name}.csv", "--header")
        assert len(numbers(out)) == 2
    _, message = failure(capsys, "predict", "net.safetensors", "mixed.csv")
    assert message.endswith(
        "expected a number, got 'id'; if this line names the columns, say --header"
    )
    _, message = failure(capsys, "predict", "net.safetensors", "words.csv", "--no-header")
    assert message == "words.csv, line 1, column 1: expected a number, got 'a'"


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


def test_the_output_replaces_a_file_and_keeps_its_mode(saved, folder, capsys):
    (folder / "out.csv").write_text("old")
    (folder / "out.csv").chmod(0o640)
    (folder / "link.csv").symlink_to("out.csv")
    run(capsys, "predict", "net.safetensors", "X.csv", "--out", "link.csv")
    assert (folder / "link.csv").is_symlink()
    assert (folder / "out.csv").stat().st_mode & 0o777 == 0o640
    assert len((folder / "out.csv").read_text().splitlines()) == 40
    run(capsys, "predict", "net.safetensors", "X.csv", "--out", "X.csv")  # its own input
    assert (folder / "X.csv").read_bytes() == (folder / "out.csv").read_bytes()


def test_a_new_file_has_the_usual_mode(saved, folder, capsys):
    (folder / "usual").write_text("")
    run(capsys, "predict", "net.safetensors", "X.csv", "--out", "out.npy")
    assert (folder / "out.npy").stat().st_mode == (folder / "usual").stat().st_mode


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


def test_an_interrupted_run_leaves_nothing(saved, capsys, small_blocks, monkeypatch):
    blocks = []

    def interrupted(self, block):
        blocks.append(block)
        if len(blocks) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(results.Npy, "write", interrupted)
    before = sorted(os.listdir())
    assert main(["predict", "net.safetensors", "X.csv", "--out", "out.npy"]) == 130
    assert sorted(os.listdir()) == before
    assert capsys.readouterr().err == ""


def process(*arguments, **options):
    command = [sys.executable, "-m", "filbert", *arguments]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return subprocess.Popen(command, text=True, stderr=subprocess.PIPE, env=environment, **options)


@pytest.mark.skipif(sys.platform == "win32", reason="no FIFO, no modes")
def test_only_files_are_replaced(saved, folder, capsys):
    """And only those that may be written to."""
    os.mkfifo("fifo.csv")
    os.symlink("loop.csv", "loop.csv")
    for name, why in [("fifo.csv", "expected a regular file"), ("loop.csv", "Too many levels")]:
        before = sorted(os.listdir())
        assert why in failure(capsys, "predict", "net.safetensors", "X.csv", "--out", name)[1]
        assert os.path.lexists(name)
        assert sorted(os.listdir()) == before


@pytest.mark.skipif(
    sys.platform == "win32" or (hasattr(os, "geteuid") and os.geteuid() == 0),
    reason="the superuser may write to any file",
)
def test_a_read_only_file_is_kept(saved, folder, capsys):
    (folder / "out.csv").write_text("old")
    (folder / "out.csv").chmod(0o444)
    failure(capsys, "predict", "net.safetensors", "X.csv", "--out", "out.csv")
    assert (folder / "out.csv").read_text() == "old"


@pytest.mark.skipif(sys.platform == "win32", reason="no shell")
def test_a_closed_output_is_no_matter(saved):
    command = f"{sys.executable} -m filbert predict net.safetensors X.csv --out out.csv >&-"
    done = subprocess.run(["sh", "-c", command], stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert os.path.exists("out.csv")


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGPIPE")
def test_a_broken_pipe_is_quiet(saved):
    write_csv("long.csv", np.tile(X, (500, 1)))
    with process("predict", "net.safetensors", "long.csv", stdout=subprocess.PIPE) as child:
        assert child.stdout.readline().count(",") == 2
        child.stdout.close()
        assert child.stderr.read() == ""
        assert child.wait(60) == 141


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")
def test_a_full_disk(saved):
    with (
        open("/dev/full", "w") as full,
        process("predict", "net.safetensors", "X.csv", stdout=full) as child,
    ):
        assert child.stderr.read() == "filbert: No space left on device\n"
        assert child.wait(60) == 2


@pytest.mark.skipif(not os.path.exists("/dev/stdin"), reason="no /dev/stdin")
def test_a_pipe_as_input(saved, folder):
    with open("X.csv") as file:
        child = process(
            "predict",
            "net.safetensors",
            "/dev/stdin",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        out, err = child.communicate(file.read(), timeout=60)
    assert (err, child.returncode) == ("", 0)
    np.testing.assert_array_equal(numbers(out), saved.predict(X))
