"""`filbert predict` over files that hold something else: one line, and nothing is written."""

import io
import os

import numpy as np
import pytest
from commands import ROWS, X, failure


def changed(row, column, value):
    lines = [line.split(",") for line in ROWS.splitlines()]
    lines[row][column] = value
    return "\n".join(map(",".join, lines))


BAD_CSV = {
    "a word": (changed(1, 2, "seven"), "line 2, column 3: expected a number, got 'seven'"),
    "nothing": (changed(1, 3, ""), "line 2, column 4: expected a number, got ''"),
    "a date": (changed(1, 0, "2024-01-01"), "line 2, column 1: expected a number, got '2024-01-01'"),
    "a long word": (changed(1, 0, "x" * 99), "line 2, column 1: expected a number, got str"),
    "nan": (changed(1, 1, "nan"), "line 2, column 2: expected a finite number, got nan"),
    "nan in front": (changed(0, 0, "NaN"), "line 1, column 1: expected a finite number, got nan"),
    "inf": (changed(1, 1, "-inf"), "line 2, column 2: expected a finite number, got -inf"),
    "1e300": (changed(0, 3, "1e300"), "line 1, column 4: expected a number that fits in float32, got 1e+300"),
    "1e999": (changed(0, 3, "1e999"), "line 1, column 4: expected a finite number, got inf"),
    "too many": (ROWS + "1,2,3,4,5\n", "line 3: expected 4 columns separated by commas, got 5"),
    "too few": (ROWS + "\n1,2,3\n", "line 4: expected 4 columns separated by commas, got 3"),
    "header too long": ("a,b,c,d,e\n" + ROWS, "line 1: expected 4 columns separated by commas, got 5"),
    "semicolons": (ROWS.replace(",", ";"), "line 1: expected 4 columns separated by commas, got 1"),
    "tabs": (ROWS.replace(",", "\t"), "line 1: expected 4 columns separated by commas, got 1"),
    "after a quote": ('"a\nb",c,d,e\n1,2,x,4\n', "line 3, column 3: expected a number, got 'x'"),
    "two headers": ("a,b,c,d\nm,m,kg,s\n" + ROWS, "line 2, column 1: expected a number, got 'm'"),
    "mixed first line": ("1,b,3,4\n" + ROWS, "line 1, column 2: expected a number, got 'b'; give --header if this line names the columns"),
    "Latin-1": (b"1,2,3,4\n1,\xe9,3,4\n", r"line 2, column 2: expected a number, got '\\xe9'"),
    "UTF-16": (ROWS.encode("utf-16"), "bad.csv: expected CSV in UTF-8 or .npy, got text in UTF-16"),
    "an underscore": (changed(1, 1, "1_0"), "line 2, column 2: expected a number, got '1_0'"),
    "another script": (changed(1, 1, "\uff11\u0662"), "line 2, column 2: expected a number, got '\uff11\u0662'"),
    "hexadecimal": (changed(1, 1, "0x10"), "line 2, column 2: expected a number, got '0x10'"),
    "a decimal comma": (changed(1, 1, '"1,5"'), "line 2, column 2: expected a number, got '1,5'"),
    "names over numbers": ('a,b,c,"d\n' + ROWS, "bad.csv, line 3: unexpected end of data"),
    "after the quotes": (changed(1, 1, '"1"2'), "bad.csv, line 2: ',' expected after '\"'"),
    "an open quote": ('1,2,3,4\n"' + "1,2,3,4\n" * 30000, ": field larger than field limit (131072)"),
    "no lines": ("1" * 200_000, "bad.csv: expected lines of less than 69,632 characters, got a longer one"),
    "empty": ("", "bad.csv: expected at least one row, got none"),
    "blank": ("\n \n\n", "bad.csv: expected at least one row, got none"),
    "only a header": ("a,b,c,d\n", "bad.csv: expected at least one row, got none"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "message"), BAD_CSV.values(), ids=BAD_CSV)
