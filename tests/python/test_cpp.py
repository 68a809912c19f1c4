"""The C++ side's own tests."""

import pytest
from builds import run, tool


def test_cpp_tests_and_examples(cpp_build):
    output = run(tool("ctest"), "--test-dir", cpp_build, "--output-on-failure")
    assert "100% tests passed" in output


@pytest.mark.slow
def test_fma_on_many_cases(cpp_build):
    output = run(cpp_build / "tests" / "cpp" / "test_fma", "100000000")
    assert "100000000 cases against the hardware" in output or "no hardware fma here" in output
    assert ", 0 failed" in output
