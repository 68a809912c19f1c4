"""The table of activations in docs/numerics.md, operation by operation: the same bits.

The functions of clause 6 (exp, tanh and so on) are taken as they are; test_math.py measures them.
"""

import math
import subprocess
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from exact import Numbers, fma, rounded, select

import filbert as fb
from filbert import _core

PI = Decimal("3.141592653589793238462643383")


class Table:
    """The two columns of the table: a from z, and dC/dz from z, a and dC/da."""

    def __init__(self, function, T):
        self.function, self.T = function, T

    def identity(self, z):
        return z

    def identity_derivative(self, z, a, da):
        return da

    def relu(self, z):
        return select(z < 0, 0, z)

    def relu_derivative(self, z, a, da):
        return select(z > 0, da, 0)

    def sigmoid(self, z):
        return self.function("sigmoid", z)

    def sigmoid_derivative(self, z, a, da):
        return da * (a * (1 - a))

    def tanh(self, z):
        return self.function("tanh", z)

    def tanh_derivative(self, z, a, da):
        return da * fma(-a, a, 1)

    def _gelu_P(self, z):
        c = rounded(Fraction(Decimal(2).sqrt()) / 2, self.T)
        return fma(0.5, self.function("erf", z * c), 0.5)

    def gelu(self, z):
        return z * self._gelu_P(z)

    def gelu_derivative(self, z, a, da):
        d = rounded(1 / Fraction((2 * PI).sqrt()), self.T)
        D = self.function("exp", (z * -0.5) * z) * d
        return da * fma(z, D, self._gelu_P(z))

    def _mish_parts(self, z):
        e = self.function("exp", -abs(z))
        k, o = select(z < 0, e, 1), select(z < 0, 1, e)
        n = fma(k, k, e + e)
        d = fma(o + o, o, n)
        return e, o, d, n / d

    def mish(self, z):
        return z * self._mish_parts(z)[-1]

    def mish_derivative(self, z, a, da):
        e, o, d, Q = self._mish_parts(z)
        S = ((4 * (e + 1)) * (e * o)) / (d * d)
        return da * fma(z, S, Q)

    def softmax(self, z):
        e = self.function("exp", z - np.max(z.values))
        return e / total(e)

    def softmax_derivative(self, z, a, da):
        return a * (da - total(a * da))


def total(terms):
    """Clause 3, up to 4096 terms."""
    lanes = Numbers(np.zeros(16, terms.values.dtype))
    for i in range(0, len(terms.values), 16):
        row = terms[i : i + 16]
        lanes = Numbers(
            np.concatenate(
                [(lanes[: len(row.values)] + row).values, lanes.values[len(row.values) :]]
            )
        )
    for half in (8, 4, 2, 1):
        lanes = lanes[:half] + lanes[half : 2 * half]
    return lanes.values[0]


ELEMENTWISE = [
    name for name in _core.activation_names() if _core.activation_traits(name)["elementwise"]
]
each = pytest.mark.parametrize("name", ELEMENTWISE)


@pytest.fixture(params=["float32", "float64"])
def T(request):
    return np.dtype(request.param).type


@pytest.fixture
def each_isa():
    """A function that makes one instruction set after another the one in use."""
    before = fb.isa()

    def switch():
        for name in fb.isas():
            fb.set_isa(name)
            yield name

    yield switch
    fb.set_isa(before)


@pytest.fixture
def table(cpp_build, T):
    program = cpp_build / "tests" / "cpp" / "test_math"

    def function(name, x):
        done = subprocess.run(
            [program, "values", name, np.dtype(T).name],
            check=True,
            input=x.values.tobytes(),
            capture_output=True,
            timeout=60,
        )
        return Numbers(np.frombuffer(done.stdout, T))

    return Table(function, T)


def arguments(T, rng):
    """Zeros, the ends of the normal and the subnormal numbers, where functions change, and others."""
    limits = np.finfo(T)
    special = [
        0,
        limits.smallest_subnormal,
        limits.tiny,
        limits.max,
        1,
        0.5,
        limits.eps,
        1e-20,
        1e20,
        4 * math.sqrt(2),
        88,
        103,
        104,
        708,
        745,
        746,
    ]
    near = rng.normal(size=120) * 3
    far = rng.choice([-1, 1], 80) * 2.0 ** rng.uniform(-30, 8, 80)
    return np.concatenate([special, np.negative(special), near, far]).astype(T)


