"""Runs commands and checks their outputs, for the tests of the commands."""

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
    """The output of a command that has to succeed."""
    code = main(arguments)
    out, err = capsys.readouterr()
    assert (code, err) == (0, "")
    return out


def failure(capsys, *arguments):
    """The output of a command that has to fail, and its message, which has to be one line."""
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert err.startswith("filbert: ")
    assert err.count("\n") == 1
    return out, err.removeprefix("filbert: ").removesuffix("\n")


def numbers(text, dtype=np.float32):
    """Write a table of numbers, separated by commas."""
    return np.array([line.split(",") for line in text.splitlines()], dtype=dtype)


def process(*arguments, input=None, **environment):
    """Run a command in a new process to its end. Its outputs are bytes."""
    return subprocess.run(
        [sys.executable, "-m", "filbert", *arguments],
        input=input,
        capture_output=True,
        env={**os.environ, **environment},
        check=False,
    )


def process_with_pipes(*arguments, **options):
    """Start a command in a new process; its stderr is text."""
    command = [sys.executable, "-m", "filbert", *arguments]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return subprocess.Popen(command, text=True, stderr=subprocess.PIPE, env=environment, **options)
