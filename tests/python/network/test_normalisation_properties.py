"""What holds for every normalisation, whatever the numbers; examples by hypothesis."""

import copy
import pickle

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import filbert as fb
from filbert import _core

settings.register_profile("same each time", derandomize=True, deadline=None, max_examples=40)
settings.load_profile("same each time")

KINDS = st.sampled_from(["standard", "robust", "quantile"])
DTYPES = st.sampled_from(["float32", "float64"])


@st.composite
def tables(draw, most=60):
    """Columns of their own scale and place, some with ties, one constant."""
    n, columns = draw(st.integers(2, most)), draw(st.integers(1, 20))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    X = rng.normal(size=(n, columns))
    X *= 10.0 ** rng.integers(-4, 5, columns)
    X += 10.0 ** rng.integers(-3, 4, columns)
    if draw(st.booleans()):
        X[:, 0] = rng.integers(0, 3, n)
    X[:, -1] = draw(st.sampled_from([0.0, -3.25, 0.1, 1e6]))
    return X


def trained(X, kind, dtype="float64", *, epochs=1, outputs=1, seed=0, **options):
    net = fb.Network([X.shape[1], 5, outputs], activation="tanh", dtype=dtype, rng=seed)
    y = np.random.default_rng(seed).normal(size=(len(X), outputs)) * 50 + 7
    net.fit(X, y, normalize=kind, epochs=epochs, batch_size=16, **options)
    return net, y


def normalised(net, X):
    return _core.normalised(net._core, np.ascontiguousarray(X, net.dtype))


@given(tables(), KINDS, DTYPES)
def test_a_batch_is_its_rows(X, kind, dtype):
    net, _ = trained(X, kind, dtype, normalize_targets=True)
    whole = net.predict(X)
    for i in range(0, len(X), 3):
        np.testing.assert_array_equal(net.predict(X[i]), whole[i])
        np.testing.assert_array_equal(net.predict(X[i:])[0], whole[i])


@given(tables(), st.integers(-3, 3), st.floats(-100, 100))
def test_units_do_not_matter_to_standard(X, power, shift):
    """Predictions after a change of units of every column, as far as rounding lets them."""
    net, _ = trained(X, "standard")
    scaled = X * 10.0**power + shift
    other, _ = trained(scaled, "standard")
    Z, W = normalised(net, X), normalised(other, scaled)
    spread = np.maximum(np.ptp(scaled, axis=0), 1e-300)
    lost = 1e-14 * (1 + np.abs(scaled).max(0) / spread) + 1e-14 * (1 + np.abs(X).max(0) / np.maximum(np.ptp(X, axis=0), 1e-300))  # fmt: skip
    constant = np.ptp(X, axis=0) == 0
    assert (np.abs(Z - W)[:, ~constant] <= 100 * lost[~constant]).all()
    assert not Z[:, constant].any()


@given(tables(), st.integers(-40, 40), KINDS)
def test_powers_of_two_change_no_bit(X, power, kind):
    X = np.round(X, 6)
    np.testing.assert_array_equal(
        normalised(trained(X, kind)[0], X),
        normalised(trained(X * 2.0**power, kind)[0], X * 2.0**power),
    )


@given(tables(), KINDS, DTYPES)
def test_constant_columns_become_zero(X, kind, dtype):
    net, _ = trained(X, kind, dtype)
    assert not normalised(net, X)[:, -1].any()


@given(tables(), KINDS, st.integers(2, 5), DTYPES)
def test_neither_threads_nor_isa_matter(X, kind, threads, dtype):
    results, before, count = set(), fb.isa(), fb.get_threads()
    try:
        for isa in fb.isas():
            for used in (1, threads):
                fb.set_isa(isa)
                fb.set_threads(used)
                net, y = trained(X, kind, dtype, normalize_targets=True)
                results.add(
                    net.__getstate__()["file"] + net.predict(X).tobytes()
                    + repr(net.evaluate(X, y)).encode()
                )  # fmt: skip
    finally:
        fb.set_isa(before)
        fb.set_threads(count)
    assert len(results) == 1


@given(tables(), KINDS, DTYPES, st.booleans())
def test_a_fit_is_that_of_rows_normalised_before(X, kind, dtype, of_targets):
    net, y = trained(X, kind, dtype, normalize_targets=of_targets, epochs=2)
    plain = fb.Network([X.shape[1], 5, 1], activation="tanh", dtype=dtype, rng=0)
    w = _core.normalised_targets(net._core, y.astype(dtype))
    plain.fit(normalised(net, X), w, epochs=2, batch_size=16)
    np.testing.assert_array_equal(net.parameters, plain.parameters)


@given(tables(), KINDS, DTYPES, st.booleans())
def test_copies_and_pickles_predict_the_same(X, kind, dtype, of_targets):
    net, _ = trained(X, kind, dtype, normalize_targets=of_targets, missing="mean")
    for other in (copy.copy(net), pickle.loads(pickle.dumps(net))):
        np.testing.assert_array_equal(other.predict(X), net.predict(X))
        assert other.__getstate__()["file"] == net.__getstate__()["file"]


@given(tables(), KINDS, st.integers(0, 2**32))
def test_a_gap_counts_as_the_mean(X, kind, seed):
    gaps = np.random.default_rng(seed).random(X.shape) < 0.2
    gaps[0] = False
    X[gaps] = np.nan
    net, _ = trained(X, kind, missing="mean")
    filled = np.where(np.isnan(X), net.normalisation.fill, X)
    np.testing.assert_array_equal(net.predict(X), net.predict(filled))
    means = np.array([column[~np.isnan(column)].mean() for column in X.T])
    np.testing.assert_allclose(net.normalisation.fill, means, rtol=1e-9, atol=1e-12)


@given(tables(), KINDS)
def test_the_order_of_columns_is_kept(X, kind):
    """A column of X and its neighbours do not touch each other."""
    order = np.random.default_rng(1).permutation(X.shape[1])
    np.testing.assert_array_equal(
        normalised(trained(X, kind)[0], X)[:, order],
        normalised(trained(X[:, order], kind)[0], X[:, order]),
    )


@given(tables(), st.floats(0.01, 1000), st.floats(-1e4, 1e4))
def test_units_of_y_do_not_matter(X, factor, shift):
    """The network learns the same, and predicts in the units of y."""
    nets = []
    y = np.random.default_rng(0).normal(size=(len(X), 1))
    for values in (y, y * factor + shift):
        net = fb.Network([X.shape[1], 5, 1], activation="tanh", dtype="float64", rng=0)
        net.fit(X, values, normalize=True, normalize_targets=True)
        nets.append(net.predict(X))
    size = 1 + abs(shift) / factor
    np.testing.assert_allclose(
        (nets[1] - shift) / factor, nets[0], atol=1e-10 * size * (1 + np.abs(nets[0]).max())
    )
