"""filbert: dense neural networks, small and fast, with the same bits everywhere.

>>> import filbert as fb
>>> net = fb.Network([784, 128, 10], activation="relu", output="softmax", rng=0)
>>> history = net.fit(X, y, epochs=10, optimizer=fb.SGD(0.1, momentum=0.9))
>>> net.predict(X)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

try:
    from filbert._core import __version__
except ModuleNotFoundError as _error:
    if _error.name == "filbert._core":
        _error.add_note("filbert: its compiled core is missing. Was it built? Try: pip install .")
    raise

from filbert import activations, initialisers, losses, optimizers, schedules
from filbert.batches import batches
from filbert.callbacks import Callback, Checkpoint
from filbert.columns import Column
from filbert.early_stopping import EarlyStopping
from filbert.errors import BusyError, DivergedError, FormatError, TrainingWarning
from filbert.files import load
from filbert.history import History
from filbert.isa import isa, isas, set_isa
from filbert.logs import CSVLog, TensorBoard
from filbert.network import Network
from filbert.normalisation import Normalisation
from filbert.optimizers import *
from filbert.propagation import Forward, Gradients
from filbert.show_config import show_config
from filbert.threads import get_threads, set_threads

if TYPE_CHECKING:
    from filbert import datasets
    from filbert.ensemble import Ensemble
    from filbert.inspect.trace import Trace
    from filbert.interop.sklearn import from_sklearn
    from filbert.interop.torch import from_torch
    from filbert.many import ManyFits, fit_many

__all__ = [
    "BusyError",
    "CSVLog",
    "Callback",
    "Checkpoint",
    "Column",
    "DivergedError",
    "EarlyStopping",
    "Ensemble",
    "FormatError",
    "Forward",
    "Gradients",
    "History",
    "ManyFits",
    "Network",
    "Normalisation",
    "TensorBoard",
    "Trace",
    "TrainingWarning",
    "__version__",
    "activations",
    "batches",
    "datasets",
    "fit_many",
    "from_sklearn",
    "from_torch",
    "get_threads",
    "initialisers",
    "isa",
    "isas",
    "load",
    "losses",
    "schedules",
    "set_isa",
    "set_threads",
    "show_config",
]
__all__ += optimizers.__all__  # SGD, Adam and every other rule


_WHEN_USED = {  # names that few programs use, and the modules that are loaded with them
    "Ensemble": "filbert.ensemble",
    "ManyFits": "filbert.many",
    "Trace": "filbert.inspect.trace",
    "datasets": "filbert.datasets",
    "fit_many": "filbert.many",
    "from_sklearn": "filbert.interop.sklearn",
    "from_torch": "filbert.interop.torch",
}


def __getattr__(name: str) -> Any:
    if name in _WHEN_USED:
        import importlib

        module = importlib.import_module(_WHEN_USED[name])
        return module if name == "datasets" else getattr(module, name)
    raise AttributeError(f"module 'filbert' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
