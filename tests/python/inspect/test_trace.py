"""One training example from inside, against calculations on paper."""

import re

import numpy as np
import problems
import pytest

import filbert as fb
from filbert import _core


@pytest.fixture
def xor():
    """Exclusive or, by hand: a^1 = relu(x1 + x2), relu(x1 + x2 - 1); a^2 = a^1_1 - 2 a^1_2."""
    net = fb.Network([2, 2, 1], activation="relu", output="identity", dtype="float64")
    net.w[1], net.b[1] = [[1, 1], [1, 1]], [0, -1]
    net.w[2], net.b[2] = [[1, -2]], [0]
    return net


@pytest.mark.parametrize(("x", "answer"), [([0, 0], 0), ([0, 1], 1), ([1, 0], 1), ([1, 1], 0)])
def test_computes_exclusive_or(xor, x, answer):
    assert xor.predict(x).tolist() == [answer]
    t = xor.trace(x, answer)
    assert t.C0 == 0
    assert all(not t.dC0_dw[l].any() for l in (1, 2))


def test_both_on(xor):
    """x = (1, 1), for which 1 is asked, and the network says 0. Every number on paper."""
    t = xor.trace([1, 1], 1, loss="squared_error")
    # forward
    assert t.a[0].tolist() == [1, 1]
    assert t.z[1].tolist() == [1 * 1 + 1 * 1 + 0, 1 * 1 + 1 * 1 - 1] == [2, 1]
    assert t.a[1].tolist() == [max(0, 2), max(0, 1)] == [2, 1]
    assert t.z[2].tolist() == [1 * 2 - 2 * 1 + 0] == [0]
    assert t.a[2].tolist() == [0]
    # cost
    assert t.y.tolist() == [1]
    assert t.C0 == (0 - 1) ** 2 == 1
    # backward: dC0/da^2 = 2 (a - y), and identity' = 1
    assert t.dC0_da[2].tolist() == [2 * (0 - 1)] == [-2]
    assert t.dC0_dz[2].tolist() == [1 * -2] == [-2]
    assert t.dC0_dw[2].tolist() == [[2 * -2, 1 * -2]] == [[-4, -2]]
    assert t.dC0_db[2].tolist() == [-2]
    # dC0/da^1_k = w^2_1k dC0/dz^2_1
    assert t.dC0_da[1].tolist() == [1 * -2, -2 * -2] == [-2, 4]
    # relu'(2) = relu'(1) = 1
    assert t.dC0_dz[1].tolist() == [1 * -2, 1 * 4] == [-2, 4]
    # dC0/dw^1_jk = a^0_k dC0/dz^1_j
    assert t.dC0_dw[1].tolist() == [[1 * -2, 1 * -2], [1 * 4, 1 * 4]] == [[-2, -2], [4, 4]]
    assert t.dC0_db[1].tolist() == [-2, 4]
    # dC0/da^0_k = sum_j w^1_jk dC0/dz^1_j
    assert t.dC0_da[0].tolist() == [1 * -2 + 1 * 4, 1 * -2 + 1 * 4] == [2, 2]
    assert t.loss == "squared_error"


def test_one_on(xor):
    """x = (0, 1), for which 0 is asked, and the network says 1. relu'(0) is 0."""
    t = xor.trace([0, 1], 0)
    assert t.z[1].tolist() == [1 * 0 + 1 * 1 + 0, 1 * 0 + 1 * 1 - 1] == [1, 0]
    assert t.a[1].tolist() == [1, 0]
    assert t.z[2].tolist() == t.a[2].tolist() == [1 * 1 - 2 * 0 + 0] == [1]
    assert t.C0 == (1 - 0) ** 2 == 1
    assert t.dC0_da[2].tolist() == t.dC0_dz[2].tolist() == [2 * (1 - 0)] == [2]
    assert t.dC0_dw[2].tolist() == [[1 * 2, 0 * 2]] == [[2, 0]]
    assert t.dC0_db[2].tolist() == [2]
    assert t.dC0_da[1].tolist() == [1 * 2, -2 * 2] == [2, -4]
    assert t.dC0_dz[1].tolist() == [1 * 2, 0 * -4] == [2, 0]
    assert t.dC0_dw[1].tolist() == [[0 * 2, 1 * 2], [0 * 0, 1 * 0]] == [[0, 2], [0, 0]]
    assert t.dC0_db[1].tolist() == [2, 0]
    assert t.dC0_da[0].tolist() == [1 * 2 + 1 * 0, 1 * 2 + 1 * 0] == [2, 2]


