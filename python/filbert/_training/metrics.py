"""The argument `metrics`: what is measured of predictions, beside the loss."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from filbert import _core
from filbert._edge import checks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from filbert._core import Network32, Network64

STORABLE = re.compile(r"[a-z0-9_]{1,48}")  # with "val_" in front it is a name that a file can hold
TAKEN = ("loss", "epoch")


class Metrics(NamedTuple):
    """Metrics that say something of a network under a loss."""

    names: list[str]  # of the library's
    functions: list[Callable[..., Any]]
    order: list[str]  # names of all, as the user gave them
    outputs: int
    output: str
    loss: str | None

    @classmethod
    def checked(
        cls, core: Network32 | Network64, metrics: object, loss: str | Callable[..., Any]
    ) -> Metrics:
        """TypeError or ValueError for what is no metric, or none of such a network."""
        if isinstance(metrics, str) or not isinstance(metrics, (list, tuple)):
            raise TypeError(
                f"metrics: expected a list of names and functions, got {checks.shown(metrics)}"
            )
        text = loss if isinstance(loss, str) else None
        self = cls([], [], [], core.sizes[-1], core.activations[-1], text)
        for i, metric in enumerate(metrics):
            name = self._add(f"metrics[{i}]", metric)
            if name in self.order:
                raise ValueError(f"metrics[{i}]: expected each metric once, got {name!r} twice")
            self.order.append(name)
        return self

    def _add(self, argument: str, metric: object) -> str:
        if isinstance(metric, str):
            try:
                _core.checked_metric(metric, self.outputs, self.output, self.loss)
            except ValueError as error:
                raise ValueError(f"{argument}: {error}") from None
            self.names.append(metric)
            return metric
        if not callable(metric) or isinstance(metric, type):
            raise TypeError(
                f"{argument}: expected a name or a function f(y_true, y_pred), got "
                f"{checks.shown(metric)}"
            )
        name = getattr(metric, "__name__", None)
        if not isinstance(name, str) or not STORABLE.fullmatch(name) or name in TAKEN:
            raise ValueError(
                f"{argument}: expected a function whose __name__ consists of a to z, 0 to 9 and _, "
                f"under which the history has its numbers, got {checks.shown(name)}"
            )
        if name in _core.metric_names() or name.startswith("top_"):
            raise ValueError(
                f"{argument}: expected a function with a name of its own, got {name!r}, which is "
                "the library's"
            )
        self.functions.append(metric)
        return name

    @property
    def propagates(self) -> bool:
        """Whether outputs are needed: the core counts right answers in any case."""
        return bool(self.functions) or any(name != "accuracy" for name in self.names)

    def measured(
        self, a: NDArray[Any], y: NDArray[Any], weights: NDArray[Any] | None, prefix: str
    ) -> dict[str, float]:
        """The value of each but accuracy. a: outputs (n, n_out); y, weights: as the core takes them.

        Functions of the user's get no weights.
        """
        names = [name for name in self.names if name != "accuracy"]
        numbers = _core.measure(names, a, y, self.output, self.loss, weights) if names else []
        known = dict(zip(names, numbers, strict=True))
        for function in self.functions:
            name = function.__name__
            known[name] = checks.real(f"metrics: {name}", function(y, a), "a number")
        return {f"{prefix}{name}": known[name] for name in self.order if name in known}


def names_of(
    core: Network32 | Network64,
    metrics: Metrics,
    y: NDArray[Any] | None,
    *,
    validates: bool,
    penalised: bool,
) -> list[str]:
    """The names in the history of a fit, in their order.

    y: as the core takes it; None where batches come from a source. penalised: whether there is an
    alpha, whose penalty is reported.
    """
    plain = ["loss", *(["accuracy"] if counts_right_answers(metrics, y) else [])]
    more = [name for name in metrics.order if name != "accuracy"]
    of_steps = [*plain, "penalty"] if penalised else plain
    if validates:
        return of_steps + [f"val_{name}" for name in plain + more]
    if more and y is None:
        raise ValueError(
            "metrics: expected validation_data to measure, as X yields batches, got none"
        )
    return of_steps + more


def counts_right_answers(metrics: Metrics, y: NDArray[Any] | None) -> bool:
    """Whether the core reports an accuracy."""
    tells = _core.activation_traits(metrics.output)["classifies"]
    if metrics.loss is None:
        return tells and (y is None or y.ndim == 1 or y.shape[1] == metrics.outputs)
    return tells or _core.loss_traits(metrics.loss)["of_signs"]
