"""How many threads the library may use. Results do not depend on it, in any bit."""

from __future__ import annotations

from filbert import _core
from filbert._edge import checks


def set_threads(n: int | str) -> None:
    """Set the number of threads.

    Parameters
    ----------
    n
        A number in 1 .. 1024, honoured as given, also above the number of cores. Or "auto", as at
        the start: the environment variable FILBERT_THREADS, unless it is empty or "auto", else
        the cores that the process may use, but no more than OMP_NUM_THREADS says, by which joblib
        and others share the cores among processes. Small networks use fewer, whatever is set.
    """
    if isinstance(n, str):
        if n != "auto":
            raise ValueError(f"n: expected an integer in 1 .. 1024 or 'auto', got {n!r}")
        _core.set_threads(0)
    else:
        _core.set_threads(checks.integer("n", n, 1, 1024))


def get_threads() -> int:
    """The number of threads that a large network would use now."""
    return _core.get_threads()
