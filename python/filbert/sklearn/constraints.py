"""What the parameters of the estimators may be, in the form in which scikit-learn checks them."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.utils._param_validation import Interval, Options, StrOptions

from filbert import _core
from filbert.activations import Activation
from filbert.losses import Loss
from filbert.optimizers.base import Optimizer
from filbert.sklearn.names import HIDDEN

_AT_LEAST_ONE = Interval(Integral, 1, None, closed="left")
_NOT_NEGATIVE = Interval(Real, 0, None, closed="left")
_POSITIVE = Interval(Real, 0, None, closed="neither")
_FRACTION = Interval(Real, 0, 1, closed="left")

_ACTIVATIONS = {
    *HIDDEN,
    *(name for name in _core.activation_names() if _core.activation_traits(name)["hidden"]),
}

# Those of both estimators: first scikit-learn's, then filbert's own.
SHARED: dict[str, list[Any]] = {
    "hidden_layer_sizes": ["array-like", _AT_LEAST_ONE],
    "activation": [StrOptions(_ACTIVATIONS), Activation, "array-like"],
    "solver": [StrOptions({"lbfgs", "sgd", "adam"})],
    "alpha": [_NOT_NEGATIVE],
    "batch_size": [StrOptions({"auto"}), _AT_LEAST_ONE],
    "learning_rate": [StrOptions({"constant", "invscaling", "adaptive"})],
    "learning_rate_init": [_POSITIVE],
    "power_t": [_NOT_NEGATIVE],
    "max_iter": [_AT_LEAST_ONE],
    "shuffle": ["boolean"],
    "random_state": ["random_state"],
    "tol": [_NOT_NEGATIVE],
    "verbose": ["verbose"],
    "warm_start": ["boolean"],
    "momentum": [Interval(Real, 0, 1, closed="both")],
    "nesterovs_momentum": ["boolean"],
    "early_stopping": ["boolean"],
    "validation_fraction": [_FRACTION],
    "beta_1": [_FRACTION],
    "beta_2": [_FRACTION],
    "epsilon": [_POSITIVE],
    "n_iter_no_change": [_AT_LEAST_ONE, Options(Real, {np.inf})],
    "max_fun": [_AT_LEAST_ONE],
    "optimizer": [Optimizer, None],
    "dropout": [_FRACTION, "array-like"],
    "clip_norm": [_POSITIVE, None],
    "normalize": ["boolean", StrOptions({"standard", "robust", "quantile"})],
    "missing": [StrOptions({"mean"}), None],
    "callbacks": [list, tuple, None],
    "n_threads": [Interval(Integral, 1, 1024, closed="both"), None],
}

CLASSIFIER: dict[str, list[Any]] = {
    **SHARED,
    "loss": [StrOptions({"log_loss", "focal"}), Loss],
    "class_weight": [StrOptions({"balanced"}), dict, None],
}

REGRESSION_LOSSES = ("absolute_error", "huber", "log_cosh", "poisson", "quantile", "squared_error")

REGRESSOR: dict[str, list[Any]] = {
    **SHARED,
    "loss": [StrOptions(set(REGRESSION_LOSSES)), Loss],
    "normalize_targets": ["boolean"],
}
