"""A fit that is done once more on everything, for as many epochs as were best."""

import numpy as np
import pytest
from problems import RULES

import filbert as fb


def make(dtype="float32"):
    return fb.Network([5, 8, 3], output="softmax", dtype=dtype, rng=1)


def data(n=60):
    X = np.random.default_rng(0).normal(size=(n, 5))
    return X, np.array(["a", "b", "c"])[np.argmax(X[:, :3] + 0.5 * X[:, 2:], axis=1)]


X, Y = data()
PARTS = {"X": X[:40], "y": Y[:40], "validation_data": (X[40:], Y[40:])}


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_it_is_a_fit_on_everything(rule, dtype):
    net, other = make(dtype), make(dtype)
    optimizer, again = RULES[rule](), RULES[rule]()
    stopping = fb.EarlyStopping(patience=2)
    history = net.fit(**PARTS, epochs=9, optimizer=optimizer, refit=True, callbacks=[stopping])
    expected = other.fit(X, Y, epochs=stopping.best_epoch, optimizer=again)
    assert dict(history.refit) == dict(expected)
    assert "val_loss" in history
    assert net.__getstate__()["file"] == other.__getstate__()["file"]
    assert optimizer._core.to_bytes() == again._core.to_bytes()
    assert net.classes.tolist() == ["a", "b", "c"]


def test_from_a_network_and_an_optimizer_that_have_trained():
    net, optimizer = make(), fb.Adam(0.01)
    other, again = make(), fb.Adam(0.01)
    for each, by in ((net, optimizer), (other, again)):
        each.fit(X, Y, epochs=3, optimizer=by, dropout=0.1)
    stopping = fb.EarlyStopping("val_accuracy", patience=3)

    def slower(state):
        state.optimizer.learning_rate *= 0.5

    options = {"optimizer": optimizer, "dropout": 0.2, "rng": 7, "batch_size": 9}
    net.fit(**PARTS, epochs=9, refit=True, callbacks=[stopping, slower], **options)
    options["optimizer"] = again
    other.fit(X, Y, epochs=stopping.best_epoch, **options)
    assert net.__getstate__()["file"] == other.__getstate__()["file"]
    assert optimizer.learning_rate == 0.01


def test_where_there_is_no_best_epoch():
    def nan(state):
        state.values["val_loss"] = float("nan")

    stopping = fb.EarlyStopping(patience=2)
    history = make().fit(**PARTS, epochs=9, refit=True, callbacks=[nan, stopping])
    assert history.epochs == 2
    assert history.refit is None


BAD = [
    ({"refit": 1}, TypeError, "refit: expected True or False, got 1"),
    ({"refit": None}, TypeError, "refit: expected True or False, got None"),
    ({"callbacks": []}, ValueError, "refit: expected an EarlyStopping among the callbacks"),
    ({"validation_data": None}, ValueError, "refit: expected validation_data"),
    (
        {"optimizer": fb.SGD(fb.schedules.ReduceOnPlateau(0.1, monitor="val_loss"))},
        ValueError,
        "refit: expected a learning rate that depends on nothing but",
    ),
]


@pytest.mark.parametrize(("options", "error", "message"), BAD, ids=range(len(BAD)))
def test_bad_arguments(options, error, message):
    net = make()
    before = net.parameters.tobytes()
    with pytest.raises(error, match=f"^{message}"):
        net.fit(**{**PARTS, "refit": True, "callbacks": [fb.EarlyStopping("loss")], **options})
    assert net.parameters.tobytes() == before
    assert net.classes is None


def test_no_resume(tmp_path):
    path = tmp_path / "file"
    make().fit(**PARTS, callbacks=[fb.EarlyStopping(), fb.Checkpoint(path)])
    with pytest.raises(ValueError, match="refit: expected no resume"):
        make().fit(**PARTS, epochs=2, refit=True, resume=path, callbacks=[fb.EarlyStopping()])
