"""Ctrl-C at random moments of a fit with all that it may have: it ends soon, and can go on."""

import os
import signal
import threading
import time

import numpy as np
import pytest

import filbert as fb

MOMENTS = 200
MOST = 0.150  # seconds of computing, and a batch


def mean_output(y_true, y_pred):
    return float(y_pred.mean())


def problem():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(12_000, 20)).astype(np.float32)
    return X, np.argmax(X[:, :3], axis=1)


def make():
    return fb.Network([20, 64, 3], output="softmax", rng=3), fb.Adam(0.001)


def options(path):
    X, y = problem()
    return {
        "epochs": 60,
        "batch_size": 30,
        "dropout": 0.1,
        "metrics": ["f1", "auc", mean_output],
        "validation_data": (X[:1000], y[:1000]),
        "callbacks": [fb.EarlyStopping("val_auc", patience=50), fb.Checkpoint(path)],
    }


class Arrivals:
    """The times at which signals have come, in seconds of computing, whoever was at work then.

    A timer of computing time is only as fine as the ticks of the system, and Python's handlers run
    when the core asks; but the system's own handler writes a byte at once.
    """

    def __init__(self):
        self._read, self._write = os.pipe()
        os.set_blocking(self._write, False)
        self._before = signal.set_wakeup_fd(self._write)
        self.last = None
        self._came = threading.Event()
        self._thread = threading.Thread(target=self._wait, daemon=True)
        self._thread.start()

    def _wait(self):
        while os.read(self._read, 1) != b"\0":
            self.last = time.process_time()
            self._came.set()

    def since(self):
        """How long ago the last one has come."""
        now = time.process_time()
        assert self._came.wait(10)
        self._came.clear()
        return max(0.0, now - self.last)

    def close(self):
        signal.set_wakeup_fd(self._before)
        os.write(self._write, b"\0")
        self._thread.join()
        os.close(self._read)
        os.close(self._write)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no timers")
def test_ctrl_c_at_random_moments(tmp_path):
    fb.set_threads(1)  # the time of computing is then that of the fit
    path, (X, y) = tmp_path / "file", problem()
    for _ in range(2):  # the first one takes longer
        net, optimizer = make()
        begin = time.process_time()
        expected = net.fit(X, y, optimizer=optimizer, **options(path))
        whole = time.process_time() - begin
    final = net.__getstate__()["file"]
    rng, late, resumed = np.random.default_rng(1), [], 0

    def handler(*_):
        raise KeyboardInterrupt

    before, arrivals = signal.signal(signal.SIGPROF, handler), Arrivals()
    try:
        while len(late) < MOMENTS:
            path.unlink(missing_ok=True)
            other, again = make()
            signal.setitimer(signal.ITIMER_PROF, rng.uniform(0.001, 0.9 * whole))
            try:
                other.fit(X, y, optimizer=again, **options(path))
                signal.setitimer(signal.ITIMER_PROF, 0)
                continue
            except KeyboardInterrupt:
                late.append(arrivals.since())
            assert np.isfinite(other.parameters).all()
            assert np.isfinite(other.predict(X[:5])).all()
            if path.exists() and len(late) % 8 == 0:
                third, fresh = make()
                history = third.fit(X, y, optimizer=fresh, resume=path, **options(path))
                assert third.__getstate__()["file"] == final
                assert dict(history) == dict(expected)
                resumed += 1
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        arrivals.close()
        signal.signal(signal.SIGPROF, before)
    assert resumed > MOMENTS / 16
    assert max(late) < MOST
