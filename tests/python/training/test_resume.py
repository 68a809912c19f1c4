"""Checkpoints: a fit that goes on from one ends as if it had never stopped, bit for bit."""

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import problems
import pytest
from problems import OPTIMIZERS, SCHEDULES, labelled

import filbert as fb
from filbert import _core
from filbert._training import loop

EPOCHS = 5


def make(dtype="float32"):
    return fb.Network([20, 64, 32, 3], activation="tanh", output="softmax", dtype=dtype, rng=3)


def data(n=150):
    X = np.random.default_rng(1).normal(size=(n, 20))
    return X, np.array(["a", "b", "c"])[np.arange(n) % 3]


def fit(net, optimizer, **options):
    X, y = data()
    options = {"epochs": EPOCHS, "batch_size": 37, "validation_data": (X[:40], y[:40]), **options}
    return net.fit(X, y, optimizer=optimizer, **options)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "checkpoint.safetensors"


@pytest.fixture
def keep(monkeypatch, path):
    """Every checkpoint of a fit, by the number of its epochs."""
    kept, save = {}, _core.save_checkpoint

    def keep_too(*arguments):
        save(*arguments)
        epoch = arguments[-1].epoch
        kept[epoch] = shutil.copy(path, path.with_name(f"{epoch}"))

    monkeypatch.setattr(_core, "save_checkpoint", keep_too)
    return kept


def result(net, optimizer, history):
    """All that a fit leaves."""
    return net.__getstate__()["file"], optimizer._core.to_bytes(), dict(history)


def thorough(name):
    """Of schedules, the tables bring each into test_schedules_go_on."""
    quick = name not in SCHEDULES or name in ("cosine", "reduce_on_plateau")
    return pytest.param(name, marks=[] if quick else pytest.mark.slow)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", [thorough(name) for name in OPTIMIZERS])
