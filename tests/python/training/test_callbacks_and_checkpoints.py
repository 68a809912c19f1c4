"""Callbacks of a fit beside its checkpoints."""

import collections
import ctypes
import gc
import itertools
import pickle
import signal
import sys
import weakref

import numpy as np
import pytest
from callback_log import Logged, make, raising

import filbert as fb
from filbert import _core

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
