"""state_dict and load_state_dict: PyTorch's names and layout, from arrays and from tensors."""

import threading
from collections import OrderedDict

import numpy as np
import pytest

import filbert as fb
from filbert import _core


@pytest.fixture
def twin():
    """Of the shape of the fixture `net`, with other parameters."""
    return fb.Network([4, 5, 3], activation="tanh", output="softmax", rng=2)


def same(first, second):
    return np.array_equal(first.parameters, second.parameters)


@pytest.mark.parametrize(
    ("activation", "keys"),
    [
        ("relu", ["0", "2", "4"]),
        ("identity", ["0", "1", "2"]),
        (["identity", "tanh"], ["0", "1", "3"]),
        (["sigmoid", "identity"], ["0", "2", "3"]),
    ],
)
@pytest.mark.parametrize("output", ["identity", "softmax"])
def test_names_count_the_activations(activation, keys, output):
    net = fb.Network([4, 6, 5, 3], activation=activation, output=output)
    state = net.state_dict()
    assert list(state) == [f"{k}.{kind}" for k in keys for kind in ("weight", "bias")]
    for l, key in enumerate(keys, 1):
        np.testing.assert_array_equal(state[f"{key}.weight"], net.w[l])
        np.testing.assert_array_equal(state[f"{key}.bias"], net.b[l])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_arrays_are_contiguous_copies(dtype):
    net = fb.Network([4, 5, 3], dtype=dtype, rng=0)
    before = net.parameters.copy()
    for array in net.state_dict().values():
        assert array.dtype == dtype
        assert array.flags.c_contiguous
        assert array.flags.owndata
        array[...] = 7
    np.testing.assert_array_equal(net.parameters, before)


def test_a_round_trip_restores_every_bit(net, X, y):
    best = net.state_dict()
    before, expected = net.parameters.copy(), net.predict(X)
    net.fit(X, y, epochs=3)
    assert not np.array_equal(net.parameters, before)
    assert net.load_state_dict(best) is None
    np.testing.assert_array_equal(net.parameters, before)
    np.testing.assert_array_equal(net.predict(X), expected)


@pytest.mark.parametrize(
    "names",
    [
        ("0", "2"),
        ("net.0", "net.2"),
        ("fc1", "fc2"),
        ("hidden", "output"),
        ("z", "a"),
        ("_orig_mod.module.body.9", "_orig_mod.module.body.10"),
        ("0.0", "1"),
        ("encoder.linear", "head"),
    ],
)
def test_any_prefix(net, twin, names):
    state = dict(zip([f"{n}.{k}" for n in names for k in ("weight", "bias")],
                     net.state_dict().values(), strict=True))  # fmt: skip
    twin.load_state_dict(state)
    assert same(net, twin)


def test_no_prefix():
    net, twin = fb.Network([3, 2], rng=0), fb.Network([3, 2], rng=1)
    net.b[1][:] = 5
    twin.load_state_dict({"bias": net.b[1], "weight": net.w[1]})
    assert same(net, twin)


@pytest.mark.parametrize("prefix", ["", "layers.", "net.fc"])
def test_names_sorted_as_text_go_by_their_numbers(prefix):
    """As safetensors' load_file returns them: "0.bias", "0.weight", "10.bias", ..., "2.bias"."""
    net = fb.Network([3] * 13, rng=0)
    state = {prefix + key: value for key, value in sorted(net.state_dict().items())}
    assert list(state)[2] == f"{prefix}10.bias"
    twin = fb.Network([3] * 13, rng=1)
    twin.load_state_dict(state)
    assert same(net, twin)


def test_numbers_are_compared_only_where_the_rest_is_equal():
    arrays = [np.full((2, 2), float(i)) for i in range(5)]
    net = fb.Network([2] * 6, dtype="float64")
    names = ["enc2", "mid9", "enc1", "mid1", "head0"]  # enc1, enc2 and mid1, mid9 change places
    net.load_state_dict({f"{n}.weight": a for n, a in zip(names, arrays, strict=True)})
    assert [net.w[l][0, 0] for l in net.w] == [2, 3, 0, 1, 4]


def test_a_missing_bias_is_zero(net, X):
    net.b[1][:], net.b[2][:] = 5, 6
    state = net.state_dict()
    del state["0.bias"]
    net.load_state_dict(state)
    assert (net.b[1] == 0).all()
    assert (net.b[2] == 6).all()


@pytest.mark.parametrize(
    "make",
    [
        lambda a: a.tolist(),
        lambda a: a.astype(np.float64),
        lambda a: np.asfortranarray(a),
        lambda a: np.repeat(a, 2, axis=0)[::2],
        lambda a: a.astype(a.dtype.newbyteorder()),
        lambda a: np.frombuffer(b"x" + a.tobytes(), np.uint8)[1:].view(a.dtype).reshape(a.shape),
    ],
    ids=["list", "float64", "Fortran", "strided", "byte-swapped", "unaligned"],
)
def test_kinds_of_arrays(net, twin, make):
    state = {key: make(value) for key, value in net.state_dict().items()}
    twin.load_state_dict(OrderedDict(state))
    assert same(net, twin)


