"""Training: what `Network.fit` and `Network.evaluate` are."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from filbert import _core
from filbert.callbacks import Callback, State
from filbert.history import History
from filbert.losses import Loss, OwnLoss
from filbert.optimizers.base import Optimizer
from filbert.pieces import TrainableInPieces

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from filbert.network import Network

Layerwise = float | Sequence[float]  # one number for all layers, or one for each
Metric = Callable[..., float]  # f(y_true, y_pred)


class Trainable(TrainableInPieces):
    """What a network is trained by."""

    _core: _core.Network32 | _core.Network64

    def fit(
        self,
        X: ArrayLike | Iterable[Any],
        y: ArrayLike | None = None,
        *,
        epochs: int = 1,
        batch_size: int | None = None,
        loss: str | Loss | OwnLoss | None = None,
        optimizer: Optimizer | None = None,
        normalize: bool | str = False,
        normalize_targets: bool = False,
        missing: str | None = None,
        dropout: Layerwise = 0.0,
        input_dropout: float = 0.0,
        noise: float = 0.0,
        clip_norm: float | None = None,
        clip_value: float | None = None,
        accumulate: int = 1,
        max_norm: float | None = None,
        l1: Layerwise = 0.0,
        l2: Layerwise = 0.0,
        alpha: float = 0.0,
        layer_rates: Layerwise = 1.0,
        bias_rates: Layerwise | None = None,
        average: float = 0.0,
        sample_weight: ArrayLike | None = None,
        class_weight: Mapping[Any, float] | str | None = None,
        metrics: Sequence[str | Metric] = (),
        validation_data: tuple[ArrayLike, ...] | None = None,
        validation_split: float | None = None,
        shuffle: bool | Callable[[int], ArrayLike] = True,
        rng: object = None,
        progress: bool | None = None,
        max_seconds: float | None = None,
        refit: bool = False,
        callbacks: Sequence[Callback | Callable[[State], object]] = (),
        resume: str | os.PathLike[str] | None = None,
        n_threads: int | None = None,
        publish: int | None = None,
    ) -> History:
        """Train from the current weights on, minibatch by minibatch.

        Parameters
        ----------
        X
            (n, n_in) numbers: bools, integers or floats of any size, in any layout. X is never
            converted whole: where it is not of the network's dtype, or its rows have gaps, the rows
            of a batch are converted at a time, each number with one rounding, so that the results
            are those of `X.astype(dtype)`, bit for bit. Fastest are C-contiguous arrays. The names
            of a frame's columns become `feature_names`.

            A `np.memmap` may be larger than memory. Nobody reads it before the fit: its rows are
            looked at as they are taken, and the first one that is not finite ends the fit with a
            ValueError that names the batch, the row and the column. All other arrays are looked at
            before the first step.

            Without y, X is what yields the batches: an iterable of (X, y) or (X, y, weights), which
            begins anew in each epoch. Each batch is as one of `batch_size` rows, whatever its size,
            and is checked as it comes; labels that are strings have to be known to the network.
            Schedules take the length of X for the number of batches; where it has none, the rate
            stands still within an epoch. What X raises ends the fit, after the last whole step. A
            fit that resumes passes over the batches that are done.
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
        normalize
            How the columns of X are brought to one scale before the first layer. True or "standard":
            to mean 0 and standard deviation 1, as by scikit-learn's StandardScaler. "robust": by
            median and quartiles, then x / sqrt(1 + (x / 3)^2), as in RealMLP (Holzmüller et al.
            2024). "quantile": to the quantiles of a normal distribution, as by scikit-learn's
            QuantileTransformer; it takes longer than a small network. Constant columns become 0.
            What is learnt from X, without weights, goes into the network
            (`normalisation`), which applies it from then on: in `predict`, `evaluate`, `forward`,
            `trace`, for `validation_data`, and after it has been loaded. A later fit keeps it,
            because the weights were trained for it: True learns where there is none, and False
            takes nothing away. Medians and quantiles are those of at most 131,072 rows, at equal
            distances among all.
        normalize_targets
            Whether the network is trained on (y - mean) / standard deviation of each column of y,
            with an identity output. `predict` returns numbers in the units of y. `loss` and
            `val_loss` are of the normalised y: the squared error of a column is in units of its
            variance. A later fit keeps it.
        missing
            "mean": NaN in X becomes the mean of its column, here and wherever the network takes
            rows from then on. None: NaN is an error, unless the network has learnt such means.
            Infinity is always an error.
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
        alpha
            The penalty of scikit-learn, alpha / 2 times the sum of the squares of all weights, which is
            divided by the number (or the summed weight) of the rows of a step as their costs are: in
            a smaller batch it counts more. `loss` leaves it out; the history has it as `penalty`.
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
        sample_weight
            (n,) numbers of at least 0: how much each row counts. A step is along the gradient of
            the mean by these weights, and so are `loss` and `accuracy`: a row of weight 2 is as two
            rows, and one of weight 0 is as none, but for its place in a batch.
        class_weight
            What the weights of the rows of each class are multiplied by: a dict that has a number
            of at least 0 for each label; or "balanced", n / (k n_c) for a class that n_c of n rows
            have, k being the number of classes with rows, where with `sample_weight` the sums of
            these count and not the rows (scikit-learn's `compute_class_weight`). For y of labels;
            rows of several labels have no one class, and need `sample_weight`. Validation data are
            without it.
        metrics
            What to measure after each epoch, as `evaluate` does: of `validation_data` under the
            name "val_..."; without such data of X and y, which takes as long as evaluating them.
            But "accuracy" of the training data is that of the steps, as `loss` is.
        validation_data
            (X, y) or (X, y, sample_weight) to evaluate after each epoch.
        validation_split
            The part of the rows, between 0 and 1, to evaluate after each epoch instead of training
            on it: of each class, where y holds labels, the nearest whole number of rows, one at
            least. Which ones is a function of `rng`. X is not copied.
        shuffle
            Whether each epoch takes the rows in an order of its own; not those of LBFGS. Or a function
            f(epoch) that returns the rows of an epoch in their order, integers (n,) in 0 .. n - 1;
            epoch is the number of those that are done. A fit that resumes needs it again, and asks
            for the epoch in which it goes on.
        rng
            Key of that order, of dropout, of noise and of `validation_split`; None is the network's
            own.
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
        n_threads
            At most so many threads work on the fit; None: as many as `set_threads` says. It changes
            no result.
        publish
            After how many steps the fit hands out the next `snapshot`, which other threads may take
            and use while it goes on; the first one before its first step. None: it hands out none, and
            other threads get a BusyError. Not with LBFGS.

        Returns
        -------
        History
            `loss`, `accuracy` if the network classifies, `penalty` with an alpha, `val_loss`,
            `val_accuracy`, and the metrics.

        Raises
        ------
        TypeError, ValueError
            If an argument is not of these. The network is as it was, but for a memmap with a number
            that is not finite: then it is as after the last whole step.
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
            n_threads=n_threads,
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
                "alpha": alpha,
                "layer_rates": layer_rates,
                "bias_rates": bias_rates,
                "average": average,
            },
            metrics=metrics,
            max_seconds=max_seconds,
            publish=publish,
        )
        start = _training.Start.of(self._core, options, resume)
        asked = _training.Asked.checked(start.network, normalize, normalize_targets, missing)
        rows = {
            "sample_weight": sample_weight,
            "class_weight": class_weight,
            "validation_split": validation_split,
        }
        if _training.yields_batches(X, y):
            asked.require_learnt(start.network)
            data = _training.TrainingData.of_batches(
                start.network,
                cast("Iterable[Any]", X),
                options.loss,
                epochs=options.epochs,
                done=start.position.epoch,
                validation_data=validation_data,
                batch_size=batch_size,
                **rows,
            )
        else:
            data = _training.TrainingData.of(
                start.network,
                X,
                y,
                options.loss,
                validation_data=validation_data,
                nan=asked.takes_nan(start.network),
                **rows,
            )
        twice = _training.require_refit(refit, options, start, data)
        training = start.training(self._core, options, data, rng)
        assert training.options.seed is not None
        net, parts = cast("Network", self), data.split(training.options.seed)
        if twice:
            return _training.run_and_refit(net, options, data, parts, start, training, asked)
        return _training.run(net, options, parts, start, training, asked)

    def evaluate(
        self,
        X: ArrayLike,
        y: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        loss: str | Loss | OwnLoss | None = None,
        metrics: Sequence[str | Metric] = (),
    ) -> dict[str, float]:
        """The mean cost of examples: {"loss": ..., "accuracy": ...}, and metrics.

        Parameters
        ----------
        X, y, sample_weight, loss
            Those of `fit`, and so are the errors. The accuracy is there if the network classifies.
            All numbers but those of functions are means by the weights.
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

        return _training.evaluate(self._core, X, y, sample_weight, loss, metrics)