def test_explains_itself(xor):
    t = xor.trace([1, 1], 1)
    assert t.explain(layer=2, j=0, k=0) == (
        "dC0/dw = a_k * identity'(z_j) * dC0/da_j = 2 * 1 * -2 = -4.00"
    )
    assert t.explain(layer=1, j=1, k=0) == (
        "dC0/dw = a_k * relu'(z_j) * dC0/da_j = 1 * 1 * 4 = 4.00"
    )
    assert t.explain(1, 1) == "dC0/db = relu'(z_j) * dC0/da_j = 1 * 4 = 4.00"
    off = xor.trace([0, 1], 0)
    assert off.explain(1, 1, 1) == "dC0/dw = a_k * relu'(z_j) * dC0/da_j = 1 * 0 * -4 = 0"
    assert repr(t) == "Trace([2, 2, 1], squared_error: C0 = 1)"


def test_softmax_under_cross_entropy():
    """Two classes of which the first has three times the odds: a = (3/4, 1/4)."""
    net = fb.Network([1, 2], output="softmax", dtype="float64")
    net.w[1], net.b[1] = [[np.log(3) / 2], [0]], [0, 0]
    t = net.trace([2.0], 1)
    np.testing.assert_allclose(t.a[1], [3 / 4, 1 / 4], rtol=1e-15)
    np.testing.assert_allclose(t.C0, -np.log(1 / 4), rtol=1e-15)
    assert t.y.tolist() == [0, 1]
    np.testing.assert_allclose(t.dC0_da[1], [0, -1 / (1 / 4)], rtol=1e-15)
    np.testing.assert_allclose(t.dC0_dz[1], [3 / 4 - 0, 1 / 4 - 1], rtol=1e-15)
    np.testing.assert_allclose(t.dC0_dw[1], [[2 * 3 / 4], [2 * -3 / 4]], rtol=1e-15)
    assert t.explain(1, 0, 0) == "dC0/dw = a_k * (a_j - y_j) = 2 * (0.75 - 0) = 1.50"
    assert t.explain(1, 1) == "dC0/db = (a_j - y_j) = (0.25 - 1) = -0.750"


def test_softmax_under_another_cost():
    """The neurons of the output are coupled: dC0/dz_j = sum_i a_i (delta_ij - a_j) dC0/da_i."""
    net = fb.Network([1, 2], output="softmax", dtype="float64")
    net.w[1], net.b[1] = [[np.log(3) / 2], [0]], [0, 0]
    t = net.trace([2.0], 1, loss="squared_error")
    np.testing.assert_allclose(t.C0, (3 / 4 - 0) ** 2 + (1 / 4 - 1) ** 2, rtol=1e-15)
    np.testing.assert_allclose(t.dC0_da[1], [2 * 3 / 4, 2 * (1 / 4 - 1)], rtol=1e-15)
    first = 3 / 4 * (1 - 3 / 4) * 3 / 2 + 1 / 4 * (0 - 3 / 4) * -3 / 2
    np.testing.assert_allclose(t.dC0_dz[1], [first, -first], rtol=1e-14)
    assert t.explain(1, 0, 0) == (
        "dC0/dw = a_k * sum_i a_i (delta_ij - a_j) dC0/da_i = 2 * 0.562 = 1.12"
    )


def test_sigmoid():
    """a = 1/4 under both costs; sigmoid' = a (1 - a)."""
    net = fb.Network([1, 1], output="sigmoid", dtype="float64")
    net.w[1], net.b[1] = [[1]], [-np.log(3)]
    t = net.trace([0.0], 1)
    np.testing.assert_allclose(t.C0, -np.log(1 / 4), rtol=1e-15)
    np.testing.assert_allclose(t.dC0_dz[1], [1 / 4 - 1], rtol=1e-15)
    assert t.explain(1, 0) == "dC0/db = (a_j - y_j) = (0.25 - 1) = -0.750"
    t = net.trace([0.0], 1, loss="squared_error")
    np.testing.assert_allclose(t.dC0_dz[1], [1 / 4 * 3 / 4 * 2 * (1 / 4 - 1)], rtol=1e-15)
    assert t.explain(1, 0) == ("dC0/db = sigmoid'(z_j) * dC0/da_j = 0.1875 * -1.5 = -0.281")


