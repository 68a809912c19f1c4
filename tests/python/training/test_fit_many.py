"""Many networks at once: the bits, histories and errors of fits of one after another."""

import math
import pickle
import signal
import threading

import numpy as np
import pytest

import filbert as fb

RNG = np.random.default_rng(3)
X = RNG.normal(size=(90, 6)).astype(np.float32)
LABELS = (X[:, 0] + X[:, 1] * X[:, 2] > 0).astype(int) + (X[:, 3] > 1)
NAMES = np.array(["low", "middle", "high"])[LABELS]
Y = np.stack([X[:, 0] * X[:, 1], np.abs(X[:, 2])], axis=1)
FOLD = np.arange(90) % 5

# What a network, and its fit, may be asked for. `rows` and the like are in SPECS below.
CASES = [
    {},
    {"optimizer": lambda: fb.Adam(fb.schedules.Cosine(0.01, warmup=1)), "batch_size": 16},
    {"optimizer": fb.LBFGS, "epochs": 3},
    {"dropout": 0.2, "noise": 0.1, "average": 0.9},
    {"clip_norm": 0.5, "accumulate": 2, "l2": 0.001, "alpha": 0.01},
    {"normalize": True, "sample_weight": np.linspace(0.5, 2.0, 90)},
    {"normalize": "quantile", "class_weight": "balanced"},
    {"validation_data": (X[:20], LABELS[:20])},
    {"validation_split": 0.25, "shuffle": False},
    {"loss": fb.losses.CrossEntropy(label_smoothing=0.1), "layer_rates": [0.0, 1.0]},
]


def network(i, dtype="float32"):
    return fb.Network([6, 4 + i % 5, 3], output="softmax", rng=i, dtype=dtype)


def fit_arguments(case):
    given = {"epochs": 4, **case}
    if "optimizer" in given:
        given["optimizer"] = given["optimizer"]()
    return given


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("threads", [1, 2])
def test_members_are_as_alone(dtype, threads):
    order = np.random.default_rng(threads).permutation(len(CASES))
    alone = []
    for i in order:
        net = network(i, dtype)
        alone.append((net, net.fit(X, LABELS, **fit_arguments(CASES[i]))))
    specs = [{"network": network(i, dtype), **fit_arguments(CASES[i])} for i in order]
    many = fb.fit_many(specs, X, LABELS, n_threads=threads)
    for (net, history), other, of_other in zip(alone, many.networks, many.histories, strict=True):
        assert net.parameters.tobytes() == other.parameters.tobytes()
        assert history == of_other
        assert list(history) == list(of_other)
        assert net.predict(X).tobytes() == other.predict(X).tobytes()
    assert many.errors == [None] * len(CASES)
    assert many.endings == ["finished"] * len(CASES)


def test_new_networks_are_those_of_the_constructor():
    specs = [
        {"sizes": [6, 5, 3], "rng": 1},
        {"sizes": [6, 7, 7, 3], "rng": 2, "activation": "tanh", "init": "orthogonal"},
        {"sizes": [6, 3], "rng": 3, "order_rng": 9},
    ]
    many = fb.fit_many(specs, X, NAMES, output="softmax", epochs=2, batch_size=8)
    for spec, net in zip(specs, many.networks, strict=True):
        order = spec.pop("order_rng", None)
        other = fb.Network(output="softmax", **spec)
        other.fit(X, NAMES, epochs=2, batch_size=8, rng=order)
        assert net.parameters.tobytes() == other.parameters.tobytes()
        assert net.classes.tolist() == sorted(set(NAMES.tolist()))


