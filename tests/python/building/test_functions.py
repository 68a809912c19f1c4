"""The core's functions of single doubles, for schedules and initial weights, against mpmath."""

import subprocess

import numpy as np
import pytest

POINTS = 100_000


def values(build, name, arguments):
    done = subprocess.run(
        [build / "tests" / "cpp" / "test_functions", "values", name],
        check=True,
        input=np.ascontiguousarray(arguments).tobytes(),
        capture_output=True,
        timeout=600,
    )
    return np.frombuffer(done.stdout)


def arguments_of(name, rng):
    n = POINTS // 4
    if name == "cospi":
        near = np.outer([0.25, 0.5, 0.75, 1], 1 - np.ldexp(1.0, -np.arange(10, 50)))
        return np.concatenate([rng.uniform(0, 1, 4 * n), near.ravel()])
    if name == "log2":
        near = 1 + rng.choice([-1, 1], n) * 2.0 ** rng.uniform(-50, -1, n)
        return np.concatenate([rng.uniform(1, 16, 2 * n), near, 2.0 ** rng.uniform(-1000, 1000, n)])
    if name == "quantile":  # mpmath's is slow
        n = POINTS // 40
        near = 0.5 + rng.choice([-1, 1], n) * 2.0 ** rng.uniform(-40, -2, n)
        tail = 2.0 ** rng.uniform(-60, -1, n)
        return np.concatenate(
            [rng.uniform(0, 1, n), near, tail, 1 - 2.0 ** rng.uniform(-33, -1, n)]
        )
    x = np.concatenate(
        [rng.uniform(0, 1, n), rng.uniform(0.9, 1.1, n), 2.0 ** rng.uniform(-100, 100, n),
         rng.uniform(1, 1e5, n)]
    )  # fmt: skip
    y = np.concatenate([rng.uniform(0, 100, n), 2.0 ** rng.uniform(-20, 13, 2 * n),
                        rng.uniform(0, 5, n)])  # fmt: skip
    return np.stack([x, y], axis=1)[np.abs(y * np.log(x)) < 700]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "most"), [("cospi", 1.8), ("log2", 1.5), ("pow", 1.0), ("quantile", 5.0)]
)
def test_against_mpmath(cpp_build, rng, name, most):
    mpmath = pytest.importorskip("mpmath")
    x = arguments_of(name, rng)
    got = values(cpp_build, name, x)
    assert got.shape == x.shape[:1]
    exact = {
        "cospi": mpmath.cospi,
        "log2": lambda a: mpmath.log(a, 2),
        "pow": lambda a: mpmath.mpf(a[0]) ** mpmath.mpf(a[1]),
        "quantile": lambda a: mpmath.sqrt(2) * mpmath.erfinv(2 * mpmath.mpf(a) - 1),
    }[name]
    worst = 0.0
    with mpmath.workprec(160):
        for argument, value in zip(x.tolist(), got.tolist(), strict=True):
            want = exact(argument if name == "pow" else mpmath.mpf(argument))
            unit = mpmath.ldexp(1, int(mpmath.frexp(want)[1]) - 53)
            worst = max(worst, float(abs(value - want) / unit))
    print(f"{name}: at most {worst:.3f} ulp over {len(x)} doubles")
    assert worst <= most
