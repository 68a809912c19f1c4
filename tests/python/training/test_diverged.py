"""A fit that diverges ends at once and says where; one that has learned nothing says so."""

import contextlib
import math
import pickle
import warnings

import numpy as np
import pytest
from problems import RULES

import filbert as fb
from filbert import _core


def data(n=2000, scale=1.0, column=2):
    X = np.random.default_rng(0).normal(size=(n, 5)).astype(np.float32)
    y = X[:, :1].copy()
    X[:, column] *= scale
    return X, y


def make(dtype="float32"):
    return fb.Network([5, 8, 1], dtype=dtype, rng=1)


def explode(at):
    """A callback after which steps are far too long."""

    def callback(state):
        if state.epoch == at:
            state.optimizer.learning_rate = 1e30

    return callback


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("at", [1, 3])
def test_the_last_finite_epoch_is_kept(at, threads):
    fb.set_threads(threads)
    net, optimizer, kept = make(), fb.SGD(0.01, momentum=0.9), []
    with pytest.raises(fb.DivergedError) as caught:
        net.fit(
            *data(4000),
            epochs=9,
            optimizer=optimizer,
            callbacks=[lambda state: kept.append(state.network.parameters.copy()), explode(at)],
        )
    error = caught.value
    assert (error.epoch, error.kept) == (at + 1, at)
    assert error.suspect == "the learning rate"
    assert error.column is None
    assert 1 <= error.layer <= 2
    assert f"in epoch {at + 1}, step {error.step}; layer {error.layer}" in str(error)
    np.testing.assert_array_equal(net.parameters, kept[at - 1])
    assert len(kept) == at
    assert optimizer.steps == 0  # its state has led there
    optimizer.learning_rate = 0.01
    net.fit(*data(4000), optimizer=optimizer)
    assert np.isfinite(net.parameters).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("names", [None, ["a", "b", "proline", "d", "e"]])
def test_the_scale_of_a_column(dtype, names, request):
    X, y = data(scale=1e4)
    net = make(dtype)
    if names is not None:
        pandas = pytest.importorskip("pandas")
        X = pandas.DataFrame(X, columns=names)
    before = net.parameters.copy()
    with pytest.raises(fb.DivergedError) as caught:
        net.fit(X, y, epochs=50, optimizer=fb.SGD(0.1))
    named = "" if names is None else r" \('proline'\)"
    assert caught.value.column == 2
    assert caught.match(rf"the first suspect is the scale of column 2 of X{named}, \|x\| up to \d")
    assert caught.value.kept == 0
    np.testing.assert_array_equal(net.parameters, before)


@pytest.mark.parametrize("loss", ["half_squared_error", None])
def test_a_cost_of_ones_own(loss):
    def own(a, y):
        assert np.isfinite(a).all()
        return ((a - y) ** 2).sum(axis=1), 2 * (a - y)

    net = make()
    before = net.parameters.copy()
    with pytest.raises(fb.DivergedError):
        net.fit(*data(), epochs=50, loss=loss or own, optimizer=fb.SGD(1e20))
    np.testing.assert_array_equal(net.parameters, before)


@pytest.mark.parametrize("layer", [1, 2])
@pytest.mark.parametrize("optimizer", [fb.LBFGS, fb.Adam])
def test_parameters_that_are_not_finite(layer, optimizer):
    net = fb.Network([5, 4, 1], activation="tanh", rng=1)
    net.b[layer][0] = np.nan
    with pytest.raises(fb.DivergedError) as caught:
        net.fit(*data(50), epochs=3, optimizer=optimizer())
    assert (caught.value.layer, caught.value.epoch, caught.value.step) == (layer, 1, 1)


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule not in ("rprop", "lion")])
def test_no_rule_leaves_numbers_that_are_not_finite(rule):
    """Whatever the data are."""
    for scale in (1e3, 1e18, 1e37):
        net = make()
        with warnings.catch_warnings(), contextlib.suppress(fb.DivergedError):
            warnings.simplefilter("ignore", fb.TrainingWarning)
            net.fit(*data(200, scale), epochs=20, optimizer=RULES[rule]())
        assert np.isfinite(net.parameters).all()


def test_train_one():
    net = make()
    x = np.zeros(5, np.float32)
    net.train_one(x, 1.0)
    before, steps = net.parameters.copy(), net._optimizer.steps
    with pytest.raises(fb.DivergedError, match=r"column 3 of X, \|x\| up to 1e\+30"):
        net.train_one(np.array([0, 0, 0, 1e30, 0], np.float32), 1.0)
    np.testing.assert_array_equal(net.parameters, before)
    assert net._optimizer.steps == steps
    net.train_one(x, 1.0)


def test_partial_fit():
    net = make()
    X, y = data(100)
    net.partial_fit(X, y, optimizer=fb.Adam(0.01))
    before = net.parameters.copy()
    with pytest.raises(fb.DivergedError):
        net.partial_fit(X * 1e30, y)
    np.testing.assert_array_equal(net.parameters, before)
    net.partial_fit(X, y)
    assert np.isfinite(net.parameters).all()