def test_an_npz_file_is_a_mapping(net, twin, tmp_path):
    np.savez(tmp_path / "net.npz", **net.state_dict())
    with np.load(tmp_path / "net.npz") as file:
        twin.load_state_dict(file)
    assert same(net, twin)


def test_views_of_the_network_itself():
    net = fb.Network([2, 2, 2], dtype="float64", rng=0)
    net.b[1][:], net.b[2][:] = [1, 2], [3, 4]
    w1, w2 = net.w[1].copy(), net.w[2].copy()
    swapped = {"a.weight": net.w[2], "a.bias": net.b[2], "b.weight": net.w[1], "b.bias": net.b[1]}
    net.load_state_dict(swapped)
    np.testing.assert_array_equal(net.w[1], w2)
    np.testing.assert_array_equal(net.w[2], w1)
    assert net.b[1].tolist() == [3, 4]
    assert net.b[2].tolist() == [1, 2]


def test_busy_while_it_is_trained(net, X, y):
    """From another thread. The training one may read, as it may save."""
    state, raised, own = net.state_dict(), [], []

    def use():
        for call in (net.state_dict, lambda: net.load_state_dict(state)):
            try:
                call()
            except fb.BusyError as error:
                raised.append(error)

    def on_epoch(*_):
        thread = threading.Thread(target=use)
        thread.start()
        thread.join(60)
        own.append(net.state_dict())

    labels = y.astype(np.int32)
    sgd = fb.SGD()
    options = _core.FitOptions(batch_size=4)
    net._core.fit(X, labels, sgd._core, options, _core.FitPosition(), on_epoch)
    assert len(raised) == 2
    for name, array in net.state_dict().items():
        np.testing.assert_array_equal(own[0][name], array)


GOOD = fb.Network([4, 5, 3], rng=3).state_dict()


def without(*keys):
    return {key: value for key, value in GOOD.items() if key not in keys}


def wrong(key, index, value):
    array = GOOD[key].astype(np.float64)
    array[index] = value
    return {**GOOD, key: array}


