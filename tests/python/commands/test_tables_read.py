"""Tables as they lie about: what `filbert train` takes each of them for."""

import numpy as np
import pytest
from table_files import read, shown, target

IRIS = "5.1,3.5,a\n4.9,3.0,b\n5,3,a\n4,2,b"
NAMED = "x,y,z\n" + IRIS
X = [[5.1, 3.5], [4.9, 3.0], [5, 3], [4, 2]]
MPG = '18.0   8   307.0\t"chevrolet chevelle"\n15.0   8   350.0\t"buick skylark"\n 16.0   8   304.0\t"buick skylark"'
QUOTED = '"name","note","y"\n"O\'Brien","x, ""y""",1\n"multi\nline",b,0\n"O\'Brien",b,0\n'
INDEX = ",a,y\n" + "".join(f"{i},{i * i % 7},{'xz'[i % 2]}\n" for i in range(12))

TABLES = {  # text, target, columns, values of the target
    "no names, no newline at the end": (IRIS, "-1", ["1", "2"], list("abab")),
    "the number of the target in the first row": ("1,2,3\n4,5,6\n3,2,1\n", "3", ["1", "2"], [3, 6, 1]),
    "DOS": (IRIS.replace("\n", "\r\n") + "\r\n\r\n", "3", ["1", "2"], list("abab")),
    "old Mac": (IRIS.replace("\n", "\r"), "3", ["1", "2"], list("abab")),
    "names": (NAMED, "z", ["x", "y"], list("abab")),
    "names, target by number": (NAMED, "3", ["x", "y"], list("abab")),
    "names, target from the end": (NAMED, "-1", ["x", "y"], list("abab")),
    "first column": (NAMED, "x", ["y", "z=a|b"], [5.1, 4.9, 5, 4]),
    "a byte order mark": ("\ufeff" + NAMED, "z", ["x", "y"], list("abab")),
    "blank lines": ("\n\n" + NAMED.replace("\n", "\n\n"), "z", ["x", "y"], list("abab")),
    "semicolons": (NAMED.replace(",", ";"), "z", ["x", "y"], list("abab")),
    "tabs": (NAMED.replace(",", "\t"), "z", ["x", "y"], list("abab")),
    "bars": (NAMED.replace(",", " | "), "z", ["x", "y"], list("abab")),
    "blanks": (NAMED.replace(",", "  "), "z", ["x", "y"], list("abab")),
    "blanks after commas": (NAMED.replace(",", ", "), "z", ["x", "y"], list("abab")),
    "separators at the ends": (IRIS.replace("\n", ",\n") + ",", "3", ["1", "2"], list("abab")),
    "decimal commas": ("x;y;z\n5,1;3;a\n4,9;3,5;b\n5;2;a\n", "z", ["x", "y"], list("aba")),
    "blanks and a tab": (MPG, "1", ["2", "3", "4=buick skylark|chevrolet chevelle"], [18, 15, 16]),
    "apostrophes as quotes": ("'a','c, d',1\n'e','c, d',2\n'a','f',2", "-1", ["1=a|e", "2=c, d|f"], [1, 2, 2]),
    "escaped quotes": ('"a ""b""",1\n"c",2\n"c",3', "-1", ['1=a "b"|c'], [1, 2, 3]),
    "backslashes": (r'"a \"b\"",1' + '\n"c",2\n"c",3', "-1", ['1=a "b"|c'], [1, 2, 3]),
    "quotes": (QUOTED, "y", ["name=O'Brien|multi\nline", 'note=b|x, "y"'], [1, 0, 0]),
    "gaps": ("a,b,y\n1,NA,0\n2,,1\nnull,4,0\nNaN,5,1\n", "y", ["a?", "b?"], [0, 1, 0, 1]),
    "gaps in text": ("a,y\nu,0\n,1\nv,0\nu,1\n", "y", ["a=u|v?"], [0, 1, 0, 1]),
    "truth values": ("a,y\ntrue,0\nfalse,1\ntrue,0\n", "y", ["a=false|true"], [0, 1, 0]),
    "numbers and words": ("a,y\n1,0\n2,1\n3+,0\n1,1\n", "y", ["a=1|2|3+"], [0, 1, 0, 1]),
    "all letters": ("p,x,s\ne,x,s\ne,b,y\np,x,s\n", "1", ["2=b|x", "3=s|y"], list("peep")),
    "words and names": ("b,c\nx,u\ny,v\nx,u\n", "c", ["b=x|y"], list("uvu")),
    "words without names": ("x,u\ny,v\nx,u\n", "-1", ["1=x|y"], list("uvu")),
    "an index without a name": (INDEX, "y", ["a"], list("xz" * 6)),
    "names that are numbers": ("2019,2020,y\n1,2,3\n4,5,6\n", "y", ["2019", "2020"], [3, 6]),
    "huge integers": ("a,y\n123456789012345678901234567890,0\n2,1\n", "y", ["a"], [0, 1]),
    "an empty column": ("a,b,y\n1,,0\n2,,1\n", "y", ["a"], [0, 1]),
    "a constant column": ("a,b,y\n1,7,0\n2,7,1\n", "y", ["a", "b"], [0, 1]),
    "one row beside the names": ("a,y\n1,0\n", "y", ["a"], [0]),
    "rows without a target": ("a,y\n1,0\n2,\n3,1\n", "y", ["a"], [0, 1]),
    "a value of such a row only": ("a,y\nu,0\nw,\nv,1\nu,0\n", "y", ["a=u|v"], [0, 1, 0]),
    "scikit-learn": ("4,2,setosa,virginica\n1,2,0\n2,3,1\n4,5,1\n3,2,0\n", "-1", ["1", "2"], ["setosa", "virginica", "virginica", "setosa"]),
    "scikit-learn, another target": ("4,2,no,yes\n1,2,0\n2,3,1\n4,5,1\n3,2,0\n", "1", ["2", "3"], [1, 2, 4, 3]),
}  # fmt: skip


