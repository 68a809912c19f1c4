"""The C++ tests on 64-bit ARM, emulated: NEON gives the same bits, by the same golden hashes."""

import os
from pathlib import Path

import pytest
from builds import ROOT, build_project, run, tool


@pytest.fixture(scope="module")
def build():
    for program in ("aarch64-linux-gnu-g++", "qemu-aarch64"):
        tool(program)
    if not Path("/usr/aarch64-linux-gnu/include").is_dir():
        pytest.skip("no C library for aarch64 in /usr/aarch64-linux-gnu")
    toolchain = ROOT / "cmake" / "aarch64-linux-gnu.cmake"
    return build_project("pytest-aarch64", f"-DCMAKE_TOOLCHAIN_FILE={toolchain}")


def ctest(build, **environment):
    return run(
        tool("ctest"),
        "--test-dir",
        build,
        "--output-on-failure",
        env={**os.environ, **environment},
    )


def test_cpp_tests(build):
    assert "100% tests passed" in ctest(build, FILBERT_TEST_QUICK="1")


@pytest.mark.slow
def test_cpp_tests_in_full(build):
    assert "100% tests passed" in ctest(build)


def test_neon_is_what_runs(build):
    emulator = [tool("qemu-aarch64"), "-L", "/usr/aarch64-linux-gnu"]
    output = run(*emulator, build / "tests" / "cpp" / "test_isa")
    assert output.splitlines()[0] == "neon reference"
