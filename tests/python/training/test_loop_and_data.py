"""The loop with what data may come as: weights, splits, batches of a source, normalisations."""

import numpy as np
import pytest
from sklearn import metrics as sk

import filbert as fb

N = 120
RNG = np.random.default_rng(0)
X = RNG.normal(size=(N, 4)) * [1.0, 100.0, 0.01, 5.0] + [0.0, 1000.0, 0.0, -3.0]
LABELS = (X[:, 1] > 1000).astype(int) + (X[:, 3] > 0)
VALUES = 50.0 + 20.0 * (X[:, [1]] - 1000) / 100


def make(output="softmax", outputs=3, dtype="float64"):
    return fb.Network([4, 8, outputs], activation="tanh", output=output, dtype=dtype, rng=1)


def normalised(dtype="float64"):
    """A regression network that has learnt what its inputs and targets are like, gaps too."""
    net, rows = make("identity", 1, dtype), X.copy()
    rows[::7, 0] = np.nan
    net.fit(rows, VALUES, normalize=True, normalize_targets=True, missing="mean", epochs=2)
    return net


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("gap", [False, True])
def test_train_one_normalises(dtype, gap):
    net, other = normalised(dtype), normalised(dtype)
    rows = X.astype(dtype)
    if gap:
        rows[:, 0] = np.nan
    for i in range(10):
        cost = net.train_one(rows[i], VALUES[i, 0])
        assert other.partial_fit(rows[i : i + 1], VALUES[i : i + 1])["loss"] == cost
    assert net.parameters.tobytes() == other.parameters.tobytes()


def test_what_is_learnt_between_two_steps():
    net, other = make("identity", 1), make("identity", 1)
    for each in (net, other):
        each.train_one(X[0] / 1000, 0.5)
        each.fit(X, VALUES, normalize="quantile", normalize_targets=True)
    cost = net.train_one(X[0], VALUES[0, 0])
    assert cost == other.partial_fit(X[:1], VALUES[:1])["loss"]
    assert net.parameters.tobytes() == other.parameters.tobytes()


def test_metrics_are_in_units_of_y():
    net = normalised()
    a = net.predict(X)
    result = net.evaluate(X, VALUES, metrics=["mae", "mse", "r2"])
    assert result["mae"] == pytest.approx(sk.mean_absolute_error(VALUES, a), rel=1e-12)
    assert result["mse"] == pytest.approx(sk.mean_squared_error(VALUES, a), rel=1e-12)
    assert result["r2"] == pytest.approx(sk.r2_score(VALUES, a), rel=1e-12)

    def outputs(y_true, y_pred):
        np.testing.assert_array_equal(y_pred, a)
        return 0.0

    net.evaluate(X, VALUES, metrics=[outputs])
    net.evaluate(X, VALUES, metrics=[outputs], loss=lambda a, y: (a[:, 0], np.ones_like(a)))


def test_weights_count_in_metrics():
    net = make()
    weights = RNG.integers(0, 3, N)
    rows = np.repeat(np.arange(N), weights)
    names = ["f1", "auc", "balanced_accuracy", "top_2"]
    weighted = net.evaluate(X, LABELS, sample_weight=weights, metrics=names)
    copied = net.evaluate(X[rows], LABELS[rows], metrics=names)
    for name in names:
        assert weighted[name] == pytest.approx(copied[name], rel=1e-12)


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.int64])
def test_metrics_of_rows_of_another_type(kind):
    net, rows = make(), X.astype(kind)
    given = net.evaluate(rows, LABELS, metrics=["f1", "auc"])
    assert given == net.evaluate(rows.astype(float), LABELS, metrics=["f1", "auc"])


def test_split_with_early_stopping_and_refit():
    net, other = make(), make()
    stopping = fb.EarlyStopping("val_f1", patience=3)
    options = {"normalize": True, "class_weight": "balanced", "batch_size": 16}
    history = net.fit(
        X,
        LABELS,
        epochs=12,
        validation_split=0.25,
        metrics=["f1"],
        refit=True,
        callbacks=[stopping],
        **options,
    )
    expected = other.fit(X, LABELS, epochs=stopping.best_epoch, **options)
    assert dict(history.refit) == dict(expected)
    assert net.__getstate__()["file"] == other.__getstate__()["file"]


