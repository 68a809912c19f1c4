"""What a fit writes elsewhere, how long it may take, and what a history can be made of."""

import csv
import json
import math
import sys
import types

import numpy as np
import pytest

import filbert as fb


def make():
    return fb.Network([4, 3], output="softmax", rng=1)


def data():
    X = np.random.default_rng(0).normal(size=(12, 4)).astype(np.float32)
    return X, np.arange(12) % 3


def read(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_csv_log(tmp_path):
    path, X, y = tmp_path / "run.csv", *data()
    seen = []

    def look(state):
        seen.append(len(read(path)))

    log = fb.CSVLog(path)
    history = make().fit(
        X, y, epochs=3, metrics=["f1"], validation_data=(X, y), callbacks=[log, look]
    )
    lines = read(path)
    assert list(lines[0]) == ["epoch", *history]
    assert [line["epoch"] for line in lines] == ["1", "2", "3"]
    for name, numbers in history.items():
        assert [float(line[name]) for line in lines] == numbers
    assert seen == [1, 2, 3]  # each line is there at once
    make().fit(X, y, callbacks=[log])  # begins anew
    assert len(read(path)) == 1
    assert repr(log) == f"CSVLog({str(path)!r})"
    assert log.path == str(path)


@pytest.mark.parametrize("every", [1, 2])
def test_csv_log_of_a_fit_that_resumes(tmp_path, every):
    path, file, X, y = tmp_path / "run.csv", tmp_path / "file", *data()
    whole = tmp_path / "whole.csv"
    make().fit(X, y, epochs=6, callbacks=[fb.CSVLog(whole)])

    class Dies(fb.Callback):  # as a process does
        def on_epoch_end(self, state):
            if state.epoch == 3:
                state._saves.clear()
                raise RuntimeError

    with pytest.raises(RuntimeError):
        make().fit(
            X, y, epochs=6, callbacks=[fb.CSVLog(path), Dies(), fb.Checkpoint(file, every=every)]
        )
    assert len(read(path)) == 3
    make().fit(X, y, epochs=6, resume=file, callbacks=[fb.CSVLog(path)])
    assert path.read_bytes() == whole.read_bytes()
    make().fit(X, y, epochs=6, resume=file, callbacks=[fb.CSVLog(tmp_path / "new.csv")])
    assert [line["epoch"] for line in read(tmp_path / "new.csv")][-1] == "6"


def test_csv_log_refuses(tmp_path):
    file, X, y = tmp_path / "file", *data()
    make().fit(X, y, callbacks=[fb.Checkpoint(file)])
    net = make()
    before = net.parameters.copy()
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match="path: expected a file with the first line 'epoch,loss"):
        net.fit(X, y, epochs=2, resume=file, callbacks=[fb.CSVLog(tmp_path / "other.csv")])
    with pytest.raises(OSError, match="none"):
        net.fit(X, y, callbacks=[fb.CSVLog(tmp_path / "none" / "run.csv")])
    for wrong, error in ((3, TypeError), ("", OSError), ("a\0b", ValueError)):
        with pytest.raises(error):
            fb.CSVLog(wrong)
    np.testing.assert_array_equal(net.parameters, before)
    assert (tmp_path / "other.csv").read_text() == "a,b\n1,2\n"


@pytest.mark.parametrize("module", ["tensorboardX", "torch.utils.tensorboard"])
def test_tensorboard(module, monkeypatch, tmp_path):
    calls = []

    class SummaryWriter:
        def __init__(self, logdir, purge_step):
            calls.append(("open", logdir, purge_step))

        def add_scalar(self, name, value, step):
            calls.append((name, value, step))

        def flush(self):
            calls.append("flush")

        def close(self):
            calls.append("close")

    for name in ("tensorboardX", "torch.utils.tensorboard"):
        monkeypatch.setitem(sys.modules, name, None)
    fake = types.SimpleNamespace(SummaryWriter=SummaryWriter)
    monkeypatch.setitem(sys.modules, module, fake)
    X, y = data()
    board = fb.TensorBoard(tmp_path / "run")
    history = make().fit(X, y, epochs=2, callbacks=[board])
    numbers = [
        [*((name, values[i], i + 1) for name, values in history.items()), "flush"] for i in (0, 1)
    ]
    assert calls == [("open", str(tmp_path / "run"), 1), *numbers[0], *numbers[1], "close"]
    assert repr(board) == f"TensorBoard({board.logdir!r})"


