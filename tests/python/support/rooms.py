"""Reads which file uses which, and finds uses that point upwards or go round in a circle."""

import ast
import re
from pathlib import PurePosixPath

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', re.MULTILINE)


def includes(files):
    """{file: files that it includes}, for the texts of C++ files by their names.

    Names are those under which files are included, "kernels/rows.hpp". What stands in <> and is not
    among the files, as the standard library is not, is left out.
    """

    def found(file, name):
        beside = str(PurePosixPath(file).parent / name)
        return beside if beside in files else name

    return {
        file: {
            other
            for mark, name in INCLUDE.findall(text)
            if (other := found(file, name)) in files or mark == '"'
        }
        for file, text in files.items()
    }


def imports(modules):
    """{module: modules that it imports}, for the texts of Python modules by their names.

    Names are those within the package, "_edge.arrays"; "__init__" is the package itself. An import
    within a function counts like any other. One under `if TYPE_CHECKING` does not: it names a type
    in an annotation, as a forward declaration does in C++, and never runs.
    """

    def found(name):
        """The module of a dotted name, or the one that a name is imported from."""
        while name and name not in modules:
            name = name.rpartition(".")[0]
        return name or "__init__"

    return {
        module: {found(name.partition(".")[2]) for name in _imported(text)} - {module}
        for module, text in modules.items()
    }


def _imported(text):
    """The dotted names of this package that a module imports."""
    waiting = [ast.parse(text)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            waiting += node.orelse
            continue
        waiting += ast.iter_child_nodes(node)
        names = []
        if isinstance(node, ast.Import):
            names = [name.name for name in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "expected the whole name of a module, got a relative import"
            names = [f"{node.module}.{name.name}" for name in node.names]
        yield from (name for name in names if name.split(".")[0] == "filbert")


def room_of(file, rooms):
    """The row of the table that a file belongs to: the longest that its name begins with."""
    return max((room for room in rooms if _within(file, room)), key=len, default=None)


def _within(file, room):
    return file == room or file.startswith((room + "/", room + "."))


def upward(graph, rooms):
    """What the table of rooms does not allow, one sentence for each."""
    for file, used in sorted(graph.items()):
        room = room_of(file, rooms)
        if room is None:
            yield f"{file} is in no room: the table needs a line for it"
            continue
        for other in sorted(used):
            if not any(_within(other, allowed) for allowed in [room, *rooms[room].split()]):
                yield f"{file} uses {other}, which {room} may not"


def circles(graph):
    """Circles of files that use each other, one sentence for each that a walk comes upon."""
    done = set()

    def walk(file, path):
        if file in path:
            yield " uses ".join([*path[path.index(file) :], file])
        elif file not in done:
            for other in sorted(graph.get(file, ())):
                yield from walk(other, [*path, file])
            done.add(file)

    for file in sorted(graph):
        yield from walk(file, [])
