"""The operations of schedules, as docs/numerics.md gives them, one by one in Python's floats."""

import math
import re

import numpy as np
import pytest
from builds import ROOT

import filbert as fb
from filbert import schedules

CONSTANTS = ROOT / "cpp/src/kernels/vec/math_constants.hpp"


def constants():
    """The numbers of doubles, by their names; polynomials as lists, the lowest power first."""
    text = CONSTANTS.read_text(encoding="utf-8").split("MathConstants<double>")[1]
    number = r"-?0x[0-9a-fp.+-]+"
    arrays = re.findall(r"double (\w+)\[\] = \{(.*?)\}", text, re.DOTALL)
    found = {name: [float.fromhex(x) for x in re.findall(number, row)] for name, row in arrays}
    for name, value in re.findall(rf"double (\w+) = ({number});", text):
        found[name] = float.fromhex(value)
    return found


C = constants()
COS = [
    -1.1359647557788195e-11, 2.087572321298175e-09, -2.7557314351390663e-07,
    2.480158728947673e-05, -0.001388888888887411, 0.0416666666666666,
]  # fmt: skip
SIN = [
    1.58969099521155e-10, -2.5050760253406863e-08, 2.7557313707070068e-06,
    -0.0001984126982985795, 0.00833333333332249, -0.16666666666666632,
]  # fmt: skip


def horner(coefficients, z):
    result = coefficients[0]
    for c in coefficients[1:]:
        result = result * z + c
    return result


def small_cos(x):
    z = x * x
    w = 1 - 0.5 * z
    return w + (((1 - w) - 0.5 * z) + z * (z * horner(COS, z)))


def cos_pi(t):
    if t <= 0.25:
        return small_cos(math.pi * t)
    if t < 0.75:
        x = math.pi * (0.5 - t)
        return x + ((x * x) * x) * horner(SIN, x * x)
    return -small_cos(math.pi * (1 - t))


def two_sum(a, b):
    s = a + b
    t = s - a
    return s, (a - (s - t)) + (b - t)


def two_product(a, b):
    """Dekker's: the product and its error, exactly."""

    def halves(x):
        t = x * 134217729.0
        high = t - (t - x)
        return high, x - high

    p = a * b
    (ah, al), (bh, bl) = halves(a), halves(b)
    return p, (((ah * bh - p) + ah * bl) + al * bh) + al * bl


def parts_of(x):
    """x = 2^k m with sqrt(1/2) <= m < sqrt(2)."""
    m, k = math.frexp(x)
    return (k - 1, 2 * m) if m < float.fromhex("0x1.6a09e667f3bcdp-1") else (k, m)


def log_of_fraction(m):
    f = m - 1.0
    s = f / (f + 2.0)
    z = s * s
    half = f * 0.5
    inner = z * horner(C["log"][::-1], z) + half * f
    return f + (s * inner + 0.0 - half * f)


def log2(x):
    k, m = parts_of(x)
    return k + log_of_fraction(m) * C["log2_e"]


def precise_log(x):
    k, m = parts_of(x)
    f = m - 1.0
    d, d_low = two_sum(m, 1.0)
    s = f / d
    sd, sd_low = two_product(s, d)
    s_low = (((f - sd) - sd_low) - s * d_low) / d
    z, z_low = two_product(s, s)
    z_low += (s + s) * s_low
    tail = horner([2.0 / n for n in range(23, 3, -2)], z)
    g, g_low = two_sum(2.0 / 3.0, z * tail)
    g_low += float.fromhex("0x1.5555555555555p-55") + z_low * tail
    cube, cube_low = two_product(s, z)
    cube_low += s * z_low + s_low * z
    p, p_low = two_product(cube, g)
    p_low += cube * g_low + cube_low * g
    of_m, of_m_low = two_sum(s + s, p)
    high, low = two_sum(k * C["ln2_high"], of_m)
    return two_sum(high, low + ((of_m_low + (s_low + s_low + p_low)) + k * C["ln2_low"]))


