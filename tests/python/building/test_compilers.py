"""The golden hashes hold for other compilers and levels of optimisation."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SOURCES = sorted((ROOT / "cpp" / "src").rglob("*.cpp"))
TESTS = ROOT / "tests" / "cpp"
ISA_FLAGS = {
    "x86_64": {
        "avx2": ["-mavx2", "-mfma"],
        "avx512": ["-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl", "-mfma"],
    },
    "aarch64": {"neon": []},
}
AARCH64 = ["--target=aarch64-linux-gnu"]  # clang is a cross compiler as it is
STRICT = ["-std=c++20", "-fno-fast-math", "-ffp-contract=off", "-pthread", "-w"]


def build(compiler, level, folder, machine):
    """The golden test with the kernels of a machine, without CMake: one object a source."""
    include = [f"-I{ROOT / 'cpp' / 'include'}", f"-I{ROOT / 'cpp' / 'src'}", f"-I{TESTS}"]
    isas = ISA_FLAGS.get(machine, {})
    define = [f"-DFILBERT_HAS_{isa.upper()}" for isa in isas]
    objects = []
    for source in [*SOURCES, TESTS / "training" / "test_golden.cpp"]:
        if source.stem in ("avx2", "avx512", "neon") and source.stem not in isas:
            continue
        objects.append(folder / f"{len(objects)}.o")
        flags = isas.get(source.stem, [])
        command = [*compiler, level, *STRICT, *define, *flags, *include, "-c", source, "-o"]
        subprocess.run([str(part) for part in [*command, objects[-1]]], check=True)
    subprocess.run(
        [*compiler, *map(str, objects), "-pthread", "-o", str(folder / "golden")], check=True
    )
    return folder / "golden"


@pytest.mark.slow
@pytest.mark.parametrize("level", ["-O0", "-O3"])
@pytest.mark.parametrize("compiler", ["g++", "clang++"])
def test_golden_hashes(compiler, level, tmp_path):
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not installed")
    program = build([compiler], level, tmp_path, os.uname().machine)
    passes([program])


@pytest.mark.slow
def test_golden_hashes_by_clang_for_aarch64(tmp_path):
    for needed in ("clang++", "aarch64-linux-gnu-g++", "qemu-aarch64"):
        if shutil.which(needed) is None:
            pytest.skip(f"{needed} is not installed")
    program = build(["clang++", *AARCH64], "-O3", tmp_path, "aarch64")
    passes(["qemu-aarch64", "-L", "/usr/aarch64-linux-gnu", program])


def passes(command):
    done = subprocess.run(
        [str(part) for part in command], check=False, capture_output=True, text=True, timeout=1800
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert ", 0 failed" in done.stdout
