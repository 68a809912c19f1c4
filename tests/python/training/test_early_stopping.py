"""EarlyStopping: when it ends a fit, and which weights the network has then."""

import numpy as np
import pytest

import filbert as fb
from filbert import _core


def make(dtype="float32"):
    return fb.Network([4, 3], output="softmax", dtype=dtype, rng=1)


def data():
    X = np.random.default_rng(0).normal(size=(12, 4)).astype(np.float32)
    return X, np.arange(12) % 3


class Says(fb.Callback):
    """Puts these numbers in the place of a number of the history, and keeps the weights."""

    def __init__(self, numbers, name="loss"):
        self.numbers, self.name, self.weights = numbers, name, []

    def on_epoch_end(self, state):
        state.values[self.name] = self.numbers[state.epoch - 1]
        self.weights.append(state.network.parameters.copy())


NAN, INF = float("nan"), float("inf")
CASES = [
    # numbers, options, epochs that are done, the best one
    ([5, 4, 3, 2, 1, 0], {}, 6, 6),
    ([5, 4, 3, 3, 3, 0], {}, 5, 3),
    ([5, 4, 3, 3, 3, 0], {"best": "last"}, 5, 5),
    ([5, 4, 3, 3, 4, 0], {"best": "last"}, 5, 4),
    ([5, 4, 5, 3, 4, 4], {}, 6, 4),
    ([5, 4.5, 4.2, 3, 3, 3], {"min_delta": 1.0, "patience": 3}, 6, 4),
    ([5, 4.5, 4.2, 4.2, 3, 3], {"min_delta": 1.0}, 3, 1),
    ([5, 4, 3, 2, 1, 0], {"mode": "max"}, 3, 1),
    ([1, 2, 3, 2, 1, 9], {"mode": "max"}, 5, 3),
    ([NAN, NAN, 1, 0, 0, 0], {}, 2, None),
    ([NAN, 3, NAN, 2, NAN, NAN], {}, 6, 4),
    ([INF, INF, 1, 0, 0, 0], {}, 6, 4),
    ([-INF, 1, 1, 0, 0, 0], {}, 3, 1),
    ([5, 4, 3, 3, 3, 0], {"patience": 3}, 6, 6),
    ([5, 6, 0, 0, 0, 0], {"patience": 1}, 2, 1),
    ([5, 6, 0, 0, 0, 0], {"patience": 9}, 6, 3),
]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("numbers", "options", "done", "best"), CASES)
def test_when_it_stops(numbers, options, done, best, dtype):
    net, says = make(dtype), Says(numbers)
    stopping = fb.EarlyStopping("loss", **{"patience": 2, **options})
    history = net.fit(*data(), epochs=6, callbacks=[says, stopping])
    assert history.epochs == done
    assert stopping.best_epoch == best
    assert stopping.best_value == (None if best is None else numbers[best - 1])
    np.testing.assert_array_equal(net.parameters, says.weights[(best or done) - 1])


def test_the_direction_is_known():
    """Of each number that a history may have."""
    X, y = data()
    names = ["balanced_accuracy", "top_2", "precision", "recall", "f1", "auc"]
    for name in ["loss", "accuracy", *names]:
        for prefix in ("", "val_"):
            says = Says([1, 2, 3, 4, 5, 6], prefix + name)
            stopping = fb.EarlyStopping(prefix + name, patience=6)
            make().fit(
                X,
                y,
                epochs=6,
                metrics=names,
                validation_data=(X, y) if prefix else None,
                callbacks=[says, stopping],
            )
            assert stopping.best_epoch == (1 if name == "loss" else 6), prefix + name
    net = fb.Network([4, 1], rng=0)
    for name, best in (("mae", 1), ("mse", 1), ("r2", 6)):
        says, stopping = Says([1, 2, 3, 4, 5, 6], name), fb.EarlyStopping(name, patience=6)
        net.fit(X, X[:, 0], epochs=6, metrics=[name], callbacks=[says, stopping])
        assert stopping.best_epoch == best


