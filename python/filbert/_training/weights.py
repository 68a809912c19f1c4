"""How much the rows of a fit count: `sample_weight` and `class_weight`.

What feeds the training is made by additions, multiplications and divisions of float64 in the order
that docs/numerics.md says, and rounded to the network's dtype once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from filbert._edge import arrays, checks, values
from filbert._edge.checks import first_ten, shown

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from filbert._edge.targets import Wanted


def as_weights(name: str, weights: object, n: int) -> NDArray[np.float64] | None:
    """Weights of n rows: finite numbers of at least 0, not all of them 0. None stays None."""
    if weights is None:
        return None
    array = arrays.as_numbers(name, weights)
    if array.shape != (n,):
        raise ValueError(f"{name}: expected shape ({n},), one for each row, got {array.shape}")
    given = arrays.converted(name, array, np.dtype(np.float64))
    negative = given < 0.0
    if negative.any():
        at = int(np.argmax(negative))
        raise ValueError(f"{name}: expected numbers >= 0, got {array[at]} at [{at}]")
    return given


def rounded(
    name: str, weights: NDArray[np.float64] | None, dtype: np.dtype[Any], *, of: str = ""
) -> NDArray[Any] | None:
    """Weights as the core takes them: each is 0 or a normal number, and their sum is one too.

    of: which rows they are of, for messages, if these are not all.
    """
    if weights is None:
        return None
    limits = np.finfo(dtype)
    with np.errstate(all="ignore"):
        ready = weights.astype(dtype)
        wrong = (weights > 0.0) & ((ready < limits.tiny) | (ready > limits.max))
        total = float(np.sum(ready, dtype=np.float64))  # no more than a look at its size
    if wrong.any():
        at = int(np.argmax(wrong))
        raise ValueError(
            f"{name}: expected 0 or numbers from {limits.tiny:.4g} to {limits.max:.4g} in {dtype}, "
            f"got {weights[at]}{of} at [{at}]"
        )
    if total == 0.0:
        raise ValueError(f"{name}: expected at least one number above 0{of}, got only 0")
    if total == np.inf:
        raise ValueError(f"{name}: expected numbers whose sum is finite{of}, got more")
    return ready


class ClassWeights(NamedTuple):
    """What the rows of each class are multiplied by."""

    labels: NDArray[Any]  # (n,) the index of each row's class
    classes: int  # how many
    given: NDArray[np.float64] | None  # (classes,); None: balanced

    @classmethod
    def of(
        cls,
        class_weight: object,
        y: NDArray[Any],
        wanted: Wanted,
        classes: NDArray[Any] | None,
    ) -> ClassWeights | None:
        """y: as the core takes it. classes: what its classes are called, if that is known."""
        if class_weight is None:
            return None
        is_balanced = isinstance(class_weight, str) and class_weight == "balanced"
        if not is_balanced and not isinstance(class_weight, Mapping):
            error = ValueError if isinstance(class_weight, str) else TypeError
            raise error(
                "class_weight: expected a dict from labels to weights, or 'balanced', got "
                f"{shown(class_weight)}"
            )
        labels = require_labels(y, wanted)
        if not isinstance(class_weight, Mapping):
            return cls(labels, wanted.class_count, None)
        known = list(range(wanted.class_count)) if classes is None else classes.tolist()
        return cls(labels, wanted.class_count, _given(class_weight, known))

    def applied(
        self, weights: NDArray[np.float64] | None, rows: NDArray[Any] | None = None
    ) -> NDArray[np.float64]:
        """The weights of these rows, or of all, times those of their classes.

        weights: (n,) of all rows.
        """
        labels = self.labels if rows is None else self.labels[rows]
        own = weights if weights is None or rows is None else weights[rows]
        factors = self.given if self.given is not None else balanced(labels, self.classes, own)
        of_rows: NDArray[np.float64] = factors[labels]
        return of_rows if own is None else own * of_rows


def balanced(
    labels: NDArray[Any], count: int, weights: NDArray[np.float64] | None
) -> NDArray[np.float64]:
    """n / (k n_c) for each class c, of which k have rows; with weights the sums of these for the
    numbers n and n_c of rows, as scikit-learn's compute_class_weight has it. Other classes get 0.
    """
    # It adds one row after another, so that the order of the additions is that of the rows.
    of_class = np.bincount(labels, weights, minlength=count).astype(np.float64)
    total = 0.0
    for each in of_class.tolist():
        total += each
    present = of_class > 0.0
    factors = np.zeros(count)
    factors[present] = total / (float(np.count_nonzero(present)) * of_class[present])
    return factors


def require_labels(y: NDArray[Any], wanted: Wanted) -> NDArray[Any]:
    """The index of the class of each row. ValueError if rows have no such class."""
    if not wanted.traits["classifies"] and not wanted.labels:
        raise ValueError(
            "class_weight: expected an output that tells classes apart, got "
            f"{values.shown(wanted.output)}; use sample_weight"
        )
    labels = labels_of(y, wanted)
    if labels is None:
        got = f"rows of {y.shape[1]} values" if y.shape[1] > 1 else "values between 0 and 1"
        raise ValueError(
            f"class_weight: expected y of labels, one for each row, got {got}; use sample_weight"
        )
    return labels


def labels_of(y: NDArray[Any], wanted: Wanted) -> NDArray[Any] | None:
    """The same, or None: y holds labels, or 0 and 1 for one output that tells two classes apart."""
    if y.ndim == 1:
        return y
    if y.shape[1] > 1 or wanted.outputs > 1 or not wanted.traits["classifies"]:
        return None
    column = y[:, 0]
    return column.astype(np.int32) if bool(((column == 0) | (column == 1)).all()) else None


def _given(class_weight: Mapping[Any, object], known: list[Any]) -> NDArray[np.float64]:
    weights = []
    for label in known:
        if label not in class_weight:
            raise ValueError(
                f"class_weight: expected a weight for each of the classes {first_ten(known)}, got "
                f"none for {label!r}"
            )
        weight = checks.real(f"class_weight[{label!r}]", class_weight[label])
        if not 0.0 <= weight < np.inf:
            raise ValueError(
                f"class_weight[{label!r}]: expected a finite number >= 0, got {weight}"
            )
        weights.append(weight)
    for label in class_weight:
        if label not in known:
            raise ValueError(
                f"class_weight: expected the classes {first_ten(known)}, got {shown(label)}"
            )
    return np.array(weights)
