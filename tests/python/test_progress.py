"""The progress line."""

import io
import sys
import types

import pytest

import filbert as fb
from filbert import _progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def terminal(monkeypatch):
    """Stands for sys.stderr, which pytest sets anew for each phase of a test."""
    stream = Terminal()
    monkeypatch.setattr(_progress, "sys", types.SimpleNamespace(stderr=stream))
    return stream


@pytest.fixture
def clock(monkeypatch):
    """A clock that goes on by `clock.step` whenever it is looked at."""

    class Clock:
        now, step = 100.0, 0.0

        def monotonic(self):
            self.now += self.step
            return self.now

    clock = Clock()
    monkeypatch.setattr(_progress, "time", clock)
    return clock


@pytest.fixture
def no_tqdm(monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm", None)


def fitted(net, X, y, **options):
    return net.fit(X, y, epochs=5, **options)


def test_off_unless_on_a_terminal(net, X, y, capsys):
    fitted(net, X, y)
    fitted(net, X, y, progress=None)
    fitted(net, X, y, progress=False)
    assert capsys.readouterr() == ("", "")


def test_false_is_off_on_a_terminal_too(net, X, y, terminal, clock):
    clock.step = 10.0
    fitted(net, X, y, progress=False)
    assert terminal.getvalue() == ""


def test_short_fits_show_nothing(net, X, y, terminal, clock):
    clock.step = 0.01
    fitted(net, X, y)
    assert terminal.getvalue() == ""


@pytest.mark.usefixtures("no_tqdm")
def test_long_fits_show_a_line_an_epoch(net, X, y, terminal, clock):
    clock.step = 0.4  # the third epoch ends after 1.2 s
    history = fitted(net, X, y, validation_data=(X, y))
    lines = terminal.getvalue().splitlines()
    assert [line.split(":")[0] for line in lines] == ["epoch 3/5", "epoch 4/5", "epoch 5/5"]
    assert lines[-1] == (
        f"epoch 5/5: loss {history['loss'][-1]:.4f}, accuracy {history['accuracy'][-1]:.4f}, "
        f"val_loss {history['val_loss'][-1]:.4f}, val_accuracy {history['val_accuracy'][-1]:.4f}"
    )


@pytest.mark.usefixtures("no_tqdm")
def test_true_shows_it_at_once_and_anywhere(net, X, y, capsys):
    fitted(net, X, y, progress=True)
    out, err = capsys.readouterr()
    assert out == ""
    assert [line.split(":")[0] for line in err.splitlines()] == [
        f"epoch {i}/5" for i in range(1, 6)
    ]


@pytest.mark.usefixtures("no_tqdm")
def test_regression_has_no_accuracy(X, capsys):
    fb.Network([4, 1], rng=0).fit(X, X[:, 0], progress=True)
    assert "accuracy" not in capsys.readouterr().err


class Bar:
    """What is used of tqdm."""

    made: list["Bar"]

    def __init__(self, **options):
        self.options, self.calls = options, []
        self.made.append(self)

    def set_postfix_str(self, text, refresh):
        self.calls.append(text)

    def update(self):
        self.calls.append("update")

    def close(self):
        self.calls.append("close")


@pytest.fixture
def bars(monkeypatch):
    made = []
    module = types.ModuleType("tqdm")
    module.tqdm = type("tqdm", (Bar,), {"made": made})
    monkeypatch.setitem(sys.modules, "tqdm", module)
    return made


def test_tqdm_is_used_if_it_is_there(net, X, y, bars, terminal, clock):
    clock.step = 0.4
    history = fitted(net, X, y)
    (bar,) = bars
    assert bar.options["total"] == 5
    assert bar.options["initial"] == 2
    assert bar.options["file"] is terminal
    assert bar.calls.count("update") == 3
    assert bar.calls[-1] == "close"
    assert bar.calls[-3] == (
        f"loss {history['loss'][-1]:.4f}, accuracy {history['accuracy'][-1]:.4f}"
    )
    assert terminal.getvalue() == ""


def test_tqdm_is_not_loaded_before_it_is_needed(net, X, y, bars, terminal, clock):
    fitted(net, X, y)
    fitted(net, X, y, progress=False)
    assert bars == []


def test_the_bar_is_closed_after_an_exception(net, X, y, bars, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Bar, "update", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fitted(net, X, y, progress=True)
    assert bars[0].calls[-1] == "close"


def test_the_real_tqdm(net, X, y, capsys):
    pytest.importorskip("tqdm", reason="tqdm is not installed")
    fitted(net, X, y, progress=True)
    assert "fit: 100%" in capsys.readouterr().err


def test_no_stderr_at_all(net, X, y, monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    fitted(net, X, y, progress=True)
    fitted(net, X, y)
