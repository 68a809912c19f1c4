"""Versions and choices, for reports of bugs."""

from __future__ import annotations

import sys

import numpy as np

from filbert import _core
from filbert._edge import checks


def show_config(mode: str = "stdout") -> dict[str, str] | None:
    """Print what this installation consists of.

    Parameters
    ----------
    mode
        "stdout" prints and returns None; "dicts" returns a dict and prints nothing.
    """
    mode = checks.choice("mode", mode, ["stdout", "dicts"])
    import platform  # slow to import, and rarely needed

    config = {
        "filbert": _core.__version__,
        "python": sys.version.split()[0],
        "numpy": np.__version__,
        "platform": platform.platform(),
        **_core.build_info(),
    }
    if mode == "dicts":
        return config
    width = max(map(len, config))
    for name, value in config.items():
        print(f"{name:{width}}  {value}")
    return None
