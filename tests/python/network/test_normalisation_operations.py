"""Normalisation as docs/numerics.md has it, operation by operation: the same bits."""

import math
from statistics import NormalDist

import numpy as np
import pytest
from exact_rules import fma

import filbert as fb
from filbert import _core


def moments(column):
    """Count, mean and standard deviation of the numbers of a column of doubles."""
    N = M = Q = 0.0
    first = next(x for x in column if not math.isnan(x))
    for begin in range(0, len(column), 256):
        block = [x - first for x in column[begin : begin + 256] if not math.isnan(x)]
        if not block:
            continue
        n, total, S = float(len(block)), 0.0, 0.0
        for d in block:
            total += d
        m = total / n
        for d in block:
            S += (d - m) * (d - m)
        c = N + n
        f, g = n / c, m - M
        Q = Q + (S + (g * g) * (N * f))
        M = M + g * f
        N = c
    return N, first + M, math.sqrt(Q / N)


def quantile(ordered, i, n):
    k, r = divmod(i * (len(ordered) - 1), n)
    low = ordered[k]
    return low if r == 0 else low + (ordered[k + 1] - low) * (r / n)


def place(x, quantiles):
    n = len(quantiles) - 1
    equal = [i for i, q in enumerate(quantiles) if q == x]
    if equal:
        return 0.5 * (equal[0] + equal[-1])
    if x < quantiles[0]:
        return 0.0
    if x > quantiles[-1]:
        return float(n)
    k = max(i for i, q in enumerate(quantiles) if q < x)
    return k + (x - quantiles[k]) / (quantiles[k + 1] - quantiles[k])


@pytest.fixture(params=["float32", "float64"])
def dtype(request):
    return np.dtype(request.param)


def learnt(X, y, **options):
    net = fb.Network([X.shape[1], y.shape[1]], dtype=X.dtype, rng=0)
    net.fit(X, y, optimizer=fb.SGD(0.0), **options)
    return net


@pytest.fixture
def table(rng, dtype):
    X = rng.normal(size=(700, 5)) * [1, 100, 1e-5, 1, 0] + [0, 1e4, 1, 0, 0.1]
    X[:, 3] = rng.integers(0, 3, 700)
    X[::9, :3] = np.nan
    X[256:512, 2] = np.nan  # a whole block
    return X.astype(dtype)


def clip(x, low, high):
    return low if x < low else min(x, high)


def test_standard(table, dtype):
    y = (3 * np.nan_to_num(table[:, :2]) + 7).astype(dtype)
    net = learnt(table, y, normalize=True, missing="mean", normalize_targets=True)
    known = net.normalisation
    Z = _core.normalised(net._core, table)
    w = _core.normalised_targets(net._core, y)
    for j, column in enumerate(table.astype(float).T):
        _, mean, deviation = moments(column.tolist())
        factor = 1 / deviation if deviation > 0 else 1.0
        assert (known.centre[j], known.factor[j], known.fill[j]) == (mean, factor, mean)
        expected = [((mean if math.isnan(x) else x) - mean) * factor for x in column.tolist()]
        np.testing.assert_array_equal(Z[:, j], np.array(expected).astype(dtype))
    for j, column in enumerate(y.astype(float).T):
        _, mean, deviation = moments(column.tolist())
        assert (known.target_centre[j], known.target_scale[j]) == (mean, deviation)
        expected = [(value - mean) / deviation for value in column.tolist()]
        np.testing.assert_array_equal(w[:, j], np.array(expected).astype(dtype))
        a = net.forward(table).a[1][:, j].astype(float)
        expected = [value * deviation + mean for value in a.tolist()]
        np.testing.assert_array_equal(net.predict(table)[:, j], np.array(expected).astype(dtype))


def test_robust(table, dtype):
    net = learnt(table, table[:, 4:], normalize="robust", missing="mean")
    known, Z, T = net.normalisation, _core.normalised(net._core, table), dtype.type
    for j, column in enumerate(table.astype(float).T):
        ordered = sorted(x for x in column.tolist() if not math.isnan(x))
        q = [quantile(ordered, i, 4) for i in range(5)]
        factor = 1 / (q[3] - q[1]) if q[3] > q[1] else 2 / (q[4] - q[0]) if q[4] > q[0] else 0.0
        assert (known.centre[j], known.factor[j]) == (q[2], factor)
        for x, z in zip(column.tolist(), Z[:, j], strict=True):
            value = known.fill[j] if math.isnan(x) else x
            r = T((value - q[2]) * factor)
            third = r * (T(1) / T(3))
            if dtype == np.float64:
                inside = fma(float(third), float(third), 1.0)
            else:  # exact in double, so that one rounding is left
                inside = np.float32(float(third) * float(third) + 1.0)
            assert z == r / np.sqrt(T(inside))


@pytest.mark.parametrize("n", [1, 2, 50, 1300])
def test_quantile(n, table, dtype):
    X = np.nan_to_num(table[:n], nan=1.5)
    net = learnt(X, X[:, 4:], normalize="quantile")
    known, steps = net.normalisation, max(1, len(X) - 1)
    new = np.concatenate([X[:50], X[:20] * 1.1, X[:20] - 1])
    Z, normal = _core.normalised(net._core, new), NormalDist()
    for j, column in enumerate(new.astype(float).T):
        ordered = sorted(X[:, j].astype(float).tolist())
        q = [quantile(ordered, i, steps) for i in range(min(len(X), 1000))]
        assert known.quantiles[j].tolist() == q
        for x, z in zip(column.tolist(), Z[:, j], strict=True):
            p = 0.5 if q[0] == q[-1] else place(x, q) / steps
            p = clip(p, 1e-7, 1 - 1e-7)
            expected = normal.inv_cdf(p)
            assert abs(float(z) - expected) <= (1e-6 if dtype == np.float32 else 1e-12)
