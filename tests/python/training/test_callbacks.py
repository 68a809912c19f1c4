"""Callbacks of a fit: when they run, what they may do, and what their exceptions do."""

import collections
import copy
import ctypes
import gc
import itertools
import pickle
import signal
import sys
import weakref

import numpy as np
import pytest

import filbert as fb
from filbert import _core
from filbert._training import loop, progress
from filbert.callbacks import State

HOOKS = ["on_start", "on_epoch_end", "on_end"]


class Logged(fb.Callback):
    """Notes its calls in a log, and calls a function in one hook."""

    def __init__(self, log, name="", hook=None, function=None):
        self.log, self.name, self.hook, self.function = log, name, hook, function

    def call(self, hook, state, *reason):
        self.log.append((self.name, hook, state.epoch, *reason))
        if hook == self.hook:
            return self.function(state)

    def on_start(self, state):
        return self.call("on_start", state)

    def on_epoch_end(self, state):
        return self.call("on_epoch_end", state)

    def on_end(self, state, reason):
        return self.call("on_end", state, reason)


def raising(error):
    def function(_):
        raise error

    return function


def make():
    return fb.Network([4, 5, 3], activation="tanh", output="softmax", rng=1)


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


@pytest.mark.parametrize("false", [False, np.False_], ids=repr)
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


@pytest.mark.parametrize("answer", [None, True, 0, "", [], np.float64(0), np.True_], ids=repr)
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


# With checkpoints.


@pytest.fixture
def paths(tmp_path):
    return tmp_path / "one", tmp_path / "two"


@pytest.mark.skipif(sys.platform == "win32", reason="raise is not among the process's symbols")
def test_the_checkpoint_is_written_before_anything_in_python_runs(net, X, y, paths):
    """Such as on_end, or the handler of a signal that has come shortly before the exception."""
    path, log, second = paths[0], [], TimeoutError("second")

    def batches_done():
        return _core.load_checkpoint(str(path))[2].position.batch

    def handler(number, frame):
        log.append(batches_done())
        raise second

    def fail(state):
        # One call of C code that raises the signal and then, as 3 is no iterable, an exception: in
        # between, and on the way to who catches it, Python finds no time to run the handler.
        signals = itertools.chain([signal.SIGTERM], 3)
        collections.deque(map(ctypes.PyDLL(None)["raise"], signals))

    callbacks = [
        Logged([], "", "on_end", lambda state: log.append(batches_done())),
        fail,
        fb.Checkpoint(path),
    ]
    before = signal.signal(signal.SIGTERM, handler)
    with pytest.raises(TypeError, match="'int' object is not iterable") as caught:
        net.fit(X, y, batch_size=5, callbacks=callbacks)
    signal.signal(signal.SIGTERM, before)
    assert log == [3, 3]
    assert caught.value.__notes__ == ["While the checkpoint was written: TimeoutError: second"]


def test_two_checkpoints(net, X, y, paths, monkeypatch):
    """Where one cannot be written, the other one is."""
    save, error = _core.save_checkpoint, OSError("disk full")

    def fail_second(*arguments):
        if arguments[3] == str(paths[1]) and arguments[-1].epoch == 2:
            raise error
        save(*arguments)

    monkeypatch.setattr(_core, "save_checkpoint", fail_second)
    callbacks = [fb.Checkpoint(paths[0], every=100), fb.Checkpoint(paths[1])]
    with pytest.raises(OSError, match="disk full") as caught:
        net.fit(X, y, epochs=9, callbacks=callbacks)
    assert caught.value is error
    assert not hasattr(error, "__notes__")  # it has not been tried again
    positions = [_core.load_checkpoint(str(path))[2].position for path in paths]
    assert [(at.epoch, at.batch) for at in positions] == [(1, 1), (1, 0)]
    expected = make().fit(X, y, epochs=9)
    for path in paths:
        assert make().fit(X, y, epochs=9, resume=path) == expected


def test_resuming_with_callbacks_gives_the_same_bits(X, y, paths):
    """Here they set the learning rate, by what they see."""

    def decay(state):
        state.optimizer.learning_rate = 0.1 / (1 + state.epoch)

    def fail(state):
        if state.epoch == 3:
            raise TimeoutError

    class Last(fb.Callback):
        def on_end(self, state, reason):
            self.optimizer = state.optimizer

    options = {"epochs": 6, "batch_size": 5, "validation_data": (X, y)}
    net, optimizer = make(), fb.Adam(0.1)
    expected = net.fit(X, y, optimizer=optimizer, callbacks=[decay], **options)
    for every in (2, 100):
        checkpoint = fb.Checkpoint(paths[0], every=every)
        with pytest.raises(TimeoutError):
            make().fit(X, y, optimizer=fb.Adam(0.1), callbacks=[decay, fail, checkpoint], **options)
        log, other, again = [], make(), Last()
        callbacks = [decay, Logged(log), again]
        assert other.fit(X, y, resume=paths[0], callbacks=callbacks, **options) == expected
        assert other.__getstate__() == net.__getstate__()
        assert again.optimizer._core.to_bytes() == optimizer._core.to_bytes()
        assert log[:2] == [("", "on_start", 2), ("", "on_epoch_end", 3)]  # it ends once more


def test_a_given_optimizer_needs_the_learning_rate_of_the_checkpoint(X, y, paths):
    def halve(state):
        state.optimizer.learning_rate *= 0.5

    callbacks = [halve, fb.Checkpoint(paths[0])]
    make().fit(X, y, epochs=2, optimizer=fb.Adam(0.1), callbacks=callbacks)
    with pytest.raises(ValueError, match=r"optimizer: expected Adam\(0.025\) as in .* Adam\(0.1\)"):
        make().fit(X, y, epochs=3, optimizer=fb.Adam(0.1), resume=paths[0])
    make().fit(X, y, epochs=3, optimizer=fb.Adam(0.025), resume=paths[0])


