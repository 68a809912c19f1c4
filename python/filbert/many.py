"""Many networks at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from filbert.history import History
from filbert.network import Network

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from filbert._many.run import Outcome
    from filbert.ensemble import Ensemble

__all__ = ["ManyFits", "fit_many"]


class ManyFits:
    """What `fit_many` has trained.

    Attributes
    ----------
    networks : list of Network
        One for each spec; those that specs named are these themselves.
    histories : list of History
        What each fit reports.
    scores : array of float64
        Lower is better: the mean cost of the validation data if a member has any, else of its
        training data, in the epoch whose weights its network has. Infinite for a member that has
        failed or has no epoch.
    endings : list of str
        "finished" after all epochs, "stopped" by its EarlyStopping, "dropped" by successive
        halving, or "failed".
    best_epochs : list of int or None
        With an EarlyStopping: the epoch whose weights the network has.
    errors : list of str or None
        What has ended the training of a member that has failed, such as a divergence.
    """

    __module__ = "filbert"

    def __init__(self, networks: Sequence[Network], outcomes: Sequence[Outcome]) -> None:
        self.networks: list[Network] = list(networks)
        self.histories: list[History] = [one.history for one in outcomes]
        self.scores: NDArray[np.float64] = np.array([one.score for one in outcomes], np.float64)
        self.endings: list[str] = [one.ending for one in outcomes]
        self.best_epochs: list[int | None] = [one.best_epoch for one in outcomes]
        self.errors: list[str | None] = [one.error for one in outcomes]

    @property
    def best_index(self) -> int:
        """The index of the lowest score, the first of equal ones.

        Where successive halving has dropped members, it is among those that were trained to their
        end. ValueError if all have failed.
        """
        trained = self._trained()
        return min(trained, key=lambda i: (self.scores[i], i))

    @property
    def best(self) -> Network:
        """The network of the lowest score."""
        return self.networks[self.best_index]

    @property
    def ensemble(self) -> Ensemble:
        """An Ensemble of the networks that were trained to their end.

        ValueError if there are none, or if their outputs are not alike.
        """
        from filbert.ensemble import Ensemble

        return Ensemble([self.networks[i] for i in self._trained()])

    def _trained(self) -> list[int]:
        """Those that neither failed nor were dropped."""
        ended = [i for i, ending in enumerate(self.endings) if ending in ("finished", "stopped")]
        if not ended:
            raise ValueError(
                f"networks: expected one that was trained to its end, got errors: {self.errors[0]}"
            )
        return ended

    def __len__(self) -> int:
        return len(self.networks)

    def __repr__(self) -> str:
        count = "1 network" if len(self) == 1 else f"{len(self)} networks"
        parts = [count]
        if any(ending in ("finished", "stopped") for ending in self.endings):
            i = self.best_index
            parts.append(f"best [{i}] with score {self.scores[i]:.4g}")
        parts += [
            f"{self.endings.count(ending)} {ending}"
            for ending in ("dropped", "failed")
            if ending in self.endings
        ]
        return f"ManyFits({', '.join(parts)})"


def fit_many(
    specs: Sequence[Network | Mapping[str, Any]],
    X: ArrayLike | None = None,
    y: ArrayLike | None = None,
    *,
    data: Sequence[tuple[ArrayLike, ...]] | None = None,
    keep: float = 1.0,
    every: int | None = None,
    n_threads: int | None = None,
    **defaults: Any,
) -> ManyFits:
    """Train many networks side by side, one to a thread.

    Each of them gets the bits of `Network.fit` alone with the same arguments, whatever the others
    are, in whatever order they come, and for any number of threads. It takes no processes and no
    copies of X.

    Parameters
    ----------
    specs
        A Network each, or a dict of arguments of `Network`, of `Network.fit`, and of these:

        network
            One to train, instead of the arguments of a new one.
        learning_rate
            A number or a schedule, instead of that of the optimizer that all members have.
        order_rng
            The `rng` of `fit`, the key of the order of rows; None is the network's own. (`rng` is
            that of `Network`, the key of the weights.)
        rows
            The rows of X and y to train on: integers, in which a row may stand several times, or a
            mask. For folds and bootstraps; X is not copied.
        validation_rows
            The rows to evaluate after each epoch, likewise.
        early_stopping
            An EarlyStopping, which ends the training of the member; it may monitor "loss",
            "accuracy", "val_loss" and "val_accuracy".

        Of `fit` they are epochs, batch_size, loss and shuffle, but for functions; optimizer,
        normalize, normalize_targets, missing, dropout, input_dropout, noise, clip_norm,
        clip_value, accumulate, max_norm, l1, l2, alpha, layer_rates, bias_rates, average,
        sample_weight, class_weight, validation_data, validation_split. All networks have one dtype.
    X, y
        The data of all of them, as for `fit`.
    data
        Other data for each: a list of (X, y) or (X, y, sample_weight), instead of X and y.
    keep, every
        Successive halving (Jamieson and Talwalkar 2016): after each `every` epochs the part `keep`
        of the members goes on, the nearest whole number and one at least, those of the lowest
        score; of equal ones the first. Those that go on have the bits of an uninterrupted training:
        schedules see all epochs.
    n_threads
        At most so many threads work on it; None: as many as `set_threads` says. It changes no result.
    **defaults
        Any of these arguments, for the specs that do not say otherwise. An optimizer that is given
        here is copied for each member; one in a spec is that member's own.

    Returns
    -------
    ManyFits
        The networks, and what became of each fit.

    Raises
    ------
    TypeError, ValueError, BusyError
        If something does not fit, with the spec: "specs[3]: epochs: expected ...". Nothing has been
        trained then. What ends the training of one member only, such as a divergence, is in
        `errors`.
    KeyboardInterrupt
        On Ctrl-C. Networks that the caller has keep what they have learned so far.

    Examples
    --------
    >>> specs = [dict(sizes=[30, h, 3], rng=s) for h in (16, 32) for s in range(50)]
    >>> best = fb.fit_many(specs, X, y, output="softmax", epochs=20).best
    """
    from filbert import _many

    members = _many.Preparing(X, y, data, defaults).all(specs)
    outcomes = _many.run(members, keep, every, n_threads)
    return ManyFits([one.network for one in members], outcomes)
