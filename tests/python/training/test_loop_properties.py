"""What holds for every training, whatever the network, data and options; examples by hypothesis."""

import contextlib
import copy
import warnings

import numpy as np
import problems
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import filbert as fb
from filbert import _core

EACH = settings(derandomize=True, deadline=None, max_examples=15)
pytestmark = pytest.mark.filterwarnings("ignore::filbert.TrainingWarning")


@st.composite
def trainings(draw):
    """A network, rows, and targets that suit it."""
    sizes = [draw(st.integers(1, 12)) for _ in range(draw(st.integers(1, 3)))]
    classes = draw(st.integers(2, 5))
    net = fb.Network(
        [*sizes, classes],
        activation=draw(st.sampled_from(["tanh", "relu", "gelu", "sigmoid"])),
        output=draw(st.sampled_from(["softmax", "log_softmax"])),
        dtype=draw(st.sampled_from(["float32", "float64"])),
        rng=draw(st.integers(0, 2**64 - 1)),
    )
    n = draw(st.integers(1, 30))
    rng = np.random.default_rng(draw(st.integers(0, 1000)))
    return net, rng.normal(size=(n, sizes[0])), rng.integers(0, classes, n)


rules = st.sampled_from(sorted(problems.RULES))
dropouts = st.sampled_from(
    [{}, {"dropout": 0.3, "noise": 0.1}, {"average": 0.9}, {"clip_norm": 1.0}]
)


def state(net):
    return net.__getstate__()["file"]


@EACH
@given(trainings(), rules, st.integers(1, 4), st.integers(1, 40))
def test_n_pieces_are_a_fit_without_shuffling(training, rule, n, batch_size):
    net, X, y = training
    other, a, b = copy.copy(net), problems.RULES[rule](), problems.RULES[rule]()
    net.fit(X, y, epochs=n, batch_size=batch_size, shuffle=False, optimizer=a)
    for _ in range(n):
        other.partial_fit(X, y, batch_size=batch_size, optimizer=b)
    assert state(net) == state(other)
    assert a._core.to_bytes() == b._core.to_bytes()


@EACH
@given(trainings(), rules)
def test_one_at_a_time_is_a_batch_size_of_one(training, rule):
    net, X, y = training
    other, a, b = copy.copy(net), problems.RULES[rule](), problems.RULES[rule]()
    X = X.astype(net.dtype)
    history = net.fit(X, y, batch_size=1, shuffle=False, optimizer=a)
    costs = [other.train_one(x, label, optimizer=b) for x, label in zip(X, y, strict=True)]
    assert net.parameters.tobytes() == other.parameters.tobytes()
    total = 0.0
    for cost in costs:
        total += cost
    assert history["loss"] == [total / len(X)]


@EACH
@given(trainings(), st.permutations(range(30)))
def test_metrics_do_not_depend_on_the_order_of_rows(training, order):
    net, X, y = training
    order = [i for i in order if i < len(X)]
    names = ["f1", "balanced_accuracy", "auc", "top_2"]
    one = net.evaluate(X, y, metrics=names)
    other = net.evaluate(X[order], y[order], metrics=names)
    for name in names:
        np.testing.assert_allclose(one[name], other[name], rtol=1e-12, equal_nan=True)


@EACH
@given(st.integers(1, 6), st.integers(1, 40), st.integers(0, 10**6))
def test_a_weight_of_k_is_k_copies(classes, n, seed):
    rng = np.random.default_rng(seed)
    a = rng.uniform(size=(n, max(classes, 1)))
    y = rng.integers(0, max(classes, 2), n).astype(np.int32)
    k = rng.integers(0, 4, n)
    k[0] += 1
    output = "softmax" if classes > 1 else "sigmoid"
    targets = y if classes > 1 else y[:, None].astype(float)
    names = ["accuracy", "precision", "recall", "f1", "balanced_accuracy", "auc"]
    loss = _core.default_loss(output)
    weighted = _core.measure(names, a, targets, output, loss, k.astype(float))
    copies = np.repeat(np.arange(n), k)
    copied = _core.measure(names, a[copies], np.ascontiguousarray(targets[copies]), output, loss)
    np.testing.assert_allclose(weighted, copied, rtol=1e-12, equal_nan=True)


@EACH
@given(trainings())
def test_accuracy_is_recall_of_all(training):
    """And the first of the top k; the more of them, the higher."""
    net, X, y = training
    count = net.sizes[-1]
    values = net.evaluate(X, y, metrics=[f"top_{k}" for k in range(1, count + 1)])
    tops = [values[f"top_{k}"] for k in range(1, count + 1)]
    assert tops[0] == pytest.approx(values["accuracy"], rel=1e-12)
    assert tops == sorted(tops)
    assert tops[-1] == 1.0


@EACH
@given(trainings())
def test_metrics_change_nothing(training):
    net, X, y = training
    other = copy.copy(net)
    a = net.fit(X, y, epochs=3, metrics=["f1", "auc"], validation_data=(X, y))
    b = other.fit(X, y, epochs=3)
    assert state(net) == state(other)
    assert {name: a[name] for name in b} == dict(b)


