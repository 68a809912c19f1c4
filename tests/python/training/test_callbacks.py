"""Callbacks of a fit: when they run, and what their exceptions do."""

import numpy as np
import pytest
from callback_log import HOOKS, Logged, make, raising

import filbert as fb
from filbert import _core
from filbert._training import loop, progress
from filbert.callbacks import State

# When they run.


def test_each_hook(net, X, y):
    log = []
    net.fit(X, y, epochs=2, callbacks=[Logged(log, "a"), Logged(log, "b")])
    assert log == [
        ("a", "on_start", 0),
        ("b", "on_start", 0),
        ("a", "on_epoch_end", 1),
        ("b", "on_epoch_end", 1),
        ("a", "on_epoch_end", 2),
        ("b", "on_epoch_end", 2),
        ("a", "on_end", 2, "finished"),
        ("b", "on_end", 2, "finished"),
    ]


def test_the_order(net, X, y, monkeypatch, tmp_path):
    """Validation, history, those that are given in their order, checkpoints, progress."""
    order = []

    def noting(name, owner, attribute):
        function = getattr(owner, attribute)

        def noted(*arguments):
            order.append(name)
            return function(*arguments)

        monkeypatch.setattr(owner, attribute, noted)

    noting("validation", loop.Validation, "on_epoch_end")
    noting("history", fb.History, "append")
    noting("checkpoint", _core, "save_checkpoint")
    noting("progress", progress.Progress, "on_epoch_end")

    class Given(fb.Callback):
        def __init__(self, name):
            self.on_start = lambda state: order.append(name)
            self.on_epoch_end = lambda state: order.append(name)
            self.on_end = lambda state, reason: order.append(name)

    callbacks = [Given("first"), fb.Checkpoint(tmp_path / "checkpoint"), Given("second")]
    net.fit(X, y, validation_data=(X, y), callbacks=callbacks, progress=True)
    assert order[:3] == ["first", "second", "checkpoint"]
    assert order[3:-2] == ["validation", "history", "first", "second", "checkpoint", "progress"]
    assert order[-2:] == ["first", "second"]


def test_a_function_runs_after_each_epoch(net, X, y):
    epochs = []
    net.fit(X, y, epochs=3, callbacks=(lambda state: epochs.append(state.epoch),))
    assert epochs == [1, 2, 3]


def test_a_callback_needs_no_hooks(net, X, y):
    assert net.fit(X, y, epochs=3, callbacks=[fb.Callback()]).epochs == 3


def test_what_they_see(net, X, y):
    optimizer, states = fb.SGD(0.1), []

    class Look(fb.Callback):
        def on_start(self, state):
            states.append(state)
            assert (state.epoch, state.values, state.history) == (0, {}, {})

        def on_epoch_end(self, state):
            assert state is states[0]
            assert isinstance(state, State)
            assert (state.network, state.optimizer, state.epochs) == (net, optimizer, 3)
            assert state.history.epochs == state.epoch
            last = {name: numbers[-1] for name, numbers in state.history.items()}
            assert state.values == last
            assert list(last) == ["loss", "accuracy", "val_loss", "val_accuracy"]
            states.append(state.values)

        def on_end(self, state, reason):
            assert state.values is states[-1]

    options = {"optimizer": optimizer, "validation_data": (X, y), "callbacks": [Look()]}
    history = net.fit(X, y, epochs=3, **options)
    assert states[0].history is history
    assert history["loss"] == [values["loss"] for values in states[1:]]


def test_the_default_optimizer_is_seen_too(net, X, y):
    seen = []
    net.fit(X, y, callbacks=[lambda state: seen.append(repr(state.optimizer))])
    assert seen == ["SGD(0.01, momentum=0.9)"]


@pytest.mark.parametrize(
    ("callbacks", "got"),
    [
        (fb.Checkpoint("a"), r"callbacks: expected a list of callbacks, got Checkpoint"),
        ("abc", r"callbacks: expected a list of callbacks, got 'abc'"),
        (None, r"callbacks: expected a list of callbacks, got None"),
        ([print, 3], r"callbacks\[1\]: expected a Callback or a function of the state, got 3"),
        ([fb.Callback], r"callbacks\[0\]: .*, got the class Callback"),
    ],
)
def test_what_is_no_callback(net, X, y, callbacks, got):
    before = net.parameters.copy()
    with pytest.raises(TypeError, match=rf"^{got}$"):
        net.fit(X, y, callbacks=callbacks)
    np.testing.assert_array_equal(net.parameters, before)


# How they end a fit.


