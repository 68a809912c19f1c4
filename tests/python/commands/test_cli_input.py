"""What `filbert predict` reads: kinds of files, the standard input, separators."""

import bz2
import gzip
import io
import lzma
import os
import sys

import numpy as np
import pytest
from commands import ROWS, X, failure, numbers, process, run

import filbert as fb
from filbert._commands import predict
from filbert._commands.dialect import SEPARATORS


@pytest.fixture
def standard_input(monkeypatch):
    """Puts bytes on the standard input: a file, or a pipe, which gives a few bytes at a time."""

    def put(data, *, pipe):
        if not pipe:
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
            return
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(Pipe(data))))

    return put


class Pipe(io.RawIOBase):
    def __init__(self, data):
        self._rest = io.BytesIO(data)

    def readable(self):
        return True

    def readinto(self, buffer):
        return self._rest.readinto(memoryview(buffer)[:3])


def npy(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def csv(rows):
    return "\n".join(",".join(map(repr, row)) for row in rows.tolist()).encode()


@pytest.mark.parametrize("pipe", [False, True], ids=["file", "pipe"])
@pytest.mark.parametrize("rows", [1, 6, 7, 8, 14, 40, 400])
@pytest.mark.parametrize("make", [csv, npy])
def test_the_standard_input(saved, capsys, small_blocks, standard_input, make, rows, pipe):
    array = np.tile(X, (10, 1))[:rows]
    standard_input(make(array), pipe=pipe)
    run(capsys, "predict", "net.safetensors", "-", "--out", "out.npy")
    np.testing.assert_array_equal(np.load("out.npy"), saved.predict(array))


@pytest.mark.parametrize("pipe", [False, True], ids=["file", "pipe"])
def test_the_standard_input_goes_wrong(saved, capsys, small_blocks, standard_input, pipe):
    expected = "standard input: expected 1280 bytes for shape (40, 4) of float64, got "
    for data, message in [
        (b"1,2,3,4\n1,x,3,4\n", "standard input, line 2, column 2: expected a number, got 'x'"),
        (b"", "standard input: expected at least one row, got none"),
        (npy(X)[:-1], expected + ("fewer" if pipe else "1279")),
        (npy(X) + b"1", expected + ("more" if pipe else "1281")),
        (npy(X)[:50], "standard input: expected an array of numbers in .npy, got: "),
        (gzip.compress(b"1,2,3,4\n"), "standard input: expected CSV in UTF-8 or .npy, got data"),
    ]:
        standard_input(data, pipe=pipe)
        assert failure(capsys, "predict", "net.safetensors", "-")[1].startswith(message), data


def test_fortran_order_from_a_pipe(saved, capsys, standard_input):
    data = npy(np.asfortranarray(X))
    standard_input(data, pipe=False)
    assert len(numbers(run(capsys, "predict", "net.safetensors", "-"))) == 40
    standard_input(data, pipe=True)
    _, message = failure(capsys, "predict", "net.safetensors", "-")
    assert message.startswith(
        "standard input: expected an array in C order where the input is a pi"
    )


def test_a_closed_standard_input(saved, capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    _, message = failure(capsys, "predict", "net.safetensors", "-")
    assert message == "standard input: expected data, got a closed one"


def test_a_file_by_that_name(saved, folder, capsys):
    (folder / "-").write_text(ROWS)
    assert len(numbers(run(capsys, "predict", "net.safetensors", "./-"))) == 2


@pytest.mark.parametrize("data", ["-", "/dev/stdin"])
def test_a_pipe_of_another_process(saved, folder, data):
    if data != "-" and not os.path.exists(data):
        pytest.skip("no /dev/stdin")
    with open("X.csv", "rb") as file:
        done = process("predict", "net.safetensors", data, input=file.read())
    assert (done.stderr, done.returncode) == (b"", 0)
    np.testing.assert_array_equal(numbers(done.stdout.decode()), saved.predict(X))


@pytest.mark.parametrize("name", ["X.NPY", "X.bin", "X.csv", "X.npy.gz", "X"])
def test_an_array_under_any_name(saved, folder, capsys, name):
    (folder / name).write_bytes(npy(X))
    run(capsys, "predict", "net.safetensors", name, "--out", "out.npy")
    np.testing.assert_array_equal(np.load("out.npy"), saved.predict(X))


@pytest.mark.parametrize("name", ["rows.CSV", "rows.txt", "rows.gz", "rows.npz", "rows"])
def test_text_under_any_name(saved, folder, capsys, name):
    (folder / name).write_text(ROWS)
    assert len(numbers(run(capsys, "predict", "net.safetensors", name))) == 2


@pytest.mark.parametrize("out", ["out.CSV", "out.NPY", "out.Csv"])
def test_suffixes_of_outputs(saved, folder, capsys, out):
    run(capsys, "predict", "net.safetensors", "X.csv", "--out", out)
    if out.endswith("NPY"):
        np.testing.assert_array_equal(np.load(out), saved.predict(X))
    else:
        np.testing.assert_array_equal(numbers((folder / out).read_text()), saved.predict(X))


def npz(**arrays):
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


GZIP = "data compressed by gzip; decompress it, as by gzip -dc FILE | filbert predict NETWORK -"
SAVE = "read it in Python, and save the array by numpy.save"
FOREIGN = {
    "X.npz": (npz(X=X), "an archive of arrays (.npz); save the one array by numpy.save"),
    "X.zip": (npz(X=X), "an archive of arrays (.npz); save the one array by numpy.save"),
    "X.xlsx": (
        b"PK\x03\x04\x14\0\6\0",
        "a zip archive, as spreadsheets are; save the table as CSV",
    ),
    "X.csv.gz": (gzip.compress(ROWS.encode()), GZIP),
    "X.CSV": (gzip.compress(ROWS.encode()), GZIP),
    "X.npy": (gzip.compress(npy(X)), GZIP),
    "X.bz2": (bz2.compress(ROWS.encode()), "data compressed by bzip2; decompress it, as by bzip2 "),
    "X.xz": (
        lzma.compress(ROWS.encode()),
        "data compressed by xz; decompress it, as by xz -dc FILE",
    ),
    "X.zst": (
        b"\x28\xb5\x2f\xfdabc",
        "data compressed by zstd; decompress it, as by zstd -dc FILE",
    ),
    "X.parquet": (b"PAR1\x15\4", f"Parquet; {SAVE}"),
    "X.h5": (b"\x89HDF\r\n\x1a\n\0\0", f"HDF5; {SAVE}"),
    "UTF-16.csv": (ROWS.encode("utf-16"), "text in UTF-16; save it in UTF-8"),
    "UTF-16-BE.csv": (("\ufeff" + ROWS).encode("utf-16-be"), "text in UTF-16; save it in UTF-8"),
    "no BOM.csv": (ROWS.encode("utf-16-le"), f"binary data; {SAVE}"),
    "X.dat": (X.tobytes(), f"binary data; {SAVE}"),
    "zeros.csv": (bytes(200_000), f"binary data; {SAVE}"),
}


@pytest.mark.parametrize(("name", "content"), FOREIGN.items(), ids=FOREIGN)
def test_kinds_of_files_that_are_not_read(saved, folder, capsys, name, content):
    data, kind = content
    (folder / name).write_bytes(data)
    out, message = failure(capsys, "predict", "net.safetensors", name)
    assert out == ""
    assert message.startswith(f"{name}: expected CSV in UTF-8 or .npy, got {kind}")


@pytest.mark.parametrize("separator", SEPARATORS)
def test_separators(saved, folder, capsys, separator):
    character = SEPARATORS[separator]
    text = "a,b,c,d\n".replace(",", character) + ROWS.replace(",", character)
    (folder / "rows.txt").write_text(text)
    for given in (separator, character):
        out = run(capsys, "predict", "net.safetensors", "rows.txt", "--separator", given)
        np.testing.assert_array_equal(
            numbers(out), saved.predict([[1, 2, 3, 4], [5, 6, 7, 8]]), err_msg=given
        )
    if separator != "comma":
        _, message = failure(capsys, "predict", "net.safetensors", "rows.txt")
        assert message == (
            "rows.txt, line 1: expected 4 columns separated by commas, got 1; give --separator "
            f"{separator} if {separator}s separate them"
        )
        _, message = failure(
            capsys, "predict", "net.safetensors", "X.csv", "--separator", separator
        )
        assert message == (
            f"X.csv, line 1: expected 4 columns separated by {separator}s, got 1; give --separator "
            "comma if commas separate them"
        )


def test_a_tab_as_shells_can_write_it(saved, folder, capsys):
    (folder / "rows.txt").write_text(ROWS.replace(",", "\t"))
    out = run(capsys, "predict", "net.safetensors", "rows.txt", "--separator", r"\t")
    assert len(numbers(out)) == 2


def test_what_numpy_writes(saved, folder, capsys):
    """By savetxt, with a space between numbers; or in columns, by several."""
    np.savetxt("rows.txt", X)
    out = run(capsys, "predict", "net.safetensors", "rows.txt", "--separator", "space")
    np.testing.assert_array_equal(numbers(out), saved.predict(X))
    np.savetxt("rows.txt", X, fmt="%25.18e", footer="\n", comments="")
    out = run(capsys, "predict", "net.safetensors", "rows.txt", "--separator", "space")
    np.testing.assert_array_equal(numbers(out), saved.predict(X))


@pytest.mark.parametrize("order", "CF")
def test_an_array_that_is_truncated_meanwhile(folder, capsys, small_blocks, monkeypatch, order):
    """A mapped one ended the process."""
    np.save("long.npy", np.asarray(np.tile(X, (100, 1)), order=order))
    predicted = predict._predicted

    def and_cut(*arguments):
        os.truncate("long.npy", 1000)
        return predicted(*arguments)

    monkeypatch.setattr(predict, "_predicted", and_cut)
    _, message = failure(capsys, "predict", "net.safetensors", "long.npy", "--out", "out.npy")
    assert message == "long.npy: expected 128000 bytes for shape (4000, 4) of float64, got fewer"
    assert not os.path.exists("out.npy")


def test_arrays_of_one_row_or_column(folder, capsys):
    """Their order in memory is both C's and Fortran's."""
    net = fb.Network([1, 2], rng=0)
    net.save("one.safetensors")
    for array in (X[:, :1], X[:1, :1], X[:, 0]):
        np.save("array.npy", np.asfortranarray(array))
        run(capsys, "predict", "one.safetensors", "array.npy", "--out", "out.npy")
        np.testing.assert_array_equal(np.load("out.npy"), net.predict(array.reshape(-1, 1)))
