"""Trains the golden networks on every machine that can be had here, and makes the table of docs/numerics.md of it:

    python tools/platforms.py [NAME ...] [--flags=-O1] [--write] [--folder build/platforms]

Without names all platforms are built and run, one after another; --write replaces their rows in the page. Compilers are
Debian's cross compilers and that of the package ziglang; programs run natively, under qemu-user, wine or wasmtime. A
platform of which something is missing is left out, with the reason. The exit status is 1 if any hash differs.
"""

import argparse
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "numerics.md"
GOLDEN = "test_golden"
HASHES = re.compile(r"^(\w+), \d+ threads, (.*): (0x[0-9a-f]{16}), (0x[0-9a-f]{16})$", re.MULTILINE)
WINDOWS_TESTS = ("test_kernels", "test_threads", "test_file_replacement", "test_model_file")


@dataclass
class Platform:
    name: str
    compiler: str  # a program, or "zig TARGET"
    system: str = "Linux"  # as CMake calls it
    processor: str = "x86_64"
    runs_by: tuple[str, ...] = ()  # the emulator with its arguments
    root: str = ""  # where the C library of a cross compiler must be
    link: str = ""
    tests: tuple[str, ...] = ()  # besides the golden ones
    outcome: str = "run"  # or "linked", or "refused"


def debian(triple, processor, **options):
    """A platform of Debian's cross compilers, run by qemu-user."""
    root = f"/usr/{triple}"
    emulator = (f"qemu-{processor}", "-L", root)
    return Platform(
        processor, f"{triple}-g++", processor=processor, runs_by=emulator, root=root, **options
    )


PLATFORMS = [
    Platform("x86_64", "g++"),
    Platform("x86_64, clang", "clang++"),
    Platform("x86_64, glibc 2.17", "zig x86_64-linux-gnu.2.17"),
    Platform("x86_64, as a Nehalem", "zig x86_64-linux-gnu.2.17", runs_by=("qemu-x86_64", "-cpu", "Nehalem")),
    Platform("x86_64, as a Haswell", "zig x86_64-linux-gnu.2.17", runs_by=("qemu-x86_64", "-cpu", "Haswell")),
    Platform("x86_64, musl", "zig x86_64-linux-musl", link="-static"),
    debian("aarch64-linux-gnu", "aarch64"),
    debian("riscv64-linux-gnu", "riscv64"),
    debian("s390x-linux-gnu", "s390x", outcome="refused"),
    Platform(
        "Windows x86_64",
        "x86_64-w64-mingw32-g++-posix",
        system="Windows",
        runs_by=("wine64",),
        link="-static",
        tests=WINDOWS_TESTS,
    ),
    Platform(
        "WebAssembly",
        "zig wasm32-wasi",
        system="WASI",
        processor="wasm32",
        runs_by=(sys.executable, str(ROOT / "tools" / "wasi.py")),
    ),
    Platform("macOS arm64", "zig aarch64-macos.11.0", system="Darwin", processor="arm64", outcome="linked"),
    Platform("macOS x86_64", "zig x86_64-macos.11.0", system="Darwin", outcome="linked"),
]  # fmt: skip


class MissingError(Exception):
    """Something that a platform needs is not on this machine."""


def find(program):
    """The path of a program."""
    places = [None, str(Path(sys.executable).parent), "/usr/lib/wine"]
    for place in places:
        if path := shutil.which(program, path=place):
            return path
    raise MissingError(f"{program} is not installed")


def run(command, **options):
    return subprocess.run(
        [str(part) for part in command],
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        **options,
    )


def zig(folder, tool, *arguments):
    """A program that calls one of zig's tools, as CMake wants it."""
    if run([sys.executable, "-m", "ziglang", "version"]).returncode:
        raise MissingError("the package ziglang is not installed")
    path = folder / f"zig-{tool}"
    command = [sys.executable, "-m", "ziglang", tool, *arguments]
    path.write_text(f'#!/bin/sh\nexec {" ".join(command)} "$@"\n', encoding="utf-8")
    path.chmod(0o755)
    return path


def tools_of(platform, folder):
    """CMake's variables for the compiler, and what the compiler says that it is."""
    if platform.system == "WASI" and importlib.util.find_spec("wasmtime") is None:
        raise MissingError("the package wasmtime is not installed")
    if platform.root and not Path(platform.root, "include").is_dir():
        raise MissingError(f"there is no C library in {platform.root}")
    if not platform.compiler.startswith("zig "):
        compiler = find(platform.compiler)
        return {"CMAKE_CXX_COMPILER": compiler}, run([compiler, "--version"]).stdout.splitlines()[0]
    compiler = zig(folder, "c++", "-target", platform.compiler.split()[1])
    version = run([sys.executable, "-m", "ziglang", "version"]).stdout.strip()
    tools = {"CMAKE_AR": zig(folder, "ar"), "CMAKE_RANLIB": zig(folder, "ranlib")}
    return {"CMAKE_CXX_COMPILER": compiler, **tools}, f"zig {version}"


