"""Initialisers as Python sees them: names, classes, lists with arrays, what copies and files keep."""

import copy
import inspect
import math
import pickle

import numpy as np
import pytest

import filbert as fb
from filbert import _core, initialisers
from filbert._edge import initialiser

CLASSES = [getattr(initialisers, name) for name in initialisers.__all__]
NAMES = _core.initialiser_names()


def weights(init, sizes=(40, 60), **options):
    options = {"dtype": "float64", "rng": 3, "activation": "tanh"} | options
    return fb.Network(list(sizes), init=init, **options).w[1]


def test_every_initialiser_with_a_parameter_has_its_class():
    with_parameter = {n for n in NAMES if _core.initialiser_traits(n)["parameter"]}
    assert set(initialiser.classes) == with_parameter
    assert set(initialiser.classes.values()) == set(CLASSES)
    assert all(f'"{name}"' in initialisers.__doc__ or "_" in name for name in NAMES)
    with pytest.raises(TypeError, match="abstract class Initialiser"):
        initialiser.Initialiser()


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_values(cls):
    traits = _core.initialiser_traits(cls._kind)
    (parameter,) = inspect.signature(cls).parameters.values()
    assert parameter.name == traits["parameter"]
    assert parameter.default == traits["initial"]
    assert parameter.name in cls.__doc__
    made, default = cls(0.1), cls()
    assert getattr(made, parameter.name) == 0.1
    with pytest.raises(AttributeError):
        setattr(made, parameter.name, 1.0)
    for again in (
        copy.copy(made),
        pickle.loads(pickle.dumps(made)),
        eval(repr(made), vars(initialisers)),
    ):
        assert again == made
        assert hash(again) == hash(made)
        assert again != default
    assert repr(made) == f"{cls.__name__}({parameter.name}=0.1)"
    np.testing.assert_array_equal(weights(default), weights(cls._kind))


@pytest.mark.parametrize("name", NAMES)
def test_names(name):
    """The same seed gives the same weights, another one others, and copies and files keep them."""
    net = fb.Network([8, 6, 3], init=name, rng=1)
    same, other = fb.Network([8, 6, 3], init=name, rng=1), fb.Network([8, 6, 3], init=name, rng=2)
    assert net.parameters.tobytes() == same.parameters.tobytes()
    random = name not in ("zeros", "constant")
    assert (net.parameters.tobytes() != other.parameters.tobytes()) == random
    for again in (copy.copy(net), pickle.loads(pickle.dumps(net))):
        assert again.parameters.tobytes() == net.parameters.tobytes()
    np.testing.assert_array_equal(net.b[1], 0)


def test_auto_is_the_default():
    before = fb.Network([5, 4, 3], rng=0).parameters
    np.testing.assert_array_equal(fb.Network([5, 4, 3], init="auto", rng=0).parameters, before)
    relu, tanh = weights("auto", activation="relu", output="relu"), weights("auto", output="tanh")
    np.testing.assert_array_equal(relu, weights("he_uniform"))
    np.testing.assert_array_equal(tanh, weights("glorot_uniform"))


@pytest.mark.parametrize(
    ("name", "cls", "deviation"),
    [
        ("he", "He", math.sqrt(2 / 200)),
        ("glorot", "Glorot", math.sqrt(2 / 500)),
        ("lecun", "LeCun", math.sqrt(1 / 200)),
    ],
)
def test_distributions(name, cls, deviation):
    """Kolmogorov and Smirnov's test, against SciPy's distributions."""
    stats = pytest.importorskip("scipy.stats")
    shapes = {
        "uniform": stats.uniform(-math.sqrt(3), 2 * math.sqrt(3)),
        "normal": stats.norm(),
        "truncated_normal": stats.truncnorm(-2, 2, scale=1 / 0.87962566103423978),
    }
    for form, distribution in shapes.items():
        made = getattr(initialisers, cls + form.title().replace("_", ""))
        w = weights(made(scale=3.0), (200, 300)).ravel() / (3 * deviation)
        assert stats.kstest(w, distribution.cdf).pvalue > 0.001, form


def test_orthogonal():
    for sizes in [(64, 64), (100, 30), (30, 100)]:
        w = weights(initialisers.Orthogonal(gain=1.5), sizes) / 1.5
        product = w @ w.T if sizes[0] >= sizes[1] else w.T @ w
        assert np.abs(product - np.eye(len(product))).max() < 1e-14
    narrow = weights("orthogonal", (64, 64), dtype="float32")
    np.testing.assert_array_equal(narrow, weights("orthogonal", (64, 64)).astype("float32"))


def test_one_for_each_layer_and_arrays(rng):
    W, b = rng.normal(size=(4, 5)), [1, 2, 3]
    net = fb.Network(
        [3, 5, 4, 3], rng=0, dtype="float64",
        init=["orthogonal", W, initialisers.Constant(0.5)],
        bias_init=["zeros", initialisers.Constant(-1), b],
    )  # fmt: skip
    assert np.abs(net.w[1].T @ net.w[1] - np.eye(3)).max() < 1e-14
    np.testing.assert_array_equal(net.w[2], W)
    np.testing.assert_array_equal(net.w[3], np.full((3, 4), 0.5))
    np.testing.assert_array_equal(net.b[1], np.zeros(5))
    np.testing.assert_array_equal(net.b[2], np.full(4, -1))
    np.testing.assert_array_equal(net.b[3], b)
    W[:] = 0  # it was copied
    assert net.w[2].any()


def test_all_by_hand_is_another_network_again(rng):
    net = fb.Network([4, 6, 2], activation="tanh", rng=1)
    again = fb.Network(
        [4, 6, 2], activation="tanh", rng=2,
        init=list(net.w.values()), bias_init=tuple(net.b.values()),
    )  # fmt: skip
    assert again.parameters.tobytes() == net.parameters.tobytes()


def test_biases():
    net = fb.Network([100, 50], bias_init="fan_in_uniform", rng=1)
    assert 0 < np.abs(net.b[1]).max() <= 0.1
    assert np.unique(net.b[1]).size == 50
    other = fb.Network([100, 50], bias_init=initialisers.FanInUniform(2), rng=1)
    np.testing.assert_array_equal(other.b[1], 2 * net.b[1])
    np.testing.assert_array_equal(other.w[1], net.w[1])


def test_a_network_that_is_not_made_draws_no_key(rng):
    state = rng.bit_generator.state
    for wrong in ({"init": "xavier"}, {"bias_init": ["zeros"] * 3}, {"init": [np.ones((3, 2))]}):
        with pytest.raises(ValueError, match="init"):
            fb.Network([3, 2], rng=rng, **wrong)
    assert rng.bit_generator.state == state
