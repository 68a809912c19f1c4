"""IDX files, whole, compressed, foreign and broken."""

import gzip
import os
import struct
import tracemalloc

import numpy as np
import pytest

import filbert as fb
from filbert.datasets import load_idx, load_mnist

CODES = {0x08: "u1", 0x09: "i1", 0x0B: "i2", 0x0C: "i4", 0x0D: "f4", 0x0E: "f8"}


def idx(array, code=None, shape=None):
    """The bytes of an IDX file."""
    array = np.asarray(array)
    code = code or next(c for c, name in CODES.items() if np.dtype(name) == array.dtype)
    shape = array.shape if shape is None else shape
    head = bytes([0, 0, code, len(shape)]) + struct.pack(f">{len(shape)}I", *shape)
    return head + array.astype(array.dtype.newbyteorder(">")).tobytes()


@pytest.fixture(params=["plain", "gzip"])
def write(request, tmp_path):
    def write(data, name="data-idx"):
        path = tmp_path / name
        path.write_bytes(gzip.compress(data) if request.param == "gzip" else data)
        return path

    return write


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("shape", [(7,), (3, 5), (2, 3, 4), (1, 1, 1, 1), (0, 28, 28), (4, 0)])
def test_types_and_shapes(write, code, shape):
    expected = (np.arange(np.prod(shape)).reshape(shape) * 3 - 5).astype(CODES[code])
    path = write(idx(expected, code))
    for given in (path, str(path), os.fsencode(path)):
        array = load_idx(given)
        np.testing.assert_array_equal(array, expected)
        assert array.dtype == CODES[code]
        assert array.dtype.isnative
        assert array.flags.writeable
        assert array.flags.c_contiguous


def test_the_content_tells_whether_it_is_compressed(tmp_path):
    data = idx(np.arange(5, dtype="u1"))
    for name, content in [("a.gz", data), ("a", gzip.compress(data))]:
        (tmp_path / name).write_bytes(content)
        assert load_idx(tmp_path / name).tolist() == [0, 1, 2, 3, 4]
    # gzip files may have several members
    (tmp_path / "b").write_bytes(gzip.compress(data[:6]) + gzip.compress(data[6:]))
    assert load_idx(tmp_path / "b").tolist() == [0, 1, 2, 3, 4]


GOOD = idx(np.arange(24, dtype="u1").reshape(2, 3, 4))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "expected an IDX file, which starts with 00 00, got none"),
        (b"\0\0\x08", "expected an IDX file, which starts with 00 00, got 00 00 08"),
        (b"\x89PNG\r\n", "expected an IDX file, which starts with 00 00, got 89 50 4e 47"),
        (b"\0\1" + GOOD[2:], "expected an IDX file"),
        (b"\0\0\x0a" + GOOD[3:], "expected one of the type codes 08, 09, 0b, .* got 0a"),
        (b"\0\0\0\1" + GOOD[4:], "expected one of the type codes .* got 00"),
        (b"\0\0\x08\0" + GOOD[4:], r"expected 1 \.\. 32 dimensions, got 0"),
        (b"\0\0\x08\x28" + b"\0\0\0\1" * 40 + b"a", r"expected 1 \.\. 32 dimensions, got 40"),
        (GOOD[:10], "expected 3 sizes in the header, got a file that ends there"),
        (GOOD[:4], "expected 3 sizes in the header, got a file that ends there"),
        (GOOD[:16], r"expected 24 bytes for shape \(2, 3, 4\), got"),
        (GOOD[:-1], r"expected 24 bytes for shape \(2, 3, 4\), got"),
        (GOOD + b"\0", r"expected 24 bytes for shape \(2, 3, 4\), got"),
        (GOOD + GOOD, r"expected 24 bytes for shape \(2, 3, 4\), got"),
        (idx([], 0x0E, (2**32 - 1,)), r"expected 34359738360 bytes for shape"),
        (idx([], 0x08, (2**32 - 1,) * 3), "expected 79228162458924105385300197375 bytes"),
        (idx([], 0x08, (0, 2**32 - 1, 2**32 - 1)), r"expected 0 bytes for shape \(0, 42"),
        (idx([], 0x0E, (2**31,) * 30), "expected .* bytes for shape"),
    ],
    ids=range(18),
)
def test_foreign_and_broken_files(write, data, message):
    path = write(data)
    tracemalloc.start()
    try:
        with pytest.raises(fb.FormatError, match=message) as caught:
            load_idx(path)
        assert tracemalloc.get_traced_memory()[1] < 5_000_000  # nothing was made room for
    finally:
        tracemalloc.stop()
    assert str(caught.value).startswith(f"{path}: expected")
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("cut", [2, 5, 10, 15, 25, -9, -8, -4, -1])
def test_truncated_gzip(tmp_path, cut):
    path = tmp_path / "cut.gz"
    path.write_bytes(gzip.compress(GOOD)[:cut])
    with pytest.raises(fb.FormatError, match=f"{path}: expected"):
        load_idx(path)


