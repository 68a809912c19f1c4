"""Compiles C++ with the machine's compiler: small sources, which are loaded into this process, and
programs that need the library of a source tree, which CMake builds."""

import atexit
import ctypes
import functools
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

BENCHMARKS = Path(__file__).resolve().parents[1]


def compiler() -> str | None:
    """The C++ compiler: $CXX, or the first of the usual names."""
    names = [os.environ.get("CXX", ""), "c++", "g++", "clang++"]
    return next((path for name in names if name and (path := shutil.which(name))), None)


@functools.cache
def scratch() -> Path:
    """A directory of this process, removed when it ends."""
    path = tempfile.mkdtemp(prefix="filbert-benchmarks-")
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return Path(path)


@functools.cache
def load(source: str, *flags: str) -> ctypes.CDLL:
    """Compiles a source of benchmarks/ into a shared library. flags follow the source."""
    cxx = compiler()
    if cxx is None:
        raise RuntimeError("no C++ compiler: set CXX")
    output = scratch() / f"{Path(source).stem}.so"
    command = [cxx, "-std=c++20", "-O2", "-fPIC", "-shared", "-pthread", "-o", str(output)]
    done = subprocess.run(
        [*command, str(BENCHMARKS / source), *flags], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{source} does not compile: {done.stderr.strip()[-400:]}")
    return ctypes.CDLL(str(output))


def cmake(name: str, lists: str) -> Path:
    """Builds the target of that name, in Release, from the text of a CMakeLists.txt; the folder that
    it is in. Raises RuntimeError, with the reason, if it cannot be built."""
    program = shutil.which("cmake")
    if program is None:
        raise RuntimeError("no cmake")
    source, build = scratch() / name, scratch() / f"{name}-build"
    source.mkdir()
    (source / "CMakeLists.txt").write_text(lists)
    for step in (
        ["-S", source, "-B", build, "-DCMAKE_BUILD_TYPE=Release"],
        ["--build", build, "--parallel", "2", "--config", "Release", "--target", name],
    ):
        command = [program, *map(str, step)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            output = (done.stderr or done.stdout).strip()
            raise RuntimeError(f"{name} does not build: {output[-600:]}")
    return build
