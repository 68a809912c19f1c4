"""Training on data that come in pieces, and looking for a learning rate."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from filbert import _core
from filbert.losses import Loss, OwnLoss
from filbert.optimizers.base import Optimizer

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from filbert._training.online import Online
    from filbert.learning_rates import LearningRates
    from filbert.network import Network


class TrainableInPieces:
    """What a network is trained by where its data come bit by bit."""

    _core: _core.Network32 | _core.Network64
    _optimizer: Optimizer | None = None  # of the last partial_fit or train_one
    _online: Online | None = None  # what train_one goes on with

    def partial_fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        batch_size: int | None = None,
        loss: str | Loss | OwnLoss | None = None,
        optimizer: Optimizer | None = None,
    ) -> dict[str, float]:
        """Train on one more piece of data: once over its rows, in their order.

        The optimizer and its state are kept from call to call, so that n calls with the same data
        are what a `fit` of n epochs without shuffling is, bit for bit. Schedules have no time here:
        they are their `rate`, as in a step of one's own. What the network has learnt of its inputs
        and targets (`normalisation`) is applied, and nothing more is learnt of them.

        Parameters
        ----------
        X, y, sample_weight, batch_size, loss
            Those of `fit`. Labels that are strings have to be in the first y, all of them, or be
            told in advance, by `Network(..., classes=[...])`.
        optimizer
            None: the one of the last `partial_fit` or `train_one`, else a new
            SGD(0.01, momentum=0.9). One that is given is kept for later calls. Copies and pickles
            of the network have a copy of it, with its state; files do not.

        Returns
        -------
        dict
            `loss`, and `accuracy` if the network classifies: means over the rows, each batch before
            its update.

        Raises
        ------
        As `fit` does. After a DivergedError the network has the parameters that it had before the
        call, and the optimizer has no state any more if it had made a step.
        """
        from filbert import _training

        return _training.partial_fit(
            cast("Network", self),
            X,
            y,
            sample_weight=sample_weight,
            batch_size=batch_size,
            loss=loss,
            optimizer=optimizer,
        )

    def train_one(
        self,
        x: ArrayLike,
        y: ArrayLike,
        *,
        loss: str | Loss | OwnLoss | None = None,
        optimizer: Optimizer | None = None,
    ) -> float:
        """Train on one example, in a few microseconds: one step, that of `partial_fit` on this row.

        Parameters
        ----------
        x
            (n_in,). Used as it is if it is an array of the network's dtype, else converted.
        y
            Its label, its value, or (n_out,) values.
        loss, optimizer
            As in `partial_fit`, with which it shares the optimizer.

        Returns
        -------
        float
            The cost C_0 of the example before the step.

        Raises
        ------
        TypeError, ValueError, BusyError
            As `fit` does.
        DivergedError
            If C_0 is infinite or NaN. The network is as it was before the call.
        """
        online = self._online
        try:
            if (
                online is not None
                and loss is online.loss
                and (optimizer is None or optimizer is online.optimizer)
                and online.optimizer is self._optimizer
            ):
                cost = online.step(x, y)
                if cost is not None:
                    return cost
            from filbert import _training

            net = cast("Network", self)
            return _training.train_one(net, x, y, loss=loss, optimizer=optimizer)
        except _core.Diverged as error:
            from filbert import _training

            raise _training.of_network(error, cast("Network", self)) from None

    def find_learning_rate(
        self,
        X: ArrayLike,
        y: ArrayLike,
        *,
        low: float = 1e-6,
        high: float = 10.0,
        steps: int = 100,
        batch_size: int | None = None,
        loss: str | Loss | OwnLoss | None = None,
        optimizer: Optimizer | None = None,
    ) -> LearningRates:
        """Look for a learning rate (Smith 2017): train a copy while the rate grows exponentially.

        The network, and an optimizer that is given, stay as they are: the copy has a new optimizer
        with the same options. The search ends where the cost is not finite, or four times as high
        as it has been.

        Parameters
        ----------
        X, y
            Those of `fit`.
        low, high
            The rates of the first step and of the last one.
        steps
            How many, from 10 on.
        batch_size, loss, optimizer
            Those of `fit`; no LBFGS.

        Returns
        -------
        LearningRates
            `rates`, `losses` and a `suggestion`.
        """
        from filbert._training.find_rate import find_learning_rate

        return find_learning_rate(
            cast("Network", self),
            X,
            y,
            low=low,
            high=high,
            steps=steps,
            batch_size=batch_size,
            loss=loss,
            optimizer=optimizer,
        )