def test_damaged_gzip(tmp_path):
    path = tmp_path / "damaged.gz"
    whole = gzip.compress(np.random.default_rng(0).bytes(500).join([GOOD[:4], GOOD[4:]]))
    whole = gzip.compress(idx(np.random.default_rng(0).integers(0, 99, 500, np.uint8)))
    for position in range(2, len(whole)):
        broken = bytearray(whole)
        broken[position] ^= 0x10
        path.write_bytes(broken)
        try:
            array = load_idx(path)
        except fb.FormatError:
            continue
        # Name, time and system in gzip's own header mean nothing.
        assert position < 10
        assert array.shape == (500,)


def test_a_bomb_is_not_inflated(tmp_path):
    """A small file that would fill the memory: refused when it goes past what it declares."""
    path = tmp_path / "bomb.gz"
    with gzip.open(path, "wb", compresslevel=9) as file:
        file.write(idx(np.zeros(10, np.uint8)))
        for _ in range(200):
            file.write(bytes(1 << 20))
    assert path.stat().st_size < 1 << 20
    tracemalloc.start()
    try:
        with pytest.raises(fb.FormatError, match=r"expected 10 bytes for shape \(10,\), got more"):
            load_idx(path)
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_missing_files(tmp_path):
    with pytest.raises(FileNotFoundError, match="nothing-here"):
        load_idx(tmp_path / "nothing-here")
    with pytest.raises(OSError, match=r"directory|denied"):
        load_idx(tmp_path)


@pytest.mark.parametrize("path", [None, 3, ["train"], np.zeros(3)], ids=repr)
def test_what_is_no_path(path):
    with pytest.raises(TypeError, match="path: expected a path, a str or PathLike, got"):
        load_idx(path)
    with pytest.raises(TypeError, match="folder: expected a path, a str or PathLike, got"):
        load_mnist(path)


def images(n, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (n, 4, 3), np.uint8), rng.integers(0, 10, n, np.uint8)


def save_pair(write, kind, X, y, suffix=""):
    write(idx(X), f"{kind}-images-idx3-ubyte{suffix}")
    return write(idx(y), f"{kind}-labels-idx1-ubyte{suffix}").parent


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_mnist(write, suffix):
    save_pair(write, "train", *images(8), suffix)
    folder = save_pair(write, "t10k", *images(5, 1), suffix)
    for given in (folder, str(folder), os.fsencode(folder)):
        X_train, y_train, X_test, y_test = load_mnist(given)
        assert X_train.shape == (8, 12)
        assert X_train.dtype == np.float32
        assert y_train.dtype == np.int32
        np.testing.assert_array_equal(X_train, images(8)[0].reshape(8, 12) / np.float32(255))
        np.testing.assert_array_equal(y_train, images(8)[1])
        np.testing.assert_array_equal(y_test, images(5, 1)[1])
        assert X_test.shape == (5, 12)
        assert X_train.min() >= 0
        assert X_train.max() <= 1


