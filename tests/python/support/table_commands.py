"""Tables and calls for the tests of `filbert train`, `evaluate` and `predict`."""

import numpy as np

KINDS = ["red", "green", "blue"]


def rows(count=60, seed=0):
    """Rows of size, colour, age and a class that follows from them; some sizes are missing."""
    rng = np.random.default_rng(seed)
    size, age = rng.normal(5, 2, count), rng.integers(1, 90, count)
    colour = rng.integers(0, 3, count)
    label = (size + 3 * (colour == 1) - age / 30 > 4).astype(int)
    return [
        [f"{s:.3f}" if rng.random() > 0.1 else "", KINDS[c], str(a), ["no", "yes"][k]]
        for s, c, a, k in zip(size, colour, age, label, strict=True)
    ]


NAMES = ["size", "colour", "age", "class"]


def write(path, table, names=NAMES, separator=","):
    lines = [] if names is None else [names]
    text = "\n".join(separator.join(row) for row in [*lines, *table]) + "\n"
    path.write_text(text, encoding="utf-8")