def test_rows_are_those_of_arrays_that_were_taken_apart():
    bootstrap = np.random.default_rng(0).integers(0, 90, 90)
    weights = np.linspace(1.0, 2.0, 90)
    specs = [
        {"rows": FOLD != 1, "validation_rows": FOLD == 1, "rng": 1},
        {"rows": bootstrap, "rng": 2},
        {"rows": list(range(0, 90, 3)), "sample_weight": weights, "rng": 3},
        {"rows": FOLD != 2, "class_weight": "balanced", "normalize": "robust", "rng": 4},
    ]
    common = {"sizes": [6, 5, 3], "output": "softmax", "epochs": 3, "batch_size": 16}
    many = fb.fit_many(specs, X, LABELS, **common)
    for i, (spec, net) in enumerate(zip(specs, many.networks, strict=True)):
        rows = np.asarray(spec["rows"])
        fit = {n: spec[n] for n in ("class_weight", "normalize") if n in spec}
        if "sample_weight" in spec:
            fit["sample_weight"] = weights[rows]
        if "validation_rows" in spec:
            kept = spec["validation_rows"]
            fit["validation_data"] = (X[kept], LABELS[kept])
        other = fb.Network([6, 5, 3], output="softmax", rng=spec["rng"])
        history = other.fit(X[rows], LABELS[rows], epochs=3, batch_size=16, **fit)
        assert net.parameters.tobytes() == other.parameters.tobytes(), i
        assert many.histories[i] == history


def test_other_data_for_each():
    data = [(X[i : i + 40], Y[i : i + 40]) for i in (0, 10, 20)]
    data.append((X[:30], Y[:30], np.arange(30) + 1.0))
    specs = [{"rng": i} for i in range(4)]
    many = fb.fit_many(specs, data=data, sizes=[6, 4, 2], epochs=3)
    for i, net in enumerate(many.networks):
        other = fb.Network([6, 4, 2], rng=i)
        weights = data[i][2] if len(data[i]) == 3 else None
        history = other.fit(*data[i][:2], epochs=3, sample_weight=weights)
        assert net.parameters.tobytes() == other.parameters.tobytes()
        assert many.scores[i] == history["loss"][-1]


@pytest.mark.parametrize("monitor", ["loss", "accuracy", "val_loss", "val_accuracy"])
@pytest.mark.parametrize("best", ["first", "last"])
def test_early_stopping_is_that_of_fit(monitor, best):
    def stopping():
        return fb.EarlyStopping(monitor, patience=2, min_delta=0.01, best=best)

    fit = {"epochs": 30, "validation_data": (X[:30], LABELS[:30])}
    many = fb.fit_many(
        [network(i) for i in range(4)], X, LABELS, early_stopping=stopping(), **fit,
        optimizer=fb.Adam(0.02),
    )  # fmt: skip
    for i, net in enumerate(many.networks):
        other, own = network(i), stopping()
        history = other.fit(X, LABELS, callbacks=[own], optimizer=fb.Adam(0.02), **fit)
        assert many.histories[i] == history
        assert many.best_epochs[i] == own.best_epoch
        assert net.parameters.tobytes() == other.parameters.tobytes()
        assert many.scores[i] == history["val_loss"][own.best_epoch - 1]
        assert many.endings[i] == ("stopped" if history.epochs < 30 else "finished")


def test_one_that_diverges_is_alone_in_it():
    rates = [0.01, 1e30, 0.02]
    specs = [{"network": network(i), "learning_rate": rate} for i, rate in enumerate(rates)]
    many = fb.fit_many(specs, X, LABELS, epochs=3)
    assert [error is None for error in many.errors] == [True, False, True]
    other = network(1)
    with pytest.raises(fb.DivergedError) as error:
        other.fit(X, LABELS, epochs=3, optimizer=fb.SGD(1e30, momentum=0.9))
    assert many.errors[1] == str(error.value)
    assert many.networks[1].parameters.tobytes() == other.parameters.tobytes()
    assert many.scores[1] == math.inf
    assert many.best_index != 1
    assert many.endings == ["finished", "failed", "finished"]
    assert repr(many).endswith("1 failed)")
    assert len(many.ensemble) == 2
    with pytest.raises(ValueError, match="networks: expected one that was trained to its end"):
        _ = fb.fit_many([specs[1] | {"network": network(1)}], X, LABELS).best


