"""Estimators in files, and as estimators of scikit-learn's own."""

from __future__ import annotations

import os
from abc import abstractmethod
from typing import Any, Self

import numpy as np
from sklearn import neural_network
from sklearn.utils.validation import check_is_fitted

from filbert.files import load
from filbert.network import Network
from filbert.sklearn import names
from filbert.sklearn.base import BaseMultilayerPerceptron


class Portable(BaseMultilayerPerceptron):
    """What takes an estimator somewhere else, and brings one back."""

    _theirs: str  # the name of scikit-learn's class

    # -- what the estimator says ------------------------------------------------------------------

    @abstractmethod
    def _take_labels(self, mlp: Any) -> None:
        """Take over what the outputs of an estimator of scikit-learn stand for."""

    @abstractmethod
    def _give_labels(self, mlp: Any) -> None:
        """Tell one what the outputs stand for."""

    @abstractmethod
    def _adopt(self, network: Network) -> None:
        """Take over what the outputs of a network stand for. ValueError if they are no such ones."""

    @abstractmethod
    def _require_storable(self) -> None:
        """ValueError if a file would not hold what the outputs stand for."""

    # -- files ------------------------------------------------------------------------------------

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write `net_` to a safetensors file, which `load`, `filbert.load` and C++ programs read.

        It holds the weights, the labels and the names of features. Parameters that only training
        needs, and the record of the fit, are in pickles alone.

        Raises
        ------
        NotFittedError
            Before a fit.
        ValueError
            If there are labels that files do not hold: neither strings nor integers.
        OSError
            If the file cannot be written.
        """
        check_is_fitted(self)
        self._require_storable()
        self.net_.save(path)

    @classmethod
    def load(cls, path: str | os.PathLike[str], **params: Any) -> Self:
        """A fitted estimator with the network of a file.

        Parameters
        ----------
        path
            What `save`, or `filbert.Network.save`, has written.
        **params
            Parameters of the estimator, for training on; hidden_layer_sizes and activation are
            those of the file.

        Raises
        ------
        OSError, FormatError
            If the file cannot be read.
        ValueError
            If its network is none that this estimator could have.
        """
        network = load(path)
        if isinstance(network, Network):
            return cls.from_network(network, **params)
        raise ValueError("path: expected the file of one network, got that of an ensemble")

    @classmethod
    def from_network(cls, network: Network, **params: Any) -> Self:
        """A fitted estimator around a network, whose parameters it shares. See `load`."""
        hidden = [each.activation for each in network.layers[:-1]]
        named = [names.OF_SKLEARN.get(str(each), each) for each in hidden]
        same = all(each == named[0] for each in named)
        shape = {
            "hidden_layer_sizes": tuple(network.sizes[1:-1]),
            "activation": (named or ["relu"])[0] if same else named,
        }
        output = str(network.layers[-1].activation)
        self = cls(**{**shape, **params})
        self.net_ = network
        self.out_activation_ = names.OF_SKLEARN.get(output, output)
        self.n_layers_, self.n_outputs_ = len(network.sizes), network.sizes[-1]
        self.n_features_in_ = network.sizes[0]
        if network.feature_names is not None:
            self.feature_names_in_ = np.array(network.feature_names, dtype=object)
        self._adopt(network)
        self._start_record()
        return self

    @classmethod
    def from_sklearn(cls, mlp: Any) -> Self:
        """An estimator of the same parameters as one of scikit-learn, and fitted if that is.

        Parameters
        ----------
        mlp : sklearn.neural_network.MLPClassifier or MLPRegressor
            The estimator of the same name.

        Returns
        -------
        estimator
            With copies of its weights and of the record of its fit. `partial_fit` begins with a new
            optimizer.

        Raises
        ------
        TypeError
            If it is another estimator.
        """
        theirs = getattr(neural_network, cls._theirs)
        if not isinstance(mlp, theirs):
            raise TypeError(
                f"mlp: expected a {cls._theirs} of sklearn.neural_network, got {type(mlp).__name__}"
            )
        known = cls().get_params(deep=False).keys()
        given = mlp.get_params(deep=False)
        self = cls(**{name: value for name, value in given.items() if name in known})
        if not hasattr(mlp, "coefs_"):
            return self
        self._take_labels(mlp)
        sizes = [mlp.coefs_[0].shape[0], *(len(biases) for biases in mlp.intercepts_)]
        self._make_network(sizes, mlp.coefs_[0].dtype)
        self._start_record()
        self.coefs_, self.intercepts_ = mlp.coefs_, mlp.intercepts_
        _copy_record(mlp, self)
        self._name_outputs()
        return self

    def to_sklearn(self) -> Any:
        """An estimator of scikit-learn with the same parameters, and fitted if this one is.

        Its predictions are those of this one but for rounding. Parameters that only filbert has are
        left out: they matter to training alone. A loss that scikit-learn does not have becomes the
        default. `partial_fit` begins with a new optimizer.

        Raises
        ------
        ValueError
            If scikit-learn does not have the activation, or has one for all layers only, or if the
            network scales its inputs or outputs, or fills gaps in.
        """
        _require_plain(vars(self).get("net_"))
        mlp = getattr(neural_network, self._theirs)()
        given = {name: getattr(self, name) for name in mlp.get_params(deep=False)}
        given["activation"] = self._their_activation()
        if given.get("loss") not in (None, "squared_error", "poisson"):
            del given["loss"]
        mlp.set_params(**given)
        if "net_" not in vars(self):
            return mlp
        mlp.coefs_ = [w.copy() for w in self.coefs_]
        mlp.intercepts_ = [b.copy() for b in self.intercepts_]
        mlp._best_coefs = [w.copy() for w in self.coefs_]  # what a warm start may put back
        mlp._best_intercepts = [b.copy() for b in self.intercepts_]
        mlp.n_layers_, mlp.n_outputs_ = self.n_layers_, self.n_outputs_
        mlp.out_activation_ = self.out_activation_
        _copy_record(self, mlp)
        self._give_labels(mlp)
        return mlp

    def _their_activation(self) -> str:
        each = names.of_layers(self.activation, max(1, len(self._hidden_sizes())))
        named = {names.OF_SKLEARN.get(str(one), str(one)) for one in each}
        if len(named) > 1 or not named <= set(names.HIDDEN):
            raise ValueError(
                f"activation: expected one of {', '.join(names.HIDDEN)} for all layers, as "
                f"scikit-learn has them, got {self.activation!r}"
            )
        return named.pop()


def _require_plain(network: Network | None) -> None:
    """ValueError if a network does to X or y what no estimator of scikit-learn does."""
    learnt = None if network is None else network.normalisation
    if learnt is None:
        return
    if learnt.kind is not None:
        name, expected, what, remedy = "normalize", False, "scale X", "put a scaler before them"
    elif learnt.fill is not None:
        name, expected, what = "missing", None, "take NaN"
        remedy = "put a SimpleImputer before them"
    else:
        name, expected, what = "normalize_targets", False, "scale y"
        remedy = "put them into a TransformedTargetRegressor"
    raise ValueError(
        f"{name}: expected {expected}, as scikit-learn's estimators do not {what}; {remedy}"
    )


_RECORD = (
    "n_iter_",
    "t_",
    "loss_",
    "best_loss_",
    "loss_curve_",
    "validation_scores_",
    "best_validation_score_",
    "n_features_in_",
    "feature_names_in_",
    "_no_improvement_count",
)


def _copy_record(source: Any, to: Any) -> None:
    """What is known of a fit, under names that both packages have."""
    for name in _RECORD:
        if hasattr(source, name):
            value = getattr(source, name)
            setattr(to, name, list(value) if isinstance(value, list) else value)
