"""Modules of PyTorch become networks with the same predictions."""

import subprocess
import sys

import numpy as np
import pytest

import filbert as fb

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
nn = torch.nn

TOLERANCE = {torch.float64: 1e-12, torch.float32: 1e-6}


class Custom(nn.Module):
    """Its children in order are not what it does."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(4, 4), nn.Linear(4, 4)

    def forward(self, x):
        return self.second(x) + self.first(x)


class Named(nn.Sequential):
    """A subclass that changes nothing."""


def require_same(module, net, shape=(9, 4)):
    dtype = next(module.parameters()).dtype
    x = torch.from_numpy(np.random.default_rng(0).normal(size=shape)).to(dtype)
    with torch.no_grad():
        expected = module.eval()(x).numpy()
    got = net.predict(x.numpy().reshape(len(x), -1))
    assert got.dtype == expected.dtype == net.dtype
    assert got.shape == expected.shape
    np.testing.assert_allclose(got, expected, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


def tied():
    """One ReLU, and one Linear, in several places."""
    relu, linear = nn.ReLU(), nn.Linear(4, 4)
    return nn.Sequential(linear, relu, linear, relu, nn.Linear(4, 2))


MODULES = {
    "a Linear": (lambda: nn.Linear(4, 3), [4, 3], ["identity"]),
    "one layer": (lambda: nn.Sequential(nn.Linear(4, 3), nn.Tanh()), [4, 3], ["tanh"]),
    "logits": (
        lambda: nn.Sequential(nn.Linear(4, 7), nn.ReLU(), nn.Linear(7, 3)),
        [4, 7, 3],
        ["relu", "identity"],
    ),
    "every activation": (
        lambda: nn.Sequential(
            nn.Linear(4, 6), nn.ReLU(inplace=True), nn.Linear(6, 5), nn.Sigmoid(), nn.Linear(5, 4),
            nn.Tanh(), nn.Linear(4, 5), nn.GELU(), nn.Linear(5, 6), nn.Mish(inplace=True),
            nn.Linear(6, 3), nn.Softmax(dim=1),
        ),
        [4, 6, 5, 4, 5, 6, 3],
        ["relu", "sigmoid", "tanh", "gelu", "mish", "softmax"],
    ),
    "every other activation": (
        lambda: nn.Sequential(
            nn.Linear(4, 6), nn.LeakyReLU(0.2, inplace=True), nn.Linear(6, 5), nn.ReLU6(), nn.Linear(5, 4),
            nn.ELU(1.5), nn.Linear(4, 5), nn.SELU(), nn.Linear(5, 6), nn.GELU("tanh"), nn.Linear(6, 5),
            nn.SiLU(), nn.Linear(5, 6), nn.Softplus(), nn.Linear(6, 5), nn.Softsign(), nn.Linear(5, 6),
            nn.Hardsigmoid(), nn.Linear(6, 5), nn.Hardtanh(), nn.Linear(5, 6), nn.Hardswish(),
            nn.Linear(6, 4), nn.Hardtanh(0, 6), nn.Linear(4, 3), nn.LogSoftmax(dim=-1),
        ),
        [4, 6, 5, 4, 5, 6, 5, 6, 5, 6, 5, 6, 4, 3],
        [
            fb.activations.LeakyReLU(0.2), "relu6", fb.activations.ELU(1.5), "selu", "gelu_tanh", "silu",
            "softplus", "softsign", "hard_sigmoid", "hard_tanh", "hard_swish", "relu6", "log_softmax",
        ],
    ),
    "nothing between": (
        lambda: nn.Sequential(nn.Linear(4, 5), nn.Linear(5, 5), nn.Identity(), nn.Linear(5, 2)),
        [4, 5, 5, 2],
        ["identity"] * 3,
    ),
    "dropout": (
        lambda: nn.Sequential(
            nn.Dropout(0.5), nn.Linear(4, 5), nn.Dropout(0.3), nn.ReLU(), nn.AlphaDropout(0.5),
            nn.Linear(5, 1), nn.Sigmoid(),
        ),
        [4, 5, 1],
        ["relu", "sigmoid"],
    ),
    "nested": (
        lambda: nn.Sequential(
            nn.Sequential(nn.Linear(4, 6), nn.Sequential(nn.ReLU())),
            nn.Sequential(),
            Named(nn.Linear(6, 3), nn.Softmax(dim=-1)),
        ),
        [4, 6, 3],
        ["relu", "softmax"],
    ),
    "no bias": (
        lambda: nn.Sequential(nn.Linear(4, 5, bias=False), nn.Tanh(), nn.Linear(5, 2)),
        [4, 5, 2],
        ["tanh", "identity"],
    ),
    "used twice": (tied, [4, 4, 4, 2], ["relu", "relu", "identity"]),
    "parametrized": (
        lambda: nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Linear(4, 3)), nn.ReLU()),
        [4, 3],
        ["relu"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
@pytest.mark.parametrize(("make", "sizes", "activations"), MODULES.values(), ids=MODULES)
def test_same_predictions(make, sizes, activations, dtype):
    torch.manual_seed(0)
    module = make().to(dtype)
    net = fb.from_torch(module)
    assert net.sizes == sizes
    assert [layer.activation for layer in net.layers] == activations
    require_same(module, net)


def test_images_are_flattened():
    module = nn.Sequential(nn.Flatten(), nn.Linear(12, 5), nn.ReLU(), nn.Flatten(), nn.Linear(5, 2))
    require_same(module, fb.from_torch(module), (7, 1, 4, 3))


def test_a_network_of_its_own():
    module = nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 3))
    net = fb.from_torch(module)
    before = module[0].weight.detach().clone()
    net.parameters[:] = 0
    assert torch.equal(module[0].weight, before)
    again = fb.from_torch(module)
    X, y = np.arange(32.0).reshape(8, 4), np.zeros((8, 3))
    for one in (again, other := fb.from_torch(module)):
        one.fit(X, y, epochs=2, batch_size=2)  # in the same order: no fresh key
    np.testing.assert_array_equal(again.parameters, other.parameters)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
def test_half_precision_becomes_float32(dtype):
    module = nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 3)).to(dtype)
    net = fb.from_torch(module)
    assert net.dtype == np.float32
    np.testing.assert_array_equal(net.w[1], module[0].weight.detach().float().numpy())
    require_same(module.float(), net)


def test_the_state_dict_agrees():
    """Where each activation is a module, the keys are those of the module itself."""
    module = nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 3), nn.Softmax(1))
    state = fb.from_torch(module).state_dict()
    assert list(state) == list(module.state_dict())
    for key, tensor in module.state_dict().items():
        np.testing.assert_array_equal(state[key], tensor.numpy())


def with_value(value):
    linear = nn.Linear(4, 3)
    with torch.no_grad():
        linear.weight[1, 2] = value
    return linear


LINEAR = nn.Linear(4, 4)
EXPECTED = "expected Sequential, Linear, ReLU, .* or Flatten"
BAD = {
    "None": (None, TypeError, "module: expected a torch.nn.Sequential, got None"),
    "a class": (nn.Sequential, TypeError, "module: expected a torch.nn.Sequential, got the class Sequential"),
    "a state dict": (LINEAR.state_dict(), TypeError, "torch.nn.Sequential, got OrderedDict"),
    "a tensor": (LINEAR.weight, TypeError, "torch.nn.Sequential, got Parameter"),
    "a path": ("net.pt", TypeError, "torch.nn.Sequential, got 'net.pt'"),
    "empty": (nn.Sequential(), ValueError, "module: expected at least one Linear, got none"),
    "only ReLU": (nn.ReLU(), ValueError, "module: expected a Linear right before ReLU, got none"),
    "custom": (Custom(), ValueError, rf"module: {EXPECTED}, got Custom, whose forward\(\) cannot be seen; .* torch.nn.Sequential\(\*module.children\(\)\)"),
    "custom within": (nn.Sequential(LINEAR, nn.Sequential(Custom())), ValueError, r"module\[1\]\[0\]: .* got Custom, whose"),
    "conv": (nn.Sequential(nn.Conv2d(1, 2, 3), LINEAR), ValueError, rf"module\[0\]: {EXPECTED}, got Conv2d, which filbert does not have"),
    "batch norm": (nn.Sequential(LINEAR, nn.BatchNorm1d(4)), ValueError, r"module\[1\]: .* got BatchNorm1d, which filbert"),
    "CELU": (nn.Sequential(LINEAR, nn.CELU()), ValueError, r"module\[1\]: .* got CELU, which filbert"),
    "PReLU": (nn.Sequential(LINEAR, nn.PReLU()), ValueError, r"module\[1\]: .* got PReLU, which filbert"),
    "a slope": (nn.Sequential(LINEAR, nn.LeakyReLU(-0.5)), ValueError, r"module\[1\]: expected LeakyReLU with a negative_slope in \[0, 1\], got -0.5"),
    "a slope of nan": (nn.Sequential(LINEAR, nn.LeakyReLU(float("nan"))), ValueError, r"module\[1\]: expected LeakyReLU .* got nan"),
    "an alpha": (nn.Sequential(LINEAR, nn.ELU(-1.0)), ValueError, r"module\[1\]: expected ELU with an alpha .* got -1.0"),
    "a beta": (nn.Sequential(LINEAR, nn.Softplus(2)), ValueError, r"module\[1\]: expected Softplus\(beta=1\) .* got beta=2"),
    "a threshold": (nn.Sequential(LINEAR, nn.Softplus(1, 5)), ValueError, r"module\[1\]: expected Softplus.* got beta=1(\.0)?, threshold=5"),
    "limits": (nn.Sequential(LINEAR, nn.Hardtanh(-2, 2)), ValueError, r"module\[1\]: expected Hardtanh\(-1, 1\) or Hardtanh\(0, 6\), got \(-2"),
    "log softmax of the batch": (nn.Sequential(LINEAR, nn.LogSoftmax(0)), ValueError, r"module\[1\]: expected LogSoftmax\(dim=1\), got dim=0"),
    "log softmax within": (nn.Sequential(LINEAR, nn.LogSoftmax(1), LINEAR), ValueError, r"module\[2\]: expected nothing after LogSoftmax, got Linear"),
    "LSTM": (nn.LSTM(4, 4), ValueError, "got LSTM, which filbert"),
    "ModuleList": (nn.ModuleList([LINEAR]), ValueError, "got ModuleList, which filbert"),
    "ReLU first": (nn.Sequential(nn.ReLU(), LINEAR), ValueError, r"module\[0\]: expected a Linear right before ReLU"),
    "ReLU twice": (nn.Sequential(LINEAR, nn.ReLU(), nn.Tanh()), ValueError, r"module\[2\]: expected a Linear right before Tanh, got none"),
    "softmax within": (nn.Sequential(LINEAR, nn.Softmax(1), LINEAR), ValueError, r"module\[2\]: expected nothing after Softmax, got Linear"),
    "softmax of the batch": (nn.Sequential(LINEAR, nn.Softmax(0)), ValueError, r"module\[1\]: expected Softmax\(dim=1\), got dim=0"),
    "flattened batch": (nn.Sequential(nn.Flatten(0), LINEAR), ValueError, r"module\[0\]: expected Flatten\(start_dim=1, end_dim=-1\), got start_dim=0, end_dim=-1"),
    "widths": (nn.Sequential(nn.Linear(4, 5), nn.Linear(6, 3)), ValueError, r"module\[1\].weight: expected shape \(3, 5\), got \(3, 6\)"),
    "meta": (nn.Linear(4, 3, device="meta"), ValueError, r"module.weight: expected a dense tensor"),
    "complex": (nn.Linear(4, 3, dtype=torch.complex64), TypeError, "module.weight: expected real numbers, got dtype complex64"),
    "nan": (nn.Sequential(with_value(float("nan"))), ValueError, r"module\[0\].weight: expected finite numbers, got nan at \[1, 2\]"),
    "inf": (with_value(float("inf")), ValueError, r"module.weight: expected finite numbers, got inf at \[1, 2\]"),
}  # fmt: skip


@pytest.mark.parametrize(("module", "error", "message"), BAD.values(), ids=BAD)
def test_what_is_not_dense(module, error, message):
    with pytest.raises(error, match=message):
        fb.from_torch(module)


def test_what_a_custom_module_needs():
    """The remedy that the message names."""
    module = nn.Module()
    module.hidden, module.act, module.out = nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 3)
    sequential = nn.Sequential(*module.children())
    require_same(sequential, fb.from_torch(sequential))


def test_pytorch_is_never_imported():
    code = "import sys, filbert; print('torch' in sys.modules, 'sklearn' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "False False\n"