def test_survivors_of_halving_are_as_uninterrupted():
    def spec(i):
        return {
            "sizes": [6, 4 + i % 3, 3],
            "rng": i,
            "optimizer": fb.Adam(fb.schedules.Cosine(0.001 * (1 + i))),
        }

    fit = {"epochs": 7, "validation_data": (X[:30], LABELS[:30])}
    many = fb.fit_many(
        [spec(i) for i in range(12)], X, LABELS, output="softmax", keep=1 / 3, every=2, **fit
    )
    epochs = [history.epochs for history in many.histories]
    assert sorted(epochs) == [2] * 8 + [4] * 3 + [7]
    assert many.endings.count("dropped") == 11
    assert many.best_index == epochs.index(7)
    assert len(many.ensemble) == 1
    for i, net in enumerate(many.networks):
        given = spec(i)
        other = fb.Network(given["sizes"], output="softmax", rng=i)

        def stop(state, last=epochs[i]):
            return state.epoch < last

        history = other.fit(X, LABELS, optimizer=given["optimizer"], callbacks=[stop], **fit)
        assert net.parameters.tobytes() == other.parameters.tobytes()
        assert many.histories[i] == history


def test_optimizers_of_specs_go_on_and_defaults_are_copied():
    own, default = fb.Adam(0.01), fb.Adam(0.01)
    nets = [network(i) for i in range(3)]
    fb.fit_many([{"network": nets[0], "optimizer": own}, *nets[1:]], X, LABELS, optimizer=default)
    assert own.steps == 3
    assert default.steps == 0


def test_what_several_members_share_is_checked_once(monkeypatch):
    from filbert._edge import arrays

    calls = []
    as_input = arrays.as_input
    monkeypatch.setattr(arrays, "as_input", lambda *a, **k: calls.append(a) or as_input(*a, **k))
    fb.fit_many([{"rng": i} for i in range(20)], X, LABELS, sizes=[6, 3], output="softmax")
    assert len(calls) == 1


def test_networks_that_are_not_trained_learn_no_names():
    net = fb.Network([6, 3], output="softmax", rng=0)
    bad = {"network": fb.Network([6, 3], output="softmax"), "learning_rate": 1e38}
    many = fb.fit_many([net, bad], X * 1e20, NAMES, normalize=False)
    assert many.endings[1] == "failed"
    assert bad["network"].classes is None
    assert net.classes is not None or many.endings[0] == "failed"


def once_busy(net, action):
    """A thread that calls action() as soon as another one trains a network. It looks without letting others run
    meanwhile, so that it is never in the way of those that train."""

    def look():
        while True:
            try:
                net._core.epoch = 0
            except fb.BusyError:
                action()
                return

    thread = threading.Thread(target=look)
    thread.start()
    return thread


def interrupt():
    signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)


@pytest.fixture
def ctrl_c():
    """Python's own handler of SIGINT, which a shell has what it starts in the background ignore."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_ends_all_of_them_and_nobody_uses_them_meanwhile():
    nets = [network(i) for i in range(3)]
    thread = once_busy(nets[0], interrupt)

    with pytest.raises(KeyboardInterrupt):
        fb.fit_many(nets, X, LABELS, epochs=10**7)
    thread.join()
    for net in nets:
        assert np.isfinite(net.parameters).all()
        net.fit(X, LABELS)  # nobody is using it any more


def test_the_result_is_data():
    many = fb.fit_many([network(i) for i in range(3)], X, LABELS, epochs=2)
    assert repr(many) == (
        f"ManyFits(3 networks, best [{many.best_index}] with score "
        f"{many.scores[many.best_index]:.4g})"
    )
    assert len(many) == 3
    assert many.scores.shape == (3,)
    assert many.best is many.networks[int(np.argmin(many.scores))]
    again = pickle.loads(pickle.dumps(many))
    assert again.scores.tolist() == many.scores.tolist()
