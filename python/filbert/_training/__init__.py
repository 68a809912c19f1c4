"""One call of `Network.fit`, and what it shares with `evaluate` and `trace`.

Not imported with the package: a program that only predicts starts faster without it.
"""

from filbert._edge.normalisation import Asked
from filbert._training.data import TrainingData, wanted_of
from filbert._training.loop import evaluate, run
from filbert._training.online import of_network, partial_fit, train_one
from filbert._training.options import Options, loss_of
from filbert._training.refit import require_refit, run_and_refit
from filbert._training.resume import Start
from filbert._training.source import yields_batches

__all__ = [
    "Asked",
    "Options",
    "Start",
    "TrainingData",
    "evaluate",
    "loss_of",
    "of_network",
    "partial_fit",
    "require_refit",
    "run",
    "run_and_refit",
    "train_one",
    "wanted_of",
    "yields_batches",
]