def test_log_softmax():
    """The same two classes: a = (log 3/4, log 1/4), with the derivatives of a softmax."""
    net = fb.Network([1, 2], output="log_softmax", dtype="float64")
    net.w[1], net.b[1] = [[np.log(3) / 2], [0]], [0, 0]
    t = net.trace([2.0], 1)
    np.testing.assert_allclose(np.exp(t.a[1]), [3 / 4, 1 / 4], rtol=1e-15)
    np.testing.assert_allclose(t.C0, -np.log(1 / 4), rtol=1e-15)
    assert t.dC0_da[1].tolist() == [0, -1]
    np.testing.assert_allclose(t.dC0_dz[1], [3 / 4 - 0, 1 / 4 - 1], rtol=1e-15)
    assert t.explain(1, 0, 0) == "dC0/dw = a_k * (exp(a_j) - y_j) = 2 * (0.75 - 0) = 1.50"
    t = net.trace([2.0], [-1.0, -2.0], loss="half_squared_error")
    assert t.explain(1, 0).startswith("dC0/db = sum_i (delta_ij - exp(a_j)) dC0/da_i = ")
    first = (1 - 3 / 4) * (np.log(3 / 4) + 1) + (0 - 3 / 4) * (np.log(1 / 4) + 2)
    np.testing.assert_allclose(t.dC0_dz[1], [first, -first], rtol=1e-14)


def test_a_parameter_does_not_stand_in_an_explanation():
    leaky = fb.activations.LeakyReLU(0.25)
    net = fb.Network([1, 1], output=leaky, dtype="float64")
    net.w[1], net.b[1] = [[1]], [0]
    t = net.trace([-2.0], 0.5)
    assert t.explain(1, 0) == "dC0/db = leaky_relu'(z_j) * dC0/da_j = 0.25 * -2 = -0.500"


def value(expression):
    """What the numbers between the first and the last = give when multiplied."""
    product = 1.0
    for factor in expression.split(" * "):
        ends = re.fullmatch(r"\((\S+) - (\S+)\)", factor)
        product *= float(ends[1]) - float(ends[2]) if ends else float(factor)
    return product


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("activation", "output", "loss"),
    # Each activation with several outputs, and each loss with each output.
    [
        ([*problems.HIDDEN, *problems.WITH_PARAMETER][i % (len(problems.HIDDEN) + 2)], output, loss)
        for i, (loss, output) in enumerate(problems.PAIRS)
    ],
)
def test_what_is_printed_multiplies_to_what_is_printed(dtype, activation, output, loss, rng):
    n_out = problems.width_of(loss, 3)
    sizes = [3, 4, 5, n_out]
    net = fb.Network(sizes, activation=activation, output=output, dtype=dtype, rng=3)
    y = np.eye(n_out)[1, : _core.target_columns(loss, n_out)]
    t = net.trace(rng.normal(size=3), y, loss=loss)
    for layer in (1, 2, 3):
        for j in range(net.sizes[layer]):
            for k in (None, *range(net.sizes[layer - 1])):
                _, _, numbers, printed = t.explain(layer, j, k).split(" = ")
                true = t.dC0_db[layer][j] if k is None else t.dC0_dw[layer][j, k]
                assert printed == (f"{true:#.3g}" if true else "0")
                assert f"{value(numbers) + 0.0:.3g}" == f"{float(printed):.3g}"


