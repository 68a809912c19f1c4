"""The labels of classes: strings, or integers of int64."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from filbert._edge.checks import shown


def as_labels(name: str, classes: object) -> list[str] | list[int]:
    """Labels that a user gives in advance, in the order given.

    TypeError unless all are strings or all are integers, ValueError for a label that no network can
    keep. Their number is not checked.
    """
    expected = f"{name}: expected a list of strings or of integers"
    if isinstance(classes, np.ndarray) and classes.ndim != 1:
        raise ValueError(f"{name}: expected labels of shape (n,), got {classes.shape}")
    unordered = isinstance(classes, (str, bytes, Mapping, set, frozenset))
    if unordered or not isinstance(classes, Iterable):
        raise TypeError(f"{expected}, got {shown(classes)}")
    labels = [_as_label(f"{name}[{i}]", label) for i, label in enumerate(classes)]
    strings = [label for label in labels if isinstance(label, str)]
    integers = [label for label in labels if isinstance(label, int)]
    if strings and integers:
        raise TypeError(f"{expected}, got {strings[0]!r} and {integers[0]!r}")
    require_text(name, strings)
    return strings or integers


def _as_label(name: str, label: Any) -> str | int:
    if isinstance(label, str):
        return str(label)
    if isinstance(label, bytes):
        raise TypeError(f"{name}: expected a string or an integer, got {shown(label)}; decode it")
    if isinstance(label, (bool, np.bool_)) or not isinstance(label, (int, np.integer)):
        raise TypeError(f"{name}: expected a string or an integer, got {shown(label)}")
    if not -(2**63) <= label < 2**63:
        raise ValueError(f"{name}: expected an integer that fits in int64, got {label}")
    return int(label)


def require_text(name: str, texts: Sequence[str]) -> None:
    """ValueError for text that files and the core cannot hold: with half of a character, or NUL."""
    for text in texts:
        if "\0" in text:
            raise ValueError(f"{name}: expected strings without NUL, got {text!r}")
        try:
            text.encode()
        except UnicodeEncodeError:
            raise ValueError(
                f"{name}: expected strings of whole characters, got {text!r}"
            ) from None
