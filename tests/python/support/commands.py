"""What the tests of the commands share."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from filbert.__main__ import main

X = np.random.default_rng(0).normal(size=(40, 4))
ROWS = "1,2,3,4\n5,6,7,8\n"


def write_csv(path, rows):
    lines = [",".join(map(repr, row)) for row in np.asarray(rows).tolist()]
    Path(path).write_text("\n".join(lines) + "\n")


def run(capsys, *arguments):
    """Output of a command that must succeed."""
    code = main(arguments)
    out, err = capsys.readouterr()
    assert (code, err) == (0, "")
    return out


def failure(capsys, *arguments):
    """Output of a command that must fail, and its message: one line."""
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert err.startswith("filbert: ")
    assert err.count("\n") == 1
    return out, err.removeprefix("filbert: ").removesuffix("\n")


def numbers(text, dtype=np.float32):
    """A table of numbers with commas."""
    return np.array([line.split(",") for line in text.splitlines()], dtype=dtype)


def process(*arguments, input=None, **environment):
    """A command in a process of its own, to its end; its outputs in bytes."""
    return subprocess.run(
        [sys.executable, "-m", "filbert", *arguments],
        input=input,
        capture_output=True,
        env={**os.environ, **environment},
        check=False,
    )


def process_with_pipes(*arguments, **options):
    """The same under way, with text from stderr."""
    command = [sys.executable, "-m", "filbert", *arguments]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return subprocess.Popen(command, text=True, stderr=subprocess.PIPE, env=environment, **options)
