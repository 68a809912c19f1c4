"""Loads networks from files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from filbert import _core
from filbert._edge import checks
from filbert.network import Network

if TYPE_CHECKING:
    from filbert.ensemble import Ensemble


def load(path: str | os.PathLike[str], *, mmap: bool = False) -> Network | Ensemble:
    """Load what `Network.save` has written, or an Ensemble that `Ensemble.save` has.

    Never runs code and never opens another file: a file from a stranger is safe to load.

    Parameters
    ----------
    path
        The file.
    mmap
        Whether to map the file instead of reading it, for large networks: processes share what they
        only read, and the parameters are copied page by page when they are written to. The file
        never changes. Meanwhile nobody may write into it or truncate it; `save` replaces it, which
        is allowed. An Ensemble is read in any case.

    Returns
    -------
    Network or Ensemble
        Whichever of them the file holds.

    Raises
    ------
    OSError
        If the file is missing or cannot be read.
    FormatError
        If it is not such a file, or damaged. The message says what, and where.
    """
    loaded = _core.load(checks.path("path", path), checks.flag("mmap", mmap))
    if not isinstance(loaded, list):
        return Network._from_core(loaded)
    from filbert.ensemble import Ensemble

    return Ensemble._from_cores(loaded)
