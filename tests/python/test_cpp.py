"""The C++ side: its own tests, and a stranger's project that uses the library."""

import re
import shutil

import pytest
from builds import ROOT, configure, run, tool

CONSUMER = ROOT / "tests" / "consumer"


def test_cpp_tests_and_examples(cpp_build):
    output = run(tool("ctest"), "--test-dir", cpp_build, "--output-on-failure")
    assert "100% tests passed" in output


@pytest.mark.slow
def test_fma_on_many_cases(cpp_build):
    output = run(cpp_build / "tests" / "cpp" / "test_fma", "100000000")
    assert "100000000 cases against the hardware" in output or "no hardware fma here" in output
    assert ", 0 failed" in output


@pytest.fixture(scope="module")
def prefix(cpp_build, tmp_path_factory):
    """An installed filbert."""
    folder = tmp_path_factory.mktemp("install")
    run(tool("cmake"), "--install", cpp_build, "--prefix", folder / "first")
    return (folder / "first").rename(folder / "prefix")  # an install may be moved


def consume(source, build, *options):
    configure(source, build, *options)
    run(tool("cmake"), "--build", build)
    return run(build / "consumer")


def test_consumer_by_find_package(prefix, tmp_path):
    assert "learned" in consume(CONSUMER, tmp_path, f"-DCMAKE_PREFIX_PATH={prefix}")


def test_the_program_on_top_of_the_umbrella_header(prefix, tmp_path):
    header = (prefix / "include" / "filbert" / "filbert.hpp").read_text()
    comment = header.split("#pragma once")[0]
    program = re.sub(r"^//( {3})?", "", comment, flags=re.MULTILINE).partition("\n\n")[2]
    (tmp_path / "main.cpp").write_text(program)
    shutil.copy(CONSUMER / "CMakeLists.txt", tmp_path)
    output = consume(tmp_path, tmp_path / "build", f"-DCMAKE_PREFIX_PATH={prefix}")
    answers = re.findall(r"xor . *: (\d\.\d+)", output)
    assert [round(float(answer)) for answer in answers] == [0, 1, 1, 0]


def test_consumer_by_add_subdirectory(tmp_path):
    # With flags that would break the numerics contract, were they not overruled.
    flags = "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Werror -ffast-math"
    output = consume(
        CONSUMER, tmp_path, f"-DFILBERT_SOURCE={ROOT}", "-DBUILD_SHARED_LIBS=ON", flags
    )
    assert "learned" in output
    assert not (tmp_path / "filbert" / "tests").exists()  # embedders get the library alone
