"""An order of the rows that a function tells."""

import numpy as np
import pytest

import filbert as fb

X = np.random.default_rng(0).normal(size=(37, 4))
Y = np.random.default_rng(1).integers(0, 3, 37)


def make():
    return fb.Network([4, 6, 3], output="softmax", dtype="float64", rng=0)


def order(epoch):
    return np.random.default_rng(epoch).permutation(37)


@pytest.mark.parametrize("batch_size", [5, 37, 200])
def test_rows_come_as_they_are_told(batch_size):
    """As one fit an epoch to the rows in that order."""
    net, other = make(), make()
    weight = np.linspace(0.5, 2.0, 37)
    options = {"batch_size": batch_size, "optimizer": fb.SGD(0.1)}
    history = net.fit(X, Y, epochs=3, shuffle=order, sample_weight=weight, **options)
    options["optimizer"] = fb.SGD(0.1)
    for epoch in range(3):
        rows = order(epoch)
        loss = other.fit(X[rows], Y[rows], shuffle=False, sample_weight=weight[rows], **options)
        assert loss["loss"] == history["loss"][epoch : epoch + 1]
    np.testing.assert_array_equal(net.parameters, other.parameters)


def test_rows_may_be_left_out_and_repeated():
    net, other = make(), make()
    rows = np.array([3, 3, 5, *range(34)], dtype=np.uint8)
    net.fit(X, Y, shuffle=lambda epoch: rows)
    other.fit(X[rows], Y[rows], shuffle=False)
    np.testing.assert_array_equal(net.parameters, other.parameters)


@pytest.mark.parametrize(
    ("answer", "error", "message"),
    [
        (np.arange(36), ValueError, r"shuffle: expected shape \(37,\), got \(36,\)"),
        (np.arange(37.0), TypeError, "shuffle: expected integers, got dtype float64"),
        (
            np.arange(37) + 1,
            ValueError,
            r"shuffle: expected integers in 0 \.\. 36, got 37 at \[36\]",
        ),
        (
            np.arange(37) - 1,
            ValueError,
            r"shuffle: expected integers in 0 \.\. 36, got -1 at \[0\]",
        ),
        (None, TypeError, "shuffle: expected an array"),
    ],
)
def test_bad_answers(answer, error, message):
    net = make()
    before = net.parameters.copy()
    with pytest.raises(error, match=message):
        net.fit(X, Y, shuffle=lambda epoch: answer)
    np.testing.assert_array_equal(net.parameters, before)


def test_an_exception_of_the_function():
    def fail(epoch):
        if epoch == 2:
            raise RuntimeError("no order")
        return order(epoch)

    net, other = make(), make()
    with pytest.raises(RuntimeError, match="no order"):
        net.fit(X, Y, epochs=5, shuffle=fail)
    other.fit(X, Y, epochs=2, shuffle=order)
    np.testing.assert_array_equal(net.parameters, other.parameters)


def test_resumed(tmp_path):
    path = tmp_path / "checkpoint"
    net, wanted = make(), make()
    history = wanted.fit(X, Y, epochs=5, batch_size=8, shuffle=order, optimizer=fb.Adam(0.01))

    def stop(state):
        return state.epoch < 3

    net.fit(
        X,
        Y,
        epochs=5,
        batch_size=8,
        shuffle=order,
        optimizer=fb.Adam(0.01),
        callbacks=[stop, fb.Checkpoint(path)],
    )
    with pytest.raises(ValueError, match="shuffle: expected 'a function of the epoch' as in"):
        net.fit(X, Y, epochs=5, batch_size=8, shuffle=False, resume=path)
    other = make()
    assert other.fit(X, Y, epochs=5, batch_size=8, shuffle=order, resume=path) == history
    np.testing.assert_array_equal(other.parameters, wanted.parameters)


def test_lbfgs_has_no_order():
    with pytest.raises(ValueError, match="own_order: expected the default with lbfgs"):
        make().fit(X, Y, optimizer=fb.LBFGS(), shuffle=order)
