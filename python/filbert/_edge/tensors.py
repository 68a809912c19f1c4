"""Tensors of PyTorch as arrays. This never imports PyTorch."""

from __future__ import annotations

from typing import Any


def as_array_like(name: str, value: Any) -> object:
    """A tensor as an array, in the same memory where that is possible. Anything else is returned as
    it is.

    The tensor may be on any device, and may require gradients. Half precision, bfloat16 included,
    becomes float32, which holds all of its values.

    Raises ValueError if the tensor has no dense numbers: a sparse one, or one on device "meta".
    """
    if not hasattr(value, "detach"):
        return value
    try:
        tensor = value.detach().cpu()
        if tensor.is_floating_point() and tensor.element_size() < 4:
            tensor = tensor.float()
        array: object = tensor.numpy()
    except (TypeError, RuntimeError, ValueError) as error:
        reason = str(error).partition("\n")[0]
        raise ValueError(f"{name}: expected a dense tensor, got one without: {reason}") from None
    return array
