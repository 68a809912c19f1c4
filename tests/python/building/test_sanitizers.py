"""The C++ tests under the sanitizers, on every instruction set, by the presets of the same names."""

import os

import pytest
from builds import ROOT, run, tool

pytestmark = pytest.mark.slow


def ctest(preset, *arguments):
    """What `cmake --preset` and so on do, in a folder that the tests keep."""
    build = ROOT / "build" / f"pytest-{preset}"
    ninja = f"-DCMAKE_MAKE_PROGRAM={tool('ninja')}"
    run(tool("cmake"), "--preset", preset, "-B", build, "-G", "Ninja", ninja, cwd=ROOT)
    run(tool("cmake"), "--build", build, timeout=3600)
    command = [tool("ctest"), "--test-dir", build, "--output-on-failure", *arguments]
    return run(*command, timeout=3600, env={**os.environ, "FILBERT_TEST_QUICK": "1"})


def test_address_and_undefined_behaviour():
    assert "100% tests passed" in ctest("asan")


# Tests in which threads work side by side.
THREADED = [
    "evaluate",
    "fit",
    "fit_many",
    "float_mode",
    "golden",
    "lanes",
    "predict",
    "propagate",
    "snapshot",
    "threads",
]


def test_threads():
    output = ctest("tsan", "-R", f"^test_({'|'.join(THREADED)})$")
    # Versions of ctest differ in what they say between these two.
    assert "100% tests passed" in output
    assert f"out of {len(THREADED)}" in output
