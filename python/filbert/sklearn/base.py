"""What both estimators share: one call of fit or partial_fit, and what is left of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse
from sklearn.utils.validation import _check_sample_weight, check_is_fitted

from filbert.network import Network
from filbert.sklearn import lbfgs, minibatches, names, randomness
from filbert.sklearn.endings import require_finite
from filbert.sklearn.examples import Examples
from filbert.sklearn.inputs import inputs
from filbert.sklearn.parameters import Parameters

if TYPE_CHECKING:
    from numpy.typing import NDArray

PIECE = 4096  # rows of a sparse X that are dense at a time


class BaseMultilayerPerceptron(Parameters, ABC):
    """A multilayer perceptron of scikit-learn that filbert trains. Use its subclasses."""

    net_: Network

    # -- what the subclasses say ------------------------------------------------------------------

    @abstractmethod
    def _validate_input(self, X: Any, y: Any, incremental: bool, reset: bool) -> tuple[Any, Any]:
        """Checked X and y, y encoded."""

    @abstractmethod
    def _validate_held_out(self, X: Any, y: Any) -> tuple[Any, Any]:
        """The same of validation data, once the training data are known."""

    @abstractmethod
    def _output(self) -> str:
        """scikit-learn's name for the activation of the outputs."""

    @abstractmethod
    def _network_loss(self) -> Any:
        """The loss as `filbert.Network.fit` takes it."""

    @abstractmethod
    def _network_targets(self, y: NDArray[Any]) -> NDArray[Any]:
        """Encoded y as `filbert.Network.fit` takes it."""

    @abstractmethod
    def _own_loss(self, cost: float, data: Examples) -> float:
        """scikit-learn's loss without the penalty, from the mean cost of the network."""

    @abstractmethod
    def _held_out_score(self, data: Examples, values: dict[str, float]) -> float:
        """The score of validation data. values: the numbers of the epoch, `val_accuracy` among them."""

    @abstractmethod
    def _name_outputs(self) -> None:
        """Tell the network what its outputs stand for, if it can know that."""

    # -- parameters -------------------------------------------------------------------------------

    @property
    def coefs_(self) -> list[NDArray[Any]]:
        """The weights of each layer (n_in, n_out): writable views into `net_`."""
        net = self._fitted("coefs_")
        return [net._core.w(l).T for l in range(1, len(net.layers) + 1)]

    @coefs_.setter
    def coefs_(self, values: list[NDArray[Any]]) -> None:
        for own, value in zip(self.coefs_, values, strict=True):
            own[:] = value

    @property
    def intercepts_(self) -> list[NDArray[Any]]:
        """The biases of each layer (n_out,): writable views into `net_`."""
        net = self._fitted("intercepts_")
        return [net._core.b(l) for l in range(1, len(net.layers) + 1)]

    @intercepts_.setter
    def intercepts_(self, values: list[NDArray[Any]]) -> None:
        for own, value in zip(self.intercepts_, values, strict=True):
            own[:] = value

    def _fitted(self, attribute: str) -> Network:
        net: Network | None = vars(self).get("net_")
        if net is None:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {attribute!r}")
        return net

    # -- training ---------------------------------------------------------------------------------

    def _fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        held_out: tuple[Any, Any, Any] = (None, None, None),
        incremental: bool = False,
    ) -> Any:
        hidden = self._hidden_sizes()
        first_pass = "net_" not in vars(self) or (not self.warm_start and not incremental)
        X, y = self._validate_input(X, y, incremental, reset=first_pass)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X)
        sample_weight = self._weigh_classes(y, sample_weight, incremental)
        self.n_outputs_: int = self._outputs(y)
        sizes = [X.shape[1], *hidden, self.n_outputs_]
        self._random_state = randomness.random_state(self.random_state)
        if first_pass:
            self._initialize(sizes, X.dtype)
        elif self.net_.sizes != sizes:
            raise ValueError(
                f"hidden_layer_sizes: expected those of the network that goes on, whose sizes are "
                f"{self.net_.sizes}, got {sizes}"
            )
        data = Examples(X, self._network_targets(y), sample_weight)
        if self._is_lbfgs():
            lbfgs.fit(self, data.dense())
        else:
            minibatches.fit(self, data, y, self._held_out(*held_out), incremental)
        require_finite(self.net_.parameters)
        self._name_outputs()
        if (columns := getattr(self, "feature_names_in_", None)) is not None:
            with suppress(ValueError):  # names that a file could not hold
                self.net_._core.feature_names = [str(name) for name in columns]
        return self

    def _hidden_sizes(self) -> list[int]:
        given = self.hidden_layer_sizes
        sizes = list(given) if hasattr(given, "__iter__") else [given]
        whole = all(type(size) is int for size in sizes)
        if any(size <= 0 for size in sizes) if whole else np.any(np.array(sizes) <= 0):
            raise ValueError(f"hidden_layer_sizes must be > 0, got {sizes}.")
        return [int(size) for size in sizes]

    def _outputs(self, y: NDArray[Any]) -> int:
        return 1 if y.ndim == 1 else y.shape[1]

    def _weigh_classes(self, y: Any, sample_weight: Any, incremental: bool) -> Any:
        """Weights of rows, with those of their classes where the estimator has such."""
        return sample_weight

    def _initialize(self, sizes: list[int], dtype: Any) -> None:
        """A new network, and what counts from its first epoch on."""
        self._make_network(sizes, dtype)
        logistic = isinstance(self.activation, str) and self.activation in ("logistic", "sigmoid")
        randomness.draw_parameters(self.net_, self._random_state, logistic=logistic)
        self._start_record()

    def _make_network(self, sizes: list[int], dtype: Any) -> None:
        self.n_layers_: int = len(sizes)
        self.n_outputs_ = sizes[-1]
        self.out_activation_: str = self._output()
        self.net_ = Network(
            sizes,
            activation=names.of_layers(self.activation, len(sizes) - 2),
            output=names.OF_NETWORK.get(self.out_activation_, self.out_activation_),
            dtype=dtype,
            rng=0,
            init="zeros",
        )

    def _start_record(self) -> None:
        self.n_iter_ = self.t_ = 0
        if self._is_lbfgs():
            return
        self.loss_curve_: list[float] = []
        self._no_improvement_count = 0
        self.best_loss_: float | None = None if self.early_stopping else np.inf
        self.best_validation_score_: float | None = -np.inf if self.early_stopping else None
        self.validation_scores_: list[float] | None = [] if self.early_stopping else None
        self.validation_loss_curve_: list[float] | None = [] if self.early_stopping else None

    def _is_lbfgs(self) -> bool:
        return bool(self.solver == "lbfgs") and self.optimizer is None

    def _held_out(self, X: Any, y: Any, sample_weight: Any) -> tuple[Any, Any, Any] | None:
        """Checked validation data that `fit` was given, y encoded; None where there are none."""
        if X is None and y is None:
            return None
        if X is None or y is None:
            given, missing = ("y_val", "X_val") if X is None else ("X_val", "y_val")
            raise ValueError(f"{given} is provided, but {missing} was not provided.")
        X, y = self._validate_held_out(X, y)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X)
        return X, y, sample_weight

    def _require_fitted(self) -> None:
        """NotFittedError before a fit."""
        if "net_" not in vars(self):
            check_is_fitted(self)

    # -- prediction -------------------------------------------------------------------------------

    def _activations(self, X: Any, *, check: bool = True) -> NDArray[Any]:
        """The outputs (n, n_outputs_); a sparse X is made dense a few thousand rows at a time."""
        self._require_fitted()
        if check:
            X = inputs(self, X)
        if not sparse.issparse(X):
            return self.net_.predict(X)
        rows = X.tocsr()
        pieces = range(0, X.shape[0], PIECE)
        return np.vstack([self.net_.predict(rows[i : i + PIECE].toarray()) for i in pieces])

    def _check_solver(self) -> bool:
        if self._is_lbfgs():
            raise AttributeError(
                "partial_fit is only available for stochastic optimizers. lbfgs is not stochastic."
            )
        return True

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.allow_nan = self.missing is not None
        return tags
