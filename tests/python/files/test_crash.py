"""Whatever happens while a file is saved: the old or the new one is there, whole."""

import errno
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import saver

import filbert as fb

pytestmark = pytest.mark.slow
SAVER = Path(saver.__file__)
CALLS = {"write": 3, "fsync": 2, "rename": 1}  # on the way to a new file, and one more to be sure


@pytest.fixture
def path(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    return folder / "net.safetensors"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The bytes of the files of seeds 0 (the old one), 1 and 2."""
    path = tmp_path_factory.mktemp("files") / "net"
    result = []
    for seed in range(3):
        saver.network(seed).save(path)
        result.append(path.read_bytes())
    return result


def strace():
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    done = subprocess.run(["strace", "-f", "true"], check=False, capture_output=True)
    if done.returncode != 0:
        pytest.skip("this process may not trace others")
    return "strace"


def traced(path, *injections):
    """Saves seed 1 under strace, which tampers with system calls and writes them down."""
    options = [f"--inject={injection}" for injection in injections]
    command = [strace(), "-f", "-qq", "-y", "-o", str(path.parent.parent / "trace"), *options]
    return subprocess.run(
        [*command, sys.executable, str(SAVER), str(path), "1"],
        check=False,
        capture_output=True,
        text=True,
    )


def calls_before(path, call):
    """How many calls of that name the program makes before the first one of the saving."""
    traced(path)
    lines = (path.parent.parent / "trace").read_text().splitlines()
    names = [line for line in lines if re.search(rf"\b{call}\(", line)]
    return next(i for i, line in enumerate(names) if ".filbert-" in line)


@pytest.mark.parametrize("fault", ["ENOSPC", "EIO", "EINTR", "SIGKILL", "EDQUOT"])
@pytest.mark.parametrize("call", CALLS)
def test_every_call_fails(call, fault, path, files):
    path.write_bytes(files[0])
    before = calls_before(path, call)
    for which in range(CALLS[call]):
        path.write_bytes(files[0])
        what = f"signal={fault}" if fault == "SIGKILL" else f"error={fault}"
        done = traced(path, f"{call}:{what}:when={before + 1 + which}")
        now = path.read_bytes()
        assert now in files[:2]
        last = which == CALLS[call] - 1 and call != "rename"  # past the last one, or on the folder
        if fault == "EINTR":  # tried again
            assert done.returncode == 0, done.stdout + done.stderr
            assert now == files[1]
        elif not last:
            assert done.returncode != 0
            assert now == files[0]
        if fault not in ("EINTR", "SIGKILL") and done.returncode == 3:
            assert f"errno {getattr(errno, fault)}" in done.stdout
            assert os.listdir(path.parent) == [path.name]  # nothing is left behind
        saver.network(2).save(path)
        assert path.read_bytes() == files[2]
        assert os.listdir(path.parent) == [path.name]  # also what a dead writer has left


def test_a_full_device(tmp_path, files):
    """64 KiB, of which more and more are taken."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("only root mounts devices")
    folder = tmp_path / "full"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(folder)], check=False
    )
    if mounted.returncode != 0:
        pytest.skip("this process may not mount devices")
    try:
        path, outcomes = folder / "net.safetensors", set()
        for taken in range(0, 64, 2):
            for file in folder.iterdir():
                file.unlink()
            path.write_bytes(files[0])
            try:
                (folder / "other").write_bytes(b"x" * taken * 1024)
            except OSError:
                pass
            error = None
            try:
                saver.network(1).save(path)
            except OSError as caught:
                error = caught.errno
            assert error in (None, errno.ENOSPC)
            assert path.read_bytes() == files[1 if error is None else 0]
            outcomes.add(error)
            assert {file.name for file in folder.iterdir()} <= {path.name, "other"}
        assert outcomes == {None, errno.ENOSPC}
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_killed_at_random_moments(path, files):
    """1,000 times, by SIGKILL. Forked, so that the interpreter need not start each time."""
    strange = random.Random(0)
    nets = [saver.network(seed) for seed in range(3)]
    nets[0].save(path)
    begin = time.perf_counter()
    for _ in range(20):
        nets[0].save(path)
    once = (time.perf_counter() - begin) / 20
    seen, left_behind = set(), 0
    for _ in range(1000):
        nets[0].save(path)
        child = os.fork()
        if child == 0:
            try:
                while True:
                    nets[1].save(path)
                    nets[2].save(path)
            finally:
                os._exit(1)
        time.sleep(strange.uniform(0, 3 * once))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        now = path.read_bytes()
        assert now in files
        seen.add(files.index(now))
        assert fb.load(path).parameters.size == nets[0].parameters.size
        left_behind += len(os.listdir(path.parent)) > 1
    assert seen == {0, 1, 2}
    assert left_behind > 0  # some were killed in the midst
    nets[0].save(path)
    assert os.listdir(path.parent) == [path.name]
