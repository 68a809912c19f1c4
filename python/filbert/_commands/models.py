"""What a file of networks holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import filbert

if TYPE_CHECKING:
    from filbert import Ensemble, Network


def load(path: str) -> tuple[Network | Ensemble, Network]:
    """The model of a file, and the network that says what its rows and outputs are: itself, or the first of an
    ensemble, whose networks are alike in that."""
    model = filbert.load(path)
    return model, model.networks[0] if isinstance(model, filbert.Ensemble) else model
