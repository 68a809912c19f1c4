"""Minibatches for loops of one's own."""

import types

import numpy as np
import pytest

import filbert as fb


def gathered(X, y, **options):
    pairs = list(fb.batches(X, y, **options))
    return np.concatenate([xb for xb, _ in pairs]), np.concatenate([yb for _, yb in pairs])


@pytest.mark.parametrize("n", [1, 2, 3, 31, 32, 33, 100])
@pytest.mark.parametrize("batch_size", [1, 7, 32, 1000])
def test_every_row_once(n, batch_size):
    X, y = np.arange(3 * n).reshape(n, 3), np.arange(n) * 3
    sizes = [len(yb) for _, yb in fb.batches(X, y, batch_size=batch_size, rng=1)]
    assert sum(sizes) == n
    assert set(sizes[:-1]) <= {batch_size}
    Xs, ys = gathered(X, y, batch_size=batch_size, rng=1)
    np.testing.assert_array_equal(np.sort(ys), y)
    np.testing.assert_array_equal(Xs[:, 0], ys)


def test_order_depends_on_key_and_epoch_alone():
    X = y = np.arange(50)
    orders = {
        (key, epoch): tuple(gathered(X, y, rng=key, epoch=epoch)[1])
        for key in (0, 1, 2**40)
        for epoch in (0, 1, 2**40)
    }
    assert len(set(orders.values())) == 9
    assert tuple(gathered(X, y, rng=1, epoch=1, batch_size=7)[1]) == orders[1, 1]
    assert gathered(X, y)[1].tolist() != gathered(X, y)[1].tolist()  # fresh entropy


def test_unshuffled_batches_are_views():
    X, y = np.arange(10.0).reshape(5, 2), np.arange(5)
    for xb, yb in fb.batches(X, y, batch_size=2, shuffle=False):
        assert np.shares_memory(xb, X)
        assert np.shares_memory(yb, y)
    np.testing.assert_array_equal(gathered(X, y, batch_size=2, shuffle=False)[0], X)


def test_any_dtype_and_shape():
    X = np.arange(24, dtype=np.int8).reshape(4, 3, 2)
    y = ["a", "b", "c", "d"]
    for xb, yb in fb.batches(X, y, batch_size=2, rng=0):
        assert xb.shape == (2, 3, 2)
        assert xb.dtype == np.int8
        assert [y[i] for i in xb[:, 0, 0] // 6] == yb.tolist()


def test_arguments_are_checked_at_once():
    result = fb.batches([[1]], [1])
    assert isinstance(result, types.GeneratorType)
    with pytest.raises(ValueError, match="y: expected 2 rows, one for each row of X, got 3"):
        fb.batches([[1], [2]], [1, 2, 3])


def test_the_order_is_that_of_fit():
    """One row a batch, so that the own loop does the same operations as fit: the same bits."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(20, 3)).astype(np.float32), np.arange(20) % 4
    one, two = (fb.Network([3, 6, 4], output="softmax", rng=11) for _ in range(2))
    own, theirs = fb.SGD(0.1, momentum=0.5), fb.SGD(0.1, momentum=0.5)
    one.fit(X, y, epochs=3, batch_size=1, optimizer=theirs)
    for epoch in range(3):
        for xb, yb in fb.batches(X, y, batch_size=1, rng=11, epoch=epoch):
            f = two.forward(xb)
            own.step(two, two.backward(f, dC_dz=two.trace(xb, yb).dC0_dz[2]))
    np.testing.assert_array_equal(one.parameters, two.parameters)
