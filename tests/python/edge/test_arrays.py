"""Arrays of every kind and layout go in, with one conversion at most; results are the same bits."""

import itertools
import tracemalloc

import numpy as np
import pytest

import filbert as fb
from filbert._edge import arrays


def unaligned(a):
    raw = np.empty(a.nbytes + 1, np.uint8)
    result = raw[1:].view(a.dtype).reshape(a.shape)
    result[...] = a
    assert not result.flags.aligned
    return result


def read_only(a):
    result = a.copy()
    result.flags.writeable = False
    return result


class Subclass(np.ndarray):
    pass


LAYOUTS = {
    "C": lambda a: a.copy(),
    "Fortran": np.asfortranarray,
    "every other row": lambda a: np.repeat(a, 2, axis=0)[::2],
    "every other column": lambda a: np.repeat(a, 2, axis=1)[:, ::2],
    "rows reversed": lambda a: a[::-1].copy()[::-1],
    "columns reversed": lambda a: a[:, ::-1].copy()[:, ::-1],
    "part of a wider one": lambda a: np.hstack([a, a])[:, : a.shape[1]],
    "read-only": read_only,
    "byte-swapped": lambda a: a.astype(a.dtype.newbyteorder()),
    "subclass": lambda a: a.view(Subclass),
    "list": lambda a: a.tolist(),
    "rows in a tuple": tuple,
    "memoryview": lambda a: memoryview(np.ascontiguousarray(a)),
}
ARRAYS = [layout for layout in LAYOUTS if layout not in ("list", "rows in a tuple")]
DTYPES = ["f2", "f4", "f8", "g", "?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"]


def numbers(dtype):
    """Small integers, which every type can hold."""
    return (np.arange(24).reshape(6, 4) * 5 % 3 % (2 if dtype == "?" else 3)).astype(dtype)


@pytest.fixture(params=["float32", "float64"])
def net(request):
    return fb.Network([4, 5, 3], activation="tanh", output="softmax", dtype=request.param, rng=1)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_layouts_and_dtypes(net, layout, dtype):
    if layout == "memoryview" and dtype == "f2" and np.lib.NumpyVersion(np.__version__) < "2.3.0":
        pytest.skip("numpy cannot read this memoryview")
    plain = numbers(dtype)
    given = LAYOUTS[layout](plain)
    expected = net.predict(plain.astype(net.dtype))
    np.testing.assert_array_equal(net.predict(given), expected)
    np.testing.assert_array_equal(net.forward(given).a[2], expected)
    np.testing.assert_array_equal(given, plain)  # nobody wrote to it


@pytest.mark.parametrize("dtype", [dtype for dtype in DTYPES if dtype not in "?i1u1"])
def test_unaligned(net, dtype):
    plain = numbers(dtype)
    np.testing.assert_array_equal(
        net.predict(unaligned(plain)), net.predict(plain.astype(net.dtype))
    )


@pytest.mark.parametrize("layout", LAYOUTS)
def test_training_takes_them_too(layout, y):
    X = np.random.default_rng(0).normal(size=(12, 4))
    rows = np.eye(3)[y]

    def trained(X, y):
        net = fb.Network([4, 5, 3], activation="tanh", output="softmax", dtype="float64", rng=1)
        history = net.fit(X, y, epochs=2, batch_size=5, validation_data=(X, y))
        cost = net.evaluate(X, y)
        assert cost["loss"] == history["val_loss"][-1]
        return net.parameters

    expected = trained(X, rows)
    np.testing.assert_array_equal(trained(LAYOUTS[layout](X), LAYOUTS[layout](rows)), expected)


@pytest.mark.parametrize("dtype", ["?", "i1", "i8", "u1", "u8", ">i4", ">u2", "f2", "f4", ">f8"])
def test_labels_of_any_dtype(dtype, X, y):
    labels = y % 2
    one, two = (fb.Network([4, 2], output="softmax", rng=0) for _ in range(2))
    one.fit(X, labels)
    two.fit(X, np.repeat(labels, 3).astype(dtype)[::3])
    np.testing.assert_array_equal(one.parameters, two.parameters)
    np.testing.assert_array_equal(two.trace(X[0], labels.astype(dtype)[1]).y, [0, 1])


def test_ready_arrays_are_not_copied(net, rng):
    X = rng.normal(size=(6, 4)).astype(net.dtype)
    for given in (X, X[1:3], read_only(X), X[:1]):
        rows, was_1d = arrays.as_batch("X", given, 4, net.dtype)
        assert np.shares_memory(rows, given)
        assert not was_1d
    row, was_1d = arrays.as_batch("X", X[2], 4, net.dtype)
    assert np.shares_memory(row, X)
    assert row.shape == (1, 4)
    assert was_1d


def test_what_is_converted_is_ready(net):
    for layout, dtype in itertools.product(LAYOUTS, ["f4", "f8", "i8"]):
        rows, _ = arrays.as_batch("X", LAYOUTS[layout](numbers(dtype)), 4, net.dtype)
        assert type(rows) is np.ndarray
        assert rows.flags.c_contiguous
        assert rows.flags.aligned
        assert rows.dtype == net.dtype
        assert rows.dtype.isnative