@EACH
@given(trainings(), st.integers(1, 4), st.sampled_from(["first", "last"]), dropouts)
def test_the_best_weights_are_put_back(training, patience, best, options):
    net, X, y = training
    weights, stopping = [], fb.EarlyStopping("loss", patience=patience, best=best)

    def keep(state):
        weights.append(state.network.parameters.copy())

    options = options if len(net.sizes) > 2 or "dropout" not in options else {}
    history = net.fit(X, y, epochs=8, callbacks=[keep, stopping], **options)
    losses = history["loss"]
    lowest = [i for i, value in enumerate(losses) if value == min(losses)]
    assert stopping.best_epoch == 1 + lowest[0 if best == "first" else -1]
    assert stopping.best_value == min(losses)
    np.testing.assert_array_equal(net.parameters, weights[stopping.best_epoch - 1])
    assert len(losses) == 8 or len(losses) == 1 + lowest[0] + patience


@EACH
@given(trainings(), rules, st.integers(0, 3), dropouts, st.booleans())
def test_a_fit_that_stops_and_goes_on(tmp_path_factory, training, rule, k, options, stops):
    net, X, y = training
    path = tmp_path_factory.mktemp("resume") / "file"
    other, a, b = copy.copy(net), problems.RULES[rule](), problems.RULES[rule]()
    third = copy.copy(net)
    options = options if len(net.sizes) > 2 or "dropout" not in options else {}
    options = {**options, "epochs": 4, "batch_size": 7, "metrics": ["f1"]}

    def callbacks():
        return [fb.EarlyStopping("f1", patience=3)] if stops else []

    def halt(state):
        if state.epoch == k:
            raise TimeoutError

    def halt_at_start(state):
        raise TimeoutError

    history = net.fit(X, y, optimizer=a, callbacks=callbacks(), **options)
    checkpoint = fb.Checkpoint(path)
    with contextlib.suppress(TimeoutError):
        end = halt if k else halt_at_start
        other.fit(X, y, optimizer=b, callbacks=[*callbacks(), checkpoint, end], **options)
    optimizer = problems.RULES[rule]()
    again = third.fit(X, y, optimizer=optimizer, callbacks=callbacks(), resume=path, **options)
    assert state(third) == state(net)
    assert optimizer._core.to_bytes() == a._core.to_bytes()
    assert dict(again) == dict(history)


@EACH
@given(trainings(), rules, st.floats(1.0, 1e38), st.integers(1, 12))
def test_no_number_that_is_not_finite_stays(training, rule, rate, batch_size):
    net, X, y = training
    optimizer = problems.RULES[rule](learning_rate=rate)
    kept = [net.parameters.copy()]

    def keep(state):
        kept.append(state.network.parameters.copy())

    with warnings.catch_warnings(), contextlib.suppress(fb.DivergedError):
        warnings.simplefilter("ignore")
        net.fit(X * 10, y, epochs=6, batch_size=batch_size, optimizer=optimizer, callbacks=[keep])
    assert np.isfinite(net.parameters).all()
    assert any(np.array_equal(net.parameters, each) for each in kept)
    optimizer.learning_rate = 0.001
    net.fit(X, y, optimizer=optimizer)
    assert np.isfinite(net.parameters).all()


@EACH
@given(trainings(), st.data())
def test_what_is_refused_changes_nothing(training, data):
    net, X, y = training
    before = state(net)
    wrong = data.draw(
        st.sampled_from(
            [
                {"metrics": ["mae"]},
                {"max_seconds": 0},
                {"callbacks": [fb.EarlyStopping()]},
                {"callbacks": [fb.EarlyStopping("f1")]},
                {"callbacks": [fb.EarlyStopping("loss")] * 2},
                {"metrics": ["f1", "f1"]},
            ]
        )
    )
    with pytest.raises(ValueError, match="expected"):
        net.fit(X, y, **wrong)
    for call in (net.partial_fit, net.find_learning_rate):
        with pytest.raises(ValueError, match="y: expected"):
            call(X, y + net.sizes[-1])
    assert state(net) == before


@EACH
@given(trainings(), st.sampled_from(["squared_error", "half_squared_error", "cross_entropy"]))
def test_nothing_constant_costs_less(training, loss):
    """Than what is said to be the cost of the best constant prediction."""
    net, _, y = training
    n = len(y)
    core = fb.Network([1, net.sizes[-1]], output="softmax", dtype="float64", rng=0)
    lowest = _core.constant_cost(core._core, y.astype(np.int32), loss)
    if lowest is None:  # there is one class
        assert len(set(y)) == 1
        return
    X = np.zeros((n, 1))
    for seed in range(5):
        core.b[1][:] = np.random.default_rng(seed).normal(size=net.sizes[-1])
        assert core.evaluate(X, y, loss=loss)["loss"] >= lowest * (1 - 1e-12) - 1e-12
    shares = np.bincount(y, minlength=net.sizes[-1]) / n
    core.b[1][:] = np.log(np.maximum(shares, 1e-300))
    assert core.evaluate(X, y, loss=loss)["loss"] == pytest.approx(lowest, rel=1e-9, abs=1e-12)