def assert_same_bits(got, expected, case):
    """NaNs are alike, whatever their bits (clause 5)."""
    got, expected = np.ravel(got), expected.values
    assert got.dtype == expected.dtype
    bits = np.dtype(f"u{got.dtype.itemsize}")
    same = (got.view(bits) == expected.view(bits)) | (np.isnan(got) & np.isnan(expected))
    wrong = [f"[{i}]: {got[i]!r}, expected {expected[i]!r}" for i in np.flatnonzero(~same)]
    assert not wrong, (case, wrong)


def test_every_activation_is_in_the_table():
    rows = {row for row in vars(Table) if not row.startswith("_")}
    names = _core.activation_names()
    assert rows == {*names, *(f"{name}_derivative" for name in names)}


@each
def test_a_of_single_neurons(name, T, each_isa, table, rng):
    """Networks 1-1, whose z is their x: w is 1, and b is -0, which keeps the sign of a product 0."""
    z = arguments(T, rng)
    expected = getattr(table, name)(Numbers(z))
    net = fb.Network([1, 1], output=name, dtype=np.dtype(T).name)
    net.w[1], net.b[1] = [[1]], [-0.0]
    for isa in each_isa():
        assert_same_bits(net.forward(z[:, None]).z[1], Numbers(z), isa)
        assert_same_bits(net.predict(z[:, None]), expected, isa)
        assert_same_bits([net.predict(x) for x in z[:, None]], expected, isa)


@each
def test_outputs(name, T, each_isa, table, rng):
    """As many outputs as there are arguments; each z is a weight, as x is 1 and b is -0."""
    z = arguments(T, rng)
    net = fb.Network([1, z.size], output=name, dtype=np.dtype(T).name)
    net.w[1], net.b[1] = z[:, None], np.full(z.size, -0.0)
    y = rng.uniform(size=z.size).astype(T)
    a = getattr(table, name)(Numbers(z))
    da = a - Numbers(y)
    dz = getattr(table, f"{name}_derivative")(Numbers(z), a, da)
    for isa in each_isa():
        t = net.trace(np.ones(1, T), y, loss="half_squared_error")
        assert_same_bits(t.a[1], a, isa)
        assert_same_bits(t.dC0_da[1], da, isa)
        assert_same_bits(t.dC0_dz[1], dz, isa)


@each
def test_hidden_neurons(name, T, each_isa, table, rng):
    """The same in a hidden layer, with infinities and a NaN; dC/da are the weights of the output."""
    z = np.concatenate([arguments(T, rng), np.array([np.inf, -np.inf, np.nan], T)])
    da = np.concatenate([rng.permutation(arguments(T, rng)), np.ones(3, T)])
    net = fb.Network([1, z.size, 1], activation=name, dtype=np.dtype(T).name)
    net.w[1][:, 0], net.b[1], net.w[2] = z, np.full(z.size, -0.0), da[None, :]
    a = getattr(table, name)(Numbers(z))
    plus_zero = Numbers(np.zeros(z.size, T))  # where chains and sums over rows begin
    dz = getattr(table, f"{name}_derivative")(Numbers(z), a, fma(Numbers(da), 1, plus_zero))
    for isa in each_isa():
        f = net.forward(np.ones((1, 1), T))
        assert_same_bits(f.a[1], a, isa)
        db = net.backward(f, dC_dz=np.ones((1, 1), T)).b[1]
        assert_same_bits(db, plus_zero + dz, isa)


@pytest.mark.parametrize("width", [1, 2, 10, 16, 64, 65, 200])
def test_softmax(width, T, each_isa, table, rng):
    """Rows in both layouts: narrow ones of up to 64 outputs, and wide ones."""
    w = rng.normal(size=width).astype(T) * T(5)
    w[:3] = [3, -200, -0.0][:width]
    net = fb.Network([1, width], output="softmax", dtype=np.dtype(T).name)
    net.w[1] = w[:, None]
    x, y = np.array([1, -2, 1e-3], T), rng.uniform(size=(3, width)).astype(T)
    expected = []
    for i in range(3):
        a = table.softmax(Numbers(w) * x[i])
        expected.append((a, table.softmax_derivative(None, a, a - Numbers(y[i]))))
    for isa in each_isa():
        t = net.trace(x[:, None], y, loss="half_squared_error")
        predicted = net.predict(x[:, None])
        for i, (a, dz) in enumerate(expected):
            assert_same_bits(t.a[1][i], a, (isa, i))
            assert_same_bits(predicted[i], a, (isa, i))
            assert_same_bits(t.dC0_dz[1][i], dz, (isa, i))