def mine(y_true, y_pred):
    return 1.0


def test_functions_need_a_direction():
    X, y = data()
    net = make()
    with pytest.raises(ValueError, match=r"mode: expected 'min' or 'max' for 'mine', .* got None"):
        net.fit(X, y, metrics=[mine], callbacks=[fb.EarlyStopping("mine")])
    stopping = fb.EarlyStopping("mine", mode="max", patience=1)
    assert net.fit(X, y, epochs=9, metrics=[mine], callbacks=[stopping]).epochs == 2


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_the_best_weights_are_put_back_after_an_exception(error, tmp_path):
    net, says = make(), Says([3, 1, 2, 2, 2, 2])
    path = tmp_path / "file"

    def raises(state):
        if state.epoch == 4:
            raise error

    stopping = fb.EarlyStopping("loss", patience=9)
    with pytest.raises(error):
        net.fit(*data(), epochs=6, callbacks=[says, stopping, raises, fb.Checkpoint(path)])
    np.testing.assert_array_equal(net.parameters, says.weights[1])
    np.testing.assert_array_equal(fb.load(path).parameters, says.weights[3])


def test_a_fit_that_does_not_begin_changes_nothing():
    net = make()
    before = net.parameters.copy()

    class Fails(fb.Callback):
        def on_start(self, state):
            raise RuntimeError

    with pytest.raises(RuntimeError):
        net.fit(*data(), callbacks=[fb.EarlyStopping("loss"), Fails()])
    np.testing.assert_array_equal(net.parameters, before)


def test_one_object_in_several_fits():
    stopping, says = fb.EarlyStopping("loss", patience=2), Says([3, 1, 2, 2, 2, 2])
    for _ in range(3):
        assert make().fit(*data(), epochs=6, callbacks=[says, stopping]).epochs == 4


def test_with_an_average():
    """The weights that are put back are those that the network showed."""
    net, says = make(), Says([3, 1, 2, 2, 2, 2])
    stopping = fb.EarlyStopping("loss", patience=2)
    net.fit(*data(), epochs=6, average=0.5, callbacks=[says, stopping])
    np.testing.assert_array_equal(net.parameters, says.weights[1])


def test_a_finished_fit_that_resumes_does_nothing_more(tmp_path):
    path, X, y = tmp_path / "file", *data()
    numbers = [3, 1, 2, 2, 2, 2, 2, 2]
    net = make()
    callbacks = [Says(numbers), fb.EarlyStopping("loss", patience=2), fb.Checkpoint(path)]
    expected = net.fit(X, y, epochs=6, callbacks=callbacks)
    other, stopping = make(), fb.EarlyStopping("loss", patience=2)
    history = other.fit(X, y, epochs=8, resume=path, callbacks=[Says(numbers), stopping])
    assert dict(history) == dict(expected)
    assert stopping.best_epoch == 2
    np.testing.assert_array_equal(other.parameters, net.parameters)


def test_interrupted_after_an_epoch_was_counted(tmp_path):
    """The epoch ends again, but does not count twice."""
    path, X, y = tmp_path / "file", *data()
    numbers = [3, 1, 2, 2, 2, 2, 2, 2]

    def raises(state):
        if state.epoch == 3:
            raise KeyboardInterrupt

    net, stopping = make(), fb.EarlyStopping("loss", patience=3)
    expected = net.fit(X, y, epochs=8, callbacks=[Says(numbers), stopping])
    callbacks = [Says(numbers), fb.EarlyStopping("loss", patience=3), raises, fb.Checkpoint(path)]
    with pytest.raises(KeyboardInterrupt):
        make().fit(X, y, epochs=8, callbacks=callbacks)
    best = _core.load_checkpoint(str(path))[2].best
    assert (best.seen, best.bad, best.epoch, best.value) == (3, 1, 2, 1.0)
    other = make()
    history = other.fit(X, y, epochs=8, resume=path, callbacks=[*callbacks[:2]])
    assert dict(history) == dict(expected)
    np.testing.assert_array_equal(other.parameters, net.parameters)


