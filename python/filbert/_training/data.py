"""Training examples as the core takes them, and the names that they teach a network."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from filbert._edge import arrays, checks
from filbert._edge.feature_names import require_known, require_storable
from filbert._edge.mapped import Mapped
from filbert._edge.targets import Wanted, as_targets
from filbert._training.own_cost import OwnCost
from filbert._training.source import Source
from filbert._training.split import Split
from filbert._training.weights import ClassWeights, as_weights, labels_of, rounded

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from filbert._core import Network32, Network64


class Examples(NamedTuple):
    """Arrays that the core takes as they are, the labels that y consisted of, the names of X.

    weights: of the rows of y, or None. chosen: which rows of X they are; None: all of them.
    mapped: how X lies in a file, if it does.
    """

    X: NDArray[Any]
    y: NDArray[Any]
    classes: NDArray[Any] | None
    feature_names: list[str] | None
    mapped: Mapped | None
    weights: NDArray[Any] | None = None
    chosen: NDArray[np.uint64] | None = None

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
        rows, mapped = arrays.as_input(f"{prefix}X", X, core.sizes[0], wanted.dtype, nan=nan)
        targets, classes = as_targets(f"{prefix}y", y, len(rows), wanted, learn=learn)
        return cls(rows, targets, classes, names, mapped)

    @property
    def size(self) -> int:
        """How many examples there are."""
        return len(self.y)

    @property
    def besides(self) -> dict[str, Any]:
        """What the core is told beside X and y."""
        told: dict[str, Any] = {"weights": self.weights, "chosen": self.chosen}
        if self.mapped is not None:
            told |= {"unseen": True, "mapped": self.mapped.shared}
            if self.mapped.file is not None:
                told["file"] = (self.mapped.file.descriptor, self.mapped.position)
        return told

    def only(self, rows: NDArray[np.uint64], weights: NDArray[Any] | None) -> Examples:
        """Those of some rows, with their weights. X stays where it is."""
        return self._replace(y=self.y[rows], chosen=rows, weights=weights)


class TrainingData(NamedTuple):
    """The data of a fit.

    examples: None where batches come from a source. classes, feature_names: what they call the
    outputs and inputs of the network, where it knows no names of them yet, else None. weights,
    class_weights: of all rows, before a split.
    """

    examples: Examples | None
    validation: Examples | None = None
    classes: list[str] | list[int] | None = None
    feature_names: list[str] | None = None
    weights: NDArray[np.float64] | None = None
    class_weights: ClassWeights | None = None
    dtype: Any = None
    to_split: Split | None = None  # what is still to be done
    source: Source | None = None

    @classmethod
    def of(
        cls,
        core: Network32 | Network64,
        X: object,
        y: object,
        loss: str | Callable[..., Any],
        *,
        sample_weight: object = None,
        class_weight: object = None,
        validation_data: object = None,
        validation_split: object = None,
        nan: bool = False,
    ) -> TrainingData:
        """Checks them for a network, whose names they have to go with. nan: whether X may have NaN."""
        wanted = wanted_of(core, loss)
        examples = Examples.of(core, X, y, wanted, learn=True, nan=nan)
        classes, names = _learned(core, examples)
        labels = core.classes if classes is None else examples.classes
        weights = as_weights("sample_weight", sample_weight, examples.size)
        rounded("sample_weight", weights, wanted.dtype)  # their check, without those of classes
        factors = ClassWeights.of(class_weight, examples.y, wanted, labels)
        data = cls(examples, None, classes, names, weights, factors, wanted.dtype)
        data = data._replace(examples=examples._replace(weights=data.weights_of(None)))
        if validation_split is not None:
            if validation_data is not None:
                raise ValueError(
                    "validation_split: expected None with validation_data, got "
                    f"{checks.shown(validation_split)}"
                )
            kinds = labels_of(examples.y, wanted)
            return data._replace(to_split=Split.of(validation_split, examples.size, kinds, labels))
        if classes is not None:
            wanted = wanted._replace(classes=examples.classes)
        return data._replace(validation=_validation(core, validation_data, wanted, names, nan))

    @classmethod
    def of_batches(
        cls,
        core: Network32 | Network64,
        X: Iterable[Any],
        loss: str | Callable[..., Any],
        *,
        epochs: int,
        done: int,
        validation_data: object = None,
        **others: object,
    ) -> TrainingData:
        """Batches come from what X yields. epochs, done: how many are asked for, and are done.

        others: arguments that go with rows in memory only. ValueError unless they are None.
        """
        for name, value in others.items():
            if value is not None:
                raise ValueError(
                    f"{name}: expected None, as X yields batches, got {checks.shown(value)}"
                )
        wanted = wanted_of(core, loss)
        source = Source(core, X, wanted, epochs=epochs - done)
        source.start_at(done)
        validation = _validation(core, validation_data, wanted, None, core.fills)
        return cls(None, validation, dtype=wanted.dtype, source=source)

    def for_core(
        self, core: Network32 | Network64, loss: str | Callable[..., Any]
    ) -> dict[str, Any]:
        """What the core is told of the data."""
        if self.examples is None:
            assert self.source is not None
            own_cost = own_cost_of(core, loss, None)
            return {
                "X": None,
                "y": None,
                "own_cost": own_cost,
                "source": self.source,
                "count": self.source.count,
            }
        X, y = self.examples.X, self.examples.y
        own_cost = own_cost_of(core, loss, y)
        return {"X": X, "y": y, "own_cost": own_cost, **self.examples.besides}

    @property
    def size(self) -> int:
        """How many examples there are to train on; 0 if they come in batches."""
        if self.examples is None:
            return 0
        return self.examples.size - (0 if self.to_split is None else self.to_split.size)

    @property
    def validates(self) -> bool:
        """Whether there are examples for validation."""
        return self.validation is not None or self.to_split is not None

    def weights_of(self, rows: NDArray[np.uint64] | None) -> NDArray[Any] | None:
        """What rows to train on count, as the core takes it. None: all of them."""
        if self.class_weights is None:
            own = self.weights if self.weights is None or rows is None else self.weights[rows]
            name = "sample_weight"
        else:
            own = self.class_weights.applied(self.weights, rows)
            name = "class_weight" if self.weights is None else "sample_weight"
        return rounded(name, own, self.dtype, of="" if rows is None else " in the rows to train on")

    def split(self, key: int) -> TrainingData:
        """The same with the rows for validation taken out, if some are to be: those that a key
        chooses. X stays where it is."""
        if self.to_split is None or self.examples is None:
            return self
        rows, kept = self.to_split.rows(key)
        weights = None if self.weights is None else self.weights[kept]
        where = " in the rows kept for validation"
        return self._replace(
            examples=self.examples.only(rows, self.weights_of(rows)),
            validation=self.examples.only(
                kept, rounded("sample_weight", weights, self.dtype, of=where)
            ),
            to_split=None,
        )


def _validation(
    core: Network32 | Network64,
    data: object,
    wanted: Wanted,
    names: list[str] | None,
    nan: bool,
) -> Examples | None:
    """The argument validation_data. names: of features that the network is about to learn. nan:
    whether X may have NaN."""
    if data is None:
        return None
    if not isinstance(data, (tuple, list)) or len(data) not in (2, 3):
        raise TypeError(
            f"validation_data: expected (X, y) or (X, y, weights), got {checks.shown(data)}"
        )
    X, y, *given = data
    examples = Examples.of(
        core, X, y, wanted, prefix="validation_data ", feature_names=names, nan=nan
    )
    if not given:
        return examples
    name = "validation_data weights"
    weights = as_weights(name, given[0], examples.size)
    return examples._replace(weights=rounded(name, weights, wanted.dtype))


def wanted_of(core: Network32 | Network64, loss: str | Callable[..., Any]) -> Wanted:
    """What a network wants of y, under a loss that fits its output, or a function of the user's."""
    text = loss if isinstance(loss, str) else None
    dtype = core.parameters.dtype
    return Wanted(core.sizes[-1], core.activations[-1], text, dtype, core.classes)


def own_cost_of(
    core: Network32 | Network64, loss: str | Callable[..., Any], y: NDArray[Any] | None
) -> OwnCost | None:
    """What the core calls for a function of the user's; None for a loss.

    y: as the core takes it; None: of as many columns as there are outputs.
    """
    if isinstance(loss, str):
        return None
    outputs = core.sizes[-1]
    columns = outputs if y is None or y.ndim == 1 else y.shape[1]
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
