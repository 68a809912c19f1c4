"""The regressor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import RegressorMixin, _fit_context
from sklearn.utils import column_or_1d
from sklearn.utils.metaestimators import available_if

from filbert.sklearn.constraints import REGRESSOR
from filbert.sklearn.conversion import Portable
from filbert.sklearn.docs import documented
from filbert.sklearn.inputs import FLOATS, examples
from filbert.sklearn.scores import r2, r2_of_values

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from filbert.losses import Loss
    from filbert.network import Network
    from filbert.optimizers.base import Optimizer
    from filbert.sklearn.examples import Examples
    from filbert.sklearn.names import Activations


@documented
class MLPRegressor(RegressorMixin, Portable):
    """scikit-learn's multilayer perceptron regressor, trained by filbert.

    Parameters
    ----------
    loss : str or filbert.losses.Loss, default="squared_error"
        What is minimised: "squared_error", which is half of the square, or "poisson", half of the
        deviance, with an exponential output, for y that are not negative. Or another loss of
        `filbert.losses`, as "absolute_error", "huber", "log_cosh", "quantile" or a value with a
        parameter, with an identity output.
    {shared}
    {own}
    normalize_targets : bool, default=False
        Whether the first fit learns the mean and the standard deviation of each column of y, and the
        network is trained on y in these units; `predict` returns those of y. `loss_`, `loss_curve_`
        and `tol` are of the normalised y. Not with loss="poisson".
    {last}

    Attributes
    ----------
    {attributes}

    Notes
    -----
    {notes}

    Examples
    --------
    >>> from filbert.sklearn import MLPRegressor
    >>> from sklearn.datasets import make_regression
    >>> X, y = make_regression(n_samples=200, n_features=20, random_state=1)
    >>> MLPRegressor(max_iter=2000, tol=0.1, random_state=1).fit(X, y).score(X, y)
    """

    __module__ = "filbert.sklearn"

    _parameter_constraints: dict[str, list[Any]] = REGRESSOR
    _theirs = "MLPRegressor"

    def __init__(
        self,
        loss: str | Loss = "squared_error",
        hidden_layer_sizes: Any = (100,),
        activation: Activations = "relu",
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: int | str = "auto",
        learning_rate: str = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: bool | int = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: float = 10,
        max_fun: int = 15000,
        optimizer: Optimizer | None = None,
        dropout: Any = 0.0,
        clip_norm: float | None = None,
        normalize: bool | str = False,
        normalize_targets: bool = False,
        missing: str | None = None,
        callbacks: Any = None,
        n_threads: int | None = None,
    ) -> None:
        self.loss = loss
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.max_fun = max_fun
        self.optimizer = optimizer
        self.dropout = dropout
        self.clip_norm = clip_norm
        self.normalize = normalize
        self.normalize_targets = normalize_targets
        self.missing = missing
        self.callbacks = callbacks
        self.n_threads = n_threads

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: ArrayLike | None = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: ArrayLike | None = None,
    ) -> MLPRegressor:
        """Train on examples.

        Parameters
        ----------
        X : array or sparse matrix (n, n_features)
            Those of float32 and float64 are kept, anything else becomes float64.
        y : array (n,) or (n, n_outputs)
            Numbers.
        sample_weight : array (n,), optional
            How much each row counts.
        X_val, y_val, sample_weight_val : optional
            Validation data, which are scored after each epoch and, with `early_stopping`, take the
            place of a part of X. Not with solver="lbfgs".

        Returns
        -------
        MLPRegressor
            The estimator itself.

        Raises
        ------
        ValueError, TypeError
            If a parameter, X, y or a weight is not one of these.
        """
        return self._fit(X, y, sample_weight, (X_val, y_val, sample_weight_val))

    @available_if(lambda self: self._check_solver())
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X: Any, y: Any, sample_weight: ArrayLike | None = None) -> MLPRegressor:
        """Go on with one epoch over these examples; not with solver="lbfgs".

        Parameters
        ----------
        X, y, sample_weight
            As in `fit`.

        Returns
        -------
        MLPRegressor
            The estimator itself.
        """
        return self._fit(X, y, sample_weight, incremental=True)

    def predict(self, X: Any) -> NDArray[Any]:
        """The prediction for each row of X (n, n_features): (n,), or (n, n_outputs) for several."""
        a = self._activations(X)
        return a.ravel() if a.shape[1] == 1 else a

    def score(self, X: Any, y: Any, sample_weight: ArrayLike | None = None) -> float:
        """The coefficient of determination, the mean over the outputs.

        Parameters
        ----------
        X, y, sample_weight
            As in `fit`.

        Returns
        -------
        float
            `sklearn.metrics.r2_score` of y and `predict(X)`.
        """
        return r2_of_values(y, self.predict(X), sample_weight)

    # -- what the base class asks for -------------------------------------------------------------

    def _validated(self, X: Any, y: Any, dtype: Any, reset: bool) -> tuple[Any, Any]:
        X, y = examples(self, X, y, dtype=dtype, reset=reset, y_numeric=True)
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        return X, y

    def _validate_input(self, X: Any, y: Any, incremental: bool, reset: bool) -> tuple[Any, Any]:
        return self._validated(X, y, FLOATS, reset)

    def _validate_held_out(self, X: Any, y: Any) -> tuple[Any, Any]:
        return self._validated(X, y, self.net_.dtype, reset=False)

    def _output(self) -> str:
        return "exp" if self.loss == "poisson" else "identity"

    def _network_loss(self) -> Any:
        return "half_squared_error" if self.loss == "squared_error" else self.loss

    def _network_targets(self, y: NDArray[Any]) -> NDArray[Any]:
        rows: NDArray[Any] = y.reshape(len(y), -1)
        return rows.astype(self.net_.dtype, order="C", copy=False)

    def _own_loss(self, cost: float, data: Examples) -> float:
        if self.loss == "squared_error":
            return cost / self.n_outputs_  # scikit-learn reports the mean over the outputs
        if self.loss == "poisson":
            y = np.asarray(data.y, dtype=np.float64)
            rows = (y * np.log(np.where(y > 0.0, y, 1.0)) - y).sum(axis=1)
            return cost + float(np.average(rows, weights=data.weights))
        return cost

    def _held_out_score(self, data: Examples, values: dict[str, float]) -> float:
        return r2(data.y, self._activations(data.X, check=False), data.weights)

    def _name_outputs(self) -> None:
        """Outputs of a regressor have no labels."""

    def _require_storable(self) -> None:
        """Outputs of a regressor have no labels."""

    def _take_labels(self, mlp: Any) -> None:
        """A regressor has none."""

    def _give_labels(self, mlp: Any) -> None:
        """A regressor has none."""

    def _adopt(self, network: Network) -> None:
        output = str(network.layers[-1].activation)
        if output == "exponential":
            self.loss = "poisson"
        elif output != "identity":
            raise ValueError(f"network: expected an identity or exponential output, got {output!r}")
