"""X and y as scikit-learn checks them.

An array that is certain to pass all checks as it is need not go through them, which for a small
table take longer than training. Whatever is not certain goes to `validate_data`, so that the messages,
the warnings and what is converted are scikit-learn's.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.validation import validate_data

from filbert import _core

FLOATS = (np.float64, np.float32)


def inputs(estimator: Any, X: Any) -> Any:
    """X for a prediction."""
    nan = estimator.net_._core.fills
    if _is_plain(estimator, X, FLOATS, reset=False, nan=nan):
        return X
    finite = "allow-nan" if nan else True
    return validate_data(
        estimator, X, accept_sparse=["csr", "csc"], ensure_all_finite=finite, reset=False
    )


def examples(
    estimator: Any, X: Any, y: Any, *, dtype: Any = FLOATS, reset: bool, **targets: Any
) -> tuple[Any, Any]:
    """X and y of the same number of rows.

    dtype: that X is to have, or several of which it keeps its own. reset: whether the estimator
    learns the number and the names of the columns, or X has to go with those that it knows.
    targets: what `validate_data` is told of y.
    """
    nan = estimator.missing is not None or (not reset and estimator.net_._core.fills)
    dtypes = dtype if isinstance(dtype, tuple) else (dtype,)
    if _is_plain(estimator, X, dtypes, reset=reset, nan=nan) and _is_plain_target(y, len(X)):
        if reset:
            estimator.n_features_in_ = X.shape[1]
        return X, y
    X, y = validate_data(
        estimator,
        X,
        y,
        accept_sparse=["csr", "csc"],
        multi_output=True,
        ensure_all_finite="allow-nan" if nan else True,
        dtype=dtype,
        reset=reset,
        **targets,
    )
    return X, y


def _is_plain(estimator: Any, X: Any, dtypes: tuple[Any, ...], *, reset: bool, nan: bool) -> bool:
    """Whether X is a matrix of finite numbers of one of the dtypes, and no names of columns matter.

    nan: whether NaN counts as finite.
    """
    if type(X) is not np.ndarray or X.ndim != 2 or X.dtype not in dtypes or X.size == 0:
        return False
    known = vars(estimator)
    if "feature_names_in_" in known:
        return False
    if not reset and known.get("n_features_in_") != X.shape[1]:
        return False
    return _core.first_unfit(X, "float64" if X.dtype.itemsize == 8 else "float32", nan) < 0


def _is_plain_target(y: Any, n: int) -> bool:
    """Whether y consists of n bools, integers, strings or finite floats."""
    if type(y) is not np.ndarray or y.shape != (n,):
        return False
    return y.dtype.kind in "biuU" or (y.dtype in FLOATS and bool(np.isfinite(y).all()))
