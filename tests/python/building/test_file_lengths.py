"""No file of the sources or tests is longer than 400 lines, but the stub of the extension: it is one file, as the
extension is."""

from builds import ROOT

FOLDERS = ["cpp", "src", "python", "tests", "benchmarks", "examples", "tools", "cmake"]
SUFFIXES = {".cpp", ".hpp", ".h", ".py", ".txt", ".cmake"}
MOST = 400


def lengths(root):
    return {
        path.relative_to(root).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for folder in FOLDERS
        for path in (root / folder).rglob("*")
        if path.suffix in SUFFIXES
    }


def too_long(root):
    return {name: lines for name, lines in lengths(root).items() if lines > MOST}


def test_files_are_short():
    assert len(lengths(ROOT)) > 100
    assert too_long(ROOT) == {}


def test_a_long_file_is_caught(tmp_path):
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "short.cpp").write_text("x\n" * MOST)
    (tmp_path / "src" / "long.cpp").write_text("x\n" * (MOST + 1))
    assert too_long(tmp_path) == {"src/long.cpp": MOST + 1}
