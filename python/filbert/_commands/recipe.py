"""How `filbert train` trains: the defaults, and what --spec puts in their place."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import filbert as fb
from filbert._edge.checks import listed, shown
from filbert.optimizers.base import Optimizer

# By default the sum over all steps of learning rate times weight decay is this, for any number of
# rows: left alone, weights would shrink by exp(-DECAY) in the whole training.
DECAY = 2.0
DROPOUT = 0.2
RATE = 0.01  # the learning rate at the beginning

_OWN = ("layers", "activation", "optimizer", "epochs", "batch_size")
_OF_FIT = (
    *("dropout", "input_dropout", "noise", "clip_norm", "clip_value", "accumulate", "max_norm"),
    *("l1", "l2", "layer_rates", "bias_rates", "average", "loss", "shuffle"),
)


class Recipe(NamedTuple):
    """The hidden layers of a network, and how it is trained."""

    layers: list[int]
    activation: str | list[str]
    optimizer: Optimizer
    epochs: int
    fit: dict[str, Any]  # further arguments of fit


def read_spec(text: str | None) -> dict[str, Any]:
    """The object that a text of JSON, or a file of that name, holds. ValueError if it holds none."""
    if text is None:
        return {}
    where = "--spec"
    if not text.lstrip().startswith("{"):
        where = f"--spec {text}"
        with open(text, encoding="utf-8") as file:
            text = file.read()
    try:
        spec = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"{where}: expected JSON, got an error: {error}") from None
    if not isinstance(spec, dict):
        got = type(spec).__name__
        raise ValueError(f"{where}: expected an object of JSON, got {got}")  # noqa: TRY004
    known = [*_OWN, *_OF_FIT]
    for key in spec:
        if key not in known:
            raise ValueError(f"{where}: expected {listed(known)}, got {key!r}")
    layers = spec.get("layers", [])
    if not isinstance(layers, list) or not all(_is_count(size) for size in layers):
        raise ValueError(
            f"{where}: expected layers to be a list of the numbers of neurons, got {layers!r}"
        )
    for key in ("epochs", "batch_size"):
        if key in spec and not _is_count(spec[key]):
            raise ValueError(f"{where}: expected {key} to be a positive integer, got {spec[key]!r}")
    if "optimizer" in spec:
        _optimizer(spec["optimizer"])
    return spec


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value < 2**31


def recipe_of(rows: int, spec: Mapping[str, Any], epochs: int | None = None) -> Recipe:
    """The recipe for so many rows. epochs: as many, whatever the spec says."""
    epochs = epochs or spec.get("epochs") or max(10, min(80, 4_000_000 // rows))
    batch_size = spec.get("batch_size") or (32 if rows < 10_000 else 64 if rows < 50_000 else 128)
    steps = epochs * -(-rows // batch_size)
    optimizer = (
        _optimizer(spec["optimizer"])
        if "optimizer" in spec
        else fb.AdamW(fb.schedules.Cosine(RATE), weight_decay=DECAY / (steps * RATE / 2))
    )
    fit = {"dropout": DROPOUT} | {key: spec[key] for key in _OF_FIT if key in spec}
    layers = spec.get("layers", [64, 64])
    if not layers:
        fit["dropout"] = 0.0
    return Recipe(
        layers=layers,
        activation=spec.get("activation", "silu"),
        optimizer=optimizer,
        epochs=epochs,
        fit={**fit, "batch_size": min(batch_size, rows)},
    )


def linear(rows: int, recipe: Recipe) -> Recipe:
    """A network without hidden layers, to compare with: what scikit-learn calls a logistic regression,
    or a ridge regression. The penalty is that of scikit-learn's C=1 and alpha=1."""
    fit = {key: recipe.fit[key] for key in ("loss",) if key in recipe.fit}
    return Recipe([], "relu", fb.LBFGS(l2=0.5 / rows), 100, fit)


def _optimizer(value: Any) -> Optimizer:
    """The optimizer that "adam" or {"name": "adam", "learning_rate": 0.001, ...} says."""
    made = _made("optimizer", value, fb.optimizers, Optimizer)
    assert isinstance(made, Optimizer)
    return made


def _made(what: str, value: Any, module: Any, base: type) -> object:
    """The object of a class of the module: by its name, or an object with it and with options."""
    options = {"name": value} if isinstance(value, str) else value
    classes = {
        name.casefold(): found
        for name in module.__all__
        if isinstance(found := getattr(module, name), type) and issubclass(found, base)
    }
    if not isinstance(options, dict) or not isinstance(options.get("name"), str):
        expected = f"--spec: expected {what} to be a name or an object with a name"
        raise ValueError(f"{expected}, got {shown(value)}")  # noqa: TRY004
    name = options["name"]
    if name.replace("_", "").casefold() not in classes:
        names = [found.__name__ for found in classes.values()]
        raise ValueError(f"--spec: expected {what} {listed(names)}, got {name!r}")
    arguments = {key: _argument(key, each) for key, each in options.items() if key != "name"}
    try:
        return classes[name.replace("_", "").casefold()](**arguments)
    except (TypeError, ValueError) as error:
        raise ValueError(f"--spec: {what} {name}: {error}") from None


def _argument(key: str, value: Any) -> Any:
    if isinstance(value, dict):
        return _made(key, value, fb.schedules, object)
    return value
