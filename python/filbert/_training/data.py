"""Training examples as the core takes them, and the names that they teach a network."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from filbert._edge import arrays, checks
from filbert._edge.feature_names import require_known, require_storable
from filbert._edge.targets import Wanted, as_targets
from filbert._training.own_cost import OwnCost

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from filbert._core import Network32, Network64


class Examples(NamedTuple):
    """Arrays that the core takes as they are, the labels that y consisted of, the names of X."""

    X: NDArray[Any]
    y: NDArray[Any]
    classes: NDArray[Any] | None
    feature_names: list[str] | None

    @classmethod
    def of(
        cls,
        core: Network32 | Network64,
        X: object,
        y: object,
        wanted: Wanted,
        *,
        prefix: str = "",
        learn: bool = False,
        feature_names: list[str] | None = None,
        nan: bool = False,
    ) -> Examples:
        """Checks them whole.

        prefix: stands before X and y in messages. learn: whether y may hold labels that the network
        does not know yet. feature_names: those that the network is about to learn. nan: whether X
        may have NaN.
        """
        names = require_known(f"{prefix}X", X, core, feature_names)
        rows, _ = arrays.as_batch(f"{prefix}X", X, core.sizes[0], wanted.dtype, single=False, nan=nan)
        targets, classes = as_targets(f"{prefix}y", y, len(rows), wanted, learn=learn)
        return cls(rows, targets, classes, names)


class TrainingData(NamedTuple):
    """The data of a fit.

    classes, feature_names: what they call the outputs and inputs of the network, where it knows no
    names of them yet, else None.
    """

    examples: Examples
    validation: Examples | None
    classes: list[str] | list[int] | None
    feature_names: list[str] | None

    @classmethod
    def of(
        cls,
        core: Network32 | Network64,
        X: object,
        y: object,
        loss: str | Callable[..., Any],
        validation_data: object,
        nan: bool = False,
    ) -> TrainingData:
        """Checks them for a network, whose names they have to go with. nan: whether X may have NaN."""
        wanted = wanted_of(core, loss)
        examples = Examples.of(core, X, y, wanted, learn=True, nan=nan)
        classes, names = _learned(core, examples)
        if validation_data is None:
            return cls(examples, None, classes, names)
        if not isinstance(validation_data, (tuple, list)) or len(validation_data) != 2:
            raise TypeError(
                f"validation_data: expected (X, y), got {checks.shown(validation_data)}"
            )
        if classes is not None:
            wanted = wanted._replace(classes=examples.classes)
        Xv, yv = validation_data
        validation = Examples.of(
            core, Xv, yv, wanted, prefix="validation_data ", feature_names=names, nan=nan
        )
        return cls(examples, validation, classes, names)


def wanted_of(core: Network32 | Network64, loss: str | Callable[..., Any]) -> Wanted:
    """What a network wants of y, under a loss that fits its output, or a function of the user's."""
    text = loss if isinstance(loss, str) else None
    dtype = core.parameters.dtype
    return Wanted(core.sizes[-1], core.activations[-1], text, dtype, core.classes)


def own_cost_of(
    core: Network32 | Network64, loss: str | Callable[..., Any], y: NDArray[Any]
) -> OwnCost | None:
    """What the core calls for a function of the user's; None for a loss. y: as the core takes it."""
    if isinstance(loss, str):
        return None
    outputs = core.sizes[-1]
    columns = outputs if y.ndim == 1 else y.shape[1]
    return OwnCost(loss, outputs, columns, core.parameters.dtype)


def _learned(
    core: Network32 | Network64, examples: Examples
) -> tuple[list[str] | list[int] | None, list[str] | None]:
    """What examples call the outputs and inputs of a network that knows neither yet."""
    classes: list[str] | list[int] | None = None
    if core.classes is None and examples.classes is not None:
        classes = examples.classes.tolist()
    names = examples.feature_names if core.feature_names is None else None
    if classes is not None or names is not None:
        known = [] if core.classes is None else core.classes.tolist()
        require_storable(core, classes or known, names)
    return classes, names
