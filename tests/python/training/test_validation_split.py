"""validation_split: which rows are kept, and that X stays where it is."""

import itertools
import tracemalloc

import numpy as np
import pytest

import filbert as fb
from filbert import _core


def make(output="softmax", outputs=3, **options):
    return fb.Network([4, 6, outputs], output=output, rng=1, **options)


def data(n=60, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, 4)), np.repeat([0, 1, 2], [n // 2, n // 3, n - n // 2 - n // 3])


def kept_rows(kinds, fraction, key):
    """The rows that are kept, as docs/numerics.md has it."""
    n = len(kinds)
    order = _core.epoch_order(n, key, 2**64 - 1, 0, n).tolist()
    kept = []
    for kind in sorted(set(kinds)):
        own = [row for row in order if kinds[row] == kind]
        count = int(np.floor(fraction * len(own) + 0.5))
        kept += own[: min(max(1, count), len(own) - 1)]
    return sorted(kept)


@pytest.mark.parametrize("fraction", [0.01, 0.2, 0.25, 0.5, 0.99])
@pytest.mark.parametrize("labels", [True, False])
def test_the_rows(fraction, labels):
    """The fit is that to the other rows, and val_loss that of these."""
    X, y = data()
    net, other = (make() if labels else make("identity", 1) for _ in range(2))
    targets = y if labels else X[:, 0]
    w = np.arange(60) % 3 + 1
    kept = kept_rows(y if labels else [0] * 60, fraction, 5)
    rest = np.setdiff1d(np.arange(60), kept)
    options = {"rng": 5, "epochs": 3, "batch_size": 7}
    history = net.fit(X, targets, validation_split=fraction, sample_weight=w, **options)
    expected = other.fit(
        X[rest],
        targets[rest],
        sample_weight=w[rest],
        validation_data=(X[kept], targets[kept], w[kept]),
        **options,
    )
    assert history == expected
    assert net.parameters.tobytes() == other.parameters.tobytes()
    if labels:
        assert set(y[kept]) == {0, 1, 2}


def test_the_key_decides():
    X, y = data()
    losses = [make().fit(X, y, validation_split=0.2, rng=key)["val_loss"] for key in (1, 1, 2)]
    assert losses[0] == losses[1] != losses[2]
    assert make().fit(X, y, validation_split=0.2, rng=1)["val_loss"] == losses[0]


@pytest.mark.parametrize("key", range(8))
def test_rows_of_a_class_are_kept_in_proportion(key):
    labels = np.array([0] * 30 + [1] * 10 + [2] * 2)
    assert np.bincount(labels[kept_rows(labels, 0.2, key)]).tolist() == [6, 2, 1]


def test_two_classes_of_one_sigmoid():
    X, y = data()
    net = make("sigmoid", 1)
    one = net.fit(X, np.array(["a", "b"])[(y > 1) * 1], validation_split=0.3, rng=3)
    kept = kept_rows((y > 1) * 1, 0.3, 3)
    rest = np.setdiff1d(np.arange(60), kept)
    two = make("sigmoid", 1).fit(
        X[rest], (y > 1)[rest], validation_data=(X[kept], (y > 1)[kept]), rng=3
    )
    assert one == two


def test_balanced_weights_are_those_of_the_rows_to_train_on():
    X, y = data()
    kept = kept_rows(y, 0.4, 1)
    rest = np.setdiff1d(np.arange(60), kept)
    net, other = make(), make()
    history = net.fit(X, y, class_weight="balanced", validation_split=0.4)
    other.fit(X[rest], y[rest], class_weight="balanced")
    assert net.parameters.tobytes() == other.parameters.tobytes()
    assert history["val_loss"][-1] == net.evaluate(X[kept], y[kept])["loss"]


def test_every_layout(tmp_path):
    X, y = data()
    options = {"validation_split": 0.3, "epochs": 2, "batch_size": 9}
    expected = make().fit(X, y, **options)
    file = np.memmap(tmp_path / "X", X.dtype, "w+", shape=X.shape)
    file[:] = X
    for given in (np.asfortranarray(X), X.astype(np.float32), X[::-1].copy()[::-1], file):
        assert make().fit(given, y, **options) == expected


def test_x_is_not_copied():
    X = np.zeros((200_000, 20), np.float32)
    net = fb.Network([20, 1], rng=0)
    net.fit(X[:4], X[:4, 0], validation_split=0.5)
    tracemalloc.start()
    try:
        net.fit(X, X[:, 0], validation_split=0.5, batch_size=1000)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < X.nbytes


def test_resume_with_the_same_rows(tmp_path):
    X, y = data()
    path = tmp_path / "run.safetensors"
    options = {"validation_split": 0.25, "batch_size": 7, "sample_weight": np.arange(60) % 2 + 1.0}
    whole, half, rest = make(), make(), make()
    expected = whole.fit(X, y, epochs=4, rng=9, **options)
    half.fit(X, y, epochs=2, rng=9, callbacks=[fb.Checkpoint(path)], **options)
    assert rest.fit(X, y, epochs=4, resume=path, **options) == expected
    assert rest.parameters.tobytes() == whole.parameters.tobytes()
    with pytest.raises(ValueError, match=r"rows of X: expected 44 as in the checkpoint, got 60"):
        make().fit(X, y, epochs=4, resume=path, batch_size=7)


@pytest.mark.parametrize(("n", "kinds"), list(itertools.product([2, 3, 17], [1, 2])))
def test_both_parts_have_every_class(n, kinds):
    labels = np.arange(n * kinds) % kinds
    for fraction in (1e-9, 0.5, 1 - 1e-9):
        kept = kept_rows(labels, fraction, 0)
        for part in (labels[kept], np.delete(labels, kept)):
            assert set(part) == set(labels)
