"""Whatever ends a fit, its checkpoint is written, and what ended it is what is raised."""

import json
import shutil
import signal

import numpy as np
import pytest

import filbert as fb
from filbert import _core
from filbert._training import loop

KINDS = [
    TimeoutError,
    OSError,
    BrokenPipeError,
    FileNotFoundError,
    fb.FormatError,
    fb.BusyError,
    RuntimeError,
    MemoryError,
    json.JSONDecodeError,
    KeyboardInterrupt,
    SystemExit,
    GeneratorExit,
]
NEVER = 10**9  # every so many epochs


def error_of(kind):
    return kind("no", "{", 1) if kind is json.JSONDecodeError else kind("that's enough")


def make():
    return fb.Network([20, 32, 3], activation="tanh", output="softmax", rng=3)


def data(rows=60):
    rng = np.random.default_rng(1)
    return rng.normal(size=(rows, 20)).astype(np.float32), np.arange(rows) % 3


@pytest.fixture
def path(tmp_path):
    (tmp_path / "folder").mkdir()
    return tmp_path / "folder" / "checkpoint.safetensors"


@pytest.fixture(params=["before it is recorded", "in a callback"])
def in_epoch(request, monkeypatch):
    """Calls a function in the report of an epoch. Returns callbacks for the fit."""

    def arrange(number, function):
        count, named = [], loop.named

        def named_too(prefix, *numbers):
            count.append(prefix)
            if count.count("") == number:
                function()
            return named(prefix, *numbers)

        if request.param == "in a callback":
            return [lambda state: function() if state.epoch == number else None]
        monkeypatch.setattr(loop, "named", named_too)
        return []

    return arrange


@pytest.fixture
def writes(monkeypatch):
    """The positions of all the checkpoints that were tried."""
    tried, save = [], _core.save_checkpoint

    def save_too(*arguments):
        tried.append((arguments[-1].epoch, arguments[-1].batch))
        save(*arguments)

    monkeypatch.setattr(_core, "save_checkpoint", save_too)
    return tried


def ended(fit, error):
    """Runs a fit, which must raise that very exception; returns what was noted on it."""
    with pytest.raises(type(error)) as caught:
        fit()
    assert caught.value is error
    return getattr(error, "__notes__", [])


def require_current(path, net, optimizer, X, y, **options):
    """The checkpoint is of the network as it is, and leads to the bits of a fit that never ended.
    Returns its position."""
    np.testing.assert_array_equal(fb.load(path).parameters, net.parameters)
    _, state, training, _ = _core.load_checkpoint(str(path))
    assert state.to_bytes() == optimizer._core.to_bytes()
    position = training.position.epoch, training.position.batch
    resumed, expected = make(), make()
    history = resumed.fit(X, y, resume=path, **options)
    assert history == expected.fit(X, y, optimizer=fb.Adam(0.01), **options)
    np.testing.assert_array_equal(resumed.parameters, expected.parameters)
    return position


@pytest.mark.parametrize("kind", KINDS)
def test_an_exception_in_the_report_of_an_epoch(path, in_epoch, kind):
    X, y = data()
    net, optimizer, error = make(), fb.Adam(0.01), error_of(kind)
    options = {"epochs": 4, "batch_size": 7}

    def stop():
        raise error

    callbacks = [fb.Checkpoint(path, every=NEVER), *in_epoch(3, stop)]
    assert not ended(
        lambda: net.fit(X, y, optimizer=optimizer, callbacks=callbacks, **options), error
    )
    assert require_current(path, net, optimizer, X, y, **options) == (2, 9)


