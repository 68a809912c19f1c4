"""Training and validation examples of an estimator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from scipy import sparse

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Examples(NamedTuple):
    """X, dense or sparse, targets as the network takes them, and weights of the rows or None."""

    X: Any
    y: NDArray[Any]
    weights: NDArray[Any] | None

    @property
    def rows(self) -> int:
        """How many there are."""
        return int(self.X.shape[0])

    @property
    def weight(self) -> float:
        """The sum of the weights of the rows."""
        return float(self.rows if self.weights is None else self.weights.sum())

    def dense(self) -> Examples:
        """The same with a dense X."""
        return self._replace(X=self.X.toarray()) if sparse.issparse(self.X) else self

    def given(self) -> tuple[Any, ...]:
        """As `validation_data` of `Network.fit` takes them."""
        return (self.X, self.y) if self.weights is None else tuple(self)