def test_batches_have_a_leading_axis(rng):
    net = fb.Network([3, 4, 2], activation="tanh", output="softmax", rng=0)
    X, y = rng.normal(size=(5, 3)), [0, 1, 1, 0, 1]
    t = net.trace(X, y)
    assert t.C0.shape == (5,)
    assert t.y.shape == (5, 2)
    assert [t.a[l].shape for l in t.a] == [(5, 3), (5, 4), (5, 2)]
    assert [t.z[l].shape for l in t.z] == [(5, 4), (5, 2)]
    assert [t.dC0_da[l].shape for l in t.dC0_da] == [(5, 3), (5, 4), (5, 2)]
    assert [t.dC0_dz[l].shape for l in t.dC0_dz] == [(5, 4), (5, 2)]
    assert [t.dC0_dw[l].shape for l in t.dC0_dw] == [(5, 4, 3), (5, 2, 4)]
    assert [t.dC0_db[l].shape for l in t.dC0_db] == [(5, 4), (5, 2)]
    assert repr(t) == "Trace([3, 4, 2], cross_entropy: C0 = array of shape (5,))"
    for i in range(5):
        one = net.trace(X[i], y[i])
        assert one.C0 == t.C0[i]
        for name in ("a", "z", "dC0_da", "dC0_dz", "dC0_dw", "dC0_db"):
            for l, array in getattr(one, name).items():
                np.testing.assert_array_equal(array, getattr(t, name)[l][i])
        assert t.explain(1, 2, 1, example=i) == one.explain(1, 2, 1)
    assert net.trace(X[:1], y[:1]).C0.shape == (1,)


def test_sums_over_the_batch_are_the_gradient(rng):
    net = fb.Network([3, 4, 2], activation="tanh", output="softmax", dtype="float64", rng=0)
    X, y = rng.normal(size=(5, 3)), [0, 1, 1, 0, 1]
    t, f = net.trace(X, y), net.forward(X)
    g = net.backward(f, dC_dz=t.dC0_dz[2])
    for l in (1, 2):
        np.testing.assert_allclose(t.dC0_dw[l].sum(axis=0), g.w[l], rtol=1e-13, atol=1e-16)
        np.testing.assert_allclose(t.dC0_db[l].sum(axis=0), g.b[l], rtol=1e-13, atol=1e-16)
    np.testing.assert_array_equal(t.dC0_da[0], g.x)
    np.testing.assert_allclose(t.C0.mean(), net.evaluate(X, y)["loss"], rtol=1e-15)


def test_one_example_has_the_bits_of_the_gradient(rng):
    net = fb.Network([3, 4, 2], activation="relu", output="softmax", rng=0)
    x = rng.normal(size=3)
    t, f = net.trace(x, 1), net.forward(x)
    g = net.backward(f, dC_dz=t.dC0_dz[2])
    for l in (1, 2):
        assert t.dC0_dw[l].tobytes() == np.ascontiguousarray(g.w[l]).tobytes()
        assert t.dC0_db[l].tobytes() == g.b[l].tobytes()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_batch_is_its_examples(dtype):
    """Every number of every example is what its own trace has, and what propagation has."""
    net = fb.Network(
        [3, 5, 4, 2], activation=["tanh", "relu"], output="softmax", rng=1, dtype=dtype
    )
    X = np.random.default_rng(0).normal(size=(7, 3)).astype(dtype)
    y = np.arange(7) % 2
    t, f = net.trace(X, y), net.forward(X)
    for l in (1, 2, 3):
        assert t.z[l].tobytes() == f.z[l].tobytes()
        assert t.a[l].tobytes() == f.a[l].tobytes()
    for i in range(7):
        one = net.trace(X[i], y[i])
        for name in ("a", "z", "dC0_da", "dC0_dz", "dC0_dw", "dC0_db"):
            for l, array in getattr(one, name).items():
                np.testing.assert_array_equal(getattr(t, name)[l][i], array, err_msg=f"{name}[{l}]")
        assert one.C0 == t.C0[i]


def test_dw_is_a_times_dz():
    net = fb.Network([3, 4, 2], activation="sigmoid", output="identity", rng=1)
    t = net.trace([[1, 2, 3], [0, -1, 2]], [[1, 2], [3, 4]])
    for l in (1, 2):
        expected = t.dC0_dz[l][:, :, None] * t.a[l - 1][:, None, :]
        np.testing.assert_array_equal(t.dC0_dw[l], expected)
        np.testing.assert_array_equal(t.dC0_db[l], t.dC0_dz[l])
