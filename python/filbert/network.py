"""The network: data, and what can be done with it."""

from __future__ import annotations

import copy
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from filbert import _core, propagation
from filbert._edge import architecture, checks, encoding
from filbert._edge import predict as _predict
from filbert._edge.architecture import Layer
from filbert._edge.contents import Contents
from filbert._edge.layers import Parameters  # noqa: F401  # pickles find it here
from filbert.activations import Activation
from filbert.losses import Loss
from filbert.propagation import Forward, Gradients
from filbert.training import Trainable

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, DTypeLike, NDArray

    from filbert.initialisers import Init
    from filbert.inspect.trace import Trace


class Network(Contents, Trainable):
    """A dense neural network, usable at once.

    Parameters
    ----------
    sizes : sequence of int
        Neurons of layer 0 (the input), 1, ..., L (the output).
    activation : str, Activation, or a sequence of these
        Of the hidden layers: a name such as "relu", one of `filbert.activations` such as
        `LeakyReLU(0.2)`, or one for each. A wrong name lists them all.
    output : str or Activation
        Of the last layer: one of these, or "softmax", "log_softmax" or "exponential".
    dtype
        "float32" or "float64", of the parameters and of all results.
    rng
        Key of the initial weights and of the order of training: an int is the key itself, a numpy
        Generator or SeedSequence gives one, None is a fresh one.
    init
        How weights start: a name such as "orthogonal", one of `filbert.initialisers`, which lists
        them, or a list of one for each layer 1..L, in which an array (n_out, n_in) gives the
        weights themselves. "auto" is uniform, after He et al. (2015) before relu and its like, else
        after Glorot and Bengio (2010).
    bias_init
        How biases start: "zeros", "fan_in_uniform" or Constant(value); or a list, as for init, with
        arrays (n_out,).
    classes : sequence of str or int
        Labels for the outputs, in their order; two for one sigmoid, the second where a > 0.5. None:
        a first `fit` to labels that are strings learns them, sorted; integers are 0, 1, ...

    Raises
    ------
    TypeError, ValueError
        If an argument is not of these.

    Notes
    -----
    `predict`, `evaluate`, `forward` and `trace` may run in any number of threads. While `fit` or an
    optimizer's `step` runs, any other use is a BusyError, and writing through `w`, `b` or
    `parameters` is a race. In the child of a fork a network that another thread was training is free;
    its parameters may be those of half a step.
    """

    __module__ = "filbert"

    def __init__(
        self,
        sizes: Sequence[int],
        *,
        activation: str | Activation | Sequence[str | Activation] = "relu",
        output: str | Activation = "identity",
        dtype: DTypeLike = "float32",
        rng: object = None,
        init: Init = "auto",
        bias_init: Init = "zeros",
        classes: Iterable[str] | Iterable[int] | None = None,
    ) -> None:
        self._core = architecture.make_core(
            sizes, activation, output, dtype, rng, init, bias_init, classes
        )

    @property
    def sizes(self) -> list[int]:
        """Neurons of layers 0..L."""
        return self._core.sizes

    @property
    def layers(self) -> list[Layer]:
        """(inputs, outputs, activation) of layers 1..L; layer l is layers[l - 1]."""
        return architecture.layers_of(self._core)

    @property
    def dtype(self) -> np.dtype[Any]:
        """float32 or float64."""
        return self._core.parameters.dtype

    def state_dict(self) -> dict[str, NDArray[Any]]:
        """The parameters under the names, and in the layout, of PyTorch's `nn.Sequential`.

        Returns
        -------
        dict
            "0.weight" (n_out, n_in), "0.bias" (n_out,), "2.weight", ...: an activation counts as a
            module, identity does not. C-contiguous copies, which later training leaves as they
            are (PyTorch's are references).

        Raises
        ------
        BusyError
            If the network is being trained.
        """
        from filbert.interop import state_dict

        return state_dict.state_dict(self._core)

    def load_state_dict(self, state_dict: Mapping[str, ArrayLike]) -> None:
        """Take the parameters from a PyTorch module's state dict, or from one of `state_dict`.

        Parameters
        ----------
        state_dict
            Pairs "....weight" (n_out, n_in) and "....bias" (n_out,) of arrays or tensors, one for
            each layer in this order, whatever the names in front; but names that differ only by
            numbers go by these ("2.weight" before "10.weight"). A bias that is not there is 0.

        Raises
        ------
        TypeError, ValueError
            If keys are missing or unexpected, a shape is another one, or a value is not a finite
            number. The network is as it was.
        BusyError
            If the network is being trained.
        """
        from filbert.interop.state_dict import load_state_dict

        load_state_dict(self._core, state_dict)

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """The output activations.

        Parameters
        ----------
        X
            (n, n_in), or one row (n_in,). Used as it is if it is C-contiguous and of the network's
            dtype, else converted once.

        Returns
        -------
        array
            (n, n_out), also for one output; or (n_out,) for one row. A row's result does not
            depend on the other rows. Where `fit` has normalised the targets, in their units.

        Raises
        ------
        TypeError, ValueError
            If X is not an array of real numbers; has another shape, no rows, infinity, or NaN
            unless `fit` has learnt what stands in for it (`missing`); if its columns have names that are not `feature_names`.
        BusyError
            If the network is being trained.
        """
        result = self._core.predict(X)
        return _predict.predict(self._core, X) if result is None else result

    __call__ = predict

    def predict_classes(self, X: ArrayLike) -> Any:
        """The class of each row: the output of highest activation, the first of equal ones.

        For one sigmoid output, whether a > 0.5. Returns integers (n,), or labels where `classes`
        are known; a scalar for one row. Raises as `predict` does, and ValueError if the network has
        one output that is neither sigmoid nor softmax.
        """
        _predict.require_classes(self._core)
        return _predict.classes_of(self._core, self.predict(X))

    def encode(self, table: Any) -> NDArray[Any]:
        """The inputs for rows of a table with the `columns` that the network was trained with.

        Parameters
        ----------
        table
            A frame of pandas, polars or pyarrow, a dict of columns, a list of dicts, or an array
            (n, columns). Columns that the network does not have are ignored, such as the target.

        Returns
        -------
        array
            (n, n_in) of the network's dtype, for `predict`: a number, or NaN where it is missing;
            1 for the value that a column of text has, 0 for its others. What training had not seen,
            other texts and gaps in columns that had none, is counted in a warning.

        Raises
        ------
        TypeError, ValueError
            If the network has no columns; if the table is none of these, lacks one of the columns,
            or has a value that is no number, or none that the dtype can hold, where one belongs.
        """
        if (columns := self.columns) is None:
            raise ValueError(
                "network: expected one with columns, as filbert train makes it, got one without; "
                "predict takes arrays"
            )
        return encoding.encode(columns, table, "table", self.dtype)

    def forward(self, X: ArrayLike) -> Forward:
        """Forward propagation that keeps z and a of every layer. X and errors: as in `predict`."""
        rows, was_1d = _predict.rows_of(self._core, X, own=True)
        return Forward(self._core, rows, was_1d)

    def backward(
        self, f: Forward, dC_da: ArrayLike | None = None, *, dC_dz: ArrayLike | None = None
    ) -> Gradients:
        """Backward propagation of a cost of one's own.

        Parameters
        ----------
        f
            What `forward` returned.
        dC_da, dC_dz
            One of them: the derivative of the cost with respect to the output's a or z, of the
            shape of f.a[L].

        Returns
        -------
        Gradients
            Sums over the batch.

        Raises
        ------
        TypeError, ValueError
            If f is no Forward, or of another network; if not exactly one derivative is given, of
            this shape, of finite numbers.
        BusyError
            If the network is being trained, or another thread goes backward from f.
        """
        return propagation.backward(self._core, f, dC_da, dC_dz)

    def trace(self, X: ArrayLike, y: ArrayLike, *, loss: str | Loss | None = None) -> Trace:
        """One training example seen from inside: every z, a and derivative.

        Parameters
        ----------
        X, y
            (n_in,) and a label, a value or a row (n_out,). Or a batch, as in `fit`.
        loss
            As in `fit`.
        """
        from filbert.inspect.trace import trace

        return trace(self._core, X, y, loss)

    def snapshot(self) -> Self:
        """The network as it is now, for other threads, while this one goes on training.

        Any number of threads may call it, and use what it returns, at any time. While a fit runs
        that has `publish`, it is the latest that the fit has handed out: that of a whole step, and
        nobody waits for it. Else it is a copy of the network.

        Returns
        -------
        Network
            One that nobody may change: `predict`, `evaluate`, `save` and the like work; what would
            write to it is a ValueError. `copy.copy` makes a network of it that may be trained.

        Raises
        ------
        BusyError
            If another thread is training the network, and publishes nothing.
        """
        return self._from_core(self._core.snapshot())

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the network to a file, for `filbert.load`.

        The file holds everything that predicting and training on need, `classes` and
        `feature_names` included, in the safetensors format. It is replaced whole: whatever happens,
        the old or the new one is there.

        Raises
        ------
        OSError
            If it cannot be written. The old file is there as it was.
        ValueError
            For more than 1000 layers.
        BusyError
            If the network is being trained.
        """
        _core.save(self._core, checks.path("path", path))

    def summary(self) -> str:
        """A table of the layers, to print."""
        return architecture.table(self.layers, self.dtype)

    def __repr__(self) -> str:
        return architecture.call(self.layers, self.dtype)

    @classmethod
    def _from_core(cls, core: _core.Network32 | _core.Network64) -> Self:
        self = cls.__new__(cls)
        self._core = core
        return self

    # Copies and pickles are independent networks. They go through the bytes of a file.
    def __getstate__(self) -> dict[str, Any]:
        rest = dict(self.__dict__)
        del rest["_core"]
        rest.pop("_online", None)  # train_one makes it again
        return {**rest, "file": _core.to_bytes(self._core)}

    def __copy__(self) -> Self:
        state = self.__getstate__()
        if self._optimizer is not None:  # which belongs to this network
            state["_optimizer"] = copy.copy(self._optimizer)
        new = self.__class__.__new__(self.__class__)
        new.__setstate__(state)
        return new

    def __setstate__(self, state: dict[str, Any]) -> None:
        state = dict(state)
        self._core = _core.from_bytes(state.pop("file"))
        self.__dict__.update(state)
