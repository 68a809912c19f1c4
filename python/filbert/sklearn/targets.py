"""Labels of a classifier: what they become for a network, and what its outputs become again.

It does what scikit-learn's LabelBinarizer does, without a dense row for each label.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse
from sklearn.preprocessing import LabelBinarizer

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Labels:
    """The labels that a classifier has learned.

    Attributes
    ----------
    classes
        All labels, sorted; for a y with several labels a row, the numbers of its columns.
    kind
        "binary", "multiclass" or "multilabel-indicator".
    sparse
        Whether y was a sparse matrix; predictions of several labels a row are then.
    """

    def __init__(self, classes: NDArray[Any], kind: str, is_sparse: bool) -> None:
        self.classes: NDArray[Any] = classes
        self.kind: str = kind
        self.sparse: bool = is_sparse

    @classmethod
    def of(cls, y: Any) -> Labels:
        """Those of y. ValueError, in scikit-learn's words, if y holds no labels."""
        if isinstance(y, np.ndarray) and y.ndim == 1 and y.dtype.kind in "biuU" and len(y) > 0:
            # What is without doubt labels, and most frequent, need not be looked at several times.
            classes = np.unique(y)
            if 2 * len(classes) <= len(y):
                return cls(classes, "binary" if len(classes) <= 2 else "multiclass", False)
        return cls.known_to(LabelBinarizer().fit(y))

    @classmethod
    def known_to(cls, binarizer: Any) -> Labels:
        """Those that a LabelBinarizer has learned."""
        return cls(binarizer.classes_, binarizer.y_type_, binarizer.sparse_input_)

    def binarizer(self) -> Any:
        """A LabelBinarizer that has learned them."""
        if self.kind != "multilabel-indicator":
            return LabelBinarizer().fit(self.classes)
        y = np.eye(len(self.classes), dtype=int)
        return LabelBinarizer().fit(sparse.csr_matrix(y) if self.sparse else y)

    @property
    def outputs(self) -> int:
        """How many outputs a network has for them: one that says yes or no, or one for each."""
        return 1 if self.kind != "multilabel-indicator" and self.binary else len(self.classes)

    @property
    def binary(self) -> bool:
        """Whether there are two labels, or one alone."""
        return len(self.classes) <= 2

    @property
    def out_activation(self) -> str:
        """scikit-learn's name for the activation of the outputs."""
        return "logistic" if self.outputs == 1 or self.kind == "multilabel-indicator" else "softmax"

    def encode(self, y: Any) -> NDArray[Any]:
        """Known labels as indices (n,) of classes, or several labels a row as 0 and 1 (n, outputs)."""
        if self.kind == "multilabel-indicator":
            dense = y.toarray() if sparse.issparse(y) else np.asarray(y)
            return (dense != 0).astype(np.int32)
        return np.searchsorted(self.classes, y).astype(np.int32)

    def decode(self, a: NDArray[Any]) -> Any:
        """The labels that outputs (n, outputs) stand for. Several a row are 0 and 1, as they came."""
        if self.kind == "multilabel-indicator":
            found = (a > 0.5).astype(np.int64)
            return sparse.csr_matrix(found) if self.sparse else found
        return self.classes[self.indices(a)]

    def indices(self, a: NDArray[Any]) -> NDArray[Any]:
        """The index (n,) of the label of each row; several a row as 0 and 1 (n, outputs)."""
        if self.kind == "multilabel-indicator":
            return (a > 0.5).astype(np.int32)
        if self.outputs > 1:
            return np.argmax(a, axis=1)
        return (a[:, 0] > 0.5).astype(np.int32) if len(self.classes) == 2 else np.zeros(len(a), int)

    def of_network(self, encoded: NDArray[Any], network: Any) -> NDArray[Any]:
        """Encoded labels as a network takes them, which knows the labels themselves or does not."""
        if self.kind == "multilabel-indicator":
            return encoded
        return encoded if network._core.classes is None else network._core.classes[encoded]

    def storable(self) -> list[str] | list[int] | None:
        """The labels as a network keeps them, if it can: two or more strings or integers."""
        kind = self.classes.dtype.kind
        if self.kind == "multilabel-indicator" or len(self.classes) < 2:
            return None
        if kind == "O":
            texts = all(isinstance(label, str) for label in self.classes)
            return [str(label) for label in self.classes] if texts else None
        return self.classes.tolist() if kind in "iU" else None
