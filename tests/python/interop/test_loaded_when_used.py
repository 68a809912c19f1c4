"""Modules that few programs use are loaded when they are used, so that others start sooner."""

import subprocess
import sys

import pytest

import filbert as fb

MODULES = [
    "filbert._training",
    "filbert.datasets",
    "filbert.inspect.trace",
    "filbert.interop.sklearn",
    "filbert.interop.state_dict",
    "filbert.interop.torch",
    "traceback",
]


def test_import_filbert_loads_none_of_them():
    code = (
        "import sys, numpy; before = set(sys.modules); import filbert; "
        f"print([m for m in {MODULES} if m in sys.modules and m not in before])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"


@pytest.mark.parametrize("name", fb.__all__)
def test_every_public_name_is_there(name):
    assert getattr(fb, name) is getattr(fb, name)
    assert name in dir(fb)


def test_functions_are_those_of_their_modules():
    from filbert.interop import sklearn, torch

    assert fb.from_sklearn is sklearn.from_sklearn
    assert fb.from_torch is torch.from_torch
    with pytest.raises(AttributeError, match="module 'filbert' has no attribute 'from_jax'"):
        _ = fb.from_jax