NAMES = ["{}-{}-idx{}-ubyte", "{}-{}.idx{}-ubyte"]  # kind, what, dimensions
NAMES += [f"{name}.gz" for name in NAMES]


@pytest.mark.parametrize("outer", ["", *NAMES], ids=lambda name: name or "no folder")
@pytest.mark.parametrize("inner", NAMES)
def test_other_names_of_mnist(write, tmp_path, outer, inner):
    """As programs that unpack them leave them, in folders too."""
    for kind, seed in (("train", 0), ("t10k", 1)):
        for what, array in zip(("images", "labels"), images(9, seed), strict=True):
            parts = [name.format(kind, what, array.ndim) for name in (outer, inner)]
            path = tmp_path.joinpath(*parts)
            path.parent.mkdir(exist_ok=True)
            write(idx(array), path.relative_to(tmp_path))
    X_train, y_train, X_test, y_test = load_mnist(tmp_path)
    for seed, X, y in ((0, X_train, y_train), (1, X_test, y_test)):
        np.testing.assert_array_equal(X, images(9, seed)[0].reshape(9, 12) / np.float32(255))
        np.testing.assert_array_equal(y, images(9, seed)[1])


def test_the_plainest_of_several_is_read(write, tmp_path):
    (tmp_path / "train-images.idx3-ubyte").mkdir()
    save_pair(write, "train", *images(5))
    write(idx(images(7)[0]), "train-images.idx3-ubyte/train-images-idx3-ubyte")
    assert len(np.concatenate(load_mnist(tmp_path)[1::2])) == 5


@pytest.mark.parametrize("kind", ["train", "t10k"])
def test_where_one_pair_is_there_four_fifths_train(write, kind):
    folder = save_pair(write, kind, *images(13))
    X_train, y_train, X_test, y_test = load_mnist(folder)
    assert (len(X_train), len(y_train), len(X_test), len(y_test)) == (10, 10, 3, 3)
    np.testing.assert_array_equal(np.concatenate([y_train, y_test]), images(13)[1])


def test_mnist_that_is_not_there(write, tmp_path):
    variants = "each also with .idx in place of -idx, with .gz, or in a folder of such a name"
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(FileNotFoundError) as caught:
            load_mnist(folder)
        assert str(caught.value) == (
            f"{folder}: expected MNIST's IDX files (train-images-idx3-ubyte, "
            "train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte; "
            f"{variants}), got none of them"
        )
    write(idx(images(5)[0]), "train-images-idx3-ubyte")
    (tmp_path / "train-labels-idx1-ubyte").mkdir()
    with pytest.raises(FileNotFoundError) as caught:
        load_mnist(tmp_path)
    assert (
        str(caught.value) == f"{tmp_path}: expected train-labels-idx1-ubyte ({variants}), got none"
    )


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        (images(5)[0], images(4)[1], "labels-idx1-ubyte: expected 5 labels, .* got 4"),
        (images(5)[0][0], images(5)[1], "images-idx3-ubyte: expected uint8 in 3 dimensions"),
        (images(5)[0].astype("i4"), images(5)[1], "images-idx3-ubyte: expected uint8 in 3"),
        (images(5)[0], images(5)[0], "labels-idx1-ubyte: expected uint8 in 1 dimension"),
        (images(1)[0], images(1)[1], "expected at least 2 images, got 1"),
        (images(0)[0], images(0)[1], "expected at least 2 images, got 0"),
    ],
    ids=range(6),
)
def test_mnist_that_does_not_fit_together(write, X, y, message):
    folder = save_pair(write, "train", X, y)
    with pytest.raises(fb.FormatError, match=message):
        load_mnist(folder)


def test_is_loaded_when_it_is_used():
    assert fb.datasets.load_idx is load_idx
