"""np.memmap: rows that are read as they are taken."""

import os
import subprocess
import sys

import numpy as np
import pytest

import filbert as fb
from filbert._edge.mapped import Mapped

N = 90


def make(dtype="float32"):
    return fb.Network([6, 5, 3], output="softmax", rng=1, dtype=dtype)


@pytest.fixture
def y():
    return np.arange(N) % 3


def mapped(folder, array, mode="r", name="X"):
    path = folder / name
    path.write_bytes(b"head" + array.tobytes())
    return np.memmap(path, array.dtype, mode, offset=4, shape=array.shape)


def rows(dtype):
    X = np.random.default_rng(0).normal(size=(N, 6)) * 9
    return X > 0 if dtype == "?" else X.astype(dtype)


@pytest.mark.parametrize("mode", ["r", "r+", "c"])
@pytest.mark.parametrize("dtype", ["f4", "f8", "f2", "u1", "i8", "?"])
@pytest.mark.parametrize("network", ["float32", "float64"])
def test_the_same_as_in_memory(tmp_path, y, dtype, mode, network):
    X = rows(dtype)
    file = mapped(tmp_path, X, mode)
    if mode != "r":
        X = X.copy()
        X[3] = file[3] = 1
    for part in (slice(None), slice(None, None, -2), slice(5, 80)):
        net, other = make(network), make(network)
        options = {"epochs": 2, "batch_size": 11, "validation_split": 0.2}
        assert net.fit(file[part], y[part], **options) == other.fit(X[part], y[part], **options)
        assert net.parameters.tobytes() == other.parameters.tobytes()
    assert net.evaluate(file, y) == net.evaluate(X, y)
    np.testing.assert_array_equal(file, X)  # what has been written privately is still there


@pytest.mark.parametrize(("bad", "expected"), [
    (np.nan, "finite numbers, got nan"), (np.inf, "finite numbers, got inf"),
    (-np.inf, "finite numbers, got -inf"), (1e39, r"numbers that fit in float32, got 1e\+39"),
])  # fmt: skip
@pytest.mark.parametrize("threads", [1, 2])
def test_numbers_that_are_not_finite(tmp_path, y, bad, expected, threads):
    """The message says where; the network is that of the last whole step."""
    fb.set_threads(threads)
    X = rows("f8")
    X[47, 2] = bad
    file = mapped(tmp_path, X)
    net, other = make(), make()
    with pytest.raises(
        ValueError, match=rf"^X: expected {expected} at \[47, 2\], in batch 5 of epoch 1"
    ):
        net.fit(file, y, batch_size=10, shuffle=False, epochs=2)
    other.fit(X[:40], y[:40], batch_size=10, shuffle=False)
    assert net.parameters.tobytes() == other.parameters.tobytes()
    with pytest.raises(ValueError, match=rf"^X: expected {expected} at \[47, 2\]$"):
        net.evaluate(file, y)
    net.fit(X[:40], y[:40])  # it still works


def test_whichever_batch_it_is_in(tmp_path, y):
    X = rows("f4")
    X[47, 2] = np.nan
    net = make()
    with pytest.raises(
        ValueError, match=r"got nan at \[47, 2\], in batch \d of epoch 1$"
    ) as caught:
        net.fit(mapped(tmp_path, X), y, batch_size=10, rng=5)
    order = fb._core.epoch_order(N, 5, 0, 0, N).tolist()
    assert f"in batch {order.index(47) // 10 + 1} of" in str(caught.value)


def test_resume_after_a_bad_number(tmp_path, y):
    X = rows("f4")
    good = X[47, 2]
    X[47, 2] = np.nan
    file = mapped(tmp_path, X, "r+")
    path = tmp_path / "run.safetensors"
    options = {"batch_size": 10, "epochs": 2, "accumulate": 2}
    with pytest.raises(ValueError, match="got nan"):
        make().fit(file, y, callbacks=[fb.Checkpoint(path)], **options)
    file[47, 2] = X[47, 2] = good
    net, other = make(), make()
    assert net.fit(file, y, resume=path, **options) == other.fit(X, y, **options)
    assert net.parameters.tobytes() == other.parameters.tobytes()