@pytest.mark.parametrize("false", [False, np.False_], ids=["Python", "numpy"])
def test_false_ends_the_fit_when_the_others_have_run(net, X, y, tmp_path, false):
    log, path = [], tmp_path / "checkpoint"
    callbacks = [
        fb.Checkpoint(path, every=100),
        lambda state: false if state.epoch == 3 else None,
        Logged(log, "after"),
    ]
    history = net.fit(X, y, epochs=10, callbacks=callbacks)
    assert history.epochs == net._core.epoch == 3
    assert log[-2:] == [("after", "on_epoch_end", 3), ("after", "on_end", 3, "stopped")]
    assert fb.load(path).parameters.tobytes() == net.parameters.tobytes()
    expected, other = make(), make()
    assert other.fit(X, y, epochs=5, resume=path) == expected.fit(X, y, epochs=5)
    assert other.parameters.tobytes() == expected.parameters.tobytes()


@pytest.mark.parametrize(
    "answer",
    [None, True, 0, "", [], np.float64(0), np.True_],
    ids=lambda answer: f"{type(answer).__name__} {answer!r}",
)
def test_nothing_else_ends_it(net, X, y, answer):
    assert net.fit(X, y, epochs=3, callbacks=[lambda state: answer]).epochs == 3


def test_false_after_the_last_epoch(net, X, y):
    log = []
    net.fit(X, y, epochs=2, callbacks=[Logged(log), lambda state: state.epoch < 2])
    assert log[-1] == ("", "on_end", 2, "stopped")


@pytest.mark.parametrize("error", [OSError("no"), KeyboardInterrupt(), ValueError("no")], ids=repr)
def test_an_exception_after_an_epoch(net, X, y, error):
    log = []
    callbacks = [Logged(log, "a", "on_epoch_end", raising(error)), Logged(log, "b")]
    with pytest.raises(type(error)) as caught:
        net.fit(X, y, epochs=3, callbacks=callbacks)
    assert caught.value is error
    assert not hasattr(error, "__notes__")
    assert log[2:] == [
        ("a", "on_epoch_end", 1),
        ("a", "on_end", 1, "interrupted"),
        ("b", "on_end", 1, "interrupted"),
    ]
    expected = make()  # it holds what it has learned, and is free
    expected.fit(X, y)
    assert net.parameters.tobytes() == expected.parameters.tobytes()
    net.fit(X, y)


def test_an_exception_at_the_start(net, X, y, tmp_path):
    """Nothing has changed, no checkpoint is written, and who has not been started is not ended."""
    log, error, path = [], OSError("no"), tmp_path / "checkpoint"
    before = net.__getstate__()
    callbacks = [
        Logged(log, "a"),
        Logged(log, "b", "on_start", raising(error)),
        Logged(log, "c"),
        fb.Checkpoint(path),
    ]
    with pytest.raises(OSError, match="no") as caught:
        net.fit(X, np.array(["a", "b", "c"])[y], callbacks=callbacks)
    assert caught.value is error
    assert log == [("a", "on_start", 0), ("b", "on_start", 0), ("a", "on_end", 0, "interrupted")]
    assert net.__getstate__() == before
    assert not path.exists()


def test_an_exception_at_the_end(net, X, y):
    """The others are told of the end as well; the first exception is raised."""
    log, first, second = [], OSError("first"), KeyboardInterrupt("second")
    callbacks = [
        Logged(log, "a", "on_end", raising(first)),
        Logged(log, "b", "on_end", raising(second)),
        Logged(log, "c"),
    ]
    with pytest.raises(OSError, match="first") as caught:
        net.fit(X, y, epochs=2, callbacks=callbacks)
    assert caught.value is first
    assert first.__notes__ == [
        "While another callback was told of the end: KeyboardInterrupt: second"
    ]
    assert log[-3:] == [(name, "on_end", 2, "finished") for name in "abc"]
    expected = make()
    expected.fit(X, y, epochs=2)
    assert net.parameters.tobytes() == expected.parameters.tobytes()


@pytest.mark.parametrize("hook", HOOKS[:2])
def test_the_end_never_hides_the_first_exception(net, X, y, hook):
    log, first, second = [], OSError("first"), KeyboardInterrupt("second")
    callbacks = [
        Logged(log, "a", "on_end", raising(second)),
        Logged(log, "b", hook, raising(first)),
    ]
    with pytest.raises(OSError, match="first") as caught:
        net.fit(X, y, epochs=2, callbacks=callbacks)
    assert caught.value is first
    assert first.__notes__ == [
        "While the callbacks were told of the end: KeyboardInterrupt: second"
    ]


def test_a_fit_that_is_refused_starts_none(net, X, y):
    log, foreign = [], fb.SGD()
    foreign.step(fb.Network([4, 3]), np.zeros(15))
    with pytest.raises(ValueError, match="optimizer: expected one that is new"):
        net.fit(X, y, optimizer=foreign, callbacks=[Logged(log)])
    assert log == []


def test_the_state_can_be_printed(net, X, y):
    texts = []
    net.fit(X, y, epochs=2, callbacks=[lambda state: texts.append(repr(state))])
    assert texts[0].startswith("State(epoch 1 of 2, loss ")
    assert ", accuracy " in texts[1]
