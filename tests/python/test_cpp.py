"""The C++ side: its own tests, and a stranger's project that uses the library."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONSUMER = ROOT / "tests" / "consumer"


def run(*command, **options):
    done = subprocess.run(
        [str(part) for part in command],
        check=False,
        capture_output=True,
        text=True,
        timeout=900,
        **options,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-6000:]}\n{done.stderr[-6000:]}"
    return done.stdout


def tool(name):
    """A program of this environment's, or of the system's."""
    beside = shutil.which(name, path=str(Path(sys.executable).parent))
    return beside or shutil.which(name) or pytest.skip(f"{name} is not installed")


def configure(source, build, *options):
    run(
        tool("cmake"),
        "-S",
        source,
        "-B",
        build,
        "-G",
        "Ninja",
        f"-DCMAKE_MAKE_PROGRAM={tool('ninja')}",
        "-DCMAKE_BUILD_TYPE=Release",
        *options,
    )


@pytest.fixture(scope="module")
def build():
    """The project as a C++ developer builds it; kept between runs, so that it is quick."""
    folder = ROOT / "build" / "pytest"
    configure(ROOT, folder, "-DFILBERT_WARNINGS_ARE_ERRORS=ON")
    run(tool("cmake"), "--build", folder)
    return folder


def test_cpp_tests_and_examples(build):
    output = run(tool("ctest"), "--test-dir", build, "--output-on-failure")
    assert "100% tests passed" in output


@pytest.mark.slow
def test_fma_on_many_cases(build):
    output = run(build / "tests" / "cpp" / "test_fma", "100000000")
    assert "100000000 cases against the hardware" in output or "no hardware fma here" in output
    assert ", 0 failed" in output


@pytest.fixture(scope="module")
def prefix(build, tmp_path_factory):
    """An installed filbert."""
    folder = tmp_path_factory.mktemp("install")
    run(tool("cmake"), "--install", build, "--prefix", folder / "first")
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
