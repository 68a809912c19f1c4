"""The table of activations in docs/numerics.md, operation by operation: the same bits.

The functions of clause 6 (exp, tanh and so on) are taken as they are; test_math.py measures them.
"""

import math
import subprocess
from decimal import Decimal
from fractions import Fraction

import numpy as np
import problems
import pytest
import reference
from exact import Numbers, fma, rounded, select

import filbert as fb
from filbert import _core

PI = Decimal("3.141592653589793238462643383")


class Table:
    """The two columns of the table: a from z, and dC/dz from z, a and dC/da."""

    def __init__(self, function, T):
        self.function, self.T = function, T
        self.parameter = None

    def of(self, activation):
        """The two functions of an activation, which may be a value of filbert.activations."""
        kind = reference.kind_of(activation)
        value = DEFAULTS.get(activation, activation)
        if kind in DEFAULTS:
            self.parameter = self.T(value._values[0])
        return getattr(self, kind), getattr(self, f"{kind}_derivative")

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

    def leaky_relu(self, z):
        return select(z < 0, self.parameter * z, z)

    def leaky_relu_derivative(self, z, a, da):
        return select(a > 0, da, self.parameter * da)

    def relu6(self, z):
        return clip(z, 0, 6)

    def relu6_derivative(self, z, a, da):
        return select((a > 0) & (a < 6), da, 0)

    def elu(self, z):
        return select(z > 0, z, self.parameter * self.function("expm1", z))

    def elu_derivative(self, z, a, da):
        return select(a > 0, da, da * (a + self.parameter))

    def _selu_numbers(self):
        scale, alpha = (
            Fraction("1.0507009873554804934193349852946"),
            Fraction("1.6732632423543772848170429916717"),
        )
        return rounded(scale, self.T), rounded(scale * alpha, self.T)

    def selu(self, z):
        p, q = self._selu_numbers()
        return select(z > 0, p * z, q * self.function("expm1", z))

    def selu_derivative(self, z, a, da):
        p, q = self._selu_numbers()
        return da * select(a > 0, p, a + q)

    def _gelu_tanh_parts(self, z):
        p = 2 * Fraction((2 / PI).sqrt())
        q = p * Fraction("0.044715")
        c = clip(z, -32, 32)
        s = c * c
        P = self.function("sigmoid", c * fma(s, rounded(q, self.T), rounded(p, self.T)))
        return P, fma(s, rounded(3 * q, self.T), rounded(p, self.T))

    def gelu_tanh(self, z):
        return z * self._gelu_tanh_parts(z)[0]

    def gelu_tanh_derivative(self, z, a, da):
        P, u = self._gelu_tanh_parts(z)
        return da * fma(z, (P * (1 - P)) * u, P)

    def silu(self, z):
        return z * self.function("sigmoid", z)

    def silu_derivative(self, z, a, da):
        P = self.function("sigmoid", z)
        return da * fma(z, P * (1 - P), P)

    def softplus(self, z):
        e = self.function("exp", -abs(z))
        return select(z < 0, 0, z) + self.function("log1p", e)

    def softplus_derivative(self, z, a, da):
        return da * -self.function("expm1", -a)

    def softsign(self, z):
        return z / (abs(z) + 1)

    def softsign_derivative(self, z, a, da):
        r = Numbers(np.ones_like(z.values)) / (abs(z) + 1)
        return da * (r * r)

    def hard_sigmoid(self, z):
        return clip(z + 3, 0, 6) / 6

    def hard_sigmoid_derivative(self, z, a, da):
        return select((a > 0) & (a < 1), da * rounded(Fraction(1, 6), self.T), 0)

    def hard_tanh(self, z):
        return clip(z, -1, 1)

    def hard_tanh_derivative(self, z, a, da):
        return select((a > -1) & (a < 1), da, 0)

    def hard_swish(self, z):
        return z * self.hard_sigmoid(z)

    def hard_swish_derivative(self, z, a, da):
        s = fma(z, rounded(Fraction(1, 3), self.T), 0.5)
        return select(z > -3, select(z < 3, da * s, da), 0)

    def exponential(self, z):
        return self.function("exp", z)

    def exponential_derivative(self, z, a, da):
        return da * a

    def log_softmax(self, z):
        shifted = z - np.max(z.values)
        s = total(self.function("exp", shifted))
        return shifted - self.function("log", Numbers(np.array([s]))).values[0]

    def log_softmax_derivative(self, z, a, da):
        return fma(-self.function("exp", a), total(da), da)

    def softmax(self, z):
        e = self.function("exp", z - np.max(z.values))
        return e / total(e)

    def softmax_derivative(self, z, a, da):
        return a * (da - total(a * da))


def clip(x, low, high):
    return select(x < low, low, select(x > high, high, x))


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


# What names stand for that have a parameter.
DEFAULTS = {"leaky_relu": fb.activations.LeakyReLU(), "elu": fb.activations.ELU()}
ELEMENTWISE = [
    name for name in _core.activation_names() if _core.activation_traits(name)["elementwise"]
]
each = pytest.mark.parametrize("name", [*ELEMENTWISE, *problems.WITH_PARAMETER], ids=str)
hidden = pytest.mark.parametrize("name", [*problems.HIDDEN, *problems.WITH_PARAMETER], ids=str)


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


@pytest.fixture(
    params=[pytest.param(1, id="few"), pytest.param(8, marks=pytest.mark.slow, id="many")]
)
def some(request):
    """How many arguments to draw, as a multiple of what the quick tests take."""
    return request.param


