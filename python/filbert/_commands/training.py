"""Trains a network on a table that has been read, and scores it on rows held out."""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

import filbert as fb
from filbert._commands import scores
from filbert._commands.learn_table import TrainingTable
from filbert._commands.recipe import Recipe, linear, recipe_of
from filbert._commands.target import Target, held_out
from filbert._edge.stderr import stderr

if TYPE_CHECKING:
    from numpy.typing import NDArray

# A table of at most so many rows is learned again with those that were held out.
MOST_AGAIN = 50_000
_LINES = 20  # of progress, about


class Result(NamedTuple):
    """A trained network, with the scores of the held-out rows, where there are any."""

    network: fb.Network
    epochs: int
    held_out: int
    score: float | None
    linear: float
    guess: float
    stopped: bool  # whether the held-out rows have chosen the number of epochs
    retrained: bool
    warnings: list[str]


class Training:
    """What the network is trained on, and how."""

    def __init__(
        self,
        table: TrainingTable,
        target: Target,
        spec: Mapping[str, Any],
        *,
        seed: int,
        epochs: int | None,
        patience: int | None,
        max_seconds: float | None,
        class_weight: str | None,
        show: bool,
    ) -> None:
        self._table, self._target, self._spec = table, target, spec
        self._seed, self._epochs, self._patience = seed, epochs, patience
        self._max_seconds, self._class_weight, self._show = max_seconds, class_weight, show

    def run(self, share: float) -> Result:
        """Hold out a share of the rows, train, score, and where the table is small train again."""
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            result = self._run(share)
        if self._target.classes is not None:
            result.network._core.classes = self._target.classes
        texts = dict.fromkeys(str(warning.message) for warning in caught)
        return result._replace(warnings=list(texts))

    def _run(self, share: float) -> Result:
        X, y = self._table.X, self._target.y
        out = held_out(self._target, share, self._seed) if share > 0 else np.zeros(len(y), bool)
        if not out.any():
            net, epochs = self._fit(self._recipe(len(y)), X, y, None, 1.0)
            return Result(net, epochs, 0, None, 0.0, 0.0, False, False, [])
        train = (X[~out], y[~out])
        test = (X[out], y[out])
        again = len(y) <= MOST_AGAIN
        recipe = self._recipe(len(train[1]))
        net, epochs = self._fit(recipe, *train, test, 0.4 if again else 0.8)
        score = scores.score(net, *test)
        baseline, _ = self._fit(linear(len(train[1]), recipe), *train, None, 0.1, quiet=True)
        result = Result(
            network=net,
            epochs=epochs,
            held_out=len(test[1]),
            score=score,
            linear=scores.score(baseline, *test),
            guess=scores.guess_score(train[1], test[1], self._target.classes is not None),
            stopped=self._patience is not None and epochs < recipe.epochs,
            retrained=again,
            warnings=[],
        )
        if not again:
            return result
        net, epochs = self._fit(self._recipe(len(y)), X, y, None, 0.5, epochs=epochs)
        return result._replace(network=net, epochs=epochs)

    def _recipe(self, rows: int) -> Recipe:
        return recipe_of(rows, self._spec, self._epochs)

    def _fit(
        self,
        recipe: Recipe,
        X: NDArray[np.float32],
        y: NDArray[Any],
        test: tuple[NDArray[np.float32], NDArray[Any]] | None,
        share: float,
        *,
        epochs: int | None = None,
        quiet: bool = False,
    ) -> tuple[fb.Network, int]:
        """A network that is trained, and for how many epochs. share: of the time that there is."""
        net = self._network(recipe)
        options = dict(recipe.fit)
        callbacks: list[Any] = []
        if self._show and not quiet:
            callbacks.append(_Lines(recipe.epochs, "again, " if epochs else ""))
        if test is not None and (self._patience is not None or callbacks):
            options["validation_data"] = test
        stopping = None
        if test is not None and self._patience is not None:
            stopping = fb.EarlyStopping(patience=self._patience)
            callbacks.append(stopping)
        if self._max_seconds is not None:
            options["max_seconds"] = self._max_seconds * share
        if self._class_weight is not None and self._target.classes is not None:
            options["class_weight"] = self._class_weight
        if self._target.classes is None:
            options["normalize_targets"] = True
        try:
            history = net.fit(
                X,
                y,
                epochs=epochs or recipe.epochs,
                optimizer=recipe.optimizer,
                normalize=True,
                missing="mean",
                progress=False,
                callbacks=callbacks,
                **options,
            )
        except TypeError as error:  # what --spec gives fit
            raise ValueError(f"--spec: {error}") from error
        except ArithmeticError as error:  # the training diverges
            raise ValueError(str(error)) from error
        done = len(history.get("loss", []))
        if stopping is not None and stopping.best_epoch is not None:
            done = stopping.best_epoch
        return net, max(1, done)

    def _network(self, recipe: Recipe) -> fb.Network:
        columns = self._table.columns
        try:
            net = fb.Network(
                [self._table.X.shape[1], *recipe.layers, self._target.outputs],
                activation=recipe.activation if recipe.layers else "relu",
                output="identity" if self._target.classes is None else "softmax",
                rng=self._seed,
            )
        except TypeError as error:
            raise ValueError(f"--spec: {error}") from error
        net._core.set_columns(columns, self._target.name)
        return net


class _Lines:
    """Prints a line of progress every few epochs, and each second of slow ones."""

    def __init__(self, epochs: int, what: str) -> None:
        self._every, self._what = max(1, epochs // _LINES), what
        self._last = time.monotonic()

    def __call__(self, state: fb.callbacks.State) -> None:
        now = time.monotonic()
        if state.epoch % self._every and state.epoch < state.epochs and now - self._last < 1:
            return
        self._last = now
        numbers = [
            f"{name.replace('val_', 'held-out ')} {value:.4f}"
            for name, value in state.values.items()
        ]
        print(
            f"epoch {state.epoch} of {state.epochs}: {self._what}{', '.join(numbers)}",
            file=stderr(),
            flush=True,
        )
