"""What a network has learnt of its inputs and targets: `Network.normalisation`."""

from filbert._edge.normalisation import Normalisation

__all__ = ["Normalisation"]
