"""Modules of PyTorch that do more than their classes say, or that filbert cannot look into."""

import copy
import warnings

import numpy as np
import pytest

import filbert as fb

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
nn = torch.nn
prune = pytest.importorskip("torch.nn.utils.prune")


def negated(base, method):
    """A subclass one of whose methods returns minus what it should."""

    def override(self, *arguments):
        return -getattr(base, method)(self, *arguments)

    return type("Negated", (base,), {method: override})


class Negation(torch.Tensor):
    """As a weight it changes what Linear returns."""

    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        result = super().__torch_function__(function, types, args, kwargs or {})
        return -result if function is nn.functional.linear else result


class Inert(torch.Tensor):
    """Changes nothing."""


def linear():
    torch.manual_seed(0)
    return nn.Linear(4, 4)


def with_weight(kind):
    module = linear()
    module.weight = nn.Parameter(module.weight.detach().as_subclass(kind))
    return module


def with_own(module, method):
    setattr(module, method, lambda x: x)
    return module


def changed(change, **options):
    """A Linear within a Sequential after a function of torch.nn.utils has changed it."""
    module = linear()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some of them are deprecated
        change(module, **options)
    return nn.Sequential(module)


def quantized():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.ao.quantization.quantize_dynamic(nn.Sequential(linear()), {nn.Linear})


def scripted(how, *arguments):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return how(nn.Sequential(linear()), *arguments)


def hook_by_name(*_):
    """Does nothing, but nobody can see that."""


def hooked(register):
    module = linear()
    getattr(module, register)(hook_by_name)
    return nn.Sequential(module)


NOT_OURS = "expected Sequential, Linear, ReLU, .* or Flatten, got"
OVERRIDDEN = r"expected a module with PyTorch's {0}\(\), got Negated, which overrides it$"
OWN = r"expected a module with the {0}\(\) of its class, got Linear with one of its own$"
BAD = {
    "Sequential, __call__": (lambda: negated(nn.Sequential, "__call__")(linear()), "module: " + OVERRIDDEN.format("__call__")),
    "Sequential, _call_impl": (lambda: negated(nn.Sequential, "_call_impl")(linear()), "module: " + OVERRIDDEN.format("_call_impl")),
    "Sequential, forward": (lambda: negated(nn.Sequential, "forward")(linear()), rf"module: {NOT_OURS} Negated, whose forward\(\) cannot be seen; if it calls its children in order, pass torch.nn.Sequential\(\*module.children\(\)\)$"),
    "ReLU, __call__": (lambda: nn.Sequential(linear(), negated(nn.ReLU, "__call__")()), r"module\[1\]: " + OVERRIDDEN.format("__call__")),
    "ReLU, forward": (lambda: nn.Sequential(linear(), negated(nn.ReLU, "forward")()), rf"module\[1\]: {NOT_OURS} Negated, whose forward\(\) cannot be seen$"),
    "Linear, __call__": (lambda: negated(nn.Linear, "__call__")(4, 3), "module: " + OVERRIDDEN.format("__call__")),
    "Linear, forward": (lambda: negated(nn.Linear, "forward")(4, 3), rf"module: {NOT_OURS} Negated, whose"),
    "Dropout, train": (lambda: nn.Sequential(negated(nn.Dropout, "train")(), linear()), r"module\[0\]: " + OVERRIDDEN.format("train")),
    "Dropout, eval": (lambda: nn.Sequential(negated(nn.Dropout, "eval")(), linear()), r"module\[0\]: " + OVERRIDDEN.format("eval")),
    "own forward": (lambda: with_own(linear(), "forward"), "module: " + OWN.format("forward")),
    "own _call_impl": (lambda: nn.Sequential(with_own(linear(), "_call_impl")), r"module\[0\]: " + OWN.format("_call_impl")),
    "own eval": (lambda: with_own(linear(), "eval"), "module: " + OWN.format("eval")),
    "forward hook": (lambda: hooked("register_forward_hook"), r"module\[0\]: expected no hooks, as they can do anything, got Linear with hook_by_name$"),
    "forward pre-hook": (lambda: hooked("register_forward_pre_hook"), r"module\[0\]: expected no hooks, .* got Linear with hook_by_name$"),
    "tensor": (lambda: with_weight(Negation), r"module.weight: expected a tensor with the arithmetic of torch.Tensor, got Negation, which defines __torch_function__\(\)$"),
    "lazy": (lambda: nn.Sequential(nn.LazyLinear(3)), r"module\[0\]: expected a layer whose shape is known, got LazyLinear before its first call; call the module once$"),
    "pruned": (lambda: changed(prune.l1_unstructured, name="weight", amount=0.5), r"module\[0\]: expected no hooks, got Linear with pruning of its weight; torch.nn.utils.prune.remove\(module\[0\], 'weight'\) makes it permanent$"),
    "bias pruned": (lambda: changed(prune.random_unstructured, name="bias", amount=0.5), "got Linear with pruning of its bias; .*remove.*'bias'"),
    "weight norm": (lambda: changed(nn.utils.weight_norm), r"got Linear with weight_norm of its weight; torch.nn.utils.remove_weight_norm\(module\[0\], 'weight'\) removes it$"),
    "spectral norm": (lambda: changed(nn.utils.spectral_norm), r"got Linear with spectral_norm of its weight; torch.nn.utils.remove_spectral_norm\(module\[0\], 'weight'\) removes it$"),
    "compiled": (lambda: torch.compile(linear(), backend="eager"), rf"module: {NOT_OURS} OptimizedModule, which filbert does not have; pass module._orig_mod, which it wraps$"),
    "on devices": (lambda: nn.DataParallel(linear()), "got DataParallel, which filbert does not have; pass module.module, which it wraps$"),
    "averaged": (lambda: torch.optim.swa_utils.AveragedModel(linear()), "got AveragedModel, which filbert does not have; pass module.module, which"),
    "quantized": (quantized, r"module\[0\]: .* got torch.ao.nn.quantized.dynamic.modules.linear.Linear, which filbert does not have: a quantized layer; pass the module from before"),
    "scripted": (lambda: scripted(torch.jit.script), "got RecursiveScriptModule, which filbert does not have: a scripted or traced module; pass the one that it was made from$"),
    "traced": (lambda: scripted(torch.jit.trace, torch.ones(1, 4)), "which filbert does not have: a scripted or traced module"),
    "graph": (lambda: scripted(torch.fx.symbolic_trace), "got torch.fx.graph_module.Sequential, which filbert does not have: a traced graph"),
    "no module": (lambda: nn.Sequential(linear(), None), rf"module\[1\]: {NOT_OURS} NoneType, which is no module$"),
}  # fmt: skip


