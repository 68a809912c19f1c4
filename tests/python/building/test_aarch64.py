"""The C++ tests on 64-bit ARM, emulated: NEON gives the same bits, by the same golden hashes."""

import os

import pytest
from builds import AARCH64_TESTS, build_project, run, tool
from test_cpp import CACHE_SIZES, PROGRAMS

QUICK = {"FILBERT_TEST_QUICK": "1"}


def emulated(build, program, variables):
    emulator = [tool("qemu-aarch64"), "-L", "/usr/aarch64-linux-gnu"]
    environment = {**os.environ, **variables}
    return run(*emulator, build / "tests" / "cpp" / program, env=environment, timeout=3600)


@pytest.fixture(scope="session")
def whole_build(aarch64_options):
    return build_project("pytest-aarch64", *aarch64_options)


@pytest.mark.parametrize("program", AARCH64_TESTS)
def test_instruction_set(aarch64_build, program):
    assert ", 0 failed" in emulated(aarch64_build, program, QUICK)


@pytest.mark.slow
@pytest.mark.parametrize("sizes", CACHE_SIZES)
@pytest.mark.parametrize("program", ["test_blocks", "test_golden"])
def test_no_result_depends_on_caches(aarch64_build, program, sizes):
    assert ", 0 failed" in emulated(aarch64_build, program, QUICK | {"FILBERT_CACHE_SIZES": sizes})


def test_neon_is_what_runs(aarch64_build):
    assert emulated(aarch64_build, "test_isa", QUICK).splitlines()[0] == "neon reference"


@pytest.mark.slow
@pytest.mark.parametrize("program", PROGRAMS)
def test_cpp(whole_build, program):
    assert ", 0 failed" in emulated(whole_build, program, {})


@pytest.mark.slow
def test_examples_and_corpus_of_the_fuzzer(whole_build):
    run(tool("ctest"), "--test-dir", whole_build, "--output-on-failure", "-E", "^test_")
