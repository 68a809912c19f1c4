"""Fixtures that several tests share."""

import signal
from pathlib import Path

import commands
import numpy as np
import pytest
from peer_libraries import left_out

import filbert as fb
from filbert._training import loop

LEFT_OUT = left_out(Path(__file__).parent)
collect_ignore = [str(path) for path in LEFT_OUT]


def pytest_report_header():
    return [f"left out: {path.name}, {peer} is not installed" for path, peer in LEFT_OUT.items()]


@pytest.fixture(autouse=True)
def automatic_threads():
    """Whatever number of threads a test sets, the next one starts with the default."""
    yield
    fb.set_threads("auto")


@pytest.fixture
def keep_isa():
    """Whatever instruction set a test chooses, the next one has the old one."""
    before = fb.isa()
    yield
    fb.set_isa(before)


@pytest.fixture
def alarm_handler():
    """Arranges for a handler of a signal to run once the process has computed for so many seconds:
    however busy the machine is, it comes in the midst of the work."""
    if not hasattr(signal, "setitimer"):
        pytest.skip("this system has no timers")

    def arm(seconds, handler):
        signal.signal(signal.SIGVTALRM, handler)
        signal.setitimer(signal.ITIMER_VIRTUAL, seconds)

    before = signal.getsignal(signal.SIGVTALRM)
    yield arm
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    signal.signal(signal.SIGVTALRM, before)


@pytest.fixture
def alarm(alarm_handler):
    """Arranges so for an exception, as Ctrl-C raises one."""

    def arm(seconds, error=KeyboardInterrupt):
        def handler(*_):
            raise error

        alarm_handler(seconds, handler)

    return arm


@pytest.fixture
def alarm_in_fit(alarm, monkeypatch):
    """The same in the next fit, from where its arguments are checked and the core begins."""

    def arm(seconds, error=KeyboardInterrupt):
        def in_order_and_alarm(*arguments):
            monkeypatch.setattr(loop, "in_order", in_order)
            alarm(seconds, error)
            return in_order(*arguments)

        monkeypatch.setattr(loop, "in_order", in_order_and_alarm)

    in_order = loop.in_order
    return arm


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def net():
    """A small classifier of three classes."""
    return fb.Network([4, 5, 3], activation="tanh", output="softmax", rng=1)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The current one: with a network, net.safetensors, and rows for it, X.csv and X.npy."""
    monkeypatch.chdir(tmp_path)
    net = fb.Network([4, 6, 3], activation="tanh", output="softmax", rng=0)
    net.save("net.safetensors")
    commands.write_csv("X.csv", commands.X)
    np.save("X.npy", commands.X)
    return tmp_path


@pytest.fixture
def saved(folder):
    """That network."""
    return fb.load("net.safetensors")


@pytest.fixture
def small_blocks(monkeypatch):
    """The command reads seven rows at a time."""
    monkeypatch.setattr("filbert._commands.predict.NUMBERS", 7 * 6)


@pytest.fixture
def X(rng):
    return rng.normal(size=(12, 4)).astype(np.float32)


@pytest.fixture
def y():
    """Labels that go with X."""
    return np.arange(12) % 3