@pytest.mark.parametrize(
    "call",
    [
        lambda net, X: net.predict(X),
        lambda net, X: net.forward(X),
        lambda net, X: net.fit(X, np.zeros(len(X), np.int32)),
        lambda net, X: net.evaluate(X, np.zeros(len(X), np.int32)),
    ],
    ids=["predict", "forward", "fit", "evaluate"],
)
@pytest.mark.parametrize("dtype", ["f4", "f8", "i4"])
@pytest.mark.parametrize("layout", [*ARRAYS, "unaligned"])
def test_one_conversion_at_most(layout, dtype, call):
    X = {**LAYOUTS, "unaligned": unaligned}[layout](np.ones((5000, 40), dtype))
    net = fb.Network([40, 2], output="softmax", rng=0)
    call(net, X[:1])  # whatever is made once
    tracemalloc.start()
    try:
        call(net, X)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1.5 * 5000 * 40 * 4


class Counted:
    """Counts how often it is asked for its numbers."""

    def __init__(self, array):
        self.array, self.count = array, 0

    def __array__(self, dtype=None, copy=None):
        self.count += 1
        return self.array


def test_asked_once_for_the_numbers(net):
    counted = Counted(numbers("f8"))
    net.predict(counted)
    assert counted.count == 1


def test_forward_owns_its_input(net, rng):
    X = rng.normal(size=(6, 4)).astype(net.dtype)
    f, t = net.forward(X), net.trace(X, np.zeros(6))
    expected, x = net.backward(f, f.a[2]).flat, X.copy()
    X[:] = 0
    np.testing.assert_array_equal(f.X, x)
    np.testing.assert_array_equal(t.a[0], x)
    np.testing.assert_array_equal(net.backward(f, f.a[2]).flat, expected)


def test_one_row_in_one_row_out(net, rng):
    X = rng.normal(size=(6, 4))
    f, fs = net.forward(X[2]), net.forward(X)
    assert [f.a[l].shape for l in f.a] == [(4,), (5,), (3,)]
    assert [f.z[l].shape for l in f.z] == [(5,), (3,)]
    np.testing.assert_array_equal(f.a[2], fs.a[2][2])
    np.testing.assert_array_equal(f.X, f.a[0])
    g = net.backward(f, f.a[2])
    assert g.x.shape == (4,)
    assert [g.w[l].shape for l in g.w] == [(5, 4), (3, 5)]
    assert net.predict(X[2]).shape == (3,)
    assert net.trace(X[2], 1).dC0_dw[1].shape == (5, 4)


def test_gradients_are_views_of_one_vector(net, rng):
    X = rng.normal(size=(6, 4))
    f = net.forward(X)
    g = net.backward(f, dC_dz=rng.normal(size=(6, 3)))
    assert g.flat.shape == net.parameters.shape
    assert g.flat.flags.c_contiguous
    assert g.flat.dtype == net.dtype
    parts = [g.w[1].T.ravel(), g.b[1], g.w[2].T.ravel(), g.b[2]]
    np.testing.assert_array_equal(g.flat, np.concatenate(parts))
    g.flat[:] = 1
    assert g.w[1].sum() == 20
    assert g.x.shape == X.shape
    with pytest.raises(KeyError, match=r"layer: expected 1 \.\. 2, got 0"):
        g.w[0]


def test_results_of_two_backwards_are_independent(net, rng):
    f = net.forward(rng.normal(size=(6, 4)))
    one = net.backward(f, np.ones((6, 3)))
    flat, x = one.flat.copy(), one.x.copy()
    net.backward(f, dC_dz=np.zeros((6, 3)))
    np.testing.assert_array_equal(one.flat, flat)
    np.testing.assert_array_equal(one.x, x)


def test_single_outputs_take_columns_or_vectors(rng):
    X, y = rng.normal(size=(9, 2)), rng.uniform(size=9)
    for output in ("identity", "sigmoid"):
        one, two = (fb.Network([2, 1], output=output, dtype="float64", rng=0) for _ in range(2))
        one.fit(X, y)
        two.fit(X, y[:, None])
        np.testing.assert_array_equal(one.parameters, two.parameters)
        assert one.evaluate(X, y) == two.evaluate(X, y[:, None])
        for target in (y[0], y[:1]):
            assert one.trace(X[0], target).C0 == one.trace(X, y).C0[0]


def test_pandas(rng):
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    X = rng.normal(size=(9, 3))
    net = fb.Network([3, 2], output="softmax", dtype="float64", rng=0)
    frame = pandas.DataFrame(X, columns=["a", "b", "c"])
    np.testing.assert_array_equal(net.predict(frame), net.predict(X))
    net.fit(frame, pandas.Series(["no", "yes", "no"] * 3))
    assert net.classes.tolist() == ["no", "yes"]