def power(x, y):
    if y == 0.0 or x == 1.0:
        return 1.0
    if x in (0.0, math.inf):
        return x
    high, low = precise_log(x)
    a, b = two_product(y, high)
    b += y * low
    n = (a * C["log2_e"] + C["round_bias"]) - C["round_bias"]
    most = a - n * C["ln2_high"]
    r = most - n * C["ln2_low"]
    r_low = (most - r) - n * C["ln2_low"]
    curve = (r * r) * horner(C["exp"][::-1], r)
    y = 1.0 + (r + (curve + (r_low + b) * (1.0 + (r + curve))))
    return math.ldexp(y, int(n))


def half(a, b, p):
    return b + (a - b) * ((1 + cos_pi(p)) * 0.5)


def restarted(p, rate, final, restarts):
    x = p * restarts
    return final if p == 1 else half(rate, final, x - math.floor(x))


def one_cycle(p, peak, pct_start):
    a = peak / 25.0
    if p < pct_start:
        return half(a, peak, p / pct_start)
    return half(peak, a / 1e4, (p - pct_start) / (1 - pct_start))


def coslog4(p, rate):
    y = 2 * log2(1 + 15 * p)
    x = y - 2 * math.floor(0.5 * y)
    return rate * ((1 - cos_pi(2 - x if x > 1 else x)) * 0.5)


# Each schedule with its rate, of u and p = u / D, and with where it starts.
OPERATIONS = [
    (schedules.Cosine, {"final": 0.01, "restarts": 3},
     lambda u, p: restarted(p, 0.3, 0.01, 3), 0.3),
    (schedules.Step, {"every": 0.7, "factor": 0.6},
     lambda u, p: 0.3 * power(0.6, float(math.floor(u / 0.7))), 0.3),
    (schedules.MultiStep, {"milestones": [1, 2.5, 4], "factor": 0.7},
     lambda u, p: 0.3 * power(0.7, float(sum(m <= u for m in (1, 2.5, 4)))), 0.3),
    (schedules.Exponential, {"factor": 0.8}, lambda u, p: 0.3 * power(0.8, u), 0.3),
    (schedules.InverseScaling, {"power": 0.7, "decay": 3.3},
     lambda u, p: 0.3 / power(1 + 3.3 * u, 0.7), 0.3),
    (schedules.Polynomial, {"power": 1.7, "final": 0.01},
     lambda u, p: 0.01 + (0.3 - 0.01) * power(1 - p, 1.7), 0.3),
    (schedules.OneCycle, {"pct_start": 0.4}, lambda u, p: one_cycle(p, 0.3, 0.4), 0.3 / 25),
    (schedules.CosLog4, {}, lambda u, p: coslog4(p, 0.3), 0.0),
    (schedules.FlatCosine, {"final": 0.01, "flat": 0.4},
     lambda u, p: 0.3 if p < 0.4 else half(0.3, 0.01, (p - 0.4) / (1 - 0.4)), 0.3),
    (schedules.ReduceOnPlateau, {}, lambda u, p: 0.3, 0.3),
]  # fmt: skip


def test_no_schedule_is_missing():
    assert {cls.__name__ for cls, *_ in OPERATIONS} == set(schedules.__all__) - {"Constant"}


@pytest.mark.parametrize("row", OPERATIONS, ids=lambda row: row[0].__name__)
def test_operations(row):
    cls, options, rate, start = row
    W, L = 2.5, 9.0
    schedule = cls(0.3, **options, warmup=W, length=L)
    for t in np.linspace(0, 10, 997).tolist():
        if t < W:
            expected = start * (t / W)
        else:
            u = min(t, L) - W
            expected = rate(u, u / (L - W))
        assert schedule(t, 100) == expected, t


def test_a_constant_after_a_warmup():
    schedule = fb.schedules.Constant(0.3, warmup=2.5)
    for t in np.linspace(0, 10, 97).tolist():
        assert schedule(t, 9) == (0.3 * (t / 2.5) if t < 2.5 else 0.3)