def test_refit_on_validation_data_with_weights():
    net, other = make(), make()
    weights = np.linspace(0.5, 2.0, N)
    stopping = fb.EarlyStopping(patience=3)
    given = (X[80:], LABELS[80:], weights[80:])
    history = net.fit(
        X[:80],
        LABELS[:80],
        sample_weight=weights[:80],
        epochs=9,
        validation_data=given,
        refit=True,
        callbacks=[stopping],
    )
    expected = other.fit(X, LABELS, sample_weight=weights, epochs=stopping.best_epoch)
    assert dict(history.refit) == dict(expected)
    assert net.parameters.tobytes() == other.parameters.tobytes()
    with pytest.raises(ValueError, match="refit: expected validation_split with class_weight"):
        net.fit(
            X,
            LABELS,
            class_weight="balanced",
            validation_data=given,
            refit=True,
            callbacks=[fb.EarlyStopping()],
        )


class Source:
    """Batches of 30 rows."""

    def __init__(self, factor=1.0):
        self.factor = factor

    def __iter__(self):
        for i in range(0, N, 30):
            yield X[i : i + 30] / 1000 * self.factor, LABELS[i : i + 30]


def test_batches_of_a_source():
    net, other = make(), make()
    given = (X / 1000, LABELS)
    stopping = [fb.EarlyStopping("val_auc", patience=2) for _ in range(2)]
    history = net.fit(
        Source(), epochs=5, validation_data=given, metrics=["auc"], callbacks=stopping[:1]
    )
    expected = other.fit(
        X / 1000,
        LABELS,
        epochs=5,
        batch_size=30,
        shuffle=False,
        validation_data=given,
        metrics=["auc"],
        callbacks=stopping[1:],
    )
    assert dict(history) == dict(expected)
    assert net.parameters.tobytes() == other.parameters.tobytes()
    with pytest.raises(ValueError, match="metrics: expected validation_data to measure, as X"):
        net.fit(Source(), metrics=["auc"])
    assert list(net.fit(Source(), metrics=["accuracy"])) == ["loss", "accuracy"]


def test_a_source_diverges():
    net = fb.Network([4, 8, 3], rng=1)
    before = net.parameters.copy()

    def batches():
        for x, labels in Source(1e30):
            yield x, np.eye(3)[labels]

    with pytest.raises(fb.DivergedError) as caught:
        net.fit(batches())
    assert (caught.value.epoch, caught.value.step, caught.value.column) == (1, 1, 1)
    np.testing.assert_array_equal(net.parameters, before)


def test_what_a_fit_that_diverges_has_learnt():
    """Names and normalisation go with the weights that are kept."""
    y = np.array(["a", "b", "c"])[LABELS]
    rows, labels = np.tile(X, (40, 1)), np.tile(y, 40)
    for at, known in ((0, None), (2, ["a", "b", "c"])):
        net = make()

        def explode(state, at=at):
            if state.epoch == at:
                state.optimizer.learning_rate = 1e300

        rate = fb.SGD(1e300 if at == 0 else 0.01)
        with pytest.raises(fb.DivergedError) as caught:
            net.fit(
                rows,
                labels,
                epochs=5,
                normalize=True,
                optimizer=rate,
                l2=1.0,
                callbacks=[explode],
            )
        assert caught.value.kept == at
        assert (None if net.classes is None else net.classes.tolist()) == known
        assert (net.normalisation is None) == (at == 0)
        assert np.isfinite(net.predict(X)).all()


def test_warnings_know_normalised_targets(recwarn):
    """The loss is that of the targets as the network sees them."""
    net = make("identity", 1)
    net.fit(
        X,
        VALUES,
        normalize=True,
        normalize_targets=True,
        epochs=6,
        batch_size=5,
        optimizer=fb.SGD(1e-30),
    )
    assert [each.category for each in recwarn] == [fb.TrainingWarning]
    recwarn.clear()
    net = make("identity", 1)
    net.fit(X, VALUES, normalize=True, normalize_targets=True, epochs=6, batch_size=5)
    assert list(recwarn) == []
