"""Tells which module of PyTorch an object is, and checks that nothing else decides its results."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from filbert._edge import checks
from filbert.activations import ELU, Activation, LeakyReLU

# What filbert calls the modules that are activations, with the options that PyTorch gives them.
ACTIVATIONS = {
    "ReLU": "relu",
    "LeakyReLU": "leaky_relu",
    "ReLU6": "relu6",  # before Hardtanh, which is its base class
    "ELU": "elu",
    "SELU": "selu",
    "GELU": "gelu",
    "SiLU": "silu",
    "Mish": "mish",
    "Softplus": "softplus",
    "Softsign": "softsign",
    "Sigmoid": "sigmoid",
    "Hardsigmoid": "hard_sigmoid",
    "Tanh": "tanh",
    "Hardtanh": "hard_tanh",
    "Hardswish": "hard_swish",
    "Softmax": "softmax",
    "LogSoftmax": "log_softmax",
}
AT_THE_END = ("Softmax", "LogSoftmax")  # filbert has these as outputs only
KINDS = (
    *("Sequential", "Linear", *ACTIVATIONS),
    *("Identity", "Dropout", "AlphaDropout", "Flatten"),
)
# PyTorch's own hooks, by their classes: what they do, and what removes them.
_KNOWN_HOOKS = {
    "BasePruningMethod": ("pruning", "torch.nn.utils.prune.remove({}, {!r}) makes it permanent"),
    "WeightNorm": ("weight_norm", "torch.nn.utils.remove_weight_norm({}, {!r}) removes it"),
    "SpectralNorm": ("spectral_norm", "torch.nn.utils.remove_spectral_norm({}, {!r}) removes it"),
}


def kind_of(nn: Any, name: str, module: Any) -> str:
    """The name of the class of PyTorch, one of KINDS, that decides what the module returns.

    A subclass that changes nothing counts as its base class. Any other module is a ValueError;
    name: what messages call it.
    """
    for kind in KINDS:
        known = getattr(nn, kind)
        if isinstance(module, known) and type(module).forward is known.forward:
            _require_own_calls(nn, name, module)
            _require_no_hooks(name, module)
            return kind
    raise ValueError(f"{name}: expected {checks.listed(KINDS)}, got {_described(nn, name, module)}")


def activation_of(name: str, kind: str, module: Any) -> str | Activation:
    """The activation that a module is, which is of a kind of ACTIVATIONS.

    ValueError, with `name` for the module, if it has options that filbert does not have.
    """
    if kind in AT_THE_END and module.dim not in (1, -1, None):
        raise ValueError(f"{name}: expected {kind}(dim=1), got dim={module.dim}")
    if kind == "GELU" and module.approximate == "tanh":
        return "gelu_tanh"
    if kind == "LeakyReLU":
        if not 0 <= module.negative_slope <= 1:
            raise ValueError(
                f"{name}: expected LeakyReLU with a negative_slope in [0, 1], got "
                f"{checks.shown(module.negative_slope)}"
            )
        return LeakyReLU(module.negative_slope)
    if kind == "ELU":
        if not 0 <= module.alpha <= float(np.finfo(np.float32).max):
            raise ValueError(
                f"{name}: expected ELU with an alpha that is not negative and fits in float32, got "
                f"{checks.shown(module.alpha)}"
            )
        return ELU(module.alpha)
    if kind == "Hardtanh" and (module.min_val, module.max_val) != (-1, 1):
        if (module.min_val, module.max_val) == (0, 6):
            return "relu6"
        raise ValueError(
            f"{name}: expected Hardtanh(-1, 1) or Hardtanh(0, 6), got ({module.min_val}, "
            f"{module.max_val})"
        )
    # Beyond the threshold PyTorch returns z, which is less by exp(-z) or less: 2e-9 at 20.
    if kind == "Softplus" and not (module.beta == 1 and module.threshold >= 20):
        raise ValueError(
            f"{name}: expected Softplus(beta=1) with a threshold of 20 or more, got "
            f"beta={module.beta}, threshold={module.threshold}"
        )
    return ACTIVATIONS[kind]


def require_no_global_hooks(nn: Any) -> None:
    """ValueError if hooks are registered that run for all modules."""
    for what in ("forward", "forward_pre"):
        for hook in getattr(nn.modules.module, f"_global_{what}_hooks", {}).values():
            raise ValueError(
                "module: expected no hooks that run for every module, as they can do anything, got "
                f"{_qualified(hook)} by torch.nn.modules.module.register_module_{what}_hook"
            )


def require_own_tensors(torch: Any, name: str, value: Any) -> None:
    """ValueError if a tensor is of a class with arithmetic of its own."""
    if not isinstance(value, torch.Tensor):
        return
    for method in ("__torch_function__", "__torch_dispatch__"):
        known = (torch.Tensor, torch.nn.Parameter)
        if _function(value, method) not in [_function(base, method) for base in known]:
            raise ValueError(
                f"{name}: expected a tensor with the arithmetic of torch.Tensor, got "
                f"{type(value).__name__}, which defines {method}()"
            )


@contextlib.contextmanager
def evaluating(module: Any) -> Iterator[None]:
    """Put the module into evaluation for the block, as `module.eval()` does.

    In training a parametrization may give other values, and different ones at each look-up.
    """
    modes = [(part, part.training) for part in module.modules()]
    for part, _ in modes:
        part.training = False
    try:
        yield
    finally:
        for part, mode in modes:
            part.training = mode


def _require_own_calls(nn: Any, name: str, module: Any) -> None:
    """ValueError if a call of the module, or of its eval(), may do more than its forward()."""
    got, methods = type(module).__name__, ("__call__", "_call_impl", "train", "eval")
    for method in methods:
        if getattr(type(module), method) is not getattr(nn.Module, method):
            raise ValueError(
                f"{name}: expected a module with PyTorch's {method}(), got {got}, which overrides it"
            )
    for method in ("forward", *methods):
        if method in vars(module):
            raise ValueError(
                f"{name}: expected a module with the {method}() of its class, got {got} with one of "
                "its own"
            )


def _require_no_hooks(name: str, module: Any) -> None:
    """ValueError for hooks that run before or after forward(). Hooks of backward() are allowed."""
    got = type(module).__name__
    if _is_a(module, "torch.nn.", ["LazyModuleMixin"]):
        raise ValueError(
            f"{name}: expected a layer whose shape is known, got {got} before its first call; call "
            "the module once"
        )
    for hook in (*module._forward_pre_hooks.values(), *module._forward_hooks.values()):
        for base, (what, remedy) in _KNOWN_HOOKS.items():
            if _is_a(hook, "torch.nn.utils.", [base]):
                tensor = getattr(hook, "_tensor_name", None) or getattr(hook, "name", "weight")
                raise ValueError(
                    f"{name}: expected no hooks, got {got} with {what} of its {tensor}; "
                    + remedy.format(name, tensor)
                )
        raise ValueError(
            f"{name}: expected no hooks, as they can do anything, got {got} with {_qualified(hook)}"
        )


def _described(nn: Any, name: str, module: Any) -> str:
    """The end of a message about a module that is none of KINDS: what it is, and what to pass."""
    kind = type(module)
    if not kind.__module__.startswith("torch."):
        if not isinstance(module, nn.Module):
            return f"{kind.__name__}, which is no module"
        text = f"{kind.__name__}, whose forward() cannot be seen"
        if next(module.children(), None) is not None:
            text += (
                f"; if it calls its children in order, pass torch.nn.Sequential(*{name}.children())"
            )
        return text
    shown = f"{kind.__module__}.{kind.__name__}" if kind.__name__ in KINDS else kind.__name__
    text = f"{shown}, which filbert does not have"
    if _is_a(module, "torch.jit.", ["ScriptModule"]):
        return f"{text}: a scripted or traced module; pass the one that it was made from"
    if _is_a(module, "torch.fx.", ["GraphModule"]):
        return f"{text}: a traced graph; pass the module that it was made from"
    if any(word in kind.__module__.split(".") for word in ("quantized", "qat", "quantizable")):
        return f"{text}: a quantized layer; pass the module from before its quantization"
    for wrapped in (
        "_orig_mod",
        "module",
    ):  # a compiled module, one on several devices, an average of several
        if isinstance(getattr(module, wrapped, None), nn.Module):
            return f"{text}; pass {name}.{wrapped}, which it wraps"
    return text


def _is_a(value: object, package: str, names: Sequence[str]) -> bool:
    """Whether a value is an instance of a class of PyTorch, whose module may not be imported."""
    return any(
        base.__name__ in names and f"{base.__module__}.".startswith(package)
        for base in type(value).__mro__
    )


def _qualified(hook: object) -> str:
    return getattr(hook, "__qualname__", type(hook).__qualname__)


def _function(value: Any, method: str) -> object:
    """The function behind a method of a class, or of the class of a value."""
    found = getattr(value, method)
    return getattr(found, "__func__", found)
