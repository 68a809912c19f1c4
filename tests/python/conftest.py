"""Fixtures that several tests share."""

from pathlib import Path

import commands
import numpy as np
import pytest
from builds import ROOT, build_project, tool

import filbert as fb


@pytest.fixture(autouse=True)
def automatic_threads():
    """Whatever number of threads a test sets, the next one starts with the default."""
    yield
    fb.set_threads("auto")


@pytest.fixture
def keep_isa():
    """Whatever instruction set a test chooses, the next one has the old one."""
    before = fb.isa()
    yield
    fb.set_isa(before)


@pytest.fixture(scope="session")
def cpp_build():
    """The project as a C++ developer builds it."""
    return build_project("pytest")


@pytest.fixture(scope="session")
def aarch64_build():
    """The same for 64-bit ARM, as Debian's cross compiler makes it."""
    for program in ("aarch64-linux-gnu-g++", "qemu-aarch64"):
        tool(program)
    if not Path("/usr/aarch64-linux-gnu/include").is_dir():
        pytest.skip("no C library for aarch64 in /usr/aarch64-linux-gnu")
    toolchain = ROOT / "cmake" / "aarch64-linux-gnu.cmake"
    return build_project("pytest-aarch64", f"-DCMAKE_TOOLCHAIN_FILE={toolchain}")


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def net():
    """A small classifier of three classes."""
    return fb.Network([4, 5, 3], activation="tanh", output="softmax", rng=1)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The current one: with a network, net.safetensors, and rows for it, X.csv and X.npy."""
    monkeypatch.chdir(tmp_path)
    net = fb.Network([4, 6, 3], activation="tanh", output="softmax", rng=0)
    net.save("net.safetensors")
    commands.write_csv("X.csv", commands.X)
    np.save("X.npy", commands.X)
    return tmp_path


@pytest.fixture
def saved(folder):
    """That network."""
    return fb.load("net.safetensors")


@pytest.fixture
def small_blocks(monkeypatch):
    """The command reads seven rows at a time."""
    monkeypatch.setattr("filbert._commands.predict.NUMBERS", 7 * 6)


@pytest.fixture
def X(rng):
    return rng.normal(size=(12, 4)).astype(np.float32)


@pytest.fixture
def y():
    """Labels that go with X."""
    return np.arange(12) % 3
