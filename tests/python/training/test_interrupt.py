"""Ctrl-C, and other uses of a network while it is being trained."""

import copy
import pickle
import signal
import subprocess
import sys
import threading
from functools import partial

import numpy as np
import pytest

import filbert as fb
from filbert import _core

LONG = 10**9  # epochs: longer than anybody waits


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("batch_size", [1, 5, 12])
def test_the_network_stays_usable(net, X, y, alarm_in_fit, threads, batch_size):
    fb.set_threads(threads)
    optimizer, before = fb.SGD(0.01), net.parameters.copy()
    alarm_in_fit(0.1)
    with pytest.raises(KeyboardInterrupt):
        net.fit(X, y, epochs=LONG, batch_size=batch_size, optimizer=optimizer)
    assert optimizer.steps > 0
    assert np.isfinite(net.parameters).all()
    assert (net.parameters != before).any()
    assert np.isfinite(net.predict(X)).all()
    net.fit(X, y, optimizer=optimizer)  # neither is in use any more


@pytest.mark.usefixtures("keep_isa")
def test_within_one_epoch(alarm_in_fit):
    """One epoch that takes minutes: it ends between two batches."""
    fb.set_isa("reference")
    net = fb.Network([200, 400, 10], output="softmax", rng=0)
    X, y = np.ones((1, 200), np.float32), np.zeros(1, np.int32)
    X, y = np.repeat(X, 200_000, axis=0), np.repeat(y, 200_000)
    optimizer = fb.SGD(0.001)
    alarm_in_fit(0.3)
    with pytest.raises(KeyboardInterrupt):
        net.fit(X, y, batch_size=10, optimizer=optimizer)
    assert 0 < optimizer.steps < 20_000
    assert np.isfinite(net.parameters).all()


def test_labels_are_kept(net, X, alarm_in_fit):
    alarm_in_fit(0.1)
    with pytest.raises(KeyboardInterrupt):
        net.fit(X, ["a", "b", "c"] * 4, epochs=LONG)
    assert net.classes.tolist() == ["a", "b", "c"]


def test_in_evaluate(alarm, keep_isa):
    fb.set_isa("reference")  # slow enough to be interrupted
    net = fb.Network([400, 400, 10], output="softmax", rng=0)
    X, y = np.full((100_000, 400), 0.5, np.float32), np.zeros(100_000, np.int32)
    alarm(0.3)
    with pytest.raises(KeyboardInterrupt):
        net.evaluate(X, y)
    assert np.isfinite(net.predict(X[:2])).all()


@pytest.fixture
def third_signal():
    """Arranges for signals after every so many seconds of computing; the handler of the third one
    raises. In a call that lets no handlers run, signals only add up to one."""
    if not hasattr(signal, "setitimer"):
        pytest.skip("this system has no timers")
    count = 0

    def interrupt(*_):
        nonlocal count
        count += 1
        if count == 3:
            raise KeyboardInterrupt

    def arm(seconds):
        nonlocal count
        count = 0
        signal.setitimer(signal.ITIMER_PROF, seconds, seconds)

    before = signal.signal(signal.SIGPROF, interrupt)
    yield arm
    signal.setitimer(signal.ITIMER_PROF, 0)
    signal.signal(signal.SIGPROF, before)


@pytest.fixture
def slowest(third_signal, keep_isa):
    """Calls something with the slowest instruction set, until the third signal ends it."""
    fastest = fb.isa()

    def call(function, *arguments):
        fb.set_isa("reference")
        third_signal(0.1)
        with pytest.raises(KeyboardInterrupt):
            function(*arguments)
        signal.setitimer(signal.ITIMER_PROF, 0)
        fb.set_isa(fastest)

    return call


@pytest.fixture
def large():
    """A network, and a batch that takes it long."""
    net = fb.Network([400, 400, 10], output="softmax", rng=0)
    return net, np.full((10_000, 400), 0.5, np.float32), np.zeros(10_000, np.int32)


def test_in_predict(large, slowest):
    net, X, _ = large
    slowest(net._core.predict, X)
    assert np.isfinite(net.predict(X[:2])).all()


def test_in_forward(large, slowest):
    net, X, _ = large
    slowest(_core.forward, net._core, X)
    assert np.isfinite(net.forward(X[:2]).a[2]).all()


def test_in_backward(large, slowest):
    net, X, _ = large
    f, derivative = net.forward(X), np.ones((len(X), 10), np.float32)
    slowest(f._core.backward, derivative, False)
    again, expected = net.backward(f, derivative), net.backward(net.forward(X), derivative)
    np.testing.assert_array_equal(again.flat, expected.flat)
    np.testing.assert_array_equal(again.x, expected.x)


@pytest.mark.parametrize("threads", [1, 3])
def test_in_one_huge_batch(large, slowest, threads):
    fb.set_threads(threads)
    net, X, y = large
    before, optimizer, position = net.parameters.copy(), fb.Adam(0.01), _core.FitPosition()
    options = _core.FitOptions(batch_size=len(X), seed=0)
    slowest(net._core.fit, X, y, optimizer._core, options, position, None)
    np.testing.assert_array_equal(net.parameters, before)
    assert (optimizer.steps, position.epoch, position.batch) == (0, 0, 0)
    # It goes on as if nothing had been.
    other = fb.Network([400, 400, 10], output="softmax", rng=0)
    for trained, its_optimizer in ((net, optimizer), (other, fb.Adam(0.01))):
        trained.fit(X, y, batch_size=len(X), optimizer=its_optimizer)
    np.testing.assert_array_equal(net.parameters, other.parameters)


