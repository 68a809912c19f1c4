"""Files use only what lies below them: the rooms of docs/design.md, and no circles of files."""

import re

import pytest
from builds import ROOT
from rooms import circles, imports, includes, room_of, upward

# One line for each room of C++: what its files may include besides each other. A line of a folder
# holds for what is in it, unless a longer line says otherwise. All may include what is public.
CPP = {
    "filbert": "",
    "system": "filbert",
    "kernels/vec": "filbert system",
    "kernels/rows.hpp": "filbert system",
    "kernels/kernels.hpp": "filbert system",
    "kernels/simd": "filbert system kernels/vec kernels/rows.hpp kernels/kernels.hpp"
    " kernels/cache_sizes.hpp",
    "kernels": "filbert system",
    "network": "filbert system kernels",
    "training": "filbert system kernels network",
    "files": "filbert system network training",
    "export": "filbert system network training files",
    "c_api": "filbert system network training files export",
    "src": "filbert",
}

# The same for Python: a room is a folder or a public module.
PYTHON = {
    "_core": "",
    "errors": "_core",
    "_edge": "_core errors",
    "isa": "_core _edge",
    "threads": "_core _edge",
    "show_config": "_core _edge",
    "datasets": "_core errors _edge",
    "batches": "_core _edge",
    "columns": "_edge",
    "propagation": "_core _edge",
    "normalisation": "_core _edge",
    "schedules": "_core _edge",
    "initialisers": "_core _edge",
    "optimizers": "_core _edge propagation schedules",
    "activations": "_core _edge",
    "losses": "_core _edge",
    "history": "_core _edge",
    "callbacks": "_core errors _edge optimizers history",
    "early_stopping": "_core _edge callbacks",
    "logs": "_edge callbacks",
    "learning_rates": "",
    "_training": "_core errors _edge losses optimizers history callbacks early_stopping"
    " learning_rates",
    "inspect": "_core _edge losses propagation _training",
    "interop.state_dict": "_core _edge",
    "pieces": "_core losses optimizers _training",
    "training": "pieces _core errors _edge losses optimizers history callbacks _training",
    "network": "_core errors _edge propagation activations losses training inspect interop.state_dict",
    "_many": "_core errors _edge optimizers history early_stopping _training network",
    "ensemble": "_core _edge _many losses network",
    "many": "_many ensemble history network",
    "interop": "_core errors _edge activations network",
    "files": "_core _edge network ensemble",
    "demo": "network optimizers datasets callbacks",
    "__init__": "_core errors isa threads show_config datasets batches columns propagation normalisation activations"
    " losses schedules initialisers optimizers history callbacks early_stopping logs inspect training network interop files"
    " ensemble many",
    "sklearn": "_core activations callbacks errors files losses network optimizers",
    "_commands": "__init__ _core errors _edge _training optimizers datasets demo",
    "__main__": "__init__ _edge _commands",
}


def cpp_files():
    """The texts of all C++ files, by the names under which they are included."""
    folders = {"cpp/src": ROOT / "cpp/src", "cpp/include": ROOT / "cpp/include", "src": ROOT}
    return {
        path.relative_to(base).as_posix(): path.read_text(encoding="utf-8")
        for folder, base in folders.items()
        for path in (ROOT / folder).rglob("*.[ch]*")
    }


def python_modules():
    """The texts of all modules of the package, by their names within it."""
    folder = ROOT / "python" / "filbert"
    modules = {"_core": ""}  # the bindings
    for path in folder.rglob("*.py"):
        name = ".".join(path.relative_to(folder).with_suffix("").parts)
        modules[name.removesuffix(".__init__")] = path.read_text(encoding="utf-8")
    return modules


LANGUAGES = {"C++": (cpp_files, includes, CPP), "Python": (python_modules, imports, PYTHON)}


@pytest.fixture(params=LANGUAGES)
def language(request):
    """The texts of a language's files, the function that reads who uses whom, and the rooms."""
    read, graph_of, rooms = LANGUAGES[request.param]
    files = read()
    assert len(files) > 30
    return files, graph_of, rooms


