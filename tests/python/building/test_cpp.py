"""The C++ side's own tests, one program each."""

import os

import pytest
from builds import ROOT, run, tool

FOLDER = ROOT / "tests" / "cpp"
PROGRAMS = sorted(path.stem for path in FOLDER.glob("*/test_*.cpp"))
KIB = 1024
MIB = 1024 * KIB
# For FILBERT_CACHE_SIZES: of small processors to large ones, and beyond what is believed.
CACHE_SIZES = [
    "16384,131072",
    *(
        pytest.param(sizes, marks=pytest.mark.slow)
        for sizes in ("32768,262144", "32768,524288", "65536,2097152", "0,0", "262144,67108864")
    ),
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_cpp(cpp_build, program):
    """Every program; those that take long leave out some of their cases."""
    environment = {**os.environ, "FILBERT_TEST_QUICK": "1"}
    assert ", 0 failed" in run(cpp_build / "tests" / "cpp" / program, env=environment)


@pytest.mark.slow
@pytest.mark.parametrize("program", PROGRAMS)
def test_every_case(cpp_build, program):
    assert ", 0 failed" in run(cpp_build / "tests" / "cpp" / program)


def with_caches(build, program, sizes, *arguments):
    """What a program prints that finds caches of these sizes, which is a text."""
    environment = {**os.environ, "FILBERT_CACHE_SIZES": sizes}
    return run(build / "tests" / "cpp" / program, *arguments, env=environment)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("16384,131072", (16 * KIB, 128 * KIB)),
        ("65536,2097152", (64 * KIB, 2 * MIB)),
        ("0,1", (8 * KIB, 64 * KIB)),  # beyond the least and the most that are believed
        ("18446744073709551615,18446744073709551615", (256 * KIB, 64 * MIB)),
    ],
)
def test_cache_sizes(cpp_build, text, expected):
    assert ", 0 failed" in with_caches(cpp_build, "test_cache_sizes", text, *expected)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ",",
        "16384",
        "16384,",
        ",131072",
        "16384;131072",
        " 16384,131072",
        "16384,131072 ",
        "16384,131072,0",
        "-16384,131072",
        "0x4000,131072",
        "16384,18446744073709551616",
    ],
)
def test_cache_sizes_that_are_none(cpp_build, monkeypatch, text):
    monkeypatch.delenv("FILBERT_CACHE_SIZES", raising=False)
    found = run(cpp_build / "tests" / "cpp" / "test_cache_sizes")
    assert with_caches(cpp_build, "test_cache_sizes", text) == found


@pytest.mark.parametrize("sizes", CACHE_SIZES)
@pytest.mark.parametrize(
    "program",
    [
        "test_blocks",
        *(pytest.param(name, marks=pytest.mark.slow) for name in ("test_golden", "test_kernels")),
    ],
)
def test_no_result_depends_on_caches(cpp_build, program, sizes):
    assert ", 0 failed" in with_caches(cpp_build, program, sizes)


def test_examples_and_corpus(cpp_build):
    """What else CMake knows as a test: the examples, and the corpus of the fuzzer."""
    run(tool("ctest"), "--test-dir", cpp_build, "--output-on-failure", "--exclude-regex", "^test_")


@pytest.mark.slow
def test_fma_on_many_cases(cpp_build):
    output = run(cpp_build / "tests" / "cpp" / "test_fma", "100000000")
    assert "100000000 cases against the hardware" in output or "no hardware fma here" in output
    assert ", 0 failed" in output