@pytest.mark.parametrize("out", ["out.csv", "out.npy"])
def test_bad_csv(saved, folder, capsys, text, message, out):
    (folder / "bad.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    (folder / out).write_text("old")
    before = sorted(os.listdir())
    printed, got = failure(capsys, "predict", "net.safetensors", "bad.csv", "--out", out)
    assert printed == ""
    assert got.startswith("bad.csv")
    assert message in got
    assert sorted(os.listdir()) == before
    assert (folder / out).read_text() == "old"


def npy(array):
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


def with_value(value):
    array = X.copy()
    array[17, 2] = value
    return array


BAD_NPY = {
    "empty": (b"", "bad.npy: expected an array of numbers in .npy, got: "),
    "text": (b"1,2,3,4\n", "bad.npy: expected an array of numbers in .npy, got: "),
    "half a header": (npy(X)[:50], "bad.npy: expected an array of numbers in .npy, got: "),
    "truncated": (npy(X)[:-1], "bad.npy: expected 1280 bytes for shape (40, 4) of float64, got 1279"),
    "two arrays": (npy(X) + npy(X), "bad.npy: expected 1280 bytes for shape (40, 4) of float64, got 2688"),
    "objects": (npy(X.astype(object)), "bad.npy: expected real numbers, got dtype object"),
    "other version": (npy(X).replace(b"NUMPY\x01", b"NUMPY\x07"), "bad.npy: expected an array of"),
    "open bracket": (npy(X).replace(b"}", b"{"), "bad.npy: expected an array of numbers in .npy"),
    "huge": (npy(X).replace(b"(40, 4), }", b"(9" + b"9" * 30 + b",4)}"), "bad.npy: expected 31999"),
    "negative": (npy(X).replace(b"(40, 4), }", b"(-4, 4), }"), "bad.npy: expected shape (n, 4), got (-4, 4)"),
    "complex": (npy(X + 0j), "bad.npy: expected real numbers, got dtype complex128"),
    "strings": (npy(X.astype(str)), "bad.npy: expected real numbers, got dtype <U"),
    "records": (npy(np.zeros(3, "i4,f4")), "bad.npy: expected real numbers, got dtype ["),
    "dates": (npy(np.zeros((3, 4), "M8[s]")), "bad.npy: expected real numbers, got dtype datetime64"),
    "wide": (npy(np.ones((3, 5))), "bad.npy: expected shape (n, 4), got (3, 5)"),
    "a long row": (npy(np.ones(5)), "bad.npy: expected shape (n, 4), got (5,)"),
    "3-D": (npy(np.ones((3, 2, 2))), "bad.npy: expected shape (n, 4), got (3, 2, 2)"),
    "scalar": (npy(np.array(1.0)), "bad.npy: expected shape (n, 4), got ()"),
    "no rows": (npy(np.ones((0, 4))), "bad.npy: expected "),
    "nan": (npy(with_value(np.nan)), "bad.npy[17, 2]: expected a finite number, got nan"),
    "inf": (npy(with_value(np.inf)), "bad.npy[17, 2]: expected a finite number, got inf"),
    "1e300": (npy(with_value(1e300)), "bad.npy[17, 2]: expected a number that fits in float32, got 1e+300"),
}  # fmt: skip


@pytest.mark.parametrize(("data", "message"), BAD_NPY.values(), ids=BAD_NPY)
def test_bad_npy(saved, folder, capsys, small_blocks, data, message):
    (folder / "bad.npy").write_bytes(data)
    before = sorted(os.listdir())
    _, got = failure(capsys, "predict", "net.safetensors", "bad.npy", "--out", "out.npy")
    assert got.startswith(message)
    assert sorted(os.listdir()) == before


def test_rows_before_a_wrong_one_are_printed(saved, folder, capsys, small_blocks):
    (folder / "bad.csv").write_text("1,2,3,4\n" * 20 + "1,2,x,4\n")
    out, message = failure(capsys, "predict", "net.safetensors", "bad.csv")
    assert len(out.splitlines()) == 14  # two whole blocks
    assert message == "bad.csv, line 21, column 3: expected a number, got 'x'"
