"""What filbert is compared with: one module for each, all with the same few functions.

name() -> str                   what to call it, with its version
available() -> str | None       why it cannot be used here; None if it can
train_steps(problem, threads)   an object; called with n, it passes n times over the batches;
                                its weights() gives the layers then. Absent: it cannot train.
predict_one(problem)            a function of one row (1, n_in) that gives (1, n_out). Optional too.
predict_rows(problem, threads)  the same of any number of rows, on so many threads. Optional too.

A module imports its library only inside these functions.
"""

import importlib
from collections.abc import Sequence
from types import ModuleType

TRAIN = ("torch_eager", "torch_compile", "jax_optax", "jax_scan", "sklearn_mlp", "fann")
PREDICT = ("onnxruntime_peer", "torch_eager", "jax_optax", "sklearn_mlp")


def load(module: str) -> ModuleType:
    return importlib.import_module(f"peers.{module}")


def missing(package: str) -> str | None:
    """Why a package cannot be imported, or None."""
    try:
        importlib.import_module(package)
    except (ImportError, OSError, RuntimeError) as failure:
        return f"{type(failure).__name__}: {failure}".splitlines()[0]
    return None


def usable(names: str | None, known: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """The peers to run of those asked for, and why the others cannot."""
    wanted = known if names is None else [n for n in names.split(",") if n and n != "none"]
    for name in wanted:
        if name not in known:
            raise SystemExit(f"no peer {name!r} here; there are {', '.join(known)}")
    reasons = {name: load(name).available() for name in wanted}
    missing = {name: why for name, why in reasons.items() if why is not None}
    return [name for name in reasons if name not in missing], missing