@pytest.mark.parametrize("every", [1, 2])
def test_checkpoints_keep_what_was_finite(tmp_path, every):
    path, kept = tmp_path / "file", []
    with pytest.raises(fb.DivergedError):
        make().fit(
            *data(4000),
            epochs=9,
            callbacks=[
                fb.Checkpoint(path, every=every),
                lambda state: kept.append(state.network.parameters.copy()),
                explode(3),
            ],
        )
    np.testing.assert_array_equal(fb.load(path).parameters, kept[2 if every == 1 else 1])
    net, history = make(), None
    with pytest.raises(fb.DivergedError):  # with the learning rate of the file
        history = net.fit(*data(4000), epochs=9, resume=path, callbacks=[explode(3)])
    assert history is None


def test_short_epochs_keep_files_finite(tmp_path):
    """Where parameters are not looked at after each epoch, they are before a file is written."""
    path = tmp_path / "file"
    X, y = data(8)
    net = fb.Network([5, 300, 300, 1], rng=1)
    with pytest.raises(fb.DivergedError):
        net.fit(X, y, epochs=500, optimizer=fb.SGD(3.0), callbacks=[fb.Checkpoint(path)])
    assert np.isfinite(net.parameters).all()
    assert np.isfinite(fb.load(path).parameters).all()


def test_callbacks_are_told():
    seen = []

    class Told(fb.Callback):
        def on_end(self, state, reason):
            seen.append((reason, state.epoch, np.isfinite(state.network.parameters).all()))
            raise RuntimeError("in on_end")

    with pytest.raises(fb.DivergedError) as caught:
        make().fit(*data(4000), epochs=9, callbacks=[Told(), explode(2)])
    assert seen == [("interrupted", 2, True)]
    assert caught.value.__notes__ == [
        "While the callbacks were told of the end: RuntimeError: in on_end"
    ]


def test_infinite_validation_data_are_no_divergence():
    X, y = data(100)
    history = make().fit(X, y, epochs=2, validation_data=(X * 1e37, y))
    assert history["val_loss"] == [math.inf, math.inf] or all(map(math.isnan, history["val_loss"]))


def test_average_and_accumulate():
    for options in ({"average": 0.9}, {"accumulate": 3}, {"clip_norm": 1e30, "dropout": 0.2}):
        net, kept = make(), []
        with pytest.raises(fb.DivergedError) as caught:
            net.fit(
                *data(6000),
                epochs=9,
                callbacks=[lambda s, k=kept: k.append(s.network.parameters.copy()), explode(2)],
                **options,
            )
        np.testing.assert_array_equal(net.parameters, kept[caught.value.kept - 1])


def test_the_exception_is_pickled():
    with pytest.raises(fb.DivergedError) as caught:
        make().fit(*data(scale=1e30), epochs=2)
    error = caught.value
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is fb.DivergedError
    assert (str(again), again.__dict__) == (str(error), error.__dict__)
    assert isinstance(error, ArithmeticError)
    assert error.__cause__ is None
    assert error.__suppress_context__


# Fits that have learned nothing.


def wine():
    pytest.importorskip("sklearn", reason="scikit-learn, which has the wines, is not installed")
    from sklearn.datasets import load_wine

    return load_wine(return_X_y=True)


def test_wine_as_it_is():
    X, y = wine()
    net = fb.Network([13, 32, 3], output="softmax", rng=0)
    with pytest.warns(
        fb.TrainingWarning, match=r"the loss was .* not below 1\.086, .*normalize=True"
    ):
        net.fit(X, y, epochs=50)


def test_it_is_said_where_fit_was_called():
    X, y = wine()
    with pytest.warns(fb.TrainingWarning) as caught:
        fb.Network([13, 32, 3], output="softmax", rng=0).fit(X, y, epochs=50)
    assert caught[0].filename == __file__


@pytest.mark.parametrize("rows", [100, 95])
@pytest.mark.parametrize("epochs", [4, 5])
@pytest.mark.parametrize("loss", _core.loss_names())
def test_when_it_warns(rows, epochs, loss, recwarn):
    warns = loss in ("squared_error", "half_squared_error", "binary_cross_entropy", "poisson")
    output = {"binary_cross_entropy": "sigmoid", "poisson": "exponential", "focal": "sigmoid"}
    if loss in ("cross_entropy", "kl_divergence", "gaussian_nll"):
        return  # not with one output
    X, y = data(rows)
    y = np.sign(y) if "hinge" in loss else (y > 1).astype(float)
    net = fb.Network([5, 1], output=output.get(loss, "identity"), rng=0)
    rate = fb.SGD(1e-30)
    net.fit(
        X * (5 if loss == "poisson" else 100),
        y,
        epochs=epochs,
        batch_size=5,
        loss=loss,
        optimizer=rate,
    )
    said = [each for each in recwarn if each.category is fb.TrainingWarning]
    assert len(said) == (warns and epochs == 5 and rows == 100)


def test_what_learns_does_not_warn():
    X, y = data(200)
    fb.Network([5, 8, 1], rng=1).fit(X, y, epochs=10)
    history = fb.Network([5, 8, 3], output="softmax", rng=1).fit(
        X, np.argmax(X[:, :3], axis=1), epochs=10
    )
    assert min(history["loss"]) < math.log(3)


def test_resumed_fits_count_all_epochs(tmp_path):
    X, y = data(200)
    path = tmp_path / "file"
    net = make()
    net.fit(X, y, epochs=4, callbacks=[fb.Checkpoint(path)])
    other = make()
    other.fit(X, y, epochs=40, optimizer=None, resume=path)  # has been below it before