def test_what_differs_from_the_checkpoint(tmp_path):
    path, other, X, y = tmp_path / "file", tmp_path / "other", *data()
    make().fit(X, y, callbacks=[fb.EarlyStopping("loss"), fb.Checkpoint(path)])
    make().fit(X, y, metrics=["f1"], callbacks=[fb.Checkpoint(other)])
    net = make()
    before = net.parameters.copy()
    with pytest.raises(ValueError, match="callbacks: expected one that is an EarlyStopping, as in"):
        net.fit(X, y, epochs=2, resume=path)
    stopping = [fb.EarlyStopping("loss")]
    with pytest.raises(ValueError, match="callbacks: expected none that is an EarlyStopping, as"):
        net.fit(X, y, epochs=2, metrics=["f1"], resume=other, callbacks=stopping)
    with pytest.raises(ValueError, match=r"metrics: expected those of the checkpoint, .* f1, got"):
        net.fit(X, y, epochs=2, resume=other)
    np.testing.assert_array_equal(net.parameters, before)


BAD = [
    ({"monitor": 3}, TypeError, "monitor: expected a name in the history, got 3"),
    ({"monitor": None}, TypeError, "monitor: expected a name in the history, got None"),
    ({"patience": 0}, ValueError, "patience: expected an integer >= 1, got 0"),
    ({"patience": 2.0}, TypeError, "patience: expected an integer >= 1, got 2.0"),
    ({"patience": True}, TypeError, "patience: expected an integer >= 1, got True"),
    ({"patience": None}, TypeError, "patience: expected an integer >= 1, got None"),
    ({"min_delta": -1e-9}, ValueError, "min_delta: expected a finite number >= 0, got -1e-09"),
    ({"min_delta": NAN}, ValueError, "min_delta: expected a finite number >= 0, got nan"),
    ({"min_delta": INF}, ValueError, "min_delta: expected a finite number >= 0, got inf"),
    ({"min_delta": "0"}, TypeError, "min_delta: expected a number, got '0'"),
    ({"best": "middle"}, ValueError, "best: expected first or last, got 'middle'"),
    ({"best": 1}, TypeError, "best: expected first or last, got 1"),
    ({"mode": "auto"}, ValueError, "mode: expected min or max, got 'auto'"),
    ({"mode": True}, TypeError, "mode: expected min or max, got True"),
]


@pytest.mark.parametrize(("options", "error", "message"), BAD)
def test_bad_options(options, error, message):
    with pytest.raises(error, match=f"^{message}$"):
        fb.EarlyStopping(**options)


NAMES = [
    (
        "val_loss",
        "monitor: expected loss or accuracy, got 'val_loss'; there are no validation data",
    ),
    ("val_f1", "monitor: expected loss or accuracy, got 'val_f1'; there are no validation data"),
    ("f1", "monitor: expected loss or accuracy, got 'f1'$"),
    ("", "monitor: expected loss or accuracy, got ''$"),
]


@pytest.mark.parametrize(("name", "message"), NAMES)
def test_what_the_history_does_not_have(name, message):
    net = make()
    before = net.parameters.copy()
    with pytest.raises(ValueError, match=f"^{message}"):
        net.fit(*data(), callbacks=[fb.EarlyStopping(name)])
    np.testing.assert_array_equal(net.parameters, before)


def test_one_for_a_fit():
    with pytest.raises(ValueError, match="callbacks: expected at most one EarlyStopping, got 2"):
        make().fit(*data(), callbacks=[fb.EarlyStopping("loss"), fb.EarlyStopping("accuracy")])


def test_repr():
    assert repr(fb.EarlyStopping()) == "EarlyStopping('val_loss', patience=10)"
    full = fb.EarlyStopping("val_f1", patience=3, min_delta=0.5, best="last", mode="max")
    assert repr(full) == (
        "EarlyStopping('val_f1', patience=3, min_delta=0.5, best='last', mode='max')"
    )
    assert (full.monitor, full.patience) == ("val_f1", 3)
    assert full.best_epoch is full.best_value is None
