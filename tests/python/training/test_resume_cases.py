"""A fit that goes on from a checkpoint, with all that a fit may have: the same bytes each time."""

import itertools
import shutil

import numpy as np
import pytest
from problems import OPTIMIZERS

import filbert as fb
from filbert import _core

EPOCHS = 6
SIZES = [5, 12, 7, 3]
X = np.random.default_rng(1).normal(size=(64, 5))
Y = np.array(["a", "b", "c"])[np.arange(64) % 3]
METRICS = ["f1", "auc", "top_2"]


class Halves(fb.Callback):
    """A callback that changes the weights, from the epoch alone."""

    def on_epoch_end(self, state):
        if state.epoch % 2 == 0:
            state.network.parameters[::7] *= 0.5


# What a fit may have beside its optimizer: (arguments of fit, callbacks).
KINDS = {
    "plain": ({}, lambda folder: []),
    "validation": ({"validation_data": (X[:20], Y[:20]), "metrics": METRICS}, lambda folder: []),
    "metrics": ({"metrics": METRICS}, lambda folder: [fb.CSVLog(folder / "log.csv")]),
    "dropout": ({"dropout": 0.3, "input_dropout": 0.1, "noise": 0.1}, lambda folder: []),
    "early": (
        {"validation_data": (X[:20], Y[:20])},
        lambda folder: [fb.EarlyStopping(patience=9)],
    ),
    "early, stops": (
        {"validation_data": (X[:20], Y[:20]), "metrics": METRICS},
        lambda folder: [fb.EarlyStopping("val_auc", patience=2, best="last")],
    ),
    "early, average": (
        {"average": 0.8, "dropout": [0.2, 0.0]},
        lambda folder: [fb.EarlyStopping("accuracy", patience=2), Halves()],
    ),
    "all": (
        {
            "validation_data": (X[:20], Y[:20]),
            "metrics": METRICS,
            "dropout": 0.2,
            "clip_norm": 1.0,
            "accumulate": 2,
            "max_norm": 3.0,
            "average": 0.5,
            "l1": 1e-4,
            "layer_rates": [0.5, 1.0, 1.0],
        },
        lambda folder: [
            fb.EarlyStopping("val_f1", patience=3, min_delta=1e-3),
            fb.CSVLog(folder / "log.csv"),
            Halves(),
        ],
    ),
}


def make(dtype):
    return fb.Network(SIZES, activation="tanh", output="softmax", dtype=dtype, rng=3)


def fit(net, optimizer, kind, folder, *more, **options):
    arguments, callbacks = KINDS[kind]
    folder.mkdir(exist_ok=True)
    return net.fit(
        X,
        Y,
        epochs=EPOCHS,
        batch_size=17,
        optimizer=optimizer,
        callbacks=[*callbacks(folder), *more],
        **arguments,
        **options,
    )


def result(net, optimizer, history, folder):
    """All that a fit leaves."""
    files = {file.name: file.read_bytes() for file in sorted(folder.glob("*.csv"))}
    return net.__getstate__()["file"], optimizer._core.to_bytes(), dict(history), files


def cases():
    """All pairs; every seventh of them belongs to the quick set."""
    pairs = itertools.product(OPTIMIZERS, KINDS)
    for i, (optimizer, kind) in enumerate(pairs):
        dtype = ("float32", "float64")[(i // 7) % 2]
        marks = [] if i % 17 == 0 else pytest.mark.slow
        yield pytest.param(optimizer, kind, dtype, marks=marks, id=f"{kind}, {optimizer}, {dtype}")


@pytest.mark.filterwarnings("ignore::filbert.TrainingWarning")
@pytest.mark.parametrize(("name", "kind", "dtype"), list(cases()))
def test_from_every_epoch(name, kind, dtype, tmp_path, monkeypatch):
    kept, save = {}, _core.save_checkpoint

    def keep_too(*arguments):
        save(*arguments)
        epoch = arguments[-1].epoch
        kept[epoch] = shutil.copy(arguments[3], tmp_path / f"{epoch}")

    net, optimizer = make(dtype), OPTIMIZERS[name]()
    with monkeypatch.context() as patch:
        patch.setattr(_core, "save_checkpoint", keep_too)
        history = fit(net, optimizer, kind, tmp_path / "a", fb.Checkpoint(tmp_path / "file"))
    expected = result(net, optimizer, history, tmp_path / "a")
    assert len(kept) == history.epochs + 1
    for epoch, path in kept.items():
        other, again, folder = make(dtype), OPTIMIZERS[name](), tmp_path / f"folder {epoch}"
        if (tmp_path / "a" / "log.csv").exists():  # as it was when the fit was interrupted
            folder.mkdir()
            lines = (tmp_path / "a" / "log.csv").read_text().splitlines(keepends=True)
            (folder / "log.csv").write_text("".join(lines[: epoch + 2]))
        rest = fit(other, again, kind, folder, resume=path)
        assert result(other, again, rest, folder) == expected, epoch
