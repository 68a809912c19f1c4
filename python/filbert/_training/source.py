"""Batches of a fit that come one by one, from a generator or whatever can be iterated over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from filbert._edge import arrays
from filbert._edge.checks import shown
from filbert._edge.feature_names import require_known
from filbert._edge.targets import Wanted, as_targets
from filbert._training.weights import as_weights

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from filbert._core import Network32, Network64

EXPECTED = "expected (X, y) or (X, y, weights)"


def yields_batches(X: object, y: object) -> bool:
    """Whether X is what batches come from, and not the rows themselves."""
    if y is not None or not isinstance(X, Iterable) or isinstance(X, (str, bytes, dict)):
        return False
    if isinstance(X, (list, tuple)):
        return len(X) > 0 and isinstance(X[0], tuple)
    rows = ("__array__", "__dlpack__", "__array_interface__", "toarray", "columns", "column_names")
    return not isinstance(X, memoryview) and not any(hasattr(X, name) for name in rows)


class Source:
    """What the core asks for batches. See Batches in _core.pyi.

    count: how many an epoch has, 0 if the iterable has no length.
    """

    def __init__(
        self, core: Network32 | Network64, X: Iterable[Any], wanted: Wanted, *, epochs: int
    ) -> None:
        """epochs: how many are still to be done."""
        self._core, self._iterable, self._wanted = core, X, wanted
        self._batches: Iterator[Any] = iter(X)
        self._begun = False
        if self._batches is X and epochs > 1:
            raise ValueError(
                "X: expected batches that can be iterated over anew in each epoch, as of an object "
                f"whose __iter__ is a generator, got {shown(X)}, which ends after one epoch"
            )
        self._epoch = 0
        self._batch = 0
        self._failure: BaseException | None = None
        try:
            self.count = len(X)  # type: ignore[arg-type]
        except TypeError:
            self.count = 0

    def start_at(self, epoch: int) -> None:
        """Where the fit stands: epochs that are done. For messages."""
        self._epoch = epoch

    def begin_epoch(self, done: int) -> int:
        if self._begun:
            self._batches = iter(self._iterable)
        self._begun = True
        self._epoch, self._batch = self._epoch + 1, 0
        rows = 0
        for _ in range(done):
            try:
                parts = self._parts(next(self._batches))
            except StopIteration:
                raise ValueError(
                    f"X: expected at least {done} batches, which the checkpoint has done of epoch "
                    f"{self._epoch}, got {self._batch}"
                ) from None
            rows += len(parts[0])
        return rows

    def next(self) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any] | None] | bool | None:
        try:
            return self._next()
        except BaseException as error:  # noqa: BLE001  # it is raised when the step before is done
            self._failure = error
            return False

    def raise_failure(self) -> None:
        assert self._failure is not None
        raise self._failure

    def _next(self) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any] | None] | None:
        try:
            item = next(self._batches)
        except StopIteration:
            return None
        parts = self._parts(item)
        try:
            return self._checked(*parts)
        except (TypeError, ValueError) as error:
            raise type(error)(f"{error}, {self._where}") from None

    @property
    def _where(self) -> str:
        return f"in batch {self._batch} of epoch {self._epoch}"

    def _parts(self, item: object) -> tuple[Any, Any, Any]:
        self._batch += 1
        if not isinstance(item, (tuple, list)) or len(item) not in (2, 3):
            raise TypeError(f"X: {EXPECTED}, got {shown(item)} {self._where}")
        X, y, *rest = item
        return X, y, rest[0] if rest else None

    def _checked(
        self, X: object, y: object, weights: object
    ) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any] | None]:
        wanted = self._wanted
        require_known("X", X, self._core)
        rows, _ = arrays.as_input(
            "X", X, self._core.sizes[0], wanted.dtype, look=False, nan=self._core.fills
        )
        targets, _ = as_targets("y", y, len(rows), wanted)
        if wanted.loss is None and targets.ndim == 2 and targets.shape[1] != wanted.outputs:
            raise ValueError(
                f"y: expected {wanted.outputs} columns, as many as there are outputs, got "
                f"{targets.shape[1]}"
            )
        given = as_weights("weights", weights, len(rows))
        if given is None:
            return rows, targets, None
        with np.errstate(all="ignore"):
            return rows, targets, given.astype(wanted.dtype)
