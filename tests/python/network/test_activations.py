"""Activations: the values of filbert.activations, single points, extremes and kinks."""

import copy
import pickle

import numpy as np
import problems
import pytest
import reference

import filbert as fb
from filbert.activations import ELU, LeakyReLU

VALUES = [LeakyReLU(), LeakyReLU(0.2), LeakyReLU(0), LeakyReLU(1), ELU(), ELU(0), ELU(1e30)]
EVERY = [*problems.OUTPUTS, *problems.WITH_PARAMETER]
FINITE = [name for name in EVERY if name != "exponential"]  # for every finite z


def slopes_at(activation, z, dtype="float64"):
    """a and da/dz of hidden or output neurons at these z."""
    z = np.asarray(z, dtype)
    net = fb.Network([1, z.size], output=activation, dtype=dtype, rng=0)
    net.w[1], net.b[1] = z[:, None], np.full(z.size, -0.0)
    t = net.forward(np.ones((1, 1), dtype))
    unit = net.backward(t, dC_da=np.ones((1, z.size), dtype))
    return t.a[1][0], unit.b[1]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_value(value):
    cls = type(value)
    name = "slope" if cls is LeakyReLU else "alpha"
    number = getattr(value, name)
    assert value == cls(number) == cls(**{name: number})
    assert value != cls(number / 2 + 0.25)
    assert len({value, cls(number)}) == 1
    assert repr(value) == f"{cls.__name__}({name}={number!r})"
    for again in (pickle.loads(pickle.dumps(value)), copy.copy(value), copy.deepcopy(value)):
        assert again == value
        assert type(again) is cls
    with pytest.raises(AttributeError):
        setattr(value, name, 0.5)
    assert value != reference.kind_of(value)
    assert type(number) is float


def test_kinds_differ():
    assert LeakyReLU(0.5) != ELU(0.5) != fb.losses.Huber(0.5)
    assert fb.activations.LeakyReLU is LeakyReLU
    assert LeakyReLU.__module__ == ELU.__module__ == "filbert.activations"
    with pytest.raises(TypeError, match="abstract class Activation"):
        fb.activations.Activation(1.0)


@pytest.mark.parametrize("value", VALUES, ids=repr)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_network_gives_it_back(value, dtype, tmp_path, rng):
    net = fb.Network([3, 4, 5, 2], activation=[value, "relu"], output=value, dtype=dtype, rng=0)
    alone = fb.Network([3, 4, 5, 2], activation=value, dtype=dtype, rng=0)
    assert [layer.activation for layer in net.layers] == [value, "relu", value]
    assert [layer.activation for layer in alone.layers] == [value, value, "identity"]
    assert repr(alone).startswith(f"Network([3, 4, 5, 2], activation={value!r}, output='identity'")
    assert repr(value) in net.summary()
    net.save(tmp_path / "net.safetensors")
    X = rng.normal(size=(5, 3)).astype(dtype)
    loaded = fb.load(tmp_path / "net.safetensors")
    for other in (loaded, copy.copy(net), pickle.loads(pickle.dumps(net))):
        assert other.layers == net.layers
        assert other.predict(X).tobytes() == net.predict(X).tobytes()


@pytest.mark.parametrize(("name", "value"), [("leaky_relu", LeakyReLU()), ("elu", ELU())])
def test_a_name_is_the_default(name, value, rng):
    one = fb.Network([3, 4, 2], activation=name, output=name, rng=0)
    other = fb.Network([3, 4, 2], activation=value, output=value, rng=0)
    assert one.layers == other.layers
    X = rng.normal(size=(5, 3))
    assert one.predict(X).tobytes() == other.predict(X).tobytes()


def test_a_checkpoint_is_of_the_same_activations(tmp_path, rng):
    path, X, y = tmp_path / "run.safetensors", rng.normal(size=(8, 3)), rng.normal(size=(8, 1))
    one, other = (fb.Network([3, 4, 1], activation=LeakyReLU(s), rng=0) for s in (0.1, 0.2))
    one.fit(X, y, epochs=1, callbacks=[fb.Checkpoint(path)])
    message = r"activations: expected \[LeakyReLU\(slope=0.1\), 'identity'\] as in the checkpoint"
    with pytest.raises(ValueError, match=message):
        other.fit(X, y, epochs=2, resume=path)


POINTS = {  # z: a, of the formulas on their authors' pages
    "leaky_relu": {-2: -0.02, 0: 0, 3: 3},
    "relu6": {-1: 0, 2.5: 2.5, 7: 6},
    "elu": {-1: np.exp(-1) - 1, 0: 0, 2: 2},
    "selu": {-1: 1.0507009873554805 * 1.6732632423543772 * (np.exp(-1) - 1), 2: 2.101401974710961},
    "gelu_tanh": {-1: -0.15880800939172324, 0: 0, 1: 0.8411919906082768},
    "silu": {-1: -0.2689414213699951, 0: 0, 2: 1.7615941559557649},
    "softplus": {-1: 0.31326168751822286, 0: np.log(2), 50: 50},
    "softsign": {-3: -0.75, 0: 0, 1: 0.5},
    "hard_sigmoid": {-4: 0, -3: 0, 0: 0.5, 1.5: 0.75, 3: 1, 4: 1},
    "hard_tanh": {-1.5: -1, 0.25: 0.25, 1.5: 1},
    "hard_swish": {-4: 0, -1.5: -0.375, 0: 0, 1.5: 1.125, 4: 4},
    "exponential": {-1: np.exp(-1), 0: 1, 1: np.e},
}


