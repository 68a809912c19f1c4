"""Threads: how many there are, when they start, and that forks survive them."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import filbert as fb

linux = pytest.mark.skipif(sys.platform != "linux", reason="affinity and /proc are Linux's")


def in_a_new_process(program, *prefix, **environment):
    said = ("FILBERT_THREADS", "OMP_NUM_THREADS")
    clean = {name: value for name, value in os.environ.items() if name not in said}
    done = subprocess.run(
        [*prefix, sys.executable, "-W", "ignore", "-c", textwrap.dedent(program)],
        check=False,
        capture_output=True,
        text=True,
        env={**clean, **environment},
        timeout=1800,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


@linux
def test_importing_starts_no_thread():
    program = """
        import os, numpy
        before = len(os.listdir("/proc/self/task"))
        import filbert
        print(len(os.listdir("/proc/self/task")) - before)
        filbert.Network([2, 3, 1], rng=0).predict([1.0, 2.0])
        print(len(os.listdir("/proc/self/task")) - before)
    """
    assert in_a_new_process(program).split() == ["0", "0"]


@linux
def test_affinity_is_respected():
    program = """
        import os
        os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])
        import filbert
        print(filbert.get_threads())
        filbert.set_threads(3)  # an explicit number is honoured all the same
        print(filbert.get_threads())
    """
    assert in_a_new_process(program).split() == ["1", "3"]


def test_the_number_in_the_environment():
    program = "import filbert; print(filbert.get_threads())"
    assert in_a_new_process(program, FILBERT_THREADS="1000") == "1000"
    automatic = in_a_new_process(program)
    assert int(automatic) < 1000
    for value in ("auto", ""):
        assert in_a_new_process(program, FILBERT_THREADS=value) == automatic, value


def test_the_share_that_others_leave():
    """OMP_NUM_THREADS, by which joblib says how many threads each of its processes may have."""
    program = """
        import os, filbert
        for value in ("1", "1,4", "1000", "", "0", "many", "-1", "1x"):
            os.environ["OMP_NUM_THREADS"] = value
            print(filbert.get_threads())
        os.environ.update(OMP_NUM_THREADS="1", FILBERT_THREADS="3")
        print(filbert.get_threads())
    """
    one, other, *automatic, own = map(int, in_a_new_process(program).split())
    assert (one, other, own) == (1, 1, 3)
    assert automatic == [int(in_a_new_process("import filbert; print(filbert.get_threads())"))] * 6


@linux
@pytest.mark.parametrize("limit", ["50000 100000", "max 100000"])
def test_a_cgroup_limit_is_respected(tmp_path, limit):
    """With a made-up cgroup in a mount namespace of its own."""
    (tmp_path / "cpu").mkdir()
    (tmp_path / "cpu.max").write_text(limit + "\n")
    quota, period = limit.replace("max", "-1").split()
    (tmp_path / "cpu" / "cpu.cfs_quota_us").write_text(quota + "\n")
    (tmp_path / "cpu" / "cpu.cfs_period_us").write_text(period + "\n")
    command = 'mount --bind "$0" /sys/fs/cgroup && exec "$@"'
    prefix = ["unshare", "--mount", "sh", "-c", command, str(tmp_path)]
    try:
        subprocess.run([*prefix, "true"], check=True, capture_output=True, timeout=60)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no right to mount a made-up cgroup here")
    if not Path("/proc/self/cgroup").exists():
        pytest.skip("no cgroups here")
    program = """
        import os, filbert
        print(filbert.get_threads(), len(os.sched_getaffinity(0)))
    """
    threads, cpus = map(int, in_a_new_process(program, *prefix).split())
    assert threads == (1 if limit[0] != "m" else cpus)


FORKS = """
    import os, threading
    import numpy as np
    import filbert as fb

    fb.set_threads(3)
    rng = np.random.default_rng(0)
    X = rng.normal(size=(256, 64)).astype(np.float32)
    y = rng.integers(0, 10, 256)

    def train():
        net = fb.Network([64, 128, 10], output="softmax", rng=1)
        net.fit(X, y, batch_size=128)
        return net.parameters.tobytes() + net.predict(X).tobytes()

    expected = train()
    stop = threading.Event()
    wrong = []

    def keep_training():  # forks come at any moment of a fit, too
        while not stop.is_set():
            if train() != expected:
                wrong.append(1)

    other = threading.Thread(target=keep_training)
    for i in range(COUNT):
        if i == COUNT // 2:
            other.start()
        child = os.fork()
        if child == 0:
            os._exit(0 if train() == expected else 1)
        assert os.waitpid(child, 0)[1] == 0, i
        if i % 10 == 0:
            assert train() == expected
    stop.set()
    other.join()
    assert not wrong
    print("survived")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.parametrize("count", [20, pytest.param(1000, marks=pytest.mark.slow)])
def test_forks(count):
    assert in_a_new_process(FORKS.replace("COUNT", str(count))) == "survived"


def test_explicit_numbers():
    fb.set_threads(5)
    assert fb.get_threads() == 5