def test_arrows_point_downwards(language):
    files, graph_of, rooms = language
    assert list(upward(graph_of(files), rooms)) == []


def test_no_circles(language):
    files, graph_of, _ = language
    assert list(circles(graph_of(files))) == []


@pytest.mark.parametrize(
    ("file", "line", "used"),
    [
        ("system/check.hpp", '#include "network/phases.hpp"', "network/phases.hpp"),
        ("kernels/vec/sum.hpp", '#  include "kernels/simd/gemm.hpp"', "kernels/simd/gemm.hpp"),
        ("kernels/simd/gemm.hpp", '#include "kernels/dispatch.hpp"', "kernels/dispatch.hpp"),
        ("filbert/fit.hpp", "#include <system/team.hpp>", "system/team.hpp"),
        ("src/gil.hpp", '#include "system/watch.hpp"', "system/watch.hpp"),
        ("src/gil.hpp", '#include "../cpp/src/a.hpp"', "../cpp/src/a.hpp"),
    ],
)
def test_a_planted_include_is_caught(file, line, used):
    files = cpp_files()
    files[file] += line + "\n"
    found = list(upward(includes(files), CPP))
    assert found == [f"{file} uses {used}, which {room_of(file, CPP)} may not"]


@pytest.mark.parametrize(
    ("module", "line", "used"),
    [
        ("_edge.arrays", "from filbert.network import Network", "network"),
        ("_edge.checks", "import filbert", "__init__"),
        ("_training.progress", "from filbert import network as other", "network"),
        ("optimizers", "def f():\n    import filbert._training.progress", "_training.progress"),
        ("network", "from filbert._commands.bar import Bar", "_commands.bar"),
        ("interop.sklearn", "import filbert.sklearn", "sklearn"),
        ("network", "if TYPE_CHECKING:\n    from filbert.demo import f", None),
    ],
)
def test_a_planted_import_is_caught(module, line, used):
    modules = python_modules()
    modules[module] += line + "\n"
    found = list(upward(imports(modules), PYTHON))
    sentence = f"{module} uses {used}, which {room_of(module, PYTHON)} may not"
    assert found == ([sentence] if used else [])


def test_a_planted_circle_is_caught():
    files = cpp_files()
    files["system/team.hpp"] += '#include "system/watch.hpp"\n'
    assert list(circles(includes(files))) == [
        "system/team.hpp uses system/watch.hpp uses system/team.hpp"
    ]
    modules = python_modules()
    modules["_edge.checks"] += "def f():\n    from filbert._edge import arrays\n"
    assert "_edge.checks uses _edge.arrays uses _edge.checks" in circles(imports(modules))


def test_a_file_in_no_room_is_caught():
    assert list(upward({"novel.x": set()}, PYTHON)) == [
        "novel.x is in no room: the table needs a line for it"
    ]


def needing_sources(folder):
    """Tests outside of building/ that import something from there."""
    own = {path.stem for path in (folder / "building").glob("*.py")}
    for path in sorted(folder.rglob("*.py")):
        found = re.findall(
            r"^\s*(?:from|import) (\w+)", path.read_text(encoding="utf-8"), re.MULTILINE
        )
        if path.parent.name != "building" and own & set(found):
            yield path.name


def test_tests_of_a_wheel_need_no_sources(tmp_path):
    assert list(needing_sources(ROOT / "tests" / "python")) == []
    for name, text in [("building/builds.py", ""), ("edge/test_a.py", "from builds import ROOT\n")]:
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert list(needing_sources(tmp_path)) == ["test_a.py"]


def test_only_one_file_takes_the_gil():
    """pybind11's own classes end the process when a thread is ended in them."""
    sources = sorted((ROOT / "src").glob("*.[ch]pp"))
    assert len(sources) > 10
    taking = re.compile(r"gil_scoped|PyGILState|PyEval_(Restore|Acquire|Save|Release)")
    found = {path.name for path in sources if taking.search(path.read_text(encoding="utf-8"))}
    assert found == {"gil.hpp", "gil.cpp"}
