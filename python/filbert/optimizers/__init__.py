"""Optimizers: update rules with their state, and L-BFGS."""

from filbert.optimizers.adam import Adam, Adamax, AdamW, NAdam
from filbert.optimizers.adaptive import Adadelta, Adagrad, RMSprop
from filbert.optimizers.lbfgs import LBFGS
from filbert.optimizers.sgd import SGD
from filbert.optimizers.sign import Lion, RProp

__all__ = [
    "LBFGS",
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Lion",
    "NAdam",
    "RMSprop",
    "RProp",
]
