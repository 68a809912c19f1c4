"""Validates the docstrings of the public API by numpydoc's rules: python tools/docstrings.py

Needs numpydoc, scikit-learn, and filbert installed.
"""

import inspect
import sys

import numpydoc.validate

import filbert
import filbert.sklearn

MODULES = [filbert, filbert.activations, filbert.initialisers, filbert.losses, filbert.optimizers]
MODULES += [filbert.schedules, filbert.datasets, filbert.sklearn]

# numpydoc's checks that are left out, with the reason.
LEFT_OUT = {
    "ES01": "a summary that says all needs nothing below it",
    "EX01": "examples stand in the pages and in examples/, where tests run them",
    "GL01": "text begins on the line of the quotes, as in all of the code",
    "PR04": "types stand in the annotations, which type checkers read",
    "RT01": "a summary such as 'Neurons of layers 0..L.' says what is returned",
    "SA01": "pages say what belongs together",
    "SS02": "some summaries begin with a formula or a name, as in 'a = max(0, z)'",
    "SS05": "takes nouns in the plural for verbs in the third person",
}
# Of PR01, a parameter without a description, only functions that describe another parameter are
# held to: where a summary speaks of all of them, there is no section.


class ByName(numpydoc.validate.Validator):
    """An object whose lines in the source are not asked for: classes say that they are of another module."""

    source_file_def_line = None

    def __init__(self, obj_name):
        super().__init__(numpydoc.validate.get_doc_object(self._load_obj(obj_name)))


def public_names():
    """The dotted names of all public classes, functions, methods and properties."""
    for module in MODULES:
        for name in module.__all__:
            value = getattr(module, name)
            if inspect.isfunction(value) or inspect.isclass(value):
                yield f"{module.__name__}.{name}"
            if inspect.isclass(value):
                yield from (f"{module.__name__}.{name}.{member}" for member in members(value))


def members(cls):
    """Public methods and properties of a class, inherited ones of filbert's own classes too."""
    for base in cls.__mro__:
        if base.__module__.startswith("filbert"):
            for name, value in vars(base).items():
                plain = inspect.isfunction(value) or isinstance(value, property | classmethod)
                if plain and not name.startswith("_"):
                    yield name


def errors_of(name):
    result = numpydoc.validate.validate(name, ByName)
    for code, message in result["errors"]:
        described = "Parameters\n" in result["docstring"]
        if code not in LEFT_OUT and (code != "PR01" or described):
            yield f"{name}: {code} {message}"


def main():
    names = sorted(set(public_names()))
    errors = [error for name in names for error in errors_of(name)]
    print(*errors, f"{len(names)} public docstrings, {len(errors)} errors", sep="\n")
    sys.exit(bool(errors) or len(names) < 100)


if __name__ == "__main__":
    main()