CALLS = {
    "create": lambda size: (
        lambda: _core.Network32([size, 1], [], "identity", 0, [], ["auto"], ["zeros"])
    ),
    "to_bytes": lambda size: partial(_core.to_bytes, fb.Network([size, 1], rng=0)._core),
    "state_dict": lambda size: fb.Network([size // 4, 4], rng=0).state_dict,
    "batches": lambda size: lambda: next(fb.batches(*[range(size // 10)] * 2, batch_size=size)),
}


@pytest.mark.parametrize("what", CALLS)
def test_in_what_only_creates_or_copies(third_signal, what):
    """Of what is so large that it takes long."""
    with pytest.raises(KeyboardInterrupt):  # noqa: PT012  # the size at which it comes is open
        for millions in (20, 40, 80):  # until there is time for three signals in one call
            call = CALLS[what](millions * 10**6)
            third_signal(0.001)
            call()
            signal.setitimer(signal.ITIMER_PROF, 0)


SCRIPT = """
import signal, sys, numpy as np, filbert as fb
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in a shell's background
net = fb.Network([4, 5, 3], output="softmax", rng=0)
X, y = np.ones((12, 4)), np.arange(12) % 3
net.fit(X, y)
try:
    print("training", flush=True)
    net.fit(X, y, epochs=10**9, optimizer=fb.SGD(0.001))
except KeyboardInterrupt:
    print("stopped", np.isfinite(net.parameters).all(), np.isfinite(net.predict(X)).all())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for one process")
def test_ctrl_c_itself():
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "training\n"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert out == "stopped True True\n", err


class Paused(fb.Callback):
    """Holds a fit, at the end of an epoch, till it may go on."""

    def __init__(self):
        self.reached, self.go_on = threading.Event(), threading.Event()

    def on_epoch_end(self, state):
        self.reached.set()
        assert self.go_on.wait(60)


@pytest.fixture
def training(net, X, y):
    """A network, and its optimizer, in the middle of a fit of another thread."""
    paused, optimizer = Paused(), fb.SGD(0.1)
    options = {"optimizer": optimizer, "callbacks": [paused]}
    thread = threading.Thread(target=net.fit, args=(X, y), kwargs=options)
    thread.start()
    assert paused.reached.wait(60)
    yield net, optimizer
    paused.go_on.set()
    thread.join(60)
    assert not thread.is_alive()
    net.fit(X, y, optimizer=optimizer)  # free again


def test_uses_during_a_fit_are_refused(training, X, y):
    net, optimizer = training
    other = fb.Network([4, 5, 3], output="softmax", rng=0)
    before = net.parameters.tobytes()
    gradient = np.ones(net.parameters.size)
    for use in (
        lambda: net.predict(X),
        lambda: net(X[0]),
        lambda: net.predict_classes(X),
        lambda: net.fit(X, y),
        lambda: net.fit(X, ["a", "b", "c"] * 4),
        lambda: net.evaluate(X, y),
        lambda: net.forward(X),
        lambda: net.trace(X, y),
        lambda: fb.SGD().step(net, gradient),
        lambda: optimizer.step(net, gradient),
        lambda: copy.copy(net),
        lambda: pickle.dumps(net),
        lambda: setattr(net._core, "classes", ["a", "b", "c"]),
        lambda: setattr(net._core, "feature_names", ["a", "b", "c", "d"]),
    ):
        with pytest.raises(fb.BusyError, match="network: expected one that is not in use"):
            use()
    for use in (
        lambda: optimizer.step(other, gradient),
        lambda: other.fit(X, y, optimizer=optimizer),
        lambda: setattr(optimizer, "learning_rate", 0.5),
    ):
        with pytest.raises(fb.BusyError, match="optimizer: expected one that is not in use"):
            use()
    assert net.parameters.tobytes() == before
    assert net.classes is None  # which, as the sizes, may be read at any time
    assert net.feature_names is None
    assert optimizer.learning_rate == 0.1
    assert isinstance(fb.BusyError("x"), RuntimeError)


def test_a_forward_has_one_user_at_a_time():
    """Two threads that go backward from the same Forward: sooner or later they meet."""
    net = fb.Network([100, 300, 100], rng=0)
    f = net.forward(np.ones((500, 100)))
    expected = net.backward(f, f.a[2]).flat
    met, messages, wrong = threading.Event(), [], []

    def backward():
        while not met.is_set():
            try:
                wrong.append((net.backward(f, f.a[2]).flat != expected).any())
            except fb.BusyError as error:
                messages.append(str(error))
                met.set()

    threads = [threading.Thread(target=backward, daemon=True) for _ in range(2)]
    for thread in threads:
        thread.start()
    assert met.wait(60)
    for thread in threads:
        thread.join(60)
    assert messages[0].startswith("f: expected one that is not in use")
    assert not any(wrong)


def test_validation_runs_within_a_fit(net, X, y):
    assert len(net.fit(X, y, epochs=3, validation_data=(X, y))["val_loss"]) == 3