def arguments(T, rng, some):
    """Zeros, the ends of the normal and the subnormal numbers, where functions change, and others."""
    limits = np.finfo(T)
    ends = [limits.smallest_subnormal, limits.tiny, limits.max, limits.eps]
    special = np.array(
        [0, *ends, 0.5, 1, 3, 6, 1e-20, 1e20, 4 * math.sqrt(2), 88, 103, 104, 708, 745, 746]
    )
    near = rng.normal(size=20 * some) * 3
    far = rng.choice([-1, 1], 10 * some) * 2.0 ** rng.uniform(-30, 8, 10 * some)
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
    rows = {row for row in vars(Table) if not row.startswith("_")} - {"of"}
    names = _core.activation_names()
    assert rows == {*names, *(f"{name}_derivative" for name in names)}


@each
def test_a_of_single_neurons(name, T, some, each_isa, table, rng):
    """Networks 1-1, whose z is their x: w is 1, and b is -0, which keeps the sign of a product 0."""
    z = arguments(T, rng, some)
    expected = table.of(name)[0](Numbers(z))
    net = fb.Network([1, 1], output=name, dtype=np.dtype(T).name)
    net.w[1], net.b[1] = [[1]], [-0.0]
    for isa in each_isa():
        assert_same_bits(net.forward(z[:, None]).z[1], Numbers(z), isa)
        assert_same_bits(net.predict(z[:, None]), expected, isa)
        assert_same_bits([net.predict(x) for x in z[:, None]], expected, isa)


@each
def test_outputs(name, T, some, each_isa, table, rng):
    """As many outputs as there are arguments; each z is a weight, as x is 1 and b is -0."""
    z = arguments(T, rng, some)
    net = fb.Network([1, z.size], output=name, dtype=np.dtype(T).name)
    net.w[1], net.b[1] = z[:, None], np.full(z.size, -0.0)
    y = rng.uniform(size=z.size).astype(T)
    value, derivative = table.of(name)
    a = value(Numbers(z))
    da = a - Numbers(y)
    dz = derivative(Numbers(z), a, da)
    for isa in each_isa():
        t = net.trace(np.ones(1, T), y, loss="half_squared_error")
        assert_same_bits(t.a[1], a, isa)
        assert_same_bits(t.dC0_da[1], da, isa)
        assert_same_bits(t.dC0_dz[1], dz, isa)


@hidden
def test_hidden_neurons(name, T, some, each_isa, table, rng):
    """The same in a hidden layer, with infinities and a NaN; dC/da are the weights of the output."""
    z = np.concatenate([arguments(T, rng, some), np.array([np.inf, -np.inf, np.nan], T)])
    da = np.concatenate([rng.permutation(arguments(T, rng, some)), np.ones(3, T)])
    net = fb.Network([1, z.size, 1], activation=name, dtype=np.dtype(T).name)
    net.w[1][:, 0], net.b[1], net.w[2] = z, np.full(z.size, -0.0), da[None, :]
    value, derivative = table.of(name)
    a = value(Numbers(z))
    plus_zero = Numbers(np.zeros(z.size, T))  # where chains and sums over rows begin
    dz = derivative(Numbers(z), a, fma(Numbers(da), 1, plus_zero))
    for isa in each_isa():
        f = net.forward(np.ones((1, 1), T))
        assert_same_bits(f.a[1], a, isa)
        db = net.backward(f, dC_dz=np.ones((1, 1), T)).b[1]
        assert_same_bits(db, plus_zero + dz, isa)


@pytest.mark.parametrize("width", [1, 2, 10, 16, 64, 65, 200])
@pytest.mark.parametrize("output", ["softmax", "log_softmax"])
def test_softmax(output, width, T, each_isa, table, rng):
    """Rows in both layouts: narrow ones of up to 64 outputs, and wide ones."""
    w = rng.normal(size=width).astype(T) * T(5)
    w[:3] = [3, -200, -0.0][:width]
    net = fb.Network([1, width], output=output, dtype=np.dtype(T).name)
    net.w[1] = w[:, None]
    x, y = np.array([1, -2, 1e-3], T), rng.uniform(size=(3, width)).astype(T)
    expected = []
    for i in range(3):
        value, derivative = table.of(output)
        a = value(Numbers(w) * x[i])
        expected.append((a, derivative(None, a, a - Numbers(y[i]))))
    for isa in each_isa():
        t = net.trace(x[:, None], y, loss="half_squared_error")
        predicted = net.predict(x[:, None])
        for i, (a, dz) in enumerate(expected):
            assert_same_bits(t.a[1][i], a, (isa, i))
            assert_same_bits(predicted[i], a, (isa, i))
            assert_same_bits(t.dC0_dz[1][i], dz, (isa, i))


@pytest.mark.parametrize("width", [3, 70])
def test_cross_entropy_of_log_softmax(width, T, each_isa, table, rng):
    """The cost is that of a softmax with the same z; the derivatives are made from exp(a)."""
    z, y = rng.normal(size=width).astype(T) * T(5), rng.dirichlet(np.ones(width)).astype(T)
    y[0], y[1] = 0, y[0] + y[1]
    net, twin = (
        fb.Network([1, width], output=output, dtype=np.dtype(T).name)
        for output in ("log_softmax", "softmax")
    )
    for one in (net, twin):
        one.w[1], one.b[1] = z[:, None], np.full(width, -0.0)
    a = table.log_softmax(Numbers(z))
    for isa in each_isa():
        t, cost = net.trace(np.ones(1, T), y), twin.trace(np.ones(1, T), y).C0
        assert_same_bits(t.C0, Numbers(np.ravel(cost)), isa)
        assert_same_bits(t.dC0_da[1], Numbers(T(0) - y), isa)
        assert_same_bits(t.dC0_dz[1], table.function("exp", a) - Numbers(y), isa)
        label = net.trace(np.ones(1, T), 2)
        assert_same_bits(label.C0, Numbers(np.ravel(-a.values[2])), isa)
