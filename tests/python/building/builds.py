"""Runs the tools of a C++ build for the tests."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

ROOT = Path(__file__).parents[3]
# C++ tests of what an instruction set can change, as far as they take only seconds when emulated.
AARCH64_TESTS = ["test_blocks", "test_golden", "test_isa", "test_math_isas", "test_random"]


def run(*command, timeout=900, **options):
    done = subprocess.run(
        [str(part) for part in command],
        check=False,
        capture_output=True,
        text=True,
        timeout=timeout,
        **options,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-6000:]}\n{done.stderr[-6000:]}"
    return done.stdout


def tool(name):
    """The path of a program, of this environment if it has it, else of the system."""
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


def build_kept(name, source, *options, targets=("all",)):
    """Build these targets of a project in build/<name>, which is kept between runs to be quick.

    Where tests run in several processes, the first one builds, and the others wait for it."""
    folder = ROOT / "build" / name
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "lock"):
        configure(source, folder, *options)
        run(tool("cmake"), "--build", folder, "--target", *targets, timeout=3600)
    return folder


def build_project(name, *options, targets=("all",)):
    """The same for filbert itself."""
    return build_kept(name, ROOT, "-DFILBERT_WARNINGS_ARE_ERRORS=ON", *options, targets=targets)