def test_a_resumed_fit_that_does_not_begin_changes_nothing(X, y, paths):
    labels = np.array(["a", "b", "c"])[y]
    make().fit(X, labels, epochs=2, optimizer=fb.Adam(), callbacks=[fb.Checkpoint(paths[0])])
    net, optimizer = make(), fb.Adam()
    before = net.__getstate__(), optimizer._core.to_bytes()
    seen = []

    def fail(state):
        seen.append(state.network.parameters.copy())
        raise OSError("no")

    callbacks = [fb.Checkpoint(paths[1]), Logged([], "", "on_start", fail)]
    with pytest.raises(OSError, match="no"):
        net.fit(X, labels, epochs=3, optimizer=optimizer, resume=paths[0], callbacks=callbacks)
    assert (net.__getstate__(), optimizer._core.to_bytes()) == before
    np.testing.assert_array_equal(seen[0], fb.load(paths[0]).parameters)  # what it would go on from
    assert not paths[1].exists()


def test_a_resumed_fit_that_ends_later_keeps_what_it_has_learned(X, y, paths):
    net, optimizer, error = make(), fb.Adam(), OSError("no")
    expected, same = make(), fb.Adam()
    expected.fit(X, y, epochs=2, optimizer=same, callbacks=[fb.Checkpoint(paths[0])])
    expected.fit(X, y, epochs=1, optimizer=same)
    with pytest.raises(OSError, match="no") as caught:
        net.fit(X, y, epochs=9, optimizer=optimizer, resume=paths[0], callbacks=[raising(error)])
    assert caught.value is error
    assert net.__getstate__() == expected.__getstate__()
    assert optimizer._core.to_bytes() == same._core.to_bytes()


def test_a_checkpoint_may_serve_several_fits(X, y, paths):
    checkpoint = fb.Checkpoint(paths[0])
    for net in (make(), make()):
        net.fit(X, y, epochs=2, callbacks=[checkpoint, checkpoint])
        assert fb.load(paths[0]).parameters.tobytes() == net.parameters.tobytes()
    assert repr(pickle.loads(pickle.dumps(checkpoint))) == repr(checkpoint)
    last = weakref.ref(net)
    del net
    gc.collect()
    assert last() is None  # nothing of a fit stays in it


# What they may do with the network.


@pytest.mark.parametrize("threads", [1, 3])
def test_everything_that_only_reads(net, X, y, tmp_path, threads):
    fb.set_threads(threads)
    results = []

    def results_of(net):
        f = net.forward(X)
        net.save(tmp_path / "net")
        return [
            net.predict(X).tobytes(),
            net(X[0]).tobytes(),
            net.predict_classes(X).tolist(),
            net.evaluate(X, y),
            f.a[2].tobytes(),
            net.backward(f, f.a[2]).flat.tobytes(),
            net.trace(X, y).dC0_dw[1].tobytes(),
            copy.copy(net).parameters.tobytes(),
            pickle.loads(pickle.dumps(net)).parameters.tobytes(),
            net.state_dict()["0.weight"].tobytes(),
            fb.load(tmp_path / "net").parameters.tobytes(),
        ]

    class Read(fb.Callback):
        def on_start(self, state):
            results.append(results_of(state.network))

        def on_epoch_end(self, state):
            results.append(results_of(state.network))

        def on_end(self, state, reason):
            results.append(results_of(state.network))

    other, optimizer = make(), fb.SGD(0.01, momentum=0.9)
    expected = [results_of(other)]
    for _ in range(3):
        other.fit(X, y, batch_size=5, optimizer=optimizer)
        expected.append(results_of(other))
    net.fit(X, y, epochs=3, batch_size=5, callbacks=[Read()])
    assert results == [*expected, expected[-1]]
    assert net.__getstate__() == other.__getstate__()


@pytest.mark.parametrize("hook", HOOKS)
def test_what_trains_is_refused_until_the_end(net, X, y, hook):
    refused = []

    def use(state):
        other = make()
        for use in (
            lambda: state.network.fit(X, y),
            lambda: fb.SGD().step(state.network, np.ones(net.parameters.size)),
            lambda: state.network.load_state_dict(other.state_dict()),
            lambda: other.fit(X, y, optimizer=copy.copy(state.optimizer)),
        ):
            try:
                use()
            except fb.BusyError:
                refused.append(use)

    net.fit(X, y, callbacks=[Logged([], "", hook, use)])
    assert len(refused) == (0 if hook == "on_end" else 3)


@pytest.mark.parametrize("threads", [1, 3])
def test_the_parameters_may_be_set(net, X, y, threads):
    """As something does that goes back to better ones: the next epoch starts from them."""
    fb.set_threads(threads)

    def set_them(state):
        if state.epoch == 2:
            state.network.w[1][:] *= 0.5
            state.network.b[2] = [1, 2, 3]

    optimizer, other = fb.Adam(0.1), make()
    net.fit(X, y, epochs=4, optimizer=fb.Adam(0.1), batch_size=5, callbacks=[set_them])
    other.fit(X, y, epochs=2, optimizer=optimizer, batch_size=5)
    other.w[1][:] *= 0.5
    other.b[2] = [1, 2, 3]
    other.fit(X, y, epochs=2, optimizer=optimizer, batch_size=5)
    assert net.parameters.tobytes() == other.parameters.tobytes()


def test_another_network_may_be_trained(net, X, y):
    other = make()
    net.fit(X, y, epochs=3, callbacks=[lambda state: other.fit(X, y) and None])
    assert other._core.epoch == 3
