"""The members of `fit_many`: what each spec means, as the core takes it."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from filbert._edge import arrays, checks
from filbert._edge.normalisation import Asked, normalisation_of
from filbert._edge.rng import key_from
from filbert._training.data import Examples, TrainingData
from filbert._training.options import STEP, Options, default_optimizer
from filbert._training.own_cost import is_function
from filbert._training.resume import history_names
from filbert._training.weights import rounded
from filbert.early_stopping import EarlyStopping
from filbert.network import Network

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from filbert.optimizers.base import Optimizer

# What a spec may say, with the arguments of a new network and of `fit` that mean something there.
NEW = tuple(inspect.signature(Network).parameters)
FIT = (
    "epochs", "batch_size", "loss", "optimizer", "normalize", "normalize_targets", "missing",
    *STEP, "sample_weight", "class_weight", "validation_data", "validation_split", "shuffle",
)  # fmt: skip
OWN = ("network", "order_rng", "learning_rate", "rows", "validation_rows", "early_stopping")
FIT_DEFAULTS = {name: inspect.signature(Network.fit).parameters[name].default for name in FIT}


class Prepared(NamedTuple):
    """A member that can be trained."""

    network: Network
    data: TrainingData
    core: dict[str, Any]  # what the core is told


class Preparing:
    """Makes members of specs. What several of them share is checked, and taken apart, once."""

    def __init__(self, X: object, y: object, data: object, defaults: Mapping[str, object]) -> None:
        self._X, self._y, self._data, self._defaults = X, y, data, defaults
        self._examples: dict[object, TrainingData] = {}
        self._indices: dict[object, NDArray[np.uint64]] = {}
        self._learnt: dict[object, int] = {}  # members by the normalisation that they learn
        self._owners: dict[int, str] = {}  # of networks and optimizers, by their id
        self._kept: list[object] = []  # what is known by its id has to live
        for name in ("network", "rows", "validation_rows"):
            if name in defaults and (name == "network" or data is not None):
                raise TypeError(f"{name}: expected it in a spec, got it for all of them")
        _require_known(defaults, "fit_many")

    def all(self, specs: object) -> list[Prepared]:
        """TypeError or ValueError, naming the spec, for what cannot be trained."""
        if not isinstance(specs, Sequence) or isinstance(specs, (str, bytes)):
            raise TypeError(
                f"specs: expected a list of dicts and networks, got {checks.shown(specs)}"
            )
        if len(specs) == 0:
            raise ValueError("specs: expected at least one, got an empty list")
        sets = self._sets(len(specs))
        members: list[Prepared] = []
        for i, (spec, (X, y, *weights)) in enumerate(zip(specs, sets, strict=True)):
            with within(f"specs[{i}]"):
                members.append(self._member(i, self._given(spec), X, y, weights))
                dtype, first = (one.network.dtype for one in (members[i], members[0]))
                if dtype != first:
                    raise ValueError(f"dtype: expected {first}, that of specs[0], got {dtype}")
        return members

    def _sets(self, count: int) -> Sequence[Sequence[object]]:
        """X, y and perhaps the weights of each member."""
        if self._data is None:
            if self._y is None:
                raise TypeError("y: expected the targets of X, or data=[...], got None")
            return [(self._X, self._y)] * count
        if self._X is not None or self._y is not None:
            raise TypeError("data: expected None with X and y, got some")
        if not isinstance(self._data, Sequence) or isinstance(self._data, (str, bytes)):
            raise TypeError(f"data: expected a list of (X, y), got {checks.shown(self._data)}")
        if len(self._data) != count:
            raise ValueError(
                f"data: expected {count} pairs (X, y), one for each spec, got {len(self._data)}"
            )
        for i, each in enumerate(self._data):
            if not isinstance(each, (tuple, list)) or len(each) not in (2, 3):
                raise TypeError(
                    f"data[{i}]: expected (X, y) or (X, y, sample_weight), got {checks.shown(each)}"
                )
        return self._data

    def _given(self, spec: object) -> dict[str, Any]:
        """What is asked of a member, defaults included."""
        if isinstance(spec, Network):
            spec = {"network": spec}
        if not isinstance(spec, Mapping):
            raise TypeError(f"expected a dict or a Network, got {checks.shown(spec)}")
        _require_known(spec, "a spec")
        given = {**self._defaults, **spec}
        if "network" in spec:
            for name in NEW:
                if name in spec:
                    raise TypeError(f"{name}: expected none with a network, got one")
                given.pop(name, None)
        elif "sizes" not in given:
            raise TypeError("sizes: expected a network, or the sizes of a new one, got neither")
        if spec.get("optimizer") is not None:
            if spec.get("learning_rate") is not None:
                raise TypeError("learning_rate: expected that of the optimizer, got another one")
            given.pop("learning_rate", None)
        elif given.get("optimizer") is not None:
            given["optimizer"] = copy.copy(given["optimizer"])  # each member has one of its own
        return given

    def _member(
        self, i: int, given: dict[str, Any], X: object, y: object, weights: list[object]
    ) -> Prepared:
        for name in ("loss", "shuffle"):
            if is_function(given.get(name)):
                raise TypeError(f"{name}: expected no function, which fit alone takes, got one")
        if weights:
            if "sample_weight" in given:
                raise TypeError("sample_weight: expected None with weights in data, got some")
            given["sample_weight"] = weights[0]
        net = self._network(given)
        core, of_fit = net._core, {**FIT_DEFAULTS, **{n: given[n] for n in FIT if n in given}}
        options = Options.checked(
            core,
            **{n: of_fit[n] for n in ("epochs", "batch_size", "loss", "optimizer", "shuffle")},
            progress=False,
            callbacks=(),
            step={name: of_fit[name] for name in STEP},
        )
        asked = Asked.checked(
            core, *(of_fit[n] for n in ("normalize", "normalize_targets", "missing"))
        )
        optimizer = _optimizer(options, given)
        self._require_own(i, "network", core)
        self._require_own(i, "optimizer", optimizer._core)
        data, key = self._examples_of(net, options, asked, given, of_fit, X, y)
        rng = given.get("order_rng")
        seed = core.seed if rng is None else key_from(rng)
        batch_size = options.batch_size or optimizer._core.default_batch_size(max(1, data.size))
        data = data.split(seed)
        assert data.examples is not None
        learns = asked.kind != "none" or asked.fill or asked.targets
        if learns and normalisation_of(core) is None:
            whole = None if given.get("validation_split") is None else seed
            like = self._learnt.setdefault((key, asked, options.loss, whole), i)
        else:
            like = i
        told = {
            "network": core,
            "optimizer": optimizer._core,
            "options": options.told(core, seed, batch_size),
            **_for_core(data.examples),
            "validation": None if data.validation is None else _for_core(data.validation),
            "patience": _patience(given.get("early_stopping"), history_names(core, options, data)),
            "classes": data.classes,
            "feature_names": data.feature_names,
            "normalize": asked.kind,
            "fill": asked.fill,
            "normalize_targets": asked.targets,
            "like": None if like == i else like,
        }
        return Prepared(net, data, told)

    def _network(self, given: dict[str, Any]) -> Network:
        if "network" not in given:
            return Network(**{name: given[name] for name in NEW if name in given})
        if not isinstance(given["network"], Network):
            raise TypeError(f"network: expected a Network, got {checks.shown(given['network'])}")
        return given["network"]

    def _require_own(self, i: int, name: str, core: object) -> None:
        """ValueError if another member has it too."""
        owner = self._owners.setdefault(id(core), f"specs[{i}]")
        self._kept.append(core)
        if owner != f"specs[{i}]":
            raise ValueError(f"{name}: expected one of its own, got that of {owner}")

    def _examples_of(
        self,
        net: Network,
        options: Options,
        asked: Asked,
        given: dict[str, Any],
        of_fit: dict[str, Any],
        X: object,
        y: object,
    ) -> tuple[TrainingData, object]:
        """The data of a member, and what they are known by."""
        core = net._core
        names = ("sample_weight", "class_weight", "validation_data", "validation_split")
        rows, validation_rows = given.get("rows"), given.get("validation_rows")
        objects = [X, y, *(of_fit[name] for name in names), rows, validation_rows]
        self._kept.append(objects)
        classes = None if core.classes is None else tuple(core.classes.tolist())
        features = None if core.feature_names is None else tuple(core.feature_names)
        network = (
            core.sizes[0],
            core.sizes[-1],
            core.activations[-1],
            net.dtype,
            classes,
            features,
        )
        whole = (*map(id, objects[:-2]), *network, options.loss, asked.takes_nan(core))
        key = (*whole, id(rows), id(validation_rows))
        if key in self._examples:
            return self._examples[key], key
        if whole not in self._examples:
            self._examples[whole] = TrainingData.of(
                core,
                X,
                y,
                options.loss,
                nan=asked.takes_nan(core),
                **{name: of_fit[name] for name in names},
            )
        self._examples[key] = self._only(self._examples[whole], rows, validation_rows)
        return self._examples[key], key

    def _only(self, data: TrainingData, rows: object, validation_rows: object) -> TrainingData:
        """The same with some of the rows; X stays where it is."""
        if rows is None and validation_rows is None:
            return data
        assert data.examples is not None
        examples, n = data.examples, data.examples.size
        if data.to_split is not None:
            raise ValueError("validation_split: expected None with rows, got one")
        if rows is not None:
            chosen = self._rows("rows", rows, n)
            data = data._replace(examples=examples.only(chosen, data.weights_of(chosen)))
        if validation_rows is not None:
            if data.validation is not None:
                raise ValueError("validation_rows: expected None with validation_data, got some")
            kept = self._rows("validation_rows", validation_rows, n)
            weights = None if data.weights is None else data.weights[kept]
            weights = rounded("sample_weight", weights, data.dtype, of=" in validation_rows")
            data = data._replace(validation=examples.only(kept, weights))
        return data

    def _rows(self, name: str, rows: object, n: int) -> NDArray[np.uint64]:
        """Indices of rows, of a list of them or of a mask."""
        key = (id(rows), n)
        if key not in self._indices:
            self._indices[key] = arrays.as_indices(name, rows, n)
        return self._indices[key]


@contextmanager
def within(name: str) -> Iterator[None]:
    """Say in front of the message of a TypeError or ValueError whose it is."""
    try:
        yield
    except (TypeError, ValueError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"{name}: {error}") from error


def _for_core(examples: Examples) -> dict[str, Any]:
    return {"X": examples.X, "y": examples.y, **examples.besides}


def _optimizer(options: Options, given: dict[str, Any]) -> Optimizer:
    optimizer = options.optimizer or default_optimizer()
    if given.get("learning_rate") is not None:
        optimizer.learning_rate = given["learning_rate"]
    return optimizer


def _patience(stopping: object, names: list[str]) -> tuple[str, int, bool, float, bool] | None:
    """An EarlyStopping as the core takes it. names: of the numbers of an epoch."""
    if stopping is None:
        return None
    if not isinstance(stopping, EarlyStopping):
        raise TypeError(
            f"early_stopping: expected an EarlyStopping or None, got {checks.shown(stopping)}"
        )
    maximize = stopping._maximizes([name for name in names if name != "penalty"])
    last = stopping._which == "last"
    return stopping._monitor, stopping._patience, maximize, stopping._min_delta, last


def _require_known(given: Mapping[str, object], where: str) -> None:
    known = [*OWN, *NEW, *FIT]
    for name in given:
        if name not in known:
            raise TypeError(f"{where}: expected {checks.listed(known)}, got {checks.shown(name)}")
