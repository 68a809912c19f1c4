"""The progress line."""

import os
import signal
import sys
import threading
import types

import pytest
from streams import BROKEN, Failing, Minimal, Terminal

import filbert as fb
from filbert._training import progress as _progress


@pytest.fixture
def put(monkeypatch):
    """Puts a stream in the place of sys.stderr, in the test itself: pytest sets it anew for each
    phase."""

    def put(stream):
        monkeypatch.setattr(sys, "stderr", stream)
        return stream

    return put


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


def test_false_is_off_on_a_terminal_too(net, X, y, put, clock):
    terminal = put(Terminal())
    clock.step = 10.0
    fitted(net, X, y, progress=False)
    assert terminal.getvalue() == ""


def test_short_fits_show_nothing(net, X, y, put, clock):
    terminal = put(Terminal())
    clock.step = 0.01
    fitted(net, X, y)
    assert terminal.getvalue() == ""


@pytest.mark.usefixtures("no_tqdm")
def test_long_fits_show_a_line_an_epoch(net, X, y, put, clock):
    terminal = put(Terminal())
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


def test_tqdm_is_used_if_it_is_there(net, X, y, bars, put, clock):
    terminal = put(Terminal())
    clock.step = 0.4
    history = fitted(net, X, y)
    (bar,) = bars
    assert bar.options["total"] == 5
    assert bar.options["initial"] == 2
    assert bar.options["file"] == terminal
    assert bar.calls.count("update") == 3
    assert bar.calls[-1] == "close"
    assert bar.calls[-3] == (
        f"loss {history['loss'][-1]:.4f}, accuracy {history['accuracy'][-1]:.4f}"
    )
    assert terminal.getvalue() == ""


def test_tqdm_is_not_loaded_before_it_is_needed(net, X, y, bars, put, clock):
    put(Terminal())
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


@pytest.fixture
def either(request, monkeypatch):
    """The real tqdm, or none."""
    if request.param == "tqdm":
        pytest.importorskip("tqdm", reason="tqdm is not installed")
    else:
        monkeypatch.setitem(sys.modules, "tqdm", None)


with_and_without_tqdm = pytest.mark.parametrize("either", ["tqdm", "plain"], indirect=True)


@with_and_without_tqdm
@pytest.mark.parametrize("progress", [None, True])
@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.usefixtures("either")
def test_what_cannot_be_shown_is_dropped(net, X, y, put, clock, name, progress):
    clock.step = 0.4
    silent = fb.Network([4, 5, 3], activation="tanh", output="softmax", rng=1)
    expected = fitted(silent, X, y, progress=False)
    put(BROKEN[name]())
    assert fitted(net, X, y, progress=progress) == expected
    assert net.parameters.tobytes() == silent.parameters.tobytes()


@pytest.mark.usefixtures("no_tqdm")
def test_a_stream_of_write_and_flush_is_enough(net, X, y, put):
    stream = put(Minimal())
    fitted(net, X, y, progress=True)
    assert [line.split(":")[0] for line in stream.text.splitlines()] == [
        f"epoch {i}/5" for i in range(1, 6)
    ]


@pytest.mark.usefixtures("no_tqdm")
def test_a_line_that_cannot_be_shown_does_not_keep_the_next_ones_from_it(net, X, y, put):
    """Such as one to a pipe that is full."""
    stream = put(Failing(BlockingIOError(11, "again"), "write"))
    whole, calls = Terminal().write, []

    def write(text):
        calls.append(text)
        if len(calls) == 3:
            raise BlockingIOError(11, "again")
        return whole(text)

    stream.write = write
    fitted(net, X, y, progress=True)
    assert sum(text.startswith("epoch") for text in calls) == 5


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="this system has no pseudoterminals")
@with_and_without_tqdm
@pytest.mark.usefixtures("either")
def test_a_terminal_that_goes_away(net, X, y, put, clock):
    ours, theirs = os.openpty()
    errors, written = [], []

    class Going:
        """The terminal: it is there for one write, and then no more."""

        encoding = "utf-8"

        def isatty(self):
            return os.isatty(theirs)

        def write(self, text):
            if written and not errors:
                os.close(ours)
            written.append(text)
            try:
                os.write(theirs, text.encode())
            except OSError as error:
                errors.append(error.errno)
                raise

        def flush(self):
            pass

    put(Going())
    clock.step = 0.4
    assert fitted(net, X, y).epochs == 5
    os.close(theirs)
    assert set(errors) == {5}


def test_other_bars_do_not_wait_for_one_that_fails(net, X, y, put, monkeypatch):
    """After an exception of its stream, tqdm would keep its lock."""
    tqdm = pytest.importorskip("tqdm", reason="tqdm is not installed").tqdm
    put(Failing(RuntimeError("no"), "write", after=1))
    fitted(net, X, y, progress=True)
    thread = threading.Thread(target=lambda: tqdm(total=1, file=Minimal()).close(), daemon=True)
    thread.start()
    thread.join(60)
    assert not thread.is_alive()


def test_tqdm_starts_no_thread(net, X, y, put):
    """It would wait for that lock too, and the next bar for it."""
    pytest.importorskip("tqdm", reason="tqdm is not installed")
    before, during = set(threading.enumerate()), set()

    class Watching(Terminal):
        def write(self, text):
            during.update(threading.enumerate())
            return super().write(text)

    stream = put(Watching())
    fitted(net, X, y, progress=True)
    assert "fit: 100%" in stream.getvalue()
    assert during == before


def test_a_tqdm_that_fails_is_none(net, X, y, put, monkeypatch):
    def tqdm(**_):
        raise RuntimeError("no bars today")

    monkeypatch.setitem(sys.modules, "tqdm", types.SimpleNamespace(tqdm=tqdm))
    stream = put(Minimal())
    fitted(net, X, y, progress=True)
    assert stream.text.count("epoch") == 5


@pytest.fixture
def raised_while_shown(net, put):
    """Makes sys.stderr a terminal where a signal arrives in the midst of a write, once an epoch is
    done, whose handler raises that."""
    before = signal.getsignal(signal.SIGTERM)

    def arrange(error):
        def handler(*_):
            raise error

        class Interrupted(Terminal):
            def write(self, text):
                if net._core.epoch > 0:
                    signal.raise_signal(signal.SIGTERM)
                return super().write(text)

        signal.signal(signal.SIGTERM, handler)
        put(Interrupted())

    yield arrange
    signal.signal(signal.SIGTERM, before)


@with_and_without_tqdm
@pytest.mark.parametrize(
    "error",
    [TimeoutError("slow"), RuntimeError("no"), KeyboardInterrupt(), SystemExit(3)],
    ids=repr,
)
@pytest.mark.usefixtures("either")
def test_a_signal_ends_the_fit_also_while_a_line_is_shown(
    net, X, y, raised_while_shown, error, tmp_path
):
    path = tmp_path / "checkpoint"
    raised_while_shown(error)
    with pytest.raises(type(error)) as caught:
        net.fit(X, y, epochs=10**6, progress=True, callbacks=[fb.Checkpoint(path, every=10**7)])
    assert caught.value is error
    assert fb.load(path).parameters.tobytes() == net.parameters.tobytes()
    assert fb.load(path)._core.epoch > 0


def test_ctrl_c_in_the_stream_itself(net, X, y, put):
    put(Failing(KeyboardInterrupt(), "write", after=2))
    with pytest.raises(KeyboardInterrupt):
        fitted(net, X, y, progress=True)