BAD = [
    ("None", None, TypeError, r"state_dict: expected a mapping of names to arrays, got None"),
    ("a list", list(GOOD.items()), TypeError, r"state_dict: expected a mapping .*, got list"),
    ("a path", "net.pt", TypeError, r"state_dict: expected a mapping .*, got 'net.pt'"),
    ("a module", fb.Network([4, 5, 3]), TypeError, r"got Network; pass its state_dict\(\)"),
    ("empty", {}, ValueError, r"expected 2 weights, .* got 0: missing key for layer 1, of shape \(5, 4\)"),
    ("too few", without("2.weight", "2.bias"), ValueError, r"expected 2 weights, .* got 1: missing key for layer 2, of shape \(3, 5\)"),
    ("too many", {**GOOD, "4.weight": np.ones((3, 3))}, ValueError, r"state_dict\['4.weight'\]: expected 2 weights, .* unexpected key: it is number 3 of 3"),
    ("no weight", without("0.weight"), ValueError, r"state_dict\['0.weight'\]: expected a weight to go with '0.bias', got a missing key"),
    ("number as key", {0: np.ones((5, 4))}, ValueError, r"state_dict\[0\]: expected weights and biases .* unexpected key"),
    ("other name", {**GOOD, "0.scale": np.ones(5)}, ValueError, r"state_dict\['0.scale'\]: .* unexpected key"),
    ("weights, plural", {"weights": np.ones((5, 4))}, ValueError, r"state_dict\['weights'\]: .* unexpected key"),
    ("a checkpoint", {"epoch": 3, "model": GOOD}, ValueError, r"state_dict\['epoch'\]: .* unexpected key"),
    ("batch norm", {**GOOD, "1.running_mean": np.ones(5)}, ValueError, r"state_dict\['1.running_mean'\]: .* unexpected key"),
    ("batch count", {**GOOD, "1.num_batches_tracked": np.array(9)}, ValueError, r"state_dict\['1.num_batches_tracked'\]: .* unexpected key"),
    ("layer norm", {**GOOD, "1.weight": np.ones(5)}, ValueError, r"state_dict\['1.weight'\]: expected the weight of a Linear layer, shape \(n_out, n_in\), got \(5,\)"),
    ("weight norm", {**GOOD, "0.weight_g": np.ones(5)}, ValueError, r"state_dict\['0.weight_g'\]: .* unexpected key"),
    ("conv", {**GOOD, "0.weight": np.ones((5, 4, 3, 3))}, ValueError, r"state_dict\['0.weight'\]: expected the weight of a Linear .* got \(5, 4, 3, 3\)"),
    ("conv 1-D", {**GOOD, "2.weight": np.ones((3, 5, 1))}, ValueError, r"state_dict\['2.weight'\]: .* got \(3, 5, 1\)"),
    ("transposed", {**GOOD, "0.weight": GOOD["0.weight"].T}, ValueError, r"state_dict\['0.weight'\]: expected shape \(5, 4\), got \(4, 5\)"),
    ("wide", {**GOOD, "2.weight": np.ones((3, 6))}, ValueError, r"state_dict\['2.weight'\]: expected shape \(3, 5\), got \(3, 6\)"),
    ("other order", {k: GOOD[k] for k in ("2.weight", "2.bias")} | {"x.weight": GOOD["0.weight"]}, ValueError, r"state_dict\['2.weight'\]: expected shape \(5, 4\), got \(3, 5\)"),
    ("bias too long", {**GOOD, "2.bias": np.ones(4)}, ValueError, r"state_dict\['2.bias'\]: expected shape \(3,\), got \(4,\)"),
    ("bias 2-D", {**GOOD, "2.bias": np.ones((3, 1))}, ValueError, r"state_dict\['2.bias'\]: expected shape \(3,\), got \(3, 1\)"),
    ("nan", wrong("2.weight", (2, 4), np.nan), ValueError, r"state_dict\['2.weight'\]: expected finite numbers, got nan at \[2, 4\]"),
    ("inf", wrong("2.bias", 1, -np.inf), ValueError, r"state_dict\['2.bias'\]: expected finite numbers, got -inf at \[1\]"),
    ("1e300", wrong("0.weight", (0, 0), 1e300), ValueError, r"state_dict\['0.weight'\]: expected numbers that fit in float32, got 1e\+300"),
    ("complex", {**GOOD, "0.bias": np.ones(5) + 0j}, TypeError, r"state_dict\['0.bias'\]: expected real numbers, got dtype complex128"),
    ("object", {**GOOD, "0.bias": np.ones(5, object)}, TypeError, r"state_dict\['0.bias'\]: expected numbers, got dtype object"),
    ("value None", {**GOOD, "2.bias": None}, TypeError, r"state_dict\['2.bias'\]: expected an array of numbers, got None"),
    ("strings", {**GOOD, "2.bias": ["a", "b", "c"]}, TypeError, r"state_dict\['2.bias'\]: expected real numbers, got dtype <U1"),
    ("ragged", {**GOOD, "2.weight": [[1.0], [1.0, 2.0], [3.0]]}, TypeError, r"state_dict\['2.weight'\]: expected rows of one length"),
    ("masked", {**GOOD, "2.bias": np.ma.ones(3)}, TypeError, r"state_dict\['2.bias'\]: expected an array without a mask"),
    ("scalar", {**GOOD, "2.bias": 0.0}, ValueError, r"state_dict\['2.bias'\]: expected shape \(3,\), got \(\)"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("state", "error", "message"), [row[1:] for row in BAD], ids=[row[0] for row in BAD]
)
def test_bad_state_dicts_change_nothing(net, state, error, message):
    before = net.parameters.copy()
    with pytest.raises(error, match=message):
        net.load_state_dict(state)
    np.testing.assert_array_equal(net.parameters, before)


def test_tensors_of_pytorch(net, twin):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    module = torch.nn.Sequential(torch.nn.Linear(4, 5), torch.nn.Tanh(), torch.nn.Linear(5, 3))
    module.load_state_dict({k: torch.from_numpy(a) for k, a in net.state_dict().items()})
    for state in (module.state_dict(), dict(module.named_parameters())):  # with gradients
        twin.parameters[:] = 0
        twin.load_state_dict(state)
        assert same(net, twin)
    for dtype in (torch.float64, torch.float16, torch.bfloat16):
        twin.load_state_dict(module.to(dtype).state_dict())
        expected = module[2].weight.detach().double().numpy().astype(np.float32)
        np.testing.assert_array_equal(twin.w[2], expected)


def test_tensors_without_numbers(net):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    before = net.parameters.copy()
    sparse = torch.eye(5, 4).to_sparse()
    for tensor in (torch.empty((5, 4), device="meta"), sparse):
        with pytest.raises(ValueError, match=r"state_dict\['0.weight'\]: expected a dense tensor"):
            net.load_state_dict({**GOOD, "0.weight": tensor})
    np.testing.assert_array_equal(net.parameters, before)
    convolution = torch.nn.Sequential(torch.nn.Conv2d(4, 5, 3), torch.nn.BatchNorm2d(5))
    with pytest.raises(ValueError, match=r"state_dict\['0.weight'\]: .* got \(5, 4, 3, 3\)"):
        net.load_state_dict(convolution.state_dict())
