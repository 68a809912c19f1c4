"""The instruction set can be seen, listed and forced, and changes no bit."""

import os
import subprocess
import sys

import numpy as np
import pytest

import filbert as fb


def in_a_new_process(isa):
    program = "import filbert as fb; print(fb.isa())"
    return subprocess.run(
        [sys.executable, "-c", program],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "FILBERT_ISA": isa},
        timeout=60,
    )


def test_names():
    assert fb.isas()[-1] == "reference"
    assert set(fb.isas()) <= {"reference", "avx2", "avx512", "neon"}
    assert fb.isa() in fb.isas()


@pytest.mark.usefixtures("keep_isa")
def test_set_isa():
    for name in fb.isas():
        fb.set_isa(name)
        assert fb.isa() == name
    assert fb.isa() == fb.isas()[-1]


def test_the_environment_chooses():
    for name in fb.isas():
        assert in_a_new_process(name).stdout.strip() == name
    assert in_a_new_process("").stdout.strip() == fb.isas()[0]
    bad = in_a_new_process("sse9")
    assert bad.returncode != 0
    assert "FILBERT_ISA: expected one of" in bad.stderr
    assert "reference" in bad.stderr


@pytest.mark.usefixtures("keep_isa")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n", [1, 2, 33, 1030])
def test_same_bits(dtype, n):
    """Whole fits, through every public path, for ragged sizes."""
    rng = np.random.default_rng(n)
    X = rng.normal(size=(n, 21)).astype(dtype)
    y = rng.integers(0, 5, n)
    seen = set()
    for name in fb.isas():
        fb.set_isa(name)
        net = fb.Network(
            [21, 71, 35, 5], activation=["tanh", "relu"], output="softmax", dtype=dtype, rng=1
        )
        history = net.fit(X, y, epochs=2, batch_size=1028, optimizer=fb.Adam(0.01, l1=1e-4))
        t = net.trace(X, y)
        parts = [net.parameters, net.predict(X), t.C0, t.dC0_da[0], t.dC0_dw[1]]
        seen.add((*(p.tobytes() for p in parts), tuple(history["loss"]), *net.evaluate(X, y)))
    assert len(seen) == 1
