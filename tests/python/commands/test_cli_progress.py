"""The progress of `filbert predict`."""

import sys
import types

import numpy as np
import pytest
from streams import BROKEN, Terminal

from filbert.__main__ import main
from filbert._commands import bar


@pytest.fixture
def terminal(monkeypatch):
    """Puts a terminal on stderr, beside a clock that goes on by half a second at each look."""

    def put():  # in the test itself, as pytest sets sys.stderr anew for each phase
        now = iter(range(10**6))
        monkeypatch.setattr(bar, "time", types.SimpleNamespace(monotonic=lambda: next(now) / 2))
        stream = Terminal()
        monkeypatch.setattr(sys, "stderr", stream)
        return stream

    return put


@pytest.mark.parametrize("suffix", ["csv", "npy"])
def test_the_progress_line(saved, terminal, monkeypatch, small_blocks, suffix):
    stream = terminal()
    monkeypatch.setitem(sys.modules, "tqdm", None)
    assert main(["predict", "net.safetensors", f"X.{suffix}", "--out", "out.npy"]) == 0
    shown = stream.getvalue()
    assert shown.startswith("\rpredict: ")
    assert shown.endswith("\rpredict: 100 %\n")
    shares = [int(part.split()[1]) for part in shown.split("\r")[1:]]
    assert shares == sorted(set(shares))
    assert shares[0] > 20  # nothing within the first second


def test_the_progress_of_an_input_of_unknown_length(saved, terminal, monkeypatch):
    stream = terminal()
    monkeypatch.setitem(sys.modules, "tqdm", None)
    shown = bar.Bar("predict", None, "B")
    for done in (10, 20, 30000):
        shown.update(done)
    shown.close()
    assert stream.getvalue() == "\rpredict: 20 B\rpredict: 30,000 B\n"


def test_the_bar_of_tqdm(saved, terminal, monkeypatch, small_blocks):
    stream = terminal()
    made = []

    class Fake:
        def __init__(self, **options):
            self.n, self.options, self.closed = 0, options, False
            made.append(self)

        def update(self, n):
            self.n += n

        def close(self):
            self.closed = True

    monkeypatch.setitem(sys.modules, "tqdm", types.SimpleNamespace(tqdm=Fake))
    assert main(["predict", "net.safetensors", "X.npy", "--out", "out.npy"]) == 0
    (shown,) = made
    assert shown.options["total"] == 40
    assert shown.n == 40
    assert shown.closed
    assert stream.getvalue() == ""


def test_no_progress_among_the_results(saved, terminal, monkeypatch, small_blocks):
    stream = terminal()
    monkeypatch.setitem(sys.modules, "tqdm", None)
    monkeypatch.setattr(sys, "stdout", Terminal())
    assert main(["predict", "net.safetensors", "X.csv"]) == 0
    assert stream.getvalue() == ""


@pytest.mark.parametrize("tqdm", [True, False])
@pytest.mark.parametrize("name", BROKEN)
def test_what_cannot_be_shown_is_dropped(
    saved, terminal, monkeypatch, small_blocks, capsys, name, tqdm
):
    if tqdm:
        pytest.importorskip("tqdm", reason="tqdm is not installed")
    else:
        monkeypatch.setitem(sys.modules, "tqdm", None)
    terminal()
    monkeypatch.setattr(sys, "stderr", BROKEN[name]())
    assert main(["predict", "net.safetensors", "X.npy", "--out", "out.npy"]) == 0
    np.testing.assert_array_equal(np.load("out.npy"), saved.predict(np.load("X.npy")))
    assert main(["predict", "net.safetensors", "none.csv"]) == 2  # nor can the message
    assert main(["demo", "--data", "none"]) == 2
    assert capsys.readouterr().out == ""
