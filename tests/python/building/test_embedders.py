"""Ways to embed the C++ library: as a package, in the build of a parent, in a plugin."""

import os
import re
import shutil
import subprocess
import sys

import pytest
from builds import ROOT, build_kept, configure, run, tool

from filbert import _core

EMBEDDERS = ROOT / "tests" / "embedders"
HEADERS = sorted((ROOT / "cpp" / "include" / "filbert").glob("*.h*"))

linux = pytest.mark.skipif(sys.platform != "linux", reason="symbols and unloading are Linux's")


def build(source, folder, *options):
    configure(source, folder, *options)
    run(tool("cmake"), "--build", folder)
    return folder


@pytest.fixture(scope="module")
def prefix(cpp_build, tmp_path_factory):
    """An installed filbert."""
    folder = tmp_path_factory.mktemp("install")
    run(tool("cmake"), "--install", cpp_build, "--prefix", folder / "first")
    return (folder / "first").rename(folder / "prefix")  # an install may be moved


@pytest.fixture(scope="module")
def package(prefix, tmp_path_factory):
    """A project that finds the installed filbert, a static library."""
    folder = tmp_path_factory.mktemp("package")
    return build(EMBEDDERS / "package", folder, f"-DCMAKE_PREFIX_PATH={prefix}")


def test_a_package(package):
    assert "learned y = 2.000 x + 1.000" in run(package / "consumer")


def test_the_program_on_top_of_the_umbrella_header(prefix, tmp_path):
    header = (prefix / "include" / "filbert" / "filbert.hpp").read_text()
    comment = header.split("#pragma once")[0]
    program = re.sub(r"^//( {3})?", "", comment, flags=re.MULTILINE).partition("\n\n")[2]
    (tmp_path / "main.cpp").write_text(program)
    options = [f"-DCMAKE_PREFIX_PATH={prefix}", f"-DPROGRAM={tmp_path / 'main.cpp'}"]
    output = run(build(EMBEDDERS / "package", tmp_path / "build", *options) / "consumer")
    answers = re.findall(r"xor . *: (\d\.\d+)", output)
    assert [round(float(answer)) for answer in answers] == [0, 1, 1, 0]


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("g++ shared", marks=pytest.mark.slow),
        pytest.param("g++ static", marks=pytest.mark.slow),
        pytest.param("clang++ shared", marks=pytest.mark.slow),
        pytest.param("clang++ static", marks=pytest.mark.slow),
    ],
)
def parent(request):
    """A parent with a taste of its own in flags builds filbert: a folder, and the kind of library."""
    compiler, kind = request.param.split()
    options = [
        f"-DFILBERT_SOURCE={ROOT}",
        f"-DCMAKE_CXX_COMPILER={tool(compiler)}",
        f"-DBUILD_SHARED_LIBS={'ON' if kind == 'shared' else 'OFF'}",
    ]
    name = f"pytest-parent-{compiler}-{kind}"
    return build_kept(name, EMBEDDERS / "parent", *options), kind


def test_programs_of_a_strict_parent(parent):
    folder, _ = parent
    assert "learned y = 2.000 x + 1.000" in run(folder / "learn")
    assert run(folder / "catches") == "FormatError 1, invalid_argument 1, views 1\n"
    assert not (folder / "_deps" / "filbert-build" / "tests").exists()  # the library alone


def test_no_flag_of_a_parent_changes_a_bit(parent):
    folder, _ = parent
    output = run(folder / "golden", env={**os.environ, "FILBERT_TEST_QUICK": "1"})
    assert ", 0 failed" in output


def test_what_a_parent_installs(parent, tmp_path):
    """A static library that has filbert behind it, used by a third project."""
    folder, _ = parent
    run(tool("cmake"), "--install", folder, "--prefix", tmp_path / "prefix")
    child = build(
        EMBEDDERS / "child", tmp_path / "child", f"-DCMAKE_PREFIX_PATH={tmp_path / 'prefix'}"
    )
    assert run(child / "child") == "learned y = 2.000 x + 1.000\n"


@linux
def test_plugins_are_unloaded_after_training(parent, package):
    """With the library inside, or behind; the threads end before their code is gone."""
    for folder in (parent[0], package):
        output = run(folder / "host", folder / "libplugin.so", "20")
        assert output == "unloaded 20 times\n", folder


