"""Multilayer perceptrons for scikit-learn: change the import, keep the code.

>>> from filbert.sklearn import MLPClassifier, MLPRegressor

They are scikit-learn's estimators of these names, trained by filbert: with the same parameters,
attributes, methods, warnings and conventions, and, from the same random_state, the same weights but
for rounding. docs/from_scikit_learn.md says what they have beside that, and where they differ.

This is the only part of the package that needs scikit-learn.
"""

from __future__ import annotations

try:
    import sklearn  # noqa: F401  # what follows needs it
except ModuleNotFoundError as _error:
    if _error.name != "sklearn":
        raise
    raise ModuleNotFoundError(
        "filbert.sklearn: expected scikit-learn 1.6 or later, which is not installed. "
        "Try: pip install 'filbert[sklearn]'",
        name="sklearn",
    ) from None

from filbert.sklearn.classifier import MLPClassifier
from filbert.sklearn.regressor import MLPRegressor

__all__ = ["MLPClassifier", "MLPRegressor"]