@pytest.mark.parametrize(("make", "message"), BAD.values(), ids=BAD)
def test_what_may_predict_something_else(make, message):
    module = make()
    with pytest.raises(ValueError, match=message):
        fb.from_torch(module)


@pytest.mark.parametrize("when", ["forward", "forward_pre"])
def test_hooks_of_every_module(when):
    register = getattr(nn.modules.module, f"register_module_{when}_hook")
    handle = register(hook_by_name)
    try:
        with pytest.raises(
            ValueError, match=rf"module: .* got hook_by_name by .*_module_{when}_hook"
        ):
            fb.from_torch(linear())
    finally:
        handle.remove()
    assert_same(linear())


def assert_same(module):
    x = torch.from_numpy(np.random.default_rng(0).normal(size=(9, 4)).astype(np.float32))
    net = fb.from_torch(module)
    with torch.no_grad():
        expected = module.eval()(x).numpy()
    np.testing.assert_allclose(net.predict(x.numpy()), expected, rtol=1e-5, atol=1e-6)


def after_first_call():
    module = nn.LazyLinear(3)
    module(torch.ones(1, 4))
    return module


def with_backward_hooks():
    module = linear()
    module.register_full_backward_pre_hook(hook_by_name)
    module.register_full_backward_hook(hook_by_name)
    return module


def without(removed, *changes, **options):
    module = changed(*changes, **options)
    removed(module[0], "weight")
    return module


def compiled_in_place():
    module = nn.Sequential(linear(), nn.ReLU())
    module.compile(backend="eager")
    return module


class Reversed(nn.Sequential):
    """Its forward() goes through the children as they come out here."""

    def __iter__(self):
        return reversed(list(super().__iter__()))


SAME = {
    "subclasses": lambda: type("S", (nn.Sequential,), {})(type("L", (nn.Linear,), {})(4, 3)),
    "iteration": lambda: Reversed(nn.Tanh(), linear()),
    "tensor": lambda: with_weight(Inert),
    "lazy, called": after_first_call,
    "backward hooks": with_backward_hooks,
    "pruned for good": lambda: without(
        prune.remove, prune.l1_unstructured, name="weight", amount=0.5
    ),
    "weight norm removed": lambda: without(nn.utils.remove_weight_norm, nn.utils.weight_norm),
    "spectral norm removed": lambda: without(nn.utils.remove_spectral_norm, nn.utils.spectral_norm),
    "orthogonal": lambda: changed(nn.utils.parametrizations.orthogonal),
    "original of a compiled one": lambda: torch.compile(linear(), backend="eager")._orig_mod,
    "compiled in place": compiled_in_place,
    "fused": lambda: torch.ao.nn.intrinsic.LinearReLU(linear(), nn.ReLU()),
}


@pytest.mark.parametrize("make", SAME.values(), ids=SAME)
def test_what_changes_nothing(make):
    assert_same(make())


def test_a_parametrization_is_looked_at_as_after_eval():
    """In training, this one changes whenever its weight is asked for."""
    module = nn.Sequential(nn.utils.parametrizations.spectral_norm(linear())).train()
    before = copy.deepcopy(module.state_dict())
    fb.from_torch(module)
    assert all(part.training for part in module.modules())
    for key, tensor in module.state_dict().items():
        assert torch.equal(tensor, before[key]), key
    assert_same(module)
