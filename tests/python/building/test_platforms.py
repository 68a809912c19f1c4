"""tools/platforms.py reads what the golden test prints, and writes its rows into the page."""

import importlib.util
import sys

import pytest
from builds import ROOT

TOOL = ROOT / "tools" / "platforms.py"
PRINTED = """\
avx2, 3 threads, relu, softmax: 0x94ac3f641f1395b8, 0x2550a7b5fe867154
avx2, 3 threads, one output: 0x233a4fa0de1b5e66, 0x5bf084f8d5cf8299
reference, 3 threads, relu, softmax: 0x94ac3f641f1395b8, 0x2550a7b5fe867154
reference, 3 threads, one output: 0x233a4fa0de1b5e66, 0x5bf084f8d5cf8299
244 passed, 0 failed
"""


@pytest.fixture
def platforms(monkeypatch):
    spec = importlib.util.spec_from_file_location("platforms", TOOL)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "platforms", module)  # dataclasses look there
    spec.loader.exec_module(module)
    return module


def test_one_digest_of_all_instruction_sets(platforms):
    count, hashes, isas = platforms.digest(PRINTED)
    assert (count, isas) == (2, "avx2 reference")
    assert len(hashes) == len("`0123456789abcdef`")
    other = platforms.digest(PRINTED.replace("0x233a4fa0de1b5e66", "0x233a4fa0de1b5e67", 1))[1]
    assert len(other) > len(hashes)


def test_rows_replace_those_of_the_same_platform(platforms, monkeypatch, tmp_path):
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- platforms -->\n<!-- end of platforms -->\nafter\n")
    monkeypatch.setattr(platforms, "PAGE", page)
    for rows in (
        [("riscv64", "g++ 11", "reference", "old")],
        [("x86_64", "g++ 12", "avx2 reference", "one"), ("riscv64", "g++ 12", "reference", "new")],
    ):
        page.write_text(platforms.written(rows))
    lines = page.read_text().splitlines()
    assert lines[0] == "before"
    assert lines[-1] == "after"
    assert lines[4:6] == [
        "| x86_64 | g++ 12 | avx2 reference | one |",
        "| riscv64 | g++ 12 | reference | new |",
    ]
