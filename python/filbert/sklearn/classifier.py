"""The classifier."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import ClassifierMixin, _fit_context
from sklearn.utils import column_or_1d
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import (
    _check_partial_fit_first_call,
    type_of_target,
    unique_labels,
)

from filbert.sklearn.constraints import CLASSIFIER
from filbert.sklearn.conversion import Portable
from filbert.sklearn.docs import documented
from filbert.sklearn.inputs import examples
from filbert.sklearn.scores import accuracy, accuracy_of_labels
from filbert.sklearn.targets import Labels

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from filbert.losses import Loss
    from filbert.network import Network
    from filbert.optimizers.base import Optimizer
    from filbert.sklearn.examples import Examples
    from filbert.sklearn.names import Activations


@documented
class MLPClassifier(ClassifierMixin, Portable):
    """scikit-learn's multilayer perceptron classifier, trained by filbert.

    Parameters
    ----------
    {shared}
    loss : str or filbert.losses.Loss, default="log_loss"
        What is minimised: "log_loss", "focal", or a value of `filbert.losses` that goes with the
        outputs, a softmax for several classes, else sigmoids.
    class_weight : dict, "balanced" or None, default=None
        What the weight of a row is multiplied by for its class; "balanced" is
        n / (n_classes * rows of the class). Not for several labels a row, and not "balanced" in
        `partial_fit`.
    {own}
    {last}

    Attributes
    ----------
    classes_ : array (n_classes,)
        All labels, sorted.
    {attributes}

    Notes
    -----
    {notes}

    Examples
    --------
    >>> from filbert.sklearn import MLPClassifier
    >>> from sklearn.datasets import make_classification
    >>> X, y = make_classification(random_state=0)
    >>> MLPClassifier(max_iter=300, random_state=0).fit(X, y).score(X, y)
    """

    __module__ = "filbert.sklearn"

    _parameter_constraints: dict[str, list[Any]] = CLASSIFIER
    _theirs = "MLPClassifier"

    def __init__(
        self,
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
        loss: str | Loss = "log_loss",
        class_weight: dict[Any, float] | str | None = None,
        optimizer: Optimizer | None = None,
        dropout: Any = 0.0,
        clip_norm: float | None = None,
        normalize: bool | str = False,
        missing: str | None = None,
        callbacks: Any = None,
        n_threads: int | None = None,
    ) -> None:
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
        self.loss = loss
        self.class_weight = class_weight
        self.optimizer = optimizer
        self.dropout = dropout
        self.clip_norm = clip_norm
        self.normalize = normalize
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
    ) -> MLPClassifier:
        """Train on examples.

        Parameters
        ----------
        X : array or sparse matrix (n, n_features)
            Those of float32 and float64 are kept, anything else becomes float64.
        y : array (n,) or (n, n_outputs)
            Labels; or 0 and 1 in columns, for several labels a row.
        sample_weight : array (n,), optional
            How much each row counts.
        X_val, y_val, sample_weight_val : optional
            Validation data, which are scored after each epoch and, with `early_stopping`, take the
            place of a part of X. Not with solver="lbfgs".

        Returns
        -------
        MLPClassifier
            The estimator itself.

        Raises
        ------
        ValueError, TypeError
            If a parameter, X, y or a weight is not one of these.
        """
        return self._fit(X, y, sample_weight, (X_val, y_val, sample_weight_val))

    @available_if(lambda self: self._check_solver())
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(
        self,
        X: Any,
        y: Any,
        sample_weight: ArrayLike | None = None,
        classes: ArrayLike | None = None,
    ) -> MLPClassifier:
        """Go on with one epoch over these examples; not with solver="lbfgs".

        Parameters
        ----------
        X, y, sample_weight
            As in `fit`.
        classes : array (n_classes,)
            All labels that any call will have. The first call needs it; later ones may leave it out.

        Returns
        -------
        MLPClassifier
            The estimator itself.
        """
        if _check_partial_fit_first_call(self, classes):
            several = type_of_target(y).startswith("multilabel")
            self._learn(Labels.of(y if several else classes))
        return self._fit(X, y, sample_weight, incremental=True)

    def predict(self, X: Any) -> Any:
        """The label of each row of X (n, n_features), or 0 and 1 in columns as y had them."""
        self._require_fitted()
        return self._labels.decode(self._activations(X))

    def predict_proba(self, X: Any) -> NDArray[Any]:
        """The probability of each class (n, n_classes), in the order of `classes_`."""
        a = self._activations(X)
        return np.hstack([1 - a, a]) if a.shape[1] == 1 else a

    def predict_log_proba(self, X: Any) -> NDArray[Any]:
        """The logarithm of `predict_proba`; -inf where that is 0."""
        probabilities = self.predict_proba(X)
        with np.errstate(divide="ignore"):
            return np.log(probabilities, out=probabilities)

    def score(self, X: Any, y: Any, sample_weight: ArrayLike | None = None) -> float:
        """The accuracy; of several labels a row, the part of the rows where all of them are right.

        Parameters
        ----------
        X, y, sample_weight
            As in `fit`.

        Returns
        -------
        float
            `sklearn.metrics.accuracy_score` of y and `predict(X)`.
        """
        return accuracy_of_labels(y, self.predict(X), sample_weight, len(self.classes_))

    # -- labels, kept as plain values, which pickles hold -----------------------------------------

    @property
    def _labels(self) -> Labels:
        return Labels(self.classes_, self._label_kind, self._label_sparse)

    def _learn(self, labels: Labels) -> None:
        self.classes_: NDArray[Any] = labels.classes
        self._label_kind = labels.kind
        self._label_sparse = labels.sparse

    # -- what the base class asks for -------------------------------------------------------------

    def _validate_input(self, X: Any, y: Any, incremental: bool, reset: bool) -> tuple[Any, Any]:
        X, y = examples(self, X, y, reset=reset)
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        if not hasattr(self, "classes_") or (not self.warm_start and not incremental):
            self._learn(Labels.of(y))
        else:
            self._require_known(y)
        return X, self._labels.encode(y)

    def _require_known(self, y: Any) -> None:
        classes = unique_labels(y)
        if self.warm_start:
            if set(classes) != set(self.classes_):
                raise ValueError(
                    "warm_start can only be used where `y` has the same classes as in the previous "
                    f"call to fit. Previously got {self.classes_}, `y` has {classes}"
                )
        elif len(np.setdiff1d(classes, self.classes_, assume_unique=True)):
            raise ValueError(
                f"`y` has classes not in `self.classes_`. `self.classes_` has {self.classes_}. "
                f"'y' has {classes}."
            )

    def _validate_held_out(self, X: Any, y: Any) -> tuple[Any, Any]:
        X, y = examples(self, X, y, dtype=self.net_.dtype, reset=False)
        if unknown := set(unique_labels(y)) - set(self.classes_):
            raise ValueError(f"y_val: expected labels among {self.classes_}, got {unknown}")
        return X, self._labels.encode(column_or_1d(y) if y.ndim == 2 and y.shape[1] == 1 else y)

    def _outputs(self, y: NDArray[Any]) -> int:
        return self._labels.outputs

    def _output(self) -> str:
        return self._labels.out_activation

    def _network_loss(self) -> Any:
        if self.loss != "log_loss":
            return self.loss
        return "binary_cross_entropy" if self.out_activation_ == "logistic" else "cross_entropy"

    def _network_targets(self, y: NDArray[Any]) -> NDArray[Any]:
        return self._labels.of_network(y, self.net_)

    def _own_loss(self, cost: float, data: Examples) -> float:
        return cost

    def _held_out_score(self, data: Examples, values: dict[str, float]) -> float:
        if self._labels.kind != "multilabel-indicator":
            return values["val_accuracy"]  # with several labels it counts each of them
        a = self._activations(data.X, check=False)
        return accuracy(data.y, self._labels.indices(a), data.weights)

    def _weigh_classes(self, y: Any, sample_weight: Any, incremental: bool) -> Any:
        if self.class_weight is None:
            return sample_weight
        if self._labels.kind == "multilabel-indicator":
            raise ValueError("class_weight: expected None for several labels a row")
        if incremental and self.class_weight == "balanced":
            raise ValueError(
                "class_weight 'balanced' is not supported for partial_fit: compute the weights of "
                "all classes with compute_class_weight, and pass them as a dict."
            )
        weights = compute_sample_weight(self.class_weight, self.classes_[y])
        return weights if sample_weight is None else sample_weight * weights

    def _name_outputs(self) -> None:
        labels = self._labels.storable()
        if labels is not None and self.net_._core.classes is None:
            with suppress(ValueError):  # labels that a file could not hold
                self.net_._core.classes = labels

    def _require_storable(self) -> None:
        numbers = self.classes_.dtype.kind in "iu"
        trivial = numbers and np.array_equal(self.classes_, np.arange(max(2, self.n_outputs_)))
        if self.net_._core.classes is None and not trivial:
            raise ValueError(
                "classes_: expected at least two labels, strings or integers, as files hold them, "
                f"got {self.classes_!r}; pickle keeps any"
            )

    def _take_labels(self, mlp: Any) -> None:
        self._learn(Labels.known_to(mlp._label_binarizer))

    def _give_labels(self, mlp: Any) -> None:
        mlp.classes_, mlp._label_binarizer = self.classes_, self._labels.binarizer()

    def _adopt(self, network: Network) -> None:
        output, count = str(network.layers[-1].activation), network.sizes[-1]
        if output not in ("softmax", "sigmoid"):
            raise ValueError(f"network: expected a softmax or sigmoid output, got {output!r}")
        several = output == "sigmoid" and count > 1
        kind = "multilabel-indicator" if several else "multiclass" if count > 2 else "binary"
        if output == "softmax" and count < 3:
            raise ValueError(
                f"network: expected one sigmoid output for two classes, got {count} of a softmax"
            )
        known = network.classes
        classes = np.arange(max(2, count)) if several or known is None else known.copy()
        self._learn(Labels(classes, kind, False))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
