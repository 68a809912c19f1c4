"""The argument `rng`: what may be passed for it, and which key of random numbers it stands for."""

from __future__ import annotations

import os

import numpy as np

from filbert._edge import checks


def key_from(rng: object) -> int:
    """The 64-bit key that rng stands for.

    Parameters
    ----------
    rng
        An int in 0 .. 2**64 - 1 is the key itself. A numpy Generator or BitGenerator gives one
        draw, a SeedSequence its first state word, None fresh entropy.

    Raises
    ------
    TypeError, ValueError
        If it is none of these; if an int is out of range.
    """
    if rng is None:
        return int.from_bytes(os.urandom(8), "little")
    if isinstance(rng, (int, np.integer)):
        return checks.integer("rng", rng, 0, 2**64 - 1)
    random = np.random  # loading it takes long, and few need it
    if isinstance(rng, random.BitGenerator):
        rng = random.Generator(rng)
    if isinstance(rng, random.Generator):
        return int(rng.integers(2**64, dtype=np.uint64))
    if isinstance(rng, random.SeedSequence):
        return int(rng.generate_state(1, np.uint64)[0])
    raise TypeError(
        "rng: expected an int, a numpy Generator, BitGenerator or SeedSequence, or None, got "
        + checks.shown(rng)
    )
