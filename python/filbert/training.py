"""Training: what `Network.fit` and `Network.evaluate` are."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, cast

from filbert import _core
from filbert.callbacks import Callback, State
from filbert.history import History
from filbert.losses import Loss, OwnLoss
from filbert.optimizers.base import Optimizer

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from filbert._training.online import Online
    from filbert.learning_rates import LearningRates
    from filbert.network import Network

Layerwise = float | Sequence[float]  # one number for all layers, or one for each
Metric = Callable[..., float]  # f(y_true, y_pred)


class Trainable:
    """What a network is trained by."""

    _core: _core.Network32 | _core.Network64
    _optimizer: Optimizer | None = None  # of the last partial_fit or train_one
    _online: Online | None = None  # what train_one goes on with

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        *,
        epochs: int = 1,
        batch_size: int | None = None,
        loss: str | Loss | OwnLoss | None = None,
        optimizer: Optimizer | None = None,
        dropout: Layerwise = 0.0,
        input_dropout: float = 0.0,
        noise: float = 0.0,
        clip_norm: float | None = None,
        clip_value: float | None = None,
        accumulate: int = 1,
        max_norm: float | None = None,
        l1: Layerwise = 0.0,
        l2: Layerwise = 0.0,
        layer_rates: Layerwise = 1.0,
        bias_rates: Layerwise | None = None,
        average: float = 0.0,
        metrics: Sequence[str | Metric] = (),
        validation_data: tuple[ArrayLike, ArrayLike] | None = None,
        shuffle: bool = True,
        rng: object = None,
        progress: bool | None = None,
        max_seconds: float | None = None,
        refit: bool = False,
        callbacks: Sequence[Callback | Callable[[State], object]] = (),
        resume: str | os.PathLike[str] | None = None,
    ) -> History:
        """Train from the current weights on, minibatch by minibatch.

        Parameters
        ----------
        X
            (n, n_in). Used as it is if it is C-contiguous and of the network's dtype, else
            converted once. The names of a frame's columns become `feature_names`.
        y
            (n, n_out) values; or (n,): for softmax or several sigmoids integers 0 .. n_out - 1 or
            strings, for one sigmoid values in [0, 1] or two strings, for another single output
            values. Where `classes` are known, these instead of 0, 1, ... For softmax and sigmoid
            every value is in [0, 1]; under the entropies of a softmax rows sum to 1, but for what
            rounding does in a softmax of that width and of the dtype that y came in (lists:
            float64), 1e-6 at least. What else a loss asks of y is in `filbert.losses`.
        epochs, batch_size
            Positive integers; the last batch of an epoch may be smaller. None: 32, but all rows for
            RProp and for LBFGS, which takes no fewer.
        loss
            A name or a value of `filbert.losses`, which lists them; or a function f(a, y) ->
            (C, dC_da), which is described there too. None is the entropy that goes with the output,
            else "squared_error".
        optimizer
            An optimizer, such as Adam(0.001). None is a new SGD(0.01, momentum=0.9).
        dropout
            The part of the activations of hidden layers that is 0 in a step, chosen anew for each
            row: in [0, 1), one number for all hidden layers or one for each. The others are divided
            by 1 minus it (Srivastava et al. 2014). `loss` and `accuracy` are those of the steps, as
            in Keras and PyTorch; whatever predicts or evaluates is without dropout.
        input_dropout
            The same of X.
        noise
            Standard deviation of normal numbers that are added to X, other ones in each epoch.
        clip_norm
            The Euclidean norm that the gradient of the mean cost may have, over all parameters that
            are trained. A longer gradient g is multiplied by clip_norm / (|g| + 1e-6), as by
            PyTorch's `clip_grad_norm_`. Weight decay, l1 and l2 come later.
        clip_value
            How large an element of that gradient may be, after `clip_norm`; others become that.
        accumulate
            How many batches make a step. It is one along the gradient of the mean over all their
            rows, so that it is that of one batch as large, in the memory of a smaller one.
        max_norm
            The Euclidean norm that the weights into a neuron may have. After each step, longer ones
            are scaled to it.
        l1, l2
            The penalties l1 sum |w| and l2 sum w^2 of the weights of a layer, beside those of the
            optimizer: one number for all layers 1..L or one for each. `loss` leaves them out.
        layer_rates
            What the learning rate is multiplied by, not negative: one number for all layers 1..L or
            one for each. A layer of rate 0 is frozen: it stays as it is, and costs no gradient.
        bias_rates
            The same for the biases; None is as for the weights of their layers.
        average
            Decay of a running mean of all parameters, in [0, 1); 0 is none. The mean begins with the
            parameters after the first step and moves by (1 - average) (w - mean) after each later
            one, without a bias to correct. The network has the mean wherever it can be seen: in
            callbacks, for `validation_data`, in the files of a Checkpoint and in the end; the fit
            goes on from its own parameters.
        metrics
            What to measure after each epoch, as `evaluate` does: of `validation_data` under the
            name "val_..."; without such data of X and y, which takes as long as evaluating them.
            But "accuracy" of the training data is that of the steps, as `loss` is.
        validation_data
            (X, y) to evaluate after each epoch.
        shuffle
            Whether each epoch takes the rows in an order of its own; not those of LBFGS.
        rng
            Key of that order, of dropout and of noise; None is the network's own.
        progress
            Whether to show progress on stderr, if it can be. None: on a terminal, after a second.
        max_seconds
            How long the fit may take. It ends between two batches then, as if a callback had ended
            it, and the files of a Checkpoint are written, from which it can go on.
        refit
            Whether to train a second time, once an EarlyStopping has found the best epoch: from the
            same start, on X and `validation_data` together, for as many epochs. No callbacks run
            then; `History.refit` has its numbers.
        callbacks
            What else is to happen at the start, after each epoch and at the end: a Checkpoint, which
            writes a file to go on from, other objects of Callback, or functions f(state) that run
            after each epoch and end the fit if they return False. See `filbert.Callback`.
        resume
            Path of a checkpoint: this network, the optimizer and the history continue from it, bit
            for bit, until `epochs` epochs in total are done. The arguments must be those of the
            fit that wrote it; optimizer=None is the checkpoint's, rng=None its key.

        Returns
        -------
        History
            `loss`, `accuracy` if the network classifies, `val_loss`, `val_accuracy`, and the
            metrics.

        Raises
        ------
        TypeError, ValueError
            If an argument is not of these. The network is as it was.
        BusyError
            If the network or the optimizer is in use.
        DivergedError
            As soon as a cost, or in the end a parameter, is infinite or NaN. The network has the
            parameters of an epoch before.
        OSError, FormatError
            If a checkpoint cannot be read or written. What has been learned stays.
        KeyboardInterrupt
            On Ctrl-C, between two batches; or what else the handler of a signal, or a callback,
            raises. What has been learned stays.

        Warns
        -----
        TrainingWarning
            At the end of at least 5 epochs and 100 steps, if `loss` was never below that of
            predicting the mean of y for every row; under squared errors, entropies, poisson and
            kl_divergence, whose best constant is the mean.
        """
        from filbert import _training

        options = _training.Options.checked(
            self._core,
            epochs=epochs,
            batch_size=batch_size,
            loss=loss,
            optimizer=optimizer,
            shuffle=shuffle,
            progress=progress,
            callbacks=callbacks,
            step={
                "dropout": dropout,
                "input_dropout": input_dropout,
                "noise": noise,
                "clip_norm": clip_norm,
                "clip_value": clip_value,
                "accumulate": accumulate,
                "max_norm": max_norm,
                "l1": l1,
                "l2": l2,
                "layer_rates": layer_rates,
                "bias_rates": bias_rates,
                "average": average,
            },
            metrics=metrics,
            max_seconds=max_seconds,
        )
        start = _training.Start.of(self._core, options, resume)
        data = _training.TrainingData.of(start.network, X, y, options.loss, validation_data)
        twice = _training.require_refit(refit, options, start, data)
        training = start.training(self._core, options, data, rng)
        run = _training.run_and_refit if twice else _training.run
        return run(cast("Network", self), options, data, start, training)

    def partial_fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        *,
        batch_size: int | None = None,
        loss: str | Loss | OwnLoss | None = None,
        optimizer: Optimizer | None = None,
    ) -> dict[str, float]:
        """Train on one more piece of data: once over its rows, in their order.

        The optimizer and its state are kept from call to call, so that n calls with the same data
        are what a `fit` of n epochs without shuffling is, bit for bit. Schedules have no time here:
        they are their `rate`, as in a step of one's own.

        Parameters
        ----------
        X, y, batch_size, loss
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
            cast("Network", self), X, y, batch_size=batch_size, loss=loss, optimizer=optimizer
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
        X, y, batch_size, loss, optimizer
            Those of `fit`; no LBFGS.
        low, high
            The rates of the first step and of the last one.
        steps
            How many, from 10 on.

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

    def evaluate(
        self,
        X: ArrayLike,
        y: ArrayLike,
        *,
        loss: str | Loss | OwnLoss | None = None,
        metrics: Sequence[str | Metric] = (),
    ) -> dict[str, float]:
        """The mean cost of examples: {"loss": ..., "accuracy": ...}, and metrics.

        Parameters
        ----------
        X, y, loss
            Those of `fit`, and so are the errors. The accuracy is there if the network classifies.
        metrics
            Names, or functions f(y_true, y_pred) -> float, whose `__name__` they have in the
            result: y_true is y as the core takes it, labels (n,) as integers from 0 or values
            (n, columns), and y_pred what `predict` returns. The names, with values as those of
            scikit-learn's functions: "accuracy", "balanced_accuracy", "top_k" such as "top_3",
            "precision", "recall", "f1" and "auc", of the second one of two classes, else the mean
            over the classes that occur, for auc each against the others; "mae", "mse" and "r2",
            the mean over the outputs. Under losses for which each output is a decision of its own,
            means are over the outputs.
        """
        from filbert import _training

        return _training.evaluate(self._core, X, y, loss, metrics)
