"""Normalisation in fits: what is learnt, against scikit-learn, and where it is applied."""

import copy
import pickle
import warnings

import numpy as np
import pytest
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import QuantileTransformer, RobustScaler, StandardScaler

import filbert as fb
from filbert import _core

KINDS = ["standard", "robust", "quantile"]
BOUND = {"float32": 2e-6, "float64": 1e-12}


def table(n=400, seed=0):
    """Columns of very different scales; the last is constant, the one before has ties."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 6)) * [1, 1e3, 1e-3, 20, 1, 0] + [0, 1e3, 5, -7, 0, 3]
    X[:, 4] = rng.integers(0, 4, n)
    return X


def targets(X):
    return (X @ [1, 1e-3, 1e3, 0.1, 1, 0])[:, None] * [1.0, -100.0] + [1e4, 0.0]


def network(dtype="float64", inputs=6, outputs=2, **options):
    return fb.Network([inputs, 8, outputs], activation="tanh", dtype=dtype, rng=1, **options)


def normalised(net, X):
    return net.forward(X).a[0]


def learnt(X, dtype="float64", **options):
    net = network(dtype, X.shape[1])
    net.fit(X, np.zeros((len(X), 2)), optimizer=fb.SGD(0.0), **options)
    return net


@pytest.mark.parametrize("dtype", BOUND)
def test_standard_is_that_of_scikit_learn(dtype):
    X = table().astype(dtype)
    net = learnt(X, dtype, normalize=True)
    expected = StandardScaler().fit(X.astype(float))
    known = net.normalisation
    assert known.kind == "standard"
    np.testing.assert_allclose(known.centre, expected.mean_, rtol=1e-14, atol=1e-14)
    np.testing.assert_allclose(known.scale, expected.scale_, rtol=1e-13)
    # The last bit of a mean counts for more where a column is narrow and far from 0.
    bound = BOUND[dtype] * (1 + np.abs(known.centre) / known.scale)
    difference = normalised(net, X) - expected.transform(X.astype(float))
    assert (np.abs(difference) <= bound).all()
    assert not normalised(net, X)[:, 5].any()
    assert known.scale[5] == 1


@pytest.mark.parametrize("dtype", BOUND)
def test_robust_is_that_of_realmlp(dtype):
    X = table().astype(dtype)
    X[:300, 4] = 2  # its quartiles are equal
    net = learnt(X, dtype, normalize="robust")
    wide, known = X.astype(float), net.normalisation
    expected = RobustScaler().fit(wide)
    np.testing.assert_allclose(known.centre, expected.center_, rtol=1e-14)
    ordinary = [0, 1, 2, 3]
    np.testing.assert_allclose(known.scale[ordinary], expected.scale_[ordinary], rtol=1e-13)
    assert known.scale[4] == (wide[:, 4].max() - wide[:, 4].min()) / 2
    assert known.factor[5] == 0
    assert known.scale[5] == np.inf
    r = (wide - known.centre) * known.factor
    bound = BOUND[dtype]
    np.testing.assert_allclose(
        normalised(net, X), r / np.sqrt(1 + (r / 3) ** 2), rtol=bound, atol=bound
    )


@pytest.mark.parametrize("n", [2, 30, 999, 1000, 3000])
def test_quantile_is_that_of_scikit_learn(n):
    X = np.random.default_rng(n).normal(size=(n, 3)) ** 3
    X[n // 4 : n // 2, 2] = 0.25  # ties, but not at the ends
    X[0, 2], X[-1, 2] = -50, 50
    net = learnt(X, normalize="quantile")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that there are fewer rows than quantiles
        expected = QuantileTransformer(
            n_quantiles=1000, output_distribution="normal", subsample=None
        ).fit(X)
    np.testing.assert_allclose(net.normalisation.quantiles, expected.quantiles_.T, atol=1e-12)
    new = np.random.default_rng(1).normal(size=(200, 3)) ** 3 * 1.2
    for rows in (X, new):
        np.testing.assert_allclose(normalised(net, rows), expected.transform(rows), atol=1e-6)


def test_missing_values_are_those_of_scikit_learn():
    X = table()
    X[::7, 1] = np.nan
    X[3:9, 0] = np.nan
    expected = SimpleImputer().fit(X)
    net = learnt(X, missing="mean")
    assert net.normalisation.kind is None
    np.testing.assert_allclose(net.normalisation.fill, expected.statistics_, rtol=1e-14, atol=1e-14)
    np.testing.assert_allclose(normalised(net, X), expected.transform(X), rtol=1e-14, atol=1e-14)
    both = learnt(X, missing="mean", normalize=True)
    scaler = StandardScaler().fit(X)  # of the numbers that are there
    np.testing.assert_allclose(both.normalisation.scale, scaler.scale_, rtol=1e-13)
    expected = np.nan_to_num(scaler.transform(X), nan=0.0)
    np.testing.assert_allclose(normalised(both, X), expected, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("missing", [None, "mean"])
@pytest.mark.parametrize("dtype", BOUND)
def test_a_fit_is_that_of_data_normalised_before(kind, missing, dtype):
    X = table().astype(dtype)
    if missing:
        X[::5, 2] = np.nan
    y = targets(np.nan_to_num(X, nan=5.0)).astype(dtype)
    net, plain = network(dtype), network(dtype)
    options = {"epochs": 2, "batch_size": 50}
    history = net.fit(
        X[:300],
        y[:300],
        normalize=kind,
        normalize_targets=True,
        missing=missing,
        validation_data=(X[300:], y[300:]),
        **options,
    )
    Z, w = normalised(net, X), _core.normalised_targets(net._core, y)
    expected = plain.fit(Z[:300], w[:300], validation_data=(Z[300:], w[300:]), **options)
    assert history == expected
    np.testing.assert_array_equal(net.parameters, plain.parameters)
    assert net.evaluate(X, y) == plain.evaluate(Z, w)
    known = net.normalisation
    restored = plain.predict(Z).astype(float) * known.target_scale + known.target_centre
    np.testing.assert_array_equal(net.predict(X), restored.astype(dtype))
    np.testing.assert_array_equal(net.predict(X[7]), net.predict(X)[7])
    forward, other = net.forward(X), plain.forward(Z)
    np.testing.assert_array_equal(forward.X, X)
    for l in range(3):
        np.testing.assert_array_equal(forward.a[l], other.a[l])
    ones = np.ones_like(forward.a[2])
    np.testing.assert_array_equal(
        net.backward(forward, ones).flat, plain.backward(other, ones).flat
    )
    trace, other = net.trace(X[:5], y[:5]), plain.trace(Z[:5], w[:5])
    for name in ("a", "z", "dC0_da", "dC0_dw"):
        for layer, array in getattr(trace, name).items():
            np.testing.assert_array_equal(array, getattr(other, name)[layer])
    np.testing.assert_array_equal(trace.y, w[:5])
    np.testing.assert_array_equal(trace.C0, other.C0)


def test_a_function_of_ones_own_gets_the_units_of_the_network():
    X = table()
    y, seen = targets(X), []

    def cost(a, y):
        seen.append(y.copy())
        return ((a - y) ** 2).sum(1), 2 * (a - y)

    net, other = network(), network()
    options = {"normalize": True, "normalize_targets": True, "batch_size": 100}
    history = net.fit(X, y, loss=cost, shuffle=False, **options)
    expected = other.fit(X, y, loss="squared_error", shuffle=False, **options)
    assert history["loss"] == pytest.approx(expected["loss"], rel=1e-12)
    assert np.abs(np.concatenate(seen).mean(0)).max() < 1e-12
    assert net.evaluate(X, y, loss=cost)["loss"] == pytest.approx(other.evaluate(X, y)["loss"])


def test_a_later_fit_keeps_what_was_learnt():
    X = table()
    net = learnt(X, normalize=True)
    known = net.normalisation
    for options in ({}, {"normalize": True}, {"normalize": "standard"}):
        net.fit(10 * X + 5, targets(X), optimizer=fb.SGD(0.0), **options)
        np.testing.assert_array_equal(net.normalisation.centre, known.centre)
    with pytest.raises(ValueError, match="'standard', which the network has learnt, got 'robust'"):
        net.fit(X, targets(X), normalize="robust")
    robust = learnt(X, normalize="robust")
    robust.fit(X, targets(X), normalize=True)
    assert robust.normalisation.kind == "robust"
    gaps = np.where(X > 0, X, np.nan)
    gaps[:, 5] = 3
    gaps[0] = X[0]
    net.fit(gaps, targets(X), missing="mean", normalize_targets=True)  # what it did not have yet
    assert net.normalisation.kind == "standard"
    np.testing.assert_array_equal(net.normalisation.centre, known.centre)
    assert net.normalisation.fill[1] > known.centre[1]
    net.predict(gaps)


@pytest.mark.parametrize("kind", KINDS)
def test_copies_files_and_pickles(kind, tmp_path):
    X = table()
    X[::5, 2] = np.nan
    net = learnt(X, normalize=kind, missing="mean", normalize_targets=True)
    net.save(tmp_path / "net")
    for other in (
        copy.copy(net),
        copy.deepcopy(net),
        pickle.loads(pickle.dumps(net)),
        fb.load(tmp_path / "net"),
        fb.load(tmp_path / "net", mmap=True),
    ):
        for name, array in net.normalisation._asdict().items():
            np.testing.assert_array_equal(getattr(other.normalisation, name), array)
        np.testing.assert_array_equal(other.predict(X), net.predict(X))
        assert other.__getstate__()["file"] == net.__getstate__()["file"]
    assert not net.normalisation.fill.flags.writeable


def test_a_fit_that_does_not_begin_learns_nothing():
    net, X = network(), table()

    class Refuses(fb.Callback):
        def on_start(self, state):
            assert net.normalisation.kind == "standard"
            raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        net.fit(X, targets(X), normalize=True, callbacks=[Refuses()])
    assert net.normalisation is None
    with pytest.raises(ValueError, match="dropout"):
        net.fit(X, targets(X), normalize=True, dropout=2)
    assert net.normalisation is None


@pytest.mark.parametrize("kind", KINDS)
def test_any_type_and_layout_of_X(kind):
    integers = np.random.default_rng(0).integers(0, 200, (300, 6)).astype(np.uint8)
    nets = []
    for X in (
        integers,
        integers.astype("float32"),
        integers.astype(np.int64)[:, ::-1][:, ::-1],
        np.asfortranarray(integers.astype(float)),
        integers.astype(">f8"),
        integers.astype(np.float16),
    ):
        net = network("float32")
        net.fit(X, targets(integers), normalize=kind, epochs=1)
        nets.append((net.__getstate__()["file"], net.predict(X).tobytes()))
    assert len(set(nets)) == 1


def test_split_and_weights_do_not_count():
    X = table()
    net = network()
    weights = np.linspace(0.1, 2, 400)
    net.fit(X, targets(X), normalize=True, sample_weight=weights)
    np.testing.assert_allclose(net.normalisation.centre, X.mean(0), rtol=1e-12, atol=1e-12)
    split = network()
    split.fit(X, targets(X), normalize=True, validation_split=0.5)
    assert abs(split.normalisation.centre[1] - X[:, 1].mean()) > 1e-9  # of half of the rows


def test_targets_under_several_losses():
    X = table()
    y = targets(X)
    for loss in ("absolute_error", fb.losses.Huber(0.5), "log_cosh"):
        net = network()
        net.fit(X, y, loss=loss, normalize=True, normalize_targets=True, epochs=80)
        assert np.corrcoef(net.predict(X)[:, 1], y[:, 1])[0, 1] > 0.9
    net = network()
    net.fit(
        X, y[:, 0], loss=fb.losses.Quantile(0.1, 0.9), normalize=True, normalize_targets=True,
        epochs=80,
    )  # fmt: skip
    low, high = net.predict(X).T
    assert (low < high).mean() > 0.9
    assert np.mean(y[:, 0] < high) > 0.7
    net = network()
    net.fit(X, y[:, 0], loss="gaussian_nll", normalize=True, normalize_targets=True, epochs=80)
    mean, log_variance = net.predict(X).T
    assert np.corrcoef(mean, y[:, 0])[0, 1] > 0.9
    ratio = np.exp(log_variance).mean() / np.mean((mean - y[:, 0]) ** 2)
    assert 0.05 < ratio < 20  # in the units of y


def test_frames_with_gaps():
    pd = pytest.importorskip("pandas")
    X = table()
    frame = pd.DataFrame(X.copy(), columns=list("abcdef"))
    frame.loc[::4, "b"] = None
    frame["c"] = frame["c"].astype("Float64")
    frame.loc[1, "c"] = pd.NA
    net = network()
    net.fit(frame, targets(X), normalize=True, missing="mean")
    assert np.isfinite(net.predict(frame)).all()
    np.testing.assert_allclose(net.normalisation.fill[1], frame["b"].mean())


def test_constant_targets():
    net = network()
    net.fit(table(), np.full((400, 2), 7.0), normalize_targets=True, epochs=300)
    assert net.normalisation.target_scale.tolist() == [1, 1]
    np.testing.assert_allclose(net.predict(table()), 7, atol=0.5)


def test_batches_of_a_source():
    X = table()
    y = targets(X)
    X[::5, 2] = np.nan
    options = {"normalize": "robust", "normalize_targets": True, "missing": "mean"}

    class Source:
        def __init__(self, size):
            self.size = size

        def __iter__(self):
            for i in range(0, 400, self.size):
                yield X[i : i + self.size], y[i : i + self.size]

    memory, batches = network(), network()
    for net in (memory, batches):
        net.fit(X, y, optimizer=fb.SGD(0.0), **options)
    for each, value in options.items():
        with pytest.raises(ValueError, match=f"{each}: expected a network that has learnt it"):
            network().fit(Source(50), None, **{each: value})
    memory.fit(X, y, shuffle=False, batch_size=50, epochs=2)
    batches.fit(Source(50), None, epochs=2, **options)
    np.testing.assert_array_equal(memory.parameters, batches.parameters)
    X[7, 3] = np.inf
    with pytest.raises(ValueError, match="expected finite numbers or NaN, got inf"):
        batches.fit(Source(50), None)


def test_a_file_larger_than_memory(tmp_path):
    """What is learnt of a memmap, which nobody has looked at before, is what is learnt of an array."""
    X = table().astype("float32")
    X[::5, 2] = np.nan
    X.tofile(tmp_path / "X")
    mapped = np.memmap(tmp_path / "X", "float32", "r", shape=X.shape)
    nets = [network("float32"), network("float32")]
    for net, rows in zip(nets, (X, mapped), strict=True):
        net.fit(rows, targets(np.nan_to_num(X)), normalize=True, missing="mean", epochs=2)
    np.testing.assert_array_equal(nets[0].parameters, nets[1].parameters)
    with pytest.raises(ValueError, match=r"X: expected finite numbers, got nan in row 0, column 2"):
        network("float32").fit(mapped, np.zeros((400, 2)), normalize=True)
    assert nets[1].predict(mapped).shape == (400, 2)
