"""Signatures of the extension module, as pybind11 writes them into docstrings, and of its stub, as one kind of text:
"f(a: int, *, b: str = ...) -> None"."""

import ast
import inspect
import re

RENAMED = [  # of the names by which pybind11 calls what Python passes
    (r"typing\.SupportsInt \| typing\.SupportsIndex", "int"),
    (r"typing\.SupportsFloat \| typing\.SupportsIndex", "float"),
    (r"os\.PathLike \| str \| bytes", "str | os.PathLike[str]"),
    (r"collections\.abc\.Sequence", "list"),
    (r"collections\.abc\.", ""),
    (r"numpy\.typing\.NDArray\[numpy\.(\w+)\]", r"NDArray[np.\1]"),
    (r"numpy\.ndarray", "NDArray[Any]"),
    (r"filbert\._core\.", ""),
]
UNTOLD = {"object", "dict", "list", "tuple"}  # what pybind11 says where it does not know more


def parts(text, separator=","):
    """The parts of a text between separators that stand in no brackets."""
    found, depth = [""], 0
    for i, letter in enumerate(text):
        depth += letter in "([{<" or -(letter in ")]}" or (letter == ">" and text[i - 1] != "-"))
        if letter == separator and depth == 0:
            found.append("")
        else:
            found[-1] += letter
    return [part.strip() for part in found if part.strip()]


def runtime(callable_):
    """The signatures of a function of the extension: lists of (name, type, has a default), the result last."""
    doc = callable_.__doc__ or ""
    for pattern, name in RENAMED:
        doc = re.sub(pattern, name, doc)
    found = []
    for arguments, result in re.findall(r"^(?:\d+\. )?\w*\((.*)\) -> (.*)$", doc, re.MULTILINE):
        signature = []
        for part in parts(arguments):
            declared, *default = parts(part, "=")
            name, _, kind = declared.partition(":")
            signature.append((name.strip(), kind.strip(), bool(default)))
        found.append([*(one for one in signature if one[0] != "self"), ("->", result, False)])
    return found


def declared(function, of):
    """The same of a function of the stub. of: what stands for the type variable _T."""
    arguments = function.args
    plain = [*arguments.posonlyargs, *arguments.args]
    defaults = [False] * (len(plain) - len(arguments.defaults)) + [True] * len(arguments.defaults)
    signature = [
        (each.arg, text(each.annotation, of), has)
        for each, has in zip(plain, defaults, strict=True)
    ]
    if arguments.kwonlyargs:
        signature.append(("*", "", False))
    for each, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        signature.append((each.arg, text(each.annotation, of), default is not None))
    if arguments.kwarg:
        signature.append(("**kwargs", "", False))
    result = ("->", text(function.returns, of), False)
    return [*(one for one in signature if one[0] != "self"), result]


def text(annotation, of):
    written = ast.unparse(annotation) if annotation is not None else ""
    written = re.sub(r"\bSequence\[", "list[", written)
    return re.sub(r"\b_T\b", f"np.{of}", written) if of else written


def agree(found, stated):
    """Whether a type that pybind11 tells and one of the stub do not contradict each other."""
    if found in ("", "object") or "::" in found or "Any" in stated:
        return True  # a name with :: is that of a C++ type which is bound later
    if found in UNTOLD:
        return stated.startswith(found)
    return set(parts(found, "|")) <= set(parts(stated, "|"))


def in_order(signature):
    """A signature with its keyword-only parameters by name, for their order means nothing."""
    names = [name for name, _, _ in signature]
    begin = names.index("*") + 1 if "*" in names else len(names) - 1
    return [*signature[:begin], *sorted(signature[begin:-1]), signature[-1]]


def same(found, stated):
    """Whether two signatures have the same parameters, of types that agree."""
    pairs = list(zip(in_order(found), in_order(stated), strict=False))
    return len(found) == len(stated) and all(
        one[0] == other[0] and one[2] == other[2] and agree(one[1], other[1])
        for one, other in pairs
    )


def members(tree, name):
    """{member: its definitions} of a class of the stub, inherited ones too, the names of those that can be set, and
    what stands for _T there."""
    (node,) = (each for each in tree.body if isinstance(each, ast.ClassDef) and each.name == name)
    found, settable, of = {}, set(), None
    for base in node.bases:
        base, of = _without_parameter(base)
        if base.startswith("_"):
            found, settable, _ = members(tree, base)
    own = {}
    for each in node.body:
        if isinstance(each, ast.AnnAssign):
            own[each.target.id] = [each]
            settable.add(each.target.id)
        elif isinstance(each, ast.FunctionDef):
            if any(ast.unparse(one).endswith(".setter") for one in each.decorator_list):
                settable.add(each.name)
            else:
                own.setdefault(each.name, []).append(each)
    return found | own, settable, of


def _without_parameter(base):
    """("_Network", "float32") of the base class _Network[np.float32]."""
    if not isinstance(base, ast.Subscript):
        return ast.unparse(base), None
    return ast.unparse(base.value), ast.unparse(base.slice).removeprefix("np.")


def differences(module, stub):
    """Sentences, one for each function, method and property of which module and stub say something else."""
    tree = ast.parse(stub)
    functions = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            functions.setdefault(node.name, []).append(node)
    for name, value in vars(module).items():
        if inspect.isclass(value) and issubclass(value, BaseException):
            continue
        if inspect.isclass(value):
            yield from of_class(tree, name, value)
        elif callable(value):
            yield from of_function(name, value, functions.get(name, []), None)


def of_class(tree, name, cls):
    stated, settable, of = members(tree, name)
    for member, value in vars(cls).items():
        if member not in stated:
            continue
        if isinstance(value, property):
            yield from of_property(f"{name}.{member}", value, stated[member][0], of)
            if (value.fset is not None) != (member in settable):
                yield f"{name}.{member} can be set in one of module and stub, and not in the other"
        elif member == "__init__" or not member.startswith("_"):
            yield from of_function(f"{name}.{member}", getattr(cls, member), stated[member], of)


def of_function(name, value, stated, of):
    written = [declared(function, of) for function in stated]
    if not written:
        yield f"{name} is not in the stub"
    for signature in runtime(value):
        if written and not any(same(signature, other) for other in written):
            yield f"{name} is {signature}, and in the stub {written}"


def of_property(name, value, stated, of):
    kind = text(stated.annotation if isinstance(stated, ast.AnnAssign) else stated.returns, of)
    found = runtime(value.fget)[0][-1][1]
    if not agree(found, kind):
        yield f"{name} is {found}, and in the stub {kind}"
