"""The instruction set whose kernels are in use. Results do not depend on it; speed does."""

from __future__ import annotations

from filbert import _core
from filbert._edge import checks


def isa() -> str:
    """The instruction set in use: "reference", "avx2", "avx512" or "neon".

    What set_isa chose, else the environment variable FILBERT_ISA, else the best. A ValueError that
    lists the valid names if FILBERT_ISA is not one of isas().
    """
    return _core.isa()


def isas() -> list[str]:
    """Those that this machine and this build have, the best first."""
    return _core.isas()


def set_isa(name: str) -> None:
    """Use the kernels of another instruction set, in all calls that begin from now on.

    Parameters
    ----------
    name
        One of isas(); a ValueError that lists them if not.
    """
    _core.set_isa(checks.choice("name", name, _core.isas()))
