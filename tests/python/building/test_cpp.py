"""The C++ side's own tests, one program each."""

import pytest
from builds import ROOT, run, tool

FOLDER = ROOT / "tests" / "cpp"
PROGRAMS = sorted(path.stem for path in FOLDER.glob("*/test_*.cpp"))


@pytest.mark.parametrize("program", PROGRAMS)
def test_cpp(cpp_build, program):
    assert ", 0 failed" in run(cpp_build / "tests" / "cpp" / program)


def test_examples_and_corpus(cpp_build):
    """What else CMake knows as a test: the examples, and the corpus of the fuzzer."""
    run(tool("ctest"), "--test-dir", cpp_build, "--output-on-failure", "--exclude-regex", "^test_")


@pytest.mark.slow
def test_fma_on_many_cases(cpp_build):
    output = run(cpp_build / "tests" / "cpp" / "test_fma", "100000000")
    assert "100000000 cases against the hardware" in output or "no hardware fma here" in output
    assert ", 0 failed" in output
