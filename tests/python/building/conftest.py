"""Fixtures of the tests that need the sources: none of them can be run from a wheel alone."""

from pathlib import Path

import pytest
from builds import AARCH64_TESTS, ROOT, build_project, tool


@pytest.fixture(scope="session")
def cpp_build():
    """The project as a C++ developer builds it."""
    return build_project("pytest")


@pytest.fixture(scope="session")
def aarch64_options():
    """Those of CMake with which Debian's cross compiler builds for 64-bit ARM."""
    for program in ("aarch64-linux-gnu-g++", "qemu-aarch64"):
        tool(program)
    if not Path("/usr/aarch64-linux-gnu/include").is_dir():
        pytest.skip("no C library for aarch64 in /usr/aarch64-linux-gnu")
    return [f"-DCMAKE_TOOLCHAIN_FILE={ROOT / 'cmake' / 'aarch64-linux-gnu.cmake'}"]


@pytest.fixture(scope="session")
def aarch64_build(aarch64_options):
    """The library for 64-bit ARM, and AARCH64_TESTS."""
    return build_project("pytest-aarch64", *aarch64_options, targets=AARCH64_TESTS)