def build(platform, folder, flags):
    """Build the tests. Returns the compiler's name and, if it did not compile, what was said."""
    variables, compiler = tools_of(platform, folder)
    if (platform.system, platform.processor) != ("Linux", os.uname().machine):
        variables |= {
            "CMAKE_SYSTEM_NAME": platform.system,
            "CMAKE_SYSTEM_PROCESSOR": platform.processor,
        }
    variables |= {
        # Debug adds no level of optimisation of its own for kernels; the flags say all.
        "CMAKE_BUILD_TYPE": "Debug",
        "CMAKE_CXX_FLAGS_DEBUG": flags,
        "CMAKE_EXE_LINKER_FLAGS": platform.link,
        # Precompiled headers belong to a test that not every platform can build.
        "CMAKE_DISABLE_PRECOMPILE_HEADERS": "ON",
        "CMAKE_MAKE_PROGRAM": find("ninja"),
    }
    options = [f"-D{name}={value}" for name, value in variables.items()]
    done = run([find("cmake"), "-S", ROOT, "-B", folder, "-G", "Ninja", *options])
    if done.returncode == 0:
        targets = [GOLDEN, *platform.tests]
        done = run([find("cmake"), "--build", folder, "--target", *targets])
    return compiler, done.stdout if done.returncode else ""


def program(platform, folder, name):
    suffix = ".exe" if platform.system == "Windows" else ""
    emulator = [find(platform.runs_by[0]), *platform.runs_by[1:]] if platform.runs_by else []
    return [*emulator, folder / "tests" / "cpp" / f"{name}{suffix}"]


def digest(text):
    """How many networks there are in what the golden test prints, and a digest of their hashes, which has to be one
    for all instruction sets; and these."""
    by_isa = {}
    for isa, name, *both in HASHES.findall(text):
        by_isa.setdefault(isa, []).append(f"{name}: {', '.join(both)}")
    digests = {
        hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16] for lines in by_isa.values()
    }
    count = len(next(iter(by_isa.values()), []))
    return count, "`" + "`, `".join(sorted(digests)) + "`", " ".join(by_isa)


def tested(platform, folder):
    """What the programs of a platform say: instruction sets, and the result."""
    environment = {**os.environ, "FILBERT_TEST_QUICK": "1", "WINEDEBUG": "-all"}
    done = run([*program(platform, folder, GOLDEN), "print"], env=environment)
    count, hashes, isas = digest(done.stdout)
    result = f"{count} networks, {hashes}"
    if done.returncode or ", 0 failed" not in done.stdout or count == 0:
        print(done.stdout[-3000:])
        return isas, f"FAILED: {result}"
    for name in platform.tests:
        other = run(program(platform, folder, name), env=environment)
        if other.returncode or ", 0 failed" not in other.stdout:
            print(other.stdout[-3000:])
            return isas, f"FAILED: {name}"
    return isas, result + "".join(f", {name}" for name in platform.tests)


def row(platform, folder, flags):
    """(name, compiler, instruction sets, result) of a platform."""
    folder = folder / re.sub(r"\W+", "-", platform.name.partition(", as a ")[0] + platform.compiler)
    folder.mkdir(parents=True, exist_ok=True)
    compiler, errors = build(platform, folder, flags)
    if platform.outcome == "refused":
        said = re.search(r"static assertion failed: (.*)", errors)
        return platform.name, compiler, "-", f"does not compile: {said[1]}" if said else "FAILED"
    if errors:
        print(errors[-3000:])
        return platform.name, compiler, "-", "FAILED to build"
    if platform.outcome == "linked":
        return platform.name, compiler, "-", "compiled and linked, not run"
    return platform.name, compiler, *tested(platform, folder)


def written(rows):
    """The page with these rows in the place of those of the same platforms, or behind the others."""
    begin, end = "<!-- platforms -->\n", "<!-- end of platforms -->"
    head, _, rest = PAGE.read_text(encoding="utf-8").partition(begin)
    table, _, tail = rest.partition(end)
    old = {line.split(" | ")[0].removeprefix("| "): line for line in table.splitlines()[2:]}
    new = old | {each[0]: f"| {' | '.join(each)} |" for each in rows}
    order = [each.name for each in PLATFORMS if each.name in new]
    header = [
        "| machine | compiler | instruction sets | golden networks |",
        "| --- | --- | --- | --- |",
    ]
    return head + begin + "\n".join([*header, *(new[name] for name in order)]) + "\n" + end + tail


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help=", ".join(each.name for each in PLATFORMS))
    parser.add_argument(
        "--flags", default="-O2", help="of the compilers; the hashes are those of any"
    )
    parser.add_argument("--write", action="store_true", help="the rows into docs/numerics.md")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "platforms")
    arguments = parser.parse_args()
    rows = []
    for platform in PLATFORMS:
        if arguments.names and platform.name not in arguments.names:
            continue
        try:
            rows.append(row(platform, arguments.folder.absolute(), arguments.flags))
            print(f"| {' | '.join(rows[-1])} |", flush=True)
        except MissingError as missing:
            print(f"{platform.name}: left out, {missing}", flush=True)
    if arguments.write:
        PAGE.write_text(written(rows), encoding="utf-8")
    sys.exit(any("FAILED" in each[3] for each in rows))


if __name__ == "__main__":
    main()