def interface():
    """The text of the public headers, without comments, private members and empty braces."""
    text = "\n".join(header.read_text() for header in HEADERS if header.suffix == ".hpp")
    text = re.sub(r"//.*", "", text).replace("{}", "")
    return re.sub(r"^ private:.*?^};", "};", text, flags=re.MULTILINE | re.DOTALL)


def test_every_function_of_the_interface_is_marked():
    """Whatever has no body in a header is exported."""
    # A name that "(" follows at once is a call, in a body; constructors begin with a capital.
    other = r"(?!FILBERT_API |using |extern |friend |return |if |std::function|[a-z_]+\()"
    part = r'[^;{}#"]*'
    declarations = re.findall(rf"^(?:  )?{other}\w{part}\({part};", interface(), re.MULTILINE)
    # Neither are constants and names of types functions, nor what is defaulted, deleted or pure.
    no_function = r"= (default|delete|0);$|^[^(]* = "
    bodiless = [text for text in declarations if not re.search(no_function, text)]
    assert bodiless == []


def exported(library):
    """(type, name) of each symbol that others can link with."""
    command = [tool("nm"), "--dynamic", "--defined-only", "--demangle", str(library)]
    output = subprocess.run(command, check=True, capture_output=True, text=True, timeout=300).stdout
    return [line.split(maxsplit=2)[1:] for line in output.splitlines()]


def class_and_function(name):
    """fit(filbert::Network&) is ("", "fit"), BasicNetwork<float>::w(unsigned) ("BasicNetwork", "w")."""
    return re.match(r"filbert::(?:(\w+)(?:<\w+>)?::)?(~?\w+|operator==?)[\[(]", name).groups("")


@linux
def test_what_has_the_library_inside_does_not_export_it(package):
    for library in (package / "libplugin.so", _core.__file__):
        names = [name for _, name in exported(library)]
        assert names, library
        assert [name for name in names if name.startswith("filbert::")] == [], library


@linux
def test_a_shared_library_exports_the_interface_and_nothing_else(parent):
    folder, linkage = parent
    if linkage == "static":
        symbols = exported(folder / "libplugin.so")  # without --exclude-libs
        assert [name for _, name in symbols if name.startswith("filbert::")] == []
        return
    symbols = exported(folder / "_deps" / "filbert-build" / "cpp" / "libfilbert.so")
    names = {name for _, name in symbols if name.startswith("filbert::")}
    # What is there but once in a process, whoever else has it too: of the standard library's.
    rest = [(kind, name) for kind, name in symbols if name not in names]
    exceptions = re.findall(r"(\w+) : public std::runtime_error", interface())
    types = re.compile(
        rf"(typeinfo|typeinfo name|vtable) for (std::|filbert::({'|'.join(exceptions)})$)"
    )
    assert [name for _, name in rest if not types.match(name) and "std::" not in name] == []
    assert {kind for kind, _ in rest} <= set("VWu")
    functions = set(re.findall(r"^FILBERT_API [^;(]*?(\w+)\(", interface(), re.MULTILINE))
    classes = set(
        re.findall(r"^(?:class|struct) (?:FILBERT_API_TYPE )?(\w+)", interface(), re.MULTILINE)
    )
    assert {name for owner, name in map(class_and_function, names) if not owner} == functions
    assert {owner for owner, _ in map(class_and_function, names) if owner} <= classes


@pytest.mark.parametrize("linkage", ["static", "shared"])
@pytest.mark.parametrize(("compiler", "name"), [("g++", "GNU"), ("clang++", "CLANG")])
def test_the_headers_give_no_warning(compiler, name, linkage):
    """By nearly every warning that there is, without exceptions and run-time types."""
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not installed")
    lists = (EMBEDDERS / "parent" / "warnings.cmake").read_text()
    warnings = re.search(rf"set\({name}_WARNINGS(.*?)\)", lists, re.DOTALL)[1].split()
    command = [compiler, "-std=c++20", "-fsyntax-only", *warnings, "-Werror"]
    command += ["-fno-exceptions", "-fno-rtti", f"-I{ROOT / 'cpp' / 'include'}"]
    command += ["-DFILBERT_SHARED"] if linkage == "shared" else []
    for header in HEADERS:
        command += ["-include", f"filbert/{header.name}"]
    run(*command, EMBEDDERS / "interface.cpp")
