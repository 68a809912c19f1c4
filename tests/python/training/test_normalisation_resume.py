"""A fit that is interrupted and goes on learns no other normalisation, and ends with the same bytes."""

import numpy as np
import pytest

import filbert as fb

OPTIONS = {
    "plain": {},
    "targets": {"normalize_targets": True},
    "gaps": {"missing": "mean", "normalize_targets": True},
    "dropout": {"dropout": 0.3, "noise": 0.1, "normalize_targets": True},
    "average": {"average": 0.5, "missing": "mean"},
    "split": {"validation_split": 0.25, "accumulate": 2, "normalize_targets": True},
    "plateau": {"optimizer": lambda: fb.Adam(fb.schedules.ReduceOnPlateau(0.01, patience=0))},
}
EPOCHS = 4


def data(gaps):
    rng = np.random.default_rng(1)
    X = rng.normal(size=(150, 7)) * 10.0 ** np.arange(-3, 4) + 5
    if gaps:
        X[::6, 3] = np.nan
    return X, rng.normal(size=(150, 2)) * 30 - 4


def make(dtype):
    return fb.Network([7, 12, 2], activation="tanh", dtype=dtype, rng=3)


class Ends(fb.Callback):
    """Ends the fit after some epochs."""

    def __init__(self, epochs):
        self.epochs = epochs

    def on_epoch_end(self, state):
        if state.epoch == self.epochs:
            raise KeyboardInterrupt


def fit(net, name, kind, **more):
    options = dict(OPTIONS[name])
    optimizer = options.pop("optimizer", lambda: fb.SGD(0.02, momentum=0.9))()
    X, y = data("missing" in options)
    history = net.fit(
        X, y, epochs=EPOCHS, batch_size=16, normalize=kind, optimizer=optimizer, **options, **more
    )
    return net.__getstate__()["file"], dict(history), net.predict(X).tobytes()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kind", [False, True, "robust", "quantile"])
@pytest.mark.parametrize("name", OPTIONS)
def test_byte_equal(name, kind, dtype, tmp_path):
    path = tmp_path / "checkpoint"
    expected = fit(make(dtype), name, kind)
    for epochs in (1, 3):
        net = make(dtype)
        with pytest.raises(KeyboardInterrupt):
            fit(net, name, kind, callbacks=[Ends(epochs), fb.Checkpoint(path)])
        held = fb.load(path).normalisation
        again = make(dtype)
        assert again.normalisation is None
        assert fit(again, name, kind, resume=path) == expected
        assert repr(held) == repr(again.normalisation) == repr(net.normalisation)


def test_another_kind_is_refused(tmp_path):
    path = tmp_path / "checkpoint"
    fit(make("float32"), "plain", "robust", callbacks=[fb.Checkpoint(path)])
    net = make("float32")
    with pytest.raises(ValueError, match="'robust', which the network has learnt, got 'standard'"):
        fit(net, "plain", "standard", resume=path)
    assert net.normalisation is None
    fit(net, "plain", True, resume=path)
    assert net.normalisation.kind == "robust"


def test_what_a_fit_that_does_not_begin_had(tmp_path):
    """The network of before is put back, with its normalisation or without one."""
    path = tmp_path / "checkpoint"
    fit(make("float32"), "targets", "robust", callbacks=[fb.Checkpoint(path)])

    class Refuses(fb.Callback):
        def on_start(self, state):
            raise RuntimeError("no")

    for known in (False, True):
        net = make("float32")
        fit(net, "plain", known)
        before = net.__getstate__()["file"]
        with pytest.raises(RuntimeError, match="no"):
            fit(net, "targets", True, resume=path, callbacks=[Refuses()])
        assert net.__getstate__()["file"] == before
