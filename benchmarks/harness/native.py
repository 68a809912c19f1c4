"""Compiles small C++ sources with the machine's compiler and loads them into this process."""

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
