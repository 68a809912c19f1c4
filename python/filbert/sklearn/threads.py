"""How many threads a fit may use where joblib runs several at a time."""

from __future__ import annotations

import threading

from joblib.parallel import get_active_backend


def threads_here(n_threads: int | None) -> int | None:
    """What `Network.fit` is told: the number that is asked for, or as many as are this fit's.

    Processes that joblib starts have their share of the cores in OMP_NUM_THREADS, which the core
    heeds. Threads that it starts have one each.
    """
    if n_threads is not None:
        return int(n_threads)
    if threading.current_thread() is threading.main_thread():
        return None
    backend, _ = get_active_backend()
    return 1 if (getattr(backend, "nesting_level", 0) or 0) > 0 else None
