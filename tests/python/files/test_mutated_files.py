"""Mutated files: what filbert accepts, safetensors accepts, and sees the same tensors."""

import json
import random
from pathlib import Path

import numpy as np
import pytest
import safetensors
import safetensors.numpy

import filbert as fb
from filbert import _core

pytestmark = pytest.mark.slow
CORPUS = Path(__file__).parents[2] / "fuzz" / "corpus"
FILES = 100_000
TOKENS = [
    b'"', b"{", b"}", b"[", b"]", b",", b":", b" ", b"\n", b"\\", b"\\u0041", b"0", b"1", b"-1", b"1e0",
    b"null", b"true", b"F32", b"F64", b"F16", b"BF16", b"I64", b"layers.1.kernel", b"18446744073709551615",
    b'"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},', b'"__metadata__":{},', b"\xff", b"\xc3\xa9",
]  # fmt: skip


def plain():
    """Files without a description: any that passes the container is read."""
    shapes = [{"a": (2, 3)}, {"b": (1,), "a": (0, 2)}, {"x": (), "y": (2,), "z": (1, 1, 2)}]
    for dtype in (np.float32, np.float64, np.float16):
        for named in shapes:
            arrays = {
                name: np.arange(np.prod(s), dtype=dtype).reshape(s) for name, s in named.items()
            }
            yield safetensors.numpy.save(arrays, {"format": "pt"})
            yield safetensors.numpy.save(arrays)


def mutated(data, strange):
    """One to three changes; mostly with a header of the right length afterwards."""
    length = int.from_bytes(data[:8], "little")
    header, rest = bytearray(data[8 : 8 + length]), bytearray(data[8 + length :])
    for _ in range(strange.randint(1, 3)):
        part = header if strange.random() < 0.85 or not rest else rest
        at = strange.randrange(len(part) + 1) if part else 0
        kind = strange.randrange(6)
        if kind == 0 and at < len(part):
            part[at] ^= 1 << strange.randrange(8)
        elif kind == 1:
            part[at:at] = strange.choice(TOKENS)
        elif kind == 2:
            del part[at : at + strange.randint(1, 8)]
        elif kind == 3 and at < len(part):
            token = strange.choice(TOKENS)
            part[at : at + len(token)] = token
        elif kind == 4 and part:
            start = strange.randrange(len(part))
            part[at:at] = part[start : start + strange.randint(1, 80)]
        else:  # another number in the place of one
            digits = [i for i, byte in enumerate(part) if 48 <= byte <= 57]
            if digits:
                part[strange.choice(digits)] = 48 + strange.randrange(10)
    prefix = len(header) if strange.random() < 0.95 else length
    return prefix.to_bytes(8, "little") + bytes(header) + bytes(rest)


def test_what_is_accepted(tmp_path):
    strange = random.Random(0)
    seeds = [*plain(), *(file.read_bytes() for file in sorted(CORPUS.glob("sample-*")))]
    path = tmp_path / "file"
    counts = {"accepted": 0, "networks": 0, "refused by both": 0, "only by filbert": 0}
    for _ in range(FILES):
        data = mutated(strange.choice(seeds), strange)
        path.write_bytes(data)
        try:
            theirs = safetensors.numpy.load(data)
        except (safetensors.SafetensorError, KeyError, TypeError):
            theirs = None  # dtypes that numpy has not are KeyErrors
        try:
            ours = _core.read_safetensors(path)
        except fb.FormatError:
            ours = None
        if ours is None:
            counts["refused by both" if theirs is None else "only by filbert"] += 1
            continue
        counts["accepted"] += 1
        if theirs is None:  # numpy has no BF16: ask for the header alone
            assert b'"BF16"' in data
            with safetensors.safe_open(path, "numpy") as file:
                assert set(file.keys()) == set(ours)
            continue
        assert set(ours) == set(theirs), data
        for name, array in theirs.items():
            assert ours[name].shape == array.shape
            np.testing.assert_array_equal(ours[name], array.astype(ours[name].dtype))
        with safetensors.safe_open(path, "numpy") as file:
            assert _core.read_safetensors_metadata(path) == (file.metadata() or {})
        try:
            net = fb.load(path)
        except fb.FormatError:
            continue
        counts["networks"] += 1
        sizes = json.loads(_core.read_safetensors_metadata(path)["filbert"])["network"]["sizes"]
        assert net.sizes == sizes
    print(f"{FILES} mutated files: {counts}")
    assert counts["accepted"] > 1000
    assert counts["refused by both"] > 1000