def test_in_a_new_process(name, dtype, path, keep, tmp_path):
    net, optimizer = make(dtype), OPTIMIZERS[name]()
    history = fit(net, optimizer, callbacks=[fb.Checkpoint(path)])
    assert sorted(keep) == list(range(EPOCHS + 1))
    net.save(tmp_path / "expected")
    script = f"""
import sys, json
sys.path[:0] = {[str(Path(file).parent) for file in (__file__, problems.__file__)]!r}
import filbert as fb
import test_resume as t
for threads in (1, 2, 3):
    fb.set_threads(threads)
    for k in (0, 1, {EPOCHS // 2}, {EPOCHS}):
        for optimizer in (None, t.OPTIMIZERS[{name!r}]()):
            net = t.make({dtype!r})
            history = t.fit(net, optimizer, resume=f"{{sys.argv[1]}}/{{k}}")
            net.save(f"{{sys.argv[1]}}/got-{{threads}}-{{k}}-{{optimizer is None}}")
            print(json.dumps({{n: [x.hex() for x in v] for n, v in history.items()}}))
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    expected = (tmp_path / "expected").read_bytes()
    files = sorted(tmp_path.glob("got-*"))
    assert len(files) == 3 * 4 * 2
    for file in files:
        assert file.read_bytes() == expected, file.name
    histories = [json.loads(line) for line in done.stdout.splitlines()]
    assert all(h == {n: [x.hex() for x in v] for n, v in history.items()} for h in histories)
    assert set(history) == {"loss", "accuracy", "val_loss", "val_accuracy"}


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedules_go_on(name, path, keep):
    net, optimizer = make(), OPTIMIZERS[name]()
    history = fit(net, optimizer, callbacks=[fb.Checkpoint(path)])
    for epoch in range(EPOCHS):
        other, again = make(), OPTIMIZERS[name]()
        rest = fit(other, again, resume=keep[epoch])
        assert result(other, again, rest) == result(net, optimizer, history)


def test_the_optimizer_and_later_fits_go_on_too(path, keep):
    net, optimizer = make(), fb.Adam(0.01)
    fit(net, optimizer, callbacks=[fb.Checkpoint(path)])
    fit(net, optimizer, epochs=2)
    other, again = make(), fb.Adam(0.01)
    views = other.parameters
    fit(other, again, resume=keep[2])
    history = fit(other, again, epochs=2)
    assert result(other, again, history)[:2] == result(net, optimizer, history)[:2]
    np.testing.assert_array_equal(views, net.parameters)  # they show the same memory
    assert other.classes.tolist() == ["a", "b", "c"]


def test_every(path, monkeypatch):
    written, save = [], _core.save_checkpoint

    def note_too(*arguments):
        written.append(arguments[-1].epoch)
        save(*arguments)

    monkeypatch.setattr(_core, "save_checkpoint", note_too)
    fit(make(), fb.SGD(0.1), callbacks=[fb.Checkpoint(path, every=2)])
    assert written == [0, 2, 4, 5]


def test_the_history_keeps_its_order(path, keep):
    names = ["loss", "accuracy", "val_loss", "val_accuracy"]
    assert list(fit(make(), fb.SGD(0.1), callbacks=[fb.Checkpoint(path)])) == names
    for epoch, file in keep.items():
        resumed = fit(make(), None, resume=file, callbacks=[fb.Checkpoint(path)])
        assert list(resumed) == names, epoch
        assert list(_core.load_checkpoint(str(path))[3]) == names, epoch


def test_a_checkpoint_is_a_network(path):
    net = make()
    fit(net, fb.Adam(0.01), callbacks=[fb.Checkpoint(path)])
    loaded = fb.load(path)
    np.testing.assert_array_equal(loaded.parameters, net.parameters)
    assert loaded.classes.tolist() == ["a", "b", "c"]
    assert loaded._core.epoch == EPOCHS


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no timers")
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_interrupted_in_the_midst_of_an_epoch(path, threads, monkeypatch):
    """Again and again, until the fit is done."""
    fb.set_threads(threads)
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(150_000, 20)).astype(np.float32), rng.integers(0, 3, 150_000)
    options = {"epochs": 3, "batch_size": 7}
    net, optimizer = make(), fb.Adam(0.001)
    expected = net.fit(X, y, optimizer=optimizer, **options)
    other, again = make(), fb.Adam(0.001)
    interrupts, midst, resume = 0, 0, None
    while True:
        signal.signal(signal.SIGALRM, signal.default_int_handler)
        signal.setitimer(signal.ITIMER_REAL, 0.06 + 0.01 * (interrupts % 7))
        try:
            history = other.fit(
                X, y, optimizer=again, **options, callbacks=[fb.Checkpoint(path)], resume=resume
            )
            break
        except KeyboardInterrupt:
            interrupts += 1
            if path.exists():
                resume = path
                midst += _core.load_checkpoint(str(path))[2].position.batch > 0
                other, again = make(), fb.Adam(0.001)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
    assert interrupts > 0
    assert midst > 0
    assert result(other, again, history) == result(net, optimizer, expected)


def test_interrupted_in_the_report_of_an_epoch(path, monkeypatch):
    """Its batches are done, but its validation is not."""
    net, optimizer = make(), fb.SGD(0.1)
    expected = fit(net, optimizer)
    other, again, calls = make(), fb.SGD(0.1), []
    named = loop.named

    def interrupted(prefix, *numbers):
        calls.append(prefix)
        if calls.count("val_") == 3:
            raise KeyboardInterrupt
        return named(prefix, *numbers)

    with monkeypatch.context() as patch:
        patch.setattr(loop, "named", interrupted)
        with pytest.raises(KeyboardInterrupt):
            fit(other, again, callbacks=[fb.Checkpoint(path)])
    position = _core.load_checkpoint(str(path))[2].position
    assert (position.epoch, position.batch) == (2, 5)
    other, again = make(), fb.SGD(0.1)
    history = fit(other, again, resume=path)
    assert result(other, again, history) == result(net, optimizer, expected)


DIFFERENT = {
    "batch_size": {"batch_size": 5},
    "loss": {"loss": "squared_error"},
    "shuffle": {"shuffle": False},
    "rng": {"rng": 4},
    "validation_data": {"validation_data": None},
    "epochs": {"epochs": 2},
    "optimizer": {"optimizer": fb.SGD(0.2)},
    "dropout": {"dropout": [0.0, 0.5]},
    "input_dropout": {"input_dropout": 0.5},
    "noise": {"noise": 0.5},
    "clip_norm": {"clip_norm": 1.0},
    "clip_value": {"clip_value": 1.0},
    "accumulate": {"accumulate": 2},
    "max_norm": {"max_norm": 1.0},
    "l1": {"l1": 0.1},
    "l2": {"l2": [0.0, 0.0, 0.1]},
    "layer_rates": {"layer_rates": [0.0, 1.0, 1.0]},
    "bias_rates": {"bias_rates": 0.0},
    "alpha": {"alpha": 0.5},
    "average": {"average": 0.5},
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_what_differs_is_named(name, path, keep):
    fit(make(), fb.SGD(0.1), callbacks=[fb.Checkpoint(path)])
    net = make()
    before = net.parameters.copy()
    options = {"optimizer": fb.SGD(0.1), "resume": keep[3], **DIFFERENT[name]}
    with pytest.raises(ValueError, match=rf"^{name}: expected .*checkpoint"):
        fit(net, **options)
    np.testing.assert_array_equal(net.parameters, before)
    assert net.classes is None


@pytest.mark.parametrize(
    ("net", "name"),
    [
        (fb.Network([20, 64, 3], output="softmax"), "sizes"),
        (fb.Network([20, 64, 32, 3], output="softmax"), "activations"),
        (make("float64"), "dtype"),
    ],
)
def test_another_network(net, name, path, keep):
    fit(make(), fb.SGD(0.1), callbacks=[fb.Checkpoint(path)])
    with pytest.raises(ValueError, match=rf"^{name}: expected .* as in the checkpoint, got"):
        fit(net, None, resume=keep[3])


INTEGERS = [-7, 2**40, 2**63 - 1]


def numbered(labels=INTEGERS):
    """The same network and data with integers as labels."""
    X, y = data()
    return labelled(make(), labels), X, np.array(labels)[np.unique(y, return_inverse=True)[1]]


def test_integers_as_labels(path, keep):
    net, X, y = numbered()
    expected = fit_to(net, X, y, fb.SGD(0.1), callbacks=[fb.Checkpoint(path)])
    assert fb.load(keep[2]).classes.tolist() == INTEGERS
    for other in (numbered()[0], make()):  # one that knows the labels, one that learns them
        assert fit_to(other, X, y, None, resume=keep[2]) == expected
        assert other.classes.dtype == np.int64
        assert other.classes.tolist() == INTEGERS
        assert not other.classes.flags.writeable
        assert _core.to_bytes(other._core) == _core.to_bytes(net._core)
        np.testing.assert_array_equal(other.predict_classes(X), net.predict_classes(X))


def fit_to(net, X, y, optimizer, **options):
    return net.fit(
        X, y, epochs=EPOCHS, batch_size=37, optimizer=optimizer, validation_data=(X, y), **options
    )


@pytest.mark.parametrize("labels", [[-7, 2**40, 2**63 - 2], ["-7", "1099511627776", "x"]])
def test_other_labels(labels, path, keep):
    net, X, y = numbered()
    fit_to(net, X, y, fb.SGD(0.1), callbacks=[fb.Checkpoint(path)])
    other = labelled(make(), labels)
    with pytest.raises(
        ValueError, match=r"^classes: expected \[-7, .*\] as in the checkpoint, got"
    ):
        fit_to(other, X, y, None, resume=keep[2])
    plain = make()
    plain.fit(X, np.arange(150) % 3, callbacks=[fb.Checkpoint(path)])
    with pytest.raises(ValueError, match=r"^classes: expected None as in the checkpoint, got \[-7"):
        fit_to(net, X, y, None, resume=path)


def test_other_rows(path):
    fit(make(), fb.SGD(0.1), callbacks=[fb.Checkpoint(path)])
    X, y = data(149)
    with pytest.raises(ValueError, match=r"rows of X: expected 150 as in the checkpoint, got 149"):
        make().fit(X, y, epochs=9, batch_size=37, validation_data=(X, y), resume=path)


def test_what_cannot_be_written_fails_at_once(tmp_path):
    net, optimizer = make(), fb.SGD(0.1)
    before = net.parameters.copy()
    with pytest.raises(FileNotFoundError):
        fit(net, optimizer, callbacks=[fb.Checkpoint(tmp_path / "none" / "file")])
    np.testing.assert_array_equal(net.parameters, before)
    assert optimizer.steps == 0


def test_what_cannot_be_written_fails_at_once_when_resuming_too(path, tmp_path):
    fit(make(), fb.SGD(0.1), epochs=1, callbacks=[fb.Checkpoint(path)])
    net = make()
    before = net.parameters.copy()
    with pytest.raises(FileNotFoundError):
        fit(net, None, resume=path, callbacks=[fb.Checkpoint(tmp_path / "none" / "file")])
    np.testing.assert_array_equal(net.parameters, before)


def test_a_resumed_fit_writes_before_its_first_step(path, tmp_path):
    """Also if there is none to make."""
    fit(make(), fb.SGD(0.1), epochs=2, callbacks=[fb.Checkpoint(path)])
    other = tmp_path / "other"
    fit(make(), None, epochs=2, resume=path, callbacks=[fb.Checkpoint(other)])
    assert other.read_bytes() == path.read_bytes()


def test_bad_arguments(path, net):
    with pytest.raises(
        TypeError, match=r"callbacks\[0\]: expected a Callback or a function .* got"
    ):
        fit(make(), None, callbacks=[str(path)])
    with pytest.raises(TypeError, match="resume: expected a path"):
        fit(make(), None, resume=3)
    with pytest.raises(FileNotFoundError):
        fit(make(), None, resume=path)
    net.save(path)
    with pytest.raises(fb.FormatError, match="expected a checkpoint"):
        fit(make(), None, resume=path)
    with pytest.raises(ValueError, match="every: expected an integer >= 1, got 0"):
        fb.Checkpoint(path, every=0)
    assert repr(fb.Checkpoint("a", every=2)) == "Checkpoint('a', every=2)"
