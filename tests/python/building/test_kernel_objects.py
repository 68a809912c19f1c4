"""What the compiler made of the kernels: nothing leaves an ISA's object, nothing of an ISA is found
elsewhere, the objects are small, and tiles stay in registers."""

import os
import re
import subprocess
from typing import NamedTuple

import pytest
from builds import ROOT, tool

KERNELS = ROOT / "cpp" / "src" / "kernels"
MOST_TEXT = 250_000  # bytes for one ISA and type


class Isa(NamedTuple):
    """How an ISA's object is built and read; patterns are of lines such as "vmovaps %ymm0,(%rax)"."""

    build: str  # the fixture
    prefix: str  # of the binutils
    vec: str
    jump: str
    fma: str
    stack: str


X86 = {
    "jump": r"j",
    "fma": r"vfn?madd\d+p[sd]",
    "stack": r"v.*\(%rsp[,)]",
}
ISAS = {
    "avx2": Isa("cpp_build", "", "Avx2", **X86),
    "avx512": Isa("cpp_build", "", "Avx512", **X86),
    "neon": Isa(
        "aarch64_build",
        "aarch64-linux-gnu-",
        "Neon",
        jump=r"b |b\.|cbn?z|tbn?z",
        fma=r"fml[as]",
        stack=r"(ld|st)[rpu1]+ \{?[qdv]\d.*\[sp",
    ),
}


def read(program, *arguments):
    command = [tool(program), *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=300).stdout


@pytest.fixture(params=ISAS)
def isa(request):
    return request.param


@pytest.fixture
def path(isa, request):
    """The object of an ISA's kernels."""
    build = request.getfixturevalue(ISAS[isa].build)
    found = list(build.glob(f"cpp/CMakeFiles/filbert.dir/src/kernels/{isa}.*o"))
    return found[0] if found else pytest.skip(f"this build has no {isa} kernels")


def symbols(isa, path):
    """(type, size, name) of each defined symbol, names as the linker sees them."""
    for line in read(ISAS[isa].prefix + "nm", "--defined-only", "--print-size", path).splitlines():
        fields = line.split()
        yield fields[-2], int(fields[1], 16) if len(fields) == 4 else 0, fields[-1]


def test_only_the_entry_point_leaves_the_object(isa, path):
    leaving = [
        (kind, name) for kind, _, name in symbols(isa, path) if kind.isupper() or kind in "vwu"
    ]
    assert leaving == [("T", f"_ZN7filbert{len(isa) + 7}{isa}_tablesEv")]


@pytest.mark.parametrize("kind", "fd")
def test_text_within_budget(isa, path, kind):
    mangled = f"{ISAS[isa].vec}I{kind}E"
    sizes = [size for what, size, name in symbols(isa, path) if what in "tT" and mangled in name]
    assert len(sizes) > 10
    assert sum(sizes) <= MOST_TEXT


@pytest.mark.slow
def test_wide_registers_are_used_nowhere_else(cpp_build):
    objects = list(cpp_build.glob("cpp/CMakeFiles/filbert.dir/src/**/*.o"))
    assert len(objects) > 10
    wide = {
        path.name.split(".")[0]
        for path in objects
        if re.search(r"%[yz]mm\d", read("objdump", "-d", "--no-show-raw-insn", path))
    }
    assert wide == {path.name.split(".")[0] for path in objects} & {"avx2", "avx512"}


def tiles(isa, path):
    """The instructions of each function that makes a tile of a product, as (address, text)."""
    body, is_tile = [], None
    for line in read(ISAS[isa].prefix + "objdump", "-d", "--no-show-raw-insn", path).splitlines():
        if re.match(r"[0-9a-f]+ <.*>:$", line):
            if body:
                yield body
            body = []
            is_tile = re.search(r"7ProductI.*3runILi", line)
        elif not is_tile:
            continue
        elif found := re.match(r"\s+([0-9a-f]+):\t(\S+)\s*(.*)$", line):
            body.append((int(found[1], 16), f"{found[2]} {found[3]}"))
    if body:
        yield body


def inner_loops(isa, function):
    """Bodies of backward branches that have no other within. A branch back over a return makes no
    loop: it comes from code that the compiler put behind the end of the function."""
    first = function[0][0]
    returns = [address for address, text in function if text.startswith("ret")]
    spans = set()
    for address, text in function:
        target = re.search(r"[ ,]([0-9a-f]+) <", text)
        if re.match(ISAS[isa].jump, text) and target and first <= int(target[1], 16) <= address:
            begin = int(target[1], 16)
            if not any(begin <= end <= address for end in returns):
                spans.add((begin, address))
    for begin, end in spans:
        if not any((b, e) != (begin, end) and begin <= b and e <= end for b, e in spans):
            yield [text for address, text in function if begin <= address <= end]


def spilling_loops(isa, path, least):
    """What the inner loops of tiles do on the stack with vectors. There must be at least so many
    of them."""
    loops = 0
    for function in tiles(isa, path):
        for body in inner_loops(isa, function):
            fmas, stacks = (
                [text for text in body if re.match(getattr(ISAS[isa], what), text)]
                for what in ("fma", "stack")
            )
            if fmas:
                loops += 1
                if stacks:
                    yield stacks
    assert loops >= least


def compiler(path):
    """Of an object: its name and version, as CMake found them."""
    build = next(folder for folder in path.parents if (folder / "CMakeCache.txt").exists())
    text = next(build.glob("CMakeFiles/*/CMakeCXXCompiler.cmake")).read_text()
    return [re.search(rf'CMAKE_CXX_COMPILER_{what} "(.*)"', text)[1] for what in ("ID", "VERSION")]


@pytest.mark.slow
def test_tiles_stay_in_registers(isa, path):
    name, version = compiler(path)
    if name != "GNU" or not version.startswith("12."):
        pytest.skip(f"the tiles are made for g++ 12, this is {name} {version}")
    assert list(spilling_loops(isa, path, least=60)) == []


def compile_avx2(program, source, target, *options):
    """An object as the build makes those of AVX2."""
    flags = ["-std=c++20", "-O3", "-mavx2", "-mfma", "-fno-fast-math", "-ffp-contract=off", "-w"]
    include = [f"-I{ROOT / 'cpp/src'}", f"-I{ROOT / 'cpp/include'}"]
    command = [tool(program), *flags, *include, *options, "-c", source, "-o", target]
    subprocess.run([str(part) for part in command], check=True, timeout=600)
    return target


@pytest.mark.slow
def test_tiles_stay_in_registers_by_clang(tmp_path):
    if os.uname().machine != "x86_64":
        pytest.skip("AVX2 is of x86-64, and this is another processor")
    target = compile_avx2(
        "clang++", KERNELS / "avx2.cpp", tmp_path / "avx2.o", "-DFILBERT_HAS_AVX2"
    )
    assert list(spilling_loops("avx2", target, least=60)) == []


@pytest.mark.slow
def test_a_spill_is_found(tmp_path):
    """A tile that no 16 registers hold."""
    source = tmp_path / "tile.cpp"
    source.write_text("""
#include "kernels/simd/gemm.hpp"
#include "kernels/vec/vec_avx2.hpp"
using namespace filbert;
using Tiles = Product<Avx2<float>, Strided<float>, Finish::relu>;
__attribute__((used)) static auto tile = &Tiles::run<ROWS, 2, false, Whole>;
""")
    found = []
    for rows in (4, 8):
        target = compile_avx2("g++", source, tmp_path / f"{rows}.o", f"-DROWS={rows}")
        found.append(len(list(spilling_loops("avx2", target, least=1))))
    assert found == [0, 1]