LAYOUTS = {
    "rows": lambda a: a[5:80],
    "rows backwards": lambda a: a[::-1],
    "every other row": lambda a: a[::2],
    "one row": lambda a: a[7:8],
    "transposed twice": lambda a: a.T.T,
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", ["f4", "f8", "u1"])
def test_where_rows_are_in_the_file(tmp_path, layout, dtype):
    X = rows(dtype)
    file, X = LAYOUTS[layout](mapped(tmp_path, X)), LAYOUTS[layout](X)
    found = Mapped.of(file, np.asarray(file))
    assert found.shared
    if sys.platform == "linux":
        assert found.file is not None
        read = os.pread(found.file.descriptor, X[0].nbytes, found.position)
        assert read == X[0].tobytes()
    net, other = make(), make()
    y = np.arange(len(X)) % 3
    assert net.fit(file, y, batch_size=4) == other.fit(X, y, batch_size=4)
    assert net.parameters.tobytes() == other.parameters.tobytes()


@pytest.mark.parametrize("part", [np.s_[:, ::2], np.s_[:, ::-2], np.s_[::-3, 1:4]])
def test_parts_of_columns(tmp_path, y, part):
    X = np.hstack([rows("f4"), rows("f4")])
    file = mapped(tmp_path, X)[part]
    net, other = (fb.Network([X[part].shape[1], 3], output="softmax", rng=1) for _ in range(2))
    y = y[: len(file)]
    assert net.fit(file, y, batch_size=7) == other.fit(X[part], y, batch_size=7)


def test_columns_that_lie_together(tmp_path, y):
    X = rows("f4")
    file = mapped(tmp_path, np.ascontiguousarray(X.T)).T
    assert make().fit(file, y, batch_size=7) == make().fit(X, y, batch_size=7)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps files that are mapped")
@pytest.mark.parametrize("change", ["removed", "replaced", "moved"])
def test_a_file_that_has_another_name_now(tmp_path, y, change):
    """What is mapped counts, whatever is under that name."""
    X = rows("f4")
    file = mapped(tmp_path, X)
    path = tmp_path / "X"
    if change == "moved":
        path.rename(tmp_path / "Y")
    else:
        path.unlink()
    if change == "replaced":
        path.write_bytes(bytes(X.nbytes + 4))
    assert Mapped.of(file, np.asarray(file)).file is None
    assert make().fit(file, y) == make().fit(X, y)


def test_what_is_written_to_the_mapping_is_read(tmp_path, y):
    X = rows("f4")
    file = mapped(tmp_path, X, "r+")
    file[:] = X = X[::-1].copy()
    assert make().fit(file, y) == make().fit(X, y)


def test_private_changes_are_in_no_file(tmp_path):
    file = mapped(tmp_path, rows("f4"), "c")
    assert Mapped.of(file, np.asarray(file)) == (False, None, 0)
    assert Mapped.of(np.ones(3), np.ones(3)) is None


@pytest.mark.parametrize("optimizer", [fb.LBFGS(), fb.RProp()], ids=str)
def test_rules_for_all_rows(tmp_path, y, optimizer):
    X = rows("u1")
    net, other = make(), make()
    net.fit(mapped(tmp_path, X), y, optimizer=type(optimizer)(), epochs=3)
    other.fit(X, y, optimizer=type(optimizer)(), epochs=3)
    assert net.parameters.tobytes() == other.parameters.tobytes()
    X = rows("f4")
    X[7, 1] = np.nan
    with pytest.raises(ValueError, match=r"X: expected finite numbers, got nan at \[7, 1\]"):
        make().fit(mapped(tmp_path, X, name="bad"), y, optimizer=optimizer)


LARGE = """
import resource, sys
import numpy as np
import filbert as fb
path, dtype, shuffle = sys.argv[1], sys.argv[2], sys.argv[3] == "True"
def most():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
file = np.memmap(path, dtype, "r").reshape(-1, 784)
y = np.arange(len(file)) % 10
net = fb.Network([784, 16, 10], output="softmax", rng=0)
net.fit(file[:2000], y[:2000], batch_size=500)
before = most()
net.fit(file, y, batch_size=500, shuffle=shuffle)
net.evaluate(file, y)
print(most() - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere ru_maxrss is of another unit")
@pytest.mark.parametrize("dtype", ["f4", "u1"])
@pytest.mark.parametrize("shuffle", [False, True])
def test_memory_of_a_large_file(tmp_path, dtype, shuffle):
    """Half a gigabyte needs less than 240 MB of memory at any time."""
    path = tmp_path / "large"
    n = 2**29 // (784 * np.dtype(dtype).itemsize)
    np.memmap(path, dtype, "w+", shape=(n, 784))[:: n // 8] = 1
    run = [sys.executable, "-c", LARGE, str(path), dtype, str(shuffle)]
    taken = int(subprocess.run(run, capture_output=True, check=True, text=True).stdout)
    assert taken < 240
