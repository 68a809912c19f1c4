"""The main job, end to end: a network learns to read handwritten digits."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from filbert.callbacks import State
from filbert.network import Network
from filbert.optimizers import Adam

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHOWN = 6
ACROSS = 3
INK = " .:-=+*#%@"


class Digits(NamedTuple):
    """Images as rows of numbers in [0, 1], and what they show."""

    X_train: NDArray[Any]
    y_train: NDArray[Any]
    X_test: NDArray[Any]
    y_test: NDArray[Any]


def small_digits(seed: int) -> Digits:
    """Scikit-learn's digits, 8 x 8; a stratified random quarter is for the test.

    Raises ImportError if scikit-learn is not installed.
    """
    load_digits = import_module("sklearn.datasets").load_digits  # it has no types
    train_test_split = import_module("sklearn.model_selection").train_test_split

    X, y = load_digits(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(
        X / 16, y, test_size=0.25, stratify=y, random_state=seed
    )
    return Digits(X_train, y_train, X_test, y_test)


def run(digits: Digits, *, epochs: int, learning_rate: float) -> float:
    """Train on digits, print how it goes, and return the test accuracy."""
    n_in, n_out = digits.X_train.shape[1], int(max(digits.y_train.max(), digits.y_test.max())) + 1
    net = Network([n_in, 128, n_out], activation="relu", output="softmax", rng=0)
    print(f"{net}: {net.parameters.size:,} parameters")
    print(f"{len(digits.X_train):,} digits to learn from, {len(digits.X_test):,} to be tested on")
    net.fit(
        digits.X_train,
        digits.y_train,
        epochs=epochs,
        batch_size=16,
        optimizer=Adam(learning_rate),
        progress=False,
        callbacks=[after_epoch],
    )
    accuracy = net.evaluate(digits.X_test, digits.y_test)["accuracy"]
    print(f"test accuracy: {accuracy:.4f}")
    print()
    print(gallery(digits.X_test, digits.y_test, net.predict_classes(digits.X_test)))
    return accuracy


def after_epoch(state: State) -> None:
    """Print how the epoch went, and lower the learning rate for the next one."""
    loss, accuracy = state.values["loss"], state.values["accuracy"]
    epoch = f"epoch {state.epoch:2}/{state.epochs}"
    print(f"{epoch}  loss {loss:.4f}  accuracy {accuracy:.4f}", flush=True)
    state.optimizer.learning_rate *= 0.9


def gallery(X: NDArray[Any], y: NDArray[Any], said: NDArray[Any]) -> str:
    """A handful of digits as text with what the network says of them, wrong ones first."""
    wrong = np.flatnonzero(said != y)
    right = np.flatnonzero(said == y)
    chosen = np.concatenate([wrong[: max(ACROSS, SHOWN - len(right))], right])[:SHOWN]
    rows = [f"{len(wrong)} of {len(y)} read wrong. Some of these first, then others:", ""]
    for start in range(0, len(chosen), ACROSS):
        blocks = []
        for i in chosen[start : start + ACROSS]:
            verdict = "right" if said[i] == y[i] else "WRONG"
            blocks.append([*drawn(X[i]), f"says {said[i]}, is {y[i]}: {verdict}", ""])
        width = max(len(line) for block in blocks for line in block) + 2
        for lines in zip(*blocks, strict=True):
            rows.append("".join(line.ljust(width) for line in lines).rstrip())
    return "\n".join(rows)


def drawn(image: NDArray[Any]) -> list[str]:
    """Lines of text that look like the image. A character is about twice as high as wide."""
    side = round(len(image) ** 0.5)
    pixels = np.asarray(image, np.float64).reshape(side, -1)
    if side <= 12:
        pixels = pixels.repeat(2, axis=1)
    else:  # two rows of pixels to a line; without the margin
        pixels = pixels[2:-2, 2:-2]
        pixels = (pixels[0::2] + pixels[1::2]) / 2
    levels = np.minimum((pixels * len(INK)).astype(int), len(INK) - 1)
    return ["".join(INK[level] for level in row) for row in levels]
