"""What holds for all data of a fit, whatever their types, layouts and weights; by hypothesis."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import filbert as fb
from filbert._training.split import Split

few = settings(derandomize=True, deadline=None, max_examples=25)
DTYPES = ["?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", ">f4", ">i8", "g"]
OUTPUTS = ["softmax", "sigmoid", "identity"]
numbers = st.integers(1, 40)
seeds = st.integers(0, 2**32 - 1)


def make(inputs, output="softmax", dtype="float64", seed=1):
    outputs = 3 if output == "softmax" else 1
    return fb.Network([inputs, 5, outputs], output=output, dtype=dtype, rng=seed)


def data(n, inputs, output="softmax", seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, inputs)) * 3
    if output == "identity":
        return X, rng.normal(size=n)
    return X, rng.integers(0, 3 if output == "softmax" else 2, n)


def bits(net):
    return net.parameters.tobytes()


def fitted(X, y, output="softmax", dtype="float64", **options):
    net = make(np.shape(X)[1], output, dtype)
    history = net.fit(X, y, **{"batch_size": 7, "epochs": 2, **options})
    return bits(net), history


def one_step(X, y, output, **options):
    """The gradient of the mean cost, by a step with a rate of 1."""
    net = make(X.shape[1], output)
    before = net.parameters.copy()
    net.fit(X, y, batch_size=len(X), optimizer=fb.SGD(1.0), **options)
    return before - net.parameters


@st.composite
def views(draw):
    """An array of any type in any layout, with a copy of it in the plain one."""
    n, inputs = draw(numbers), draw(st.integers(1, 9))
    plain = np.random.default_rng(draw(seeds)).normal(size=(n, inputs)) * 20
    dtype = np.dtype(draw(st.sampled_from(DTYPES)))
    plain = plain > 0 if dtype == bool else np.abs(plain).astype(dtype)
    kind = draw(st.integers(0, 6))
    steps = draw(st.tuples(*2 * [st.sampled_from([-3, -2, -1, 1, 2, 3])]))
    wide = np.zeros((n * abs(steps[0]), inputs * abs(steps[1])), dtype)
    wide = np.asfortranarray(wide) if kind % 2 else wide
    view = wide[:: steps[0], :: steps[1]]
    if kind == 6:
        raw = np.empty(plain.nbytes + 1, np.uint8)
        view = raw[1:].view(dtype).reshape(plain.shape)
    if kind == 5:
        view, plain = np.broadcast_to(plain[:1], plain.shape), plain[:1].repeat(n, axis=0)
    else:
        view[...] = plain
    return view, plain


@few
@given(views(), st.sampled_from(["float32", "float64"]), st.sampled_from([1, 7, 200]))
def test_any_type_and_layout_is_that_of_the_array_that_has_been_cast(view, dtype, batch_size):
    X, plain = view
    y = np.arange(len(X)) % 3
    options = {"batch_size": batch_size, "dtype": dtype, "dropout": 0.1}
    cast = np.ascontiguousarray(plain.astype(dtype))
    assert fitted(X, y, **options) == fitted(cast, y, **options)
    net = make(X.shape[1], dtype=dtype)
    assert net.evaluate(X, y) == net.evaluate(cast, y)
    np.testing.assert_array_equal(X, plain)


@few
@given(views(), st.floats(0.01, 0.99))
def test_a_split_is_that_of_the_array_that_has_been_cast(view, fraction):
    X, plain = view
    X, plain = np.repeat(X, 2, axis=0), np.repeat(plain, 2, axis=0)
    y = np.repeat(np.arange(len(X) // 2) % 3, 2)
    cast = plain.astype(np.float64)
    assert fitted(X, y, validation_split=fraction) == fitted(cast, y, validation_split=fraction)


@few
@given(numbers, st.sampled_from(OUTPUTS), seeds)
def test_weight_k_is_k_copies(n, output, seed):
    """Within n rows of rounding: the sums are of the same terms in another order."""
    X, y = data(n, 4, output, seed)
    times = np.random.default_rng(seed).integers(0, 4, n)
    times[0] = 1
    weighted = one_step(X, y, output, sample_weight=times)
    copies = one_step(np.repeat(X, times, axis=0), np.repeat(y, times), output)
    bound = 4 * n * np.finfo(float).eps * (1 + np.abs(X).max()) * (1 + np.abs(y).max())
    np.testing.assert_allclose(weighted, copies, rtol=0, atol=16 * bound)


@few
@given(numbers, st.sampled_from(OUTPUTS), seeds)
def test_weight_0_is_removal(n, output, seed):
    X, y = data(n + 1, 4, output, seed)
    kept = np.random.default_rng(seed).random(n + 1) < 0.6
    kept[0] = True
    weighted = one_step(X, y, output, sample_weight=kept)
    removed = one_step(X[kept], y[kept], output)
    bound = 4 * n * np.finfo(float).eps * (1 + np.abs(X).max()) * (1 + np.abs(y).max())
    np.testing.assert_allclose(weighted, removed, rtol=0, atol=16 * bound)
    net = make(4, output)
    one = net.evaluate(X, y, sample_weight=kept)["loss"]
    np.testing.assert_allclose(one, net.evaluate(X[kept], y[kept])["loss"], rtol=1e-12)


@few
@given(numbers, st.sampled_from(OUTPUTS), st.integers(-8, 8), seeds)
def test_a_power_of_2_times_all_weights_changes_no_bit(n, output, power, seed):
    X, y = data(n, 4, output, seed)
    w = np.random.default_rng(seed).uniform(0.5, 2, n)
    one = fitted(X, y, output, sample_weight=w)[0]
    assert fitted(X, y, output, sample_weight=w * 2.0**power)[0] == one


@few
@given(numbers, st.integers(1, 9), st.booleans(), seeds)
def test_batches_that_add_up_are_the_whole(n, size, weighted, seed):
    """A step of batches that accumulate is that of all rows, but for the order of sums."""
    X, y = data(n, 4, seed=seed)
    own = {"sample_weight": np.random.default_rng(seed).uniform(0.5, 2, n)} if weighted else {}
    whole = one_step(X, y, "softmax", shuffle=False, **own)
    net = make(4)
    before = net.parameters.copy()
    count = -(-n // size)
    net.fit(X, y, batch_size=size, accumulate=count, shuffle=False, optimizer=fb.SGD(1.0), **own)
    bound = 64 * n * np.finfo(float).eps * (1 + np.abs(X).max())
    np.testing.assert_allclose(before - net.parameters, whole, rtol=0, atol=bound)


@few
@given(numbers, st.integers(1, 50), st.booleans(), st.sampled_from(DTYPES), seeds)
def test_a_generator_is_the_array(n, size, weighted, dtype, seed):
    X, y = data(n, 4, seed=seed)
    X = np.abs(X).astype(dtype)
    w = np.random.default_rng(seed).uniform(0.5, 2, n)
    arrays = (X, y, w) if weighted else (X, y)
    batches = [tuple(a[i : i + size] for a in arrays) for i in range(0, n, size)]
    options = {"dropout": 0.3, "accumulate": 2, "rng": seed}
    own = {"sample_weight": w} if weighted else {}
    expected = fitted(X, y, batch_size=size, shuffle=False, **own, **options)
    assert fitted_batches(batches, **options) == expected


def fitted_batches(batches, **options):
    net = make(4)
    history = net.fit(batches, epochs=2, **options)
    return bits(net), history


@few
@given(numbers, st.integers(1, 50), st.sampled_from(["f4", "f8", "u1", "f2"]), seeds)
def test_a_memmap_is_the_array(tmp_path_factory, n, size, dtype, seed):
    X, y = data(n, 4, seed=seed)
    X = np.abs(X).astype(dtype)
    file = np.memmap(tmp_path_factory.getbasetemp() / "rows", dtype, "w+", shape=X.shape)
    file[:] = X
    assert fitted(file, y, batch_size=size) == fitted(X, y, batch_size=size)


@few
@given(numbers, st.lists(st.floats(0, 100, width=32), min_size=3, max_size=3), seeds)
def test_class_weight_is_the_weights_it_stands_for(n, of_class, seed):
    X, y = data(n, 4, seed=seed)
    of_class[y[0]] += 1
    weights = dict(enumerate(of_class))
    own = fitted(X, y, class_weight=weights)
    assert own == fitted(X, y, sample_weight=np.array(of_class)[y])
    w = np.random.default_rng(seed).uniform(0.5, 2, n)
    both = fitted(X, y, class_weight=weights, sample_weight=w)
    assert both == fitted(X, y, sample_weight=w * np.array(of_class)[y])


@few
@given(numbers, seeds)
def test_balanced_classes_weigh_the_same(n, seed):
    _, y = data(n, 4, seed=seed)
    counts = np.bincount(y, minlength=3)
    present = np.count_nonzero(counts)
    expected = [n / (present * int(count)) if count else 0.0 for count in counts]
    X = np.random.default_rng(seed).normal(size=(n, 4))
    own = fitted(X, y, class_weight="balanced")
    assert own == fitted(X, y, class_weight=dict(enumerate(expected)))


@few
@given(st.integers(1, 20), st.floats(0, 1, exclude_min=True, exclude_max=True), seeds)
def test_a_split_parts_the_rows(n, fraction, seed):
    """Every row is in one part, and each part has all classes."""
    labels = np.repeat([0, 1, 2], [2 * n, n + 1, 2]).astype(np.int32)
    labels = np.random.default_rng(seed).permutation(labels)
    parts = Split.of(fraction, len(labels), labels, None).rows(seed)
    assert sorted(np.concatenate(parts).tolist()) == list(range(len(labels)))
    for part in parts:
        assert set(labels[part]) == {0, 1, 2}
        assert (np.diff(part.astype(np.int64)) > 0).all()
    kept = np.bincount(labels[parts[1]])
    assert (np.abs(kept - fraction * np.bincount(labels)) <= 1).all()


@few
@given(numbers, st.sampled_from([1, 2]), st.sampled_from(["u1", "f8"]), seeds)
def test_threads_do_not_matter(n, threads, dtype, seed):
    X, y = data(n, 300, seed=seed)
    X = np.abs(X).astype(dtype)
    fb.set_threads(1)
    one = fitted(X, y, validation_split=None, batch_size=64)
    fb.set_threads(threads)
    assert fitted(X, y, validation_split=None, batch_size=64) == one


@few
@given(numbers, seeds)
def test_frames_are_arrays(n, seed):
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    polars = pytest.importorskip("polars", reason="polars is not installed")
    rng = np.random.default_rng(seed)
    kinds = rng.choice(["f8", "f4", "i8", "i2", "u1", "?"], 4)
    columns = {f"c{i}": (rng.normal(size=n) * 9 + 20).astype(kind) for i, kind in enumerate(kinds)}
    array = np.stack([column.astype(np.float64) for column in columns.values()], axis=1)
    y = rng.integers(0, 3, n)
    expected = fitted(array, y)
    for frame in (pandas.DataFrame(columns), polars.DataFrame(columns)):
        assert fitted(frame, y) == expected
