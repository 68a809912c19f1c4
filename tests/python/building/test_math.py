"""The functions of the core (exp, log and so on): at most 3 units in the last place off."""

import subprocess

import numpy as np
import pytest

POINTS = 180_000  # for each of seven functions


def program(build, name):
    return build / "tests" / "cpp" / name


@pytest.mark.slow
def test_all_floats(cpp_build):
    """On the best instruction set against doubles, and the others against it."""
    done = subprocess.run(
        [program(cpp_build, "test_math_isas"), "exhaustive"],
        check=False,
        capture_output=True,
        text=True,
        timeout=7200,
    )
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("all floats") == 7 or "no vectors" in done.stdout


def arguments(rng, low, high):
    """Evenly spread over low .. high, over the exponents, and around 0 and 1."""
    n = POINTS // 3
    sign = rng.choice([-1.0, 1.0], n)
    points = np.concatenate(
        [
            rng.uniform(low, high, n),
            sign * 2.0 ** rng.uniform(-60, 10, n),
            rng.choice([0.0, 1.0], n) + sign * 2.0 ** rng.uniform(-30, 0, n),
        ]
    )
    return points[(points > low) & (points < high)]


def values(build, name, x):
    done = subprocess.run(
        [program(build, "test_math"), "values", name, "float64"],
        check=True,
        input=x.tobytes(),
        capture_output=True,
        timeout=600,
    )
    return np.frombuffer(done.stdout)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("exp", -708, 709),
        ("log", 0, 2**20),
        ("log1p", -1, 2**20),
        ("expm1", -50, 709),
        ("tanh", -20, 20),
        ("sigmoid", -708, 50),
        ("erf", -6.5, 6.5),
    ],
)
def test_doubles_against_mpmath(cpp_build, rng, name, low, high):
    mpmath = pytest.importorskip("mpmath")
    x = arguments(rng, low, high)
    got = values(cpp_build, name, x)
    assert got.shape == x.shape
    worst = 0
    with mpmath.workprec(160):
        exact = getattr(mpmath, name, lambda a: 1 / (1 + mpmath.exp(-a)))
        for argument, value in zip(x.tolist(), got.tolist(), strict=True):
            want = exact(mpmath.mpf(argument))
            unit = mpmath.ldexp(1, int(mpmath.frexp(want)[1]) - 53)
            worst = max(worst, float(abs(value - want) / unit))
    print(f"{name}: at most {worst:.3f} ulp over {len(x)} doubles")
    assert worst <= 3