def test_without_tensorboard(monkeypatch, tmp_path):
    for name in ("tensorboardX", "torch.utils.tensorboard"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match="TensorBoard: expected tensorboardX, or torch"):
        fb.TensorBoard(tmp_path)


def test_history():
    X, y = data()
    history = make().fit(X, y, epochs=3, validation_data=(X, y))
    assert len(history.seconds) == 3
    assert all(0 < seconds < 60 for seconds in history.seconds)
    assert "seconds" not in history
    copied = history.to_dict()
    assert type(copied) is dict
    assert copied == history
    copied["loss"].append(0.0)
    assert history.epochs == 3
    assert history.copy().seconds == history.seconds
    json.dumps(history.to_dict())


def test_history_of_pandas(monkeypatch):
    pandas = pytest.importorskip("pandas")
    history = make().fit(*data(), epochs=3)
    frame = history.to_pandas()
    assert isinstance(frame, pandas.DataFrame)
    assert frame.index.name == "epoch"
    assert frame.index.tolist() == [1, 2, 3]
    assert {name: frame[name].tolist() for name in frame} == dict(history)
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r"History.to_pandas: expected pandas to be installed"):
        history.to_pandas()


def test_seconds_of_a_fit_that_resumes(tmp_path):
    path, X, y = tmp_path / "file", *data()
    make().fit(X, y, epochs=2, callbacks=[fb.Checkpoint(path)])
    history = make().fit(X, y, epochs=3, resume=path)
    assert list(map(math.isnan, history.seconds)) == [True, True, False]


class Clock:
    """Ends the time that a fit may take after so many questions."""

    def __init__(self):
        self.reasons = []

    def on(self):
        clock = self

        class Told(fb.Callback):
            def on_end(self, state, reason):
                clock.reasons.append((reason, state.epoch))

        return Told()


def test_max_seconds(tmp_path):
    """A fit that would take for ever ends, and can go on."""
    path, clock = tmp_path / "file", Clock()
    X, y = data()
    net, optimizer = make(), fb.SGD(0.01)
    history = net.fit(
        X,
        y,
        epochs=10**9,
        optimizer=optimizer,
        max_seconds=0.2,
        callbacks=[clock.on(), fb.Checkpoint(path, every=10**6)],
    )
    assert 0 < history.epochs < 10**8
    assert clock.reasons == [("stopped", history.epochs)]
    other = make()
    done = history.epochs + 2
    again = other.fit(X, y, epochs=done, resume=path)
    third = make()
    expected = third.fit(X, y, epochs=done, optimizer=fb.SGD(0.01))
    assert dict(again) == dict(expected)
    assert other.parameters.tobytes() == third.parameters.tobytes()


@pytest.mark.usefixtures("keep_isa")
def test_max_seconds_in_the_midst_of_an_epoch(tmp_path):
    fb.set_isa("reference")
    path = tmp_path / "file"
    net, optimizer = fb.Network([200, 400, 10], output="softmax", rng=0), fb.SGD(0.001)
    X, y = np.ones((1, 200), np.float32), np.zeros(1, np.int32)
    X, y = np.repeat(X, 200_000, axis=0), np.repeat(y, 200_000)
    history = net.fit(
        X, y, batch_size=10, optimizer=optimizer, max_seconds=0.3, callbacks=[fb.Checkpoint(path)]
    )
    assert history.epochs == 0
    assert 0 < optimizer.steps < 20_000
    np.testing.assert_array_equal(fb.load(path).parameters, net.parameters)


@pytest.mark.parametrize("value", [math.inf, 1e300, None])
def test_much_time(value):
    assert make().fit(*data(), epochs=3, max_seconds=value).epochs == 3


def test_no_time_at_all():
    """It ends after an epoch at the latest; validation and callbacks see that one."""
    assert make().fit(*data(), epochs=3, max_seconds=1e-300).epochs <= 1
