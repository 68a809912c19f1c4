"""The parameters of an estimator, read and checked as scikit-learn does, but each value once."""

from __future__ import annotations

from typing import Any, ClassVar

from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import validate_parameter_constraints

_PLAIN = frozenset({bool, int, float, str, type(None)})  # values of these never change
_MOST = 4096

# What has passed: the constraints by the name of the parameter, the type of the value, and the value.
# Constraints and values of these types alone decide, whatever the estimator.
_passed: dict[tuple[str, type, Any], list[Any]] = {}


class Parameters(BaseEstimator):
    """An estimator whose signature is read once for each class."""

    _known_names: ClassVar[tuple[Any, list[str]]]  # __init__ and the names of its parameters

    @classmethod
    def _get_param_names(cls) -> list[str]:
        known = cls.__dict__.get("_known_names")
        if known is None or known[0] is not cls.__init__:
            known = cls._known_names = cls.__init__, super()._get_param_names()
        return list(known[1])

    def _validate_params(self) -> None:
        """InvalidParameterError for what is none of `_parameter_constraints`."""
        constraints = self._parameter_constraints
        unknown = {}
        for name in self._get_param_names():
            value = getattr(self, name)
            kind = type(value)
            if kind not in _PLAIN or _passed.get((name, kind, value)) is not constraints.get(name):
                unknown[name] = value
        if not unknown:
            return
        validate_parameter_constraints(constraints, unknown, caller_name=type(self).__name__)
        if len(_passed) + len(unknown) > _MOST:
            _passed.clear()
        for name, value in unknown.items():
            if type(value) in _PLAIN and name in constraints:
                _passed[name, type(value), value] = constraints[name]
