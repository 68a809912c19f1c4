"""The C++ tests on 64-bit ARM, emulated: NEON gives the same bits, by the same golden hashes."""

import os

import pytest
from builds import run, tool


def ctest(build, **environment):
    return run(
        tool("ctest"),
        "--test-dir",
        build,
        "--output-on-failure",
        env={**os.environ, **environment},
    )


def test_cpp_tests(aarch64_build):
    assert "100% tests passed" in ctest(aarch64_build, FILBERT_TEST_QUICK="1")


@pytest.mark.slow
def test_cpp_tests_in_full(aarch64_build):
    assert "100% tests passed" in ctest(aarch64_build)


def test_neon_is_what_runs(aarch64_build):
    emulator = [tool("qemu-aarch64"), "-L", "/usr/aarch64-linux-gnu"]
    output = run(*emulator, aarch64_build / "tests" / "cpp" / "test_isa")
    assert output.splitlines()[0] == "neon reference"