@pytest.mark.parametrize("name", POINTS)
def test_points(name):
    a, _ = slopes_at(name, list(POINTS[name]))
    np.testing.assert_allclose(a, list(POINTS[name].values()), rtol=1e-15, atol=1e-300)


KINKS = {  # z: the derivative that PyTorch has there
    "relu": {0: 0},
    "leaky_relu": {0: 0.01},
    "relu6": {0: 0, 6: 0},
    "elu": {0: 1},
    "selu": {0: 1.0507009873554805 * 1.6732632423543772},
    "hard_sigmoid": {-3: 0, 3: 0},
    "hard_tanh": {-1: 0, 1: 0},
    "hard_swish": {-3: 0, 3: 1},
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", KINKS)
def test_derivatives_at_kinks(name, dtype):
    z, slopes = list(KINKS[name]), list(KINKS[name].values())
    got = slopes_at(name, z, dtype)[1]
    np.testing.assert_allclose(got, slopes, rtol=np.finfo(dtype).eps, atol=0)
    if 0 in z:
        np.testing.assert_array_equal(slopes_at(name, [-0.0], dtype)[1], got[z.index(0)])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", FINITE, ids=str)
def test_finite_for_every_finite_z(name, dtype):
    limits = np.finfo(dtype)
    z = [0.0, limits.smallest_subnormal, limits.tiny, 1e-30, 88.8, 104, 746, 1e18, 1e30, 1e38]
    z = np.array([*z, limits.max * 0.45], dtype)  # differences are finite too
    z = np.concatenate([z, -z])
    a, slope = slopes_at(name, z, dtype)
    assert np.isfinite(a).all()
    assert np.isfinite(slope).all()
    kind = reference.kind_of(name)
    if kind not in ("softmax", "log_softmax"):
        saturated = np.abs(z) > 800
        assert set(np.sign(slope[saturated & (z < 0)]).tolist()) <= {-1.0, 0.0, 1.0}
        np.testing.assert_array_equal(np.abs(a[saturated]) <= 1.06 * np.abs(z[saturated]) + 6, True)


@pytest.mark.parametrize(("dtype", "top"), [("float32", 88.72), ("float64", 709.78)])
def test_exponential_is_infinite_beyond_the_type(dtype, top):
    a, slope = slopes_at("exponential", [top, top + 0.02, -1e30], dtype)
    assert np.isfinite(a[0])
    assert a[1:].tolist() == [np.inf, 0]
    assert slope.tolist() == a.tolist()


@pytest.mark.parametrize("outputs", [1, 3, 70])
def test_log_softmax_classifies(outputs, rng):
    """The labels, accuracies and costs of a softmax with the same parameters."""
    X, y = rng.normal(size=(50, 4)), rng.integers(0, outputs, 50)
    nets = [
        fb.Network([4, 8, outputs], output=output, rng=1, dtype="float64")
        for output in ("log_softmax", "softmax")
    ]
    logs, plain = nets
    np.testing.assert_allclose(np.exp(logs.predict(X)), plain.predict(X), rtol=1e-14)
    np.testing.assert_array_equal(logs.predict_classes(X), plain.predict_classes(X))
    assert logs.evaluate(X, y) == plain.evaluate(X, y)
    one, other = (net.fit(X, y, epochs=3, optimizer=fb.SGD(0.1)) for net in nets)
    np.testing.assert_allclose(one["loss"], other["loss"], rtol=1e-12, atol=1e-15)
    assert one["accuracy"] == other["accuracy"]
    names = np.array([f"class {i}" for i in range(outputs)])
    logs.fit(X, np.concatenate([names, names[y]])[:50] if outputs < 50 else y)


def test_rows_of_log_softmax_sum_to_one(rng):
    net = fb.Network([2, 3], output="log_softmax", rng=0)
    before, X = net.parameters.tobytes(), rng.normal(size=(2, 2))
    with pytest.raises(ValueError, match=r"y: expected rows of probabilities that sum to 1, got"):
        net.fit(X, [[0.5, 0, 0], [0, 1, 0]])
    with pytest.raises(ValueError, match=r"y: expected values in \[0, 1\] for a log_softmax"):
        net.fit(X, [[-0.5, 1.5, 0], [0, 1, 0]])
    assert net.parameters.tobytes() == before
    net.fit(X, [[-0.5, -1.5, -7], [0, -1, -2]], loss="squared_error")  # these are logarithms


@pytest.mark.parametrize("name", [*problems.HIDDEN, *problems.WITH_PARAMETER], ids=str)
def test_initial_weights(name):
    """After He before what is like relu, else after Glorot: docs/numerics.md, clause 8."""
    he = {
        *("relu", "leaky_relu", "relu6", "elu", "gelu", "gelu_tanh"),
        *("silu", "mish", "softplus", "hard_swish"),
    }
    net = fb.Network([30, 200, 1], activation=name, rng=0, dtype="float64")
    limit = np.sqrt(6 / (30 if reference.kind_of(name) in he else 230))
    assert 0.99 * limit < np.abs(net.w[1]).max() <= limit
