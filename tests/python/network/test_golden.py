"""The golden hashes hold from Python too, so that the tests of a wheel see them: networks of the C++ test
(tests/cpp/training/golden/, which has the hashes), trained on the same numbers."""

import re
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from regularised import philox

import filbert as fb

FOLDER = Path(__file__).parents[2] / "cpp" / "training" / "golden"
HASHES = re.compile(
    r'\.name = "([^"]+)",\s*\.float_hash = (0x[0-9a-f]+),\s*\.double_hash = (0x[0-9a-f]+)'
)
MOMENTUM = partial(fb.SGD, 0.1, momentum=0.9)
NESTEROV = partial(
    fb.SGD, 0.05, momentum=0.8, nesterov=True, weight_decay=0.001, l1=0.0001, l2=0.0001
)
ADAM = partial(fb.Adam, 0.01, weight_decay=0.001, l1=0.0001, l2=0.0001)
COSINE = partial(fb.AdamW, fb.schedules.Cosine(0.02, final=0.001, warmup=0.5, length=3.5))
LARGE = (  # slow in plain loops, without fma
    "relu, softmax, cross_entropy, large batch",
    "relu, softmax, cross_entropy, large batch, adam",
    "wide softmax",
)
SQUARES, ENTROPY = "squared_error", "cross_entropy"
DEEP, WIDE = [37, 67, 35, 5], [19, 81, 3]

# {name: sizes, activation, output, loss, optimizer, rows, batch size, epochs, other options of fit}
CASES = {
    "relu, softmax, cross_entropy, large batch": (
        *([523, 45, 10], "relu", "softmax", ENTROPY, MOMENTUM),
        *(1161, 1061, 1, {}),
    ),
    "relu, softmax, cross_entropy, large batch, adam": (
        *([523, 45, 10], "relu", "softmax", ENTROPY, ADAM),
        *(1161, 1061, 1, {}),
    ),
    "tanh, sigmoid, binary_cross_entropy": (
        *(DEEP, "tanh", "sigmoid", "binary_cross_entropy", ADAM),
        *(100, 33, 2, {}),
    ),
    "sigmoid, tanh, squared_error, penalties": (
        *(WIDE, "sigmoid", "tanh", SQUARES, NESTEROV),
        *(90, 32, 3, {}),
    ),
    "identity, relu, half_squared_error": (
        *([7, 33, 17], "identity", "relu", "half_squared_error", NESTEROV),
        *(50, 1, 1, {}),
    ),
    "wide softmax": (
        *([5, 9, 4999], "relu", "softmax", ENTROPY, MOMENTUM),
        *(40, 17, 2, {}),
    ),
    "one output": (
        *([16, 16, 1], "relu", "identity", SQUARES, MOMENTUM),
        *(128, 32, 3, {}),
    ),
    "gelu, gelu, squared_error": (
        *(WIDE, "gelu", "gelu", SQUARES, MOMENTUM),
        *(90, 32, 3, {}),
    ),
    "mish, mish, squared_error": (
        *(WIDE, "mish", "mish", SQUARES, MOMENTUM),
        *(90, 32, 3, {}),
    ),
    "sigmoid, identity, squared_error, adamw with a cosine": (
        *(WIDE, "sigmoid", "identity", SQUARES, COSINE),
        *(90, 32, 4, {}),
    ),
    "dropout": (
        *(DEEP, "tanh", "softmax", ENTROPY, MOMENTUM),
        *(100, 33, 2, {"dropout": 0.25}),
    ),
    "clip_norm, clip_value": (
        *(DEEP, "tanh", "softmax", ENTROPY, NESTEROV),
        *(100, 33, 2, {"clip_norm": 0.5, "clip_value": 0.0625}),
    ),
    "normalised, robust": (
        *([37, 67, 5], "tanh", "softmax", ENTROPY, MOMENTUM),
        *(300, 33, 2, {"normalize": "robust"}),
    ),
    "filled": (
        *([37, 67, 5], "tanh", "softmax", ENTROPY, MOMENTUM),
        *(300, 33, 2, {"missing": "mean"}),
    ),
}


@pytest.fixture(scope="module")
def hashes():
    """{name of a case: its hashes in float32 and float64}"""
    if not FOLDER.is_dir():
        pytest.skip(f"tested without the hashes in {FOLDER}")
    texts = [path.read_text(encoding="utf-8") for path in FOLDER.glob("*.hpp")]
    found = {name: both for text in texts for name, *both in HASHES.findall(text)}
    assert len(found) > 30
    return found


def words(block, stream, key):
    """The four words of each block, as random_block() in C++ has them."""
    block = np.asarray(block, np.uint64)
    return philox((block, 0 * block, 0 * block + np.uint64(stream), 0 * block + np.uint64(1)), key)


def uniform(count, stream):
    """Random numbers in (-1, 1), as uniform() in C++ makes them."""
    index = np.arange(count)
    return 2.0 * (np.choose(index % 4, words(index // 4, stream, 2026)) + 0.5) * 0.5**32 - 1.0


def examples(sizes, loss, rows, gaps, dtype):
    """X with zeros, and with gaps if there are to be any, and y."""
    values = uniform(rows * sizes[0], 1)
    X = np.where(values < -0.5, 0.0, values).astype(dtype)
    if gaps:
        X[3::11] = np.nan
    if loss == ENTROPY:
        y = (words(np.arange(rows), 3, 1)[0] % np.uint64(sizes[-1])).astype(np.int64)
    else:
        y = (0.5 + 0.5 * uniform(rows * sizes[-1], 2)).astype(dtype).reshape(rows, -1)
    return X.reshape(rows, -1), y


def fnv(values):
    """FNV-1a over the bytes."""
    hashed = 0xCBF29CE484222325
    for byte in values.tobytes():
        hashed = (hashed ^ byte) * 0x100000001B3 % 2**64
    return f"0x{hashed:016x}"


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.slow if name in LARGE else ()) for name in CASES],
)
def test_the_parameters_after_training(hashes, name, dtype, keep_isa):
    sizes, activation, output, loss, optimizer, rows, batch_size, epochs, options = CASES[name]
    X, y = examples(sizes, loss, rows, "missing" in options, dtype)
    fb.set_threads(3)
    for isa in fb.isas():
        fb.set_isa(isa)
        net = fb.Network(sizes, activation=activation, output=output, dtype=dtype, rng=12345)
        options = {"epochs": epochs, "batch_size": batch_size, "loss": loss, **options}
        net.fit(X, y, optimizer=optimizer(), progress=False, **options)
        assert fnv(net.parameters) == hashes[name][dtype == "float64"], isa