@pytest.mark.parametrize("kind", [TimeoutError, RuntimeError, KeyboardInterrupt])
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.usefixtures("keep_isa")
def test_a_signal_in_the_midst_of_an_epoch(path, alarm_in_fit, kind, threads):
    fb.set_isa("reference")  # slow enough for the alarm
    fb.set_threads(threads)
    X, y = data(7000)
    net, optimizer, error = make(), fb.Adam(0.01), error_of(kind)
    options = {"epochs": 2, "batch_size": 7}
    alarm_in_fit(0.06, error)
    checkpoint = fb.Checkpoint(path, every=NEVER)
    assert not ended(
        lambda: net.fit(X, y, optimizer=optimizer, callbacks=[checkpoint], **options), error
    )
    epoch, batch = require_current(path, net, optimizer, X, y, **options)
    assert optimizer.steps == epoch * 1000 + batch > 0


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no timers")
@pytest.mark.slow
@pytest.mark.parametrize("kind", [TimeoutError, ConnectionResetError, RuntimeError, SystemExit])
def test_a_signal_at_any_moment(path, kind):
    """Of batches, of reports, of validation and of writing itself."""
    X, y = data(2000)
    options = {"epochs": 40, "batch_size": 7, "validation_data": (X[:500], y[:500])}

    def handler(*_):
        raise kind("that's enough")

    before = signal.signal(signal.SIGALRM, handler)
    ends = 0
    for i in range(100):
        net, optimizer, got = make(), fb.Adam(0.01), None
        checkpoint = fb.Checkpoint(path, every=7)
        try:
            try:
                signal.setitimer(signal.ITIMER_REAL, 0.001 + 0.0007 * i)
                net.fit(X, y, optimizer=optimizer, callbacks=[checkpoint], **options)
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
        except kind as error:
            got = error
        if got is None or optimizer.steps == 0:  # it came after the fit, or before its first step
            continue
        ends += 1
        assert not hasattr(got, "__notes__"), i
        assert require_current(path, net, optimizer, X, y, **options) > (0, 0), i
    signal.signal(signal.SIGALRM, before)
    assert ends > 20


@pytest.mark.parametrize("kind", KINDS)
def test_when_writing_fails_as_well_that_is_noted(path, in_epoch, writes, kind):
    X, y = data()
    error = error_of(kind)

    def stop():
        shutil.rmtree(path.parent)
        raise error

    callbacks = [fb.Checkpoint(path, every=2), *in_epoch(3, stop)]
    (note,) = ended(lambda: make().fit(X, y, epochs=9, callbacks=callbacks), error)
    assert note.startswith("While the checkpoint was written: FileNotFoundError: [Errno 2] No such")
    assert writes == [(0, 0), (2, 0), (2, 2)]


def test_when_writing_fails_first_it_is_not_tried_again(path, in_epoch, writes):
    X, y = data()
    checkpoint, others = (
        fb.Checkpoint(path, every=2),
        in_epoch(4, lambda: shutil.rmtree(path.parent)),
    )
    net = make()
    with pytest.raises(FileNotFoundError) as caught:
        net.fit(X, y, epochs=9, callbacks=[checkpoint, *others])
    assert caught.value.filename == str(path)
    assert not hasattr(caught.value, "__notes__")
    assert writes == [(0, 0), (2, 0), (4, 0)]
    assert net._core.epoch == 4  # what has been learned stays


def test_another_exception_while_it_is_written(path, in_epoch, monkeypatch):
    """As the handler of another signal raises one."""
    X, y = data()
    net, optimizer, error = make(), fb.Adam(0.01), TimeoutError("first")
    save = _core.save_checkpoint

    def stop():
        raise error

    def save_and_raise(*arguments):
        save(*arguments)
        if arguments[-1].epoch > 0:
            raise KeyboardInterrupt("second")

    monkeypatch.setattr(_core, "save_checkpoint", save_and_raise)
    callbacks = [fb.Checkpoint(path, every=NEVER), *in_epoch(3, stop)]
    notes = ended(lambda: net.fit(X, y, epochs=4, optimizer=optimizer, callbacks=callbacks), error)
    assert notes == ["While the checkpoint was written: KeyboardInterrupt: second"]
    monkeypatch.undo()
    assert require_current(path, net, optimizer, X, y, epochs=4) == (2, 2)


def test_a_fit_that_does_not_begin_writes_nothing(path, writes):
    """Such as one of an optimizer of another network: the file may be of another fit."""
    X, y = data()
    optimizer = fb.Adam()
    make().fit(X, y, optimizer=optimizer)
    with pytest.raises(ValueError, match="optimizer: expected one that is new") as caught:
        make().fit(X, y, optimizer=optimizer, callbacks=[fb.Checkpoint(path)])
    assert not hasattr(caught.value, "__notes__")
    assert writes == []
    assert not path.exists()


def test_an_interrupted_first_epoch_has_no_history(path, monkeypatch):
    """Half of its numbers may be recorded: the fit that goes on does not take them for all."""
    X, y = data()
    net, optimizer, error = make(), fb.Adam(0.01), TimeoutError()

    def append(self, values):
        name, value = next(iter(values.items()))
        self.setdefault(name, []).append(value)
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(fb.History, "append", append)
        ended(
            lambda: net.fit(
                X,
                y,
                epochs=2,
                optimizer=optimizer,
                validation_data=(X, y),
                callbacks=[fb.Checkpoint(path)],
            ),
            error,
        )
    assert _core.load_checkpoint(str(path))[3] == {}
    assert require_current(path, net, optimizer, X, y, epochs=2, validation_data=(X, y)) == (0, 2)