@pytest.mark.parametrize(("text", "which", "columns", "values"), TABLES.values(), ids=TABLES)
def test_tables(tmp_path, text, which, columns, values):
    table = read(tmp_path / "t.csv", text, which)
    assert shown(table) == columns
    assert target(table) == values
    assert table.X.shape == (len(values), sum(column.inputs for column in table.columns))


@pytest.mark.parametrize("name", [name for name, row in TABLES.items() if row[3] == list("abab")])
def test_the_numbers(tmp_path, name):
    table = read(tmp_path / "t.csv", TABLES[name][0], "3")
    np.testing.assert_array_equal(table.X, np.float32(X))


def test_inputs(tmp_path):
    text = "size,colour,y\n1,red,0\n,blue,1\n3,,0\n4,red,1\n"
    table = read(tmp_path / "t.csv", text, "y")
    assert shown(table) == ["size?", "colour=blue|red?"]
    nan = np.nan
    np.testing.assert_array_equal(
        table.X, [[1, 0, 0, 1], [nan, 1, 1, 0], [3, 0, 0, 0], [4, 0, 0, 1]]
    )


def test_chosen_ways(tmp_path):
    path = tmp_path / "t.csv"
    text = "0,1,2\n1,2,3\n4,5,6\n"
    assert read(path, text, header=True).columns[0].name == "0"
    assert len(read(path, text, header=False).X) == 3
    assert shown(read(path, "a;b,1\nc;d,2\na;d,2\n", separator="semicolon")) == ["1=a|c"]
    assert shown(read(path, "a,b,y\n1,?,0\n2,3,1\n", "y", missing=["?"])) == ["a", "b?"]
    assert shown(read(path, "a,b,y\n1,u,0\n2,v,1\n", "y", drop=["b"])) == ["a"]
    assert shown(read(path, "a,a,y\n1,u,0\n2,v,1\n", "y", drop=["2"])) == ["a"]
    assert shown(read(path, b"a,b,y\n1,mou\xe9,0\n2,x,1\n", "y", drop=["-2"])) == ["a"]


def test_notes(tmp_path):
    path = tmp_path / "t.csv"
    assert read(path, INDEX, "y").notes == ["column 1 left out: it has no name and counts the rows"]
    assert read(path, TABLES["an empty column"][0], "y").notes == [
        "column 'b' left out: it has no values"
    ]
    assert read(path, TABLES["rows without a target"][0], "y").notes == [
        "1 row without a value of 'y' left out"
    ]
    counted = "Id," + INDEX[1:]
    table = read(path, counted.replace("Id,,", "Id,"), "y")
    assert shown(table) == ["Id", "a"]
    assert table.notes == [
        "column 'Id' counts the rows: if it numbers them, leave it out by --drop"
    ]


def test_many_rows(tmp_path):
    """More blocks than one, and values that come late."""
    rows = [f"{i / 8},{'uv'[i % 2]},{i % 3}" for i in range(9000)]
    rows[8990] = ",w,2"
    table = read(tmp_path / "t.csv", "\n".join(["a,b,c", *rows]), "c")
    assert shown(table) == ["a?", "b=u|v|w"]
    assert table.X.shape == (9000, 5)
    np.testing.assert_array_equal(table.X[8990], [np.nan, 1, 0, 0, 1])
    np.testing.assert_array_equal(table.X[4097], [4097 / 8, 0, 0, 1, 0])


@pytest.mark.parametrize("order", "CF")
@pytest.mark.parametrize("dtype", ["float64", "float32", "int8", "bool", ">f8"])
def test_arrays(tmp_path, order, dtype):
    rows = np.array([[1, 0, 1], [0, 1, 1], [1, 1, 0], [0, 0, 0]])
    table = read(tmp_path / "t.npy", np.asarray(rows, dtype, order=order), "2")
    assert shown(table) == ["1", "3"]
    assert target(table) == [0, 1, 1, 0]
    np.testing.assert_array_equal(table.X, rows[:, [0, 2]])


def test_gaps_in_arrays(tmp_path):
    table = read(tmp_path / "t.npy", np.array([[1, np.nan, 1], [0, 1, 1], [1, 1, np.nan]]), "1")
    assert shown(table) == ["2?", "3?"]
