"""Threads that still use networks when the interpreter shuts down."""

import re
import subprocess
import sys
import textwrap

import pytest

JOBS = """
import os, sys, tempfile, threading
import numpy as np
import filbert as fb

rng = np.random.default_rng(0)
X, y = rng.random((200, 8), dtype=np.float32), rng.integers(0, 3, 200)
net = fb.Network([8, 16, 3], output="softmax", rng=0)
wide = fb.Network([300, 300], rng=0)  # numpy copies large arrays without the GIL
optimizer = fb.SGD(0.01)
f = net.forward(X)
gradients = net.backward(f, np.ones((200, 3), np.float32))
path = os.path.join(FOLDER, "net.safetensors")
net.save(path)


def missing():
    try:
        fb.load(path + ".missing")
    except OSError:
        pass


def busy():  # the callback is Python code: the thread may be ended in the midst of it
    fb.Network([2, 1], rng=0).fit(np.ones((4, 2)), np.ones(4), epochs=50, progress=False,
                                  validation_data=(np.ones((4, 2)), np.ones(4)))


jobs = {
    "fit": lambda: net.fit(X, y, epochs=3, progress=False),
    "fit in one batch": lambda: net.fit(X, y, batch_size=200, epochs=100, progress=False),
    "fit with validation": busy,
    "fit with checkpoints": lambda: net.fit(X, y, progress=False, callbacks=[fb.Checkpoint(path)]),
    "evaluate": lambda: net.evaluate(X, y),
    "predict": lambda: net.predict(X),
    "forward": lambda: net.forward(X),
    "backward": lambda: net.backward(f, f.a[2]),
    "trace": lambda: net.trace(X, y),
    "step": lambda: optimizer.step(net, gradients.flat),
    "save": lambda: net.save(path),
    "load": lambda: fb.load(path),
    "load a missing file": missing,
    "state_dict": wide.state_dict,
    "create": lambda: fb.Network([300, 300], rng=0),
    "batches": lambda: list(fb.batches(X, y, batch_size=50, rng=0)),
}
"""

DAEMON = """
job, started = jobs[sys.argv[1]], threading.Event()


def loop():
    while True:
        job()
        started.set()


threading.Thread(target=loop, daemon=True).start()
started.wait()
"""

names = re.findall(r'^    "(.+?)": ', JOBS, re.MULTILINE)


def run(tmp_path, program, *arguments):
    code = f"FOLDER = {str(tmp_path)!r}\n{program}"
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=600,
    )


@pytest.mark.parametrize("times", [2, pytest.param(100, marks=pytest.mark.slow)])
@pytest.mark.parametrize("job", names)
def test_a_daemon_thread_does_not_end_the_process(tmp_path, job, times):
    for i in range(times):
        done = run(tmp_path, JOBS + DAEMON, job)
        assert (done.returncode, done.stderr) == (0, ""), f"{job}, run {i}"


def test_the_main_thread_may_work_to_the_end(tmp_path):
    """In functions of atexit, and when the last objects are destroyed."""
    program = """
    import atexit, sys
    atexit.register(lambda: print(net.predict(X).shape, net.fit(X, y)["loss"][0] > 0))

    class Last:
        def __init__(self):
            self.predict, self.X, self.write = net.predict, X, sys.stdout.write

        def __del__(self):
            self.write(f"{self.predict(self.X).shape}\\n")

    last = Last()
    """
    done = run(tmp_path, JOBS + textwrap.dedent(program))
    assert (done.returncode, done.stdout) == (0, "(200, 3) True\n(200, 3)\n"), done.stderr
