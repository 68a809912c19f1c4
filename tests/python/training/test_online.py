"""Training on data that come in pieces: partial_fit and train_one."""

import copy
import pickle
import threading

import numpy as np
import pytest
from problems import RULES, other_schedule

import filbert as fb


def make(sizes=(6, 9, 3), output="softmax", dtype="float32"):
    return fb.Network(sizes, activation="tanh", output=output, dtype=dtype, rng=3)


def data(n=40, width=6, classes=3):
    X = np.random.default_rng(1).normal(size=(n, width)).astype(np.float32)
    return X, np.arange(n) % classes


def everything(net, optimizer):
    return net.__getstate__()["file"], optimizer._core.to_bytes()


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_n_calls_are_a_fit_of_n_epochs(rule, dtype):
    X, y = data()
    net, one, optimizer, other = make(dtype=dtype), make(dtype=dtype), RULES[rule](), RULES[rule]()
    history = net.fit(X, y, epochs=3, batch_size=7, shuffle=False, optimizer=optimizer)
    results = [one.partial_fit(X, y, batch_size=7, optimizer=other) for _ in range(3)]
    assert everything(net, optimizer) == everything(one, other)
    assert results == [{name: v[i] for name, v in history.items()} for i in range(3)]


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_train_one_is_partial_fit_of_a_row(rule, dtype):
    X, y = data()
    X = X.astype(dtype)
    net, one, optimizer, other = make(dtype=dtype), make(dtype=dtype), RULES[rule](), RULES[rule]()
    for i in range(20):
        cost = net.train_one(X[i], y[i], optimizer=optimizer)
        assert type(cost) is float
        assert one.partial_fit(X[i : i + 1], y[i : i + 1], optimizer=other)["loss"] == cost
    assert everything(net, optimizer) == everything(one, other)


TARGETS = {
    "softmax": [2, np.int8(2), np.int64(2), np.uint8(2), 2.0, [0.0, 0.5, 0.5], np.array(2)],
    "identity": [[0.5, 1, 2], np.array([0.5, 1, 2], np.float32), np.array([0.5, 1, 2])],
    "sigmoid": [1, [0.0, 1.0, 1.0], np.array([0.25, 0.5, 1.0], np.float32)],
}


@pytest.mark.parametrize(
    ("output", "y"), [(output, y) for output, values in TARGETS.items() for y in values]
)
@pytest.mark.parametrize("row", ["ready", "list", "double", "strided"])
def test_whatever_form_they_have(output, y, row):
    x = np.linspace(-1, 1, 6, dtype=np.float32)
    forms = {
        "ready": x,
        "list": x.tolist(),
        "double": x.astype(np.float64),
        "strided": np.repeat(x, 2)[::2],
    }
    net, one = make(output=output), make(output=output)
    for _ in range(2):
        cost = net.train_one(forms[row], y)
        rows = np.array(y)[None]
        assert one.partial_fit(x[None], rows)["loss"] == cost
    assert net.parameters.tobytes() == one.parameters.tobytes()


@pytest.mark.parametrize(
    "y",
    [1, True, 0.25, np.float32(0.25), np.float64(0.25), [0.25], "b"],
    ids=lambda y: type(y).__name__,
)
def test_one_sigmoid(y):
    x = np.linspace(-1, 1, 6, dtype=np.float32)
    net, one = make((6, 4, 1), "sigmoid"), make((6, 4, 1), "sigmoid")
    if y == "b":
        net._core.classes = one._core.classes = ["a", "b"]
    for _ in range(2):
        assert one.partial_fit(x[None], np.array([y]).reshape(1, -1)[:, 0])["loss"] == (
            net.train_one(x, y)
        )
    assert net.parameters.tobytes() == one.parameters.tobytes()


@pytest.mark.parametrize("loss", ["hinge", "poisson", fb.losses.Huber(0.5), "quantile"])
def test_losses(loss):
    output = "exponential" if loss == "poisson" else "identity"
    x = np.linspace(-1, 1, 6, dtype=np.float32)
    net, one = make((6, 4, 1), output), make((6, 4, 1), output)
    for y in (1.0, 1.0, 1):
        assert net.train_one(x, y, loss=loss) == one.partial_fit(x[None], [y], loss=loss)["loss"]
    assert net.parameters.tobytes() == one.parameters.tobytes()


def test_a_loss_of_ones_own():
    def half(a, y):
        return ((a - y) ** 2).sum(axis=1) / 2, a - y

    x = np.linspace(-1, 1, 6, dtype=np.float32)
    net, one = make(output="identity"), make(output="identity")
    for _ in range(2):
        cost = net.train_one(x, [1.0, 2.0, 3.0], loss=half)
        assert cost == pytest.approx(one.train_one(x, [1.0, 2.0, 3.0], loss="half_squared_error"))


def test_the_optimizer_is_kept():
    X, y = data()
    net, one, adam = make(), make(), fb.Adam(0.01)
    net.partial_fit(X, y, optimizer=adam)
    net.train_one(X[0], 1)
    net.train_one(X[1], 1)
    net.partial_fit(X, y)
    assert adam.steps == 2 + 1 + 1 + 2
    other = fb.Adam(0.01)
    one.partial_fit(X, y, optimizer=other)
    for i in (0, 1):
        one.train_one(X[i], 1, optimizer=other)
    one.partial_fit(X, y, optimizer=other)
    assert everything(net, adam) == everything(one, other)
    fresh = fb.SGD(0.1)
    net.train_one(X[0], 1, optimizer=fresh)
    net.train_one(X[0], 1)
    assert fresh.steps == 2
    assert adam.steps == 6


def test_another_optimizer_or_loss_between_two_steps():
    X, y = data()
    net, one = make(), make()
    adam, sgd = fb.Adam(0.01), fb.SGD(0.1)
    other_adam, other_sgd = fb.Adam(0.01), fb.SGD(0.1)
    for i in range(12):
        net.train_one(X[i], y[i], optimizer=(adam, sgd)[i % 2], loss=(None, "focal")[i // 2 % 2])
        one.partial_fit(
            X[i : i + 1],
            y[i : i + 1],
            optimizer=(other_adam, other_sgd)[i % 2],
            loss=(None, "focal")[i // 2 % 2],
        )
    assert everything(net, adam) == everything(one, other_adam)
    assert everything(net, sgd) == everything(one, other_sgd)


def test_other_uses_between_two_steps(tmp_path):
    """A fit that resumes gives the optimizer state of another place in memory."""
    X, y = data()
    net, adam = make(), fb.Adam(0.01)
    net.train_one(X[0], 0, optimizer=adam)
    path = tmp_path / "file"
    net.fit(X, y, epochs=2, optimizer=adam, callbacks=[fb.Checkpoint(path)])
    net.fit(X, y, epochs=3, optimizer=adam, resume=path)
    net.train_one(X[0], 0)
    net.load_state_dict(make().state_dict())
    net.train_one(X[0], 0)
    net.parameters[:] = make().parameters
    cost = net.train_one(X[0], 0)
    assert cost == make().partial_fit(X[:1], [0])["loss"]


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))]
)
def test_copies_go_on(copied):
    X, y = data()
    net = make()
    net.partial_fit(X, y, optimizer=fb.Adam(0.01))
    net.train_one(X[0], 0)
    other = copied(net)
    assert other._optimizer is not net._optimizer
    for each in (net, other):
        each.train_one(X[1], 1)
        each.partial_fit(X, y)
    assert everything(net, net._optimizer) == everything(other, other._optimizer)


def test_files_do_not(tmp_path):
    X, y = data()
    net = make()
    net.partial_fit(X, y, optimizer=fb.Adam(0.01))
    net.save(tmp_path / "file")
    loaded = fb.load(tmp_path / "file")
    assert loaded._optimizer is None
    loaded.partial_fit(X, y)
    assert repr(loaded._optimizer) == repr(fb.SGD(0.01, momentum=0.9))


def test_schedules_are_their_rate():
    X, y = data()
    schedule = fb.schedules.Cosine(0.3, warmup=2)
    nets = [make(), make()]
    for net, rate in zip(nets, (schedule, 0.3), strict=True):
        for _ in range(2):
            net.partial_fit(X, y, optimizer=net._optimizer or fb.SGD(rate))
        net.train_one(X[0], 0)
    assert nets[0].parameters.tobytes() == nets[1].parameters.tobytes()
    plateau = other_schedule("reduce_on_plateau")
    make().partial_fit(X, y, optimizer=fb.SGD(plateau))


def test_lbfgs():
    X, y = data()
    net, one, a, b = make(), make(), fb.LBFGS(), fb.LBFGS()
    net.fit(X, y, epochs=2, optimizer=a, shuffle=False)
    for _ in range(2):
        one.partial_fit(X, y, optimizer=b)
    assert net.parameters.tobytes() == one.parameters.tobytes()
    with pytest.raises(ValueError, match="optimizer: expected a rule for one step, got lbfgs"):
        one.train_one(X[0], 0)


def test_strings_as_labels():
    X, _ = data()
    net = make()
    with pytest.raises(ValueError, match="y: expected 3 different labels"):
        net.partial_fit(X[:2], ["a", "b"])
    net.partial_fit(X[:3], ["b", "a", "c"])
    assert net.classes.tolist() == ["a", "b", "c"]
    net.partial_fit(X[:1], ["c"])
    one = copy.copy(net)
    assert net.train_one(X[0], "b") == one.partial_fit(X[:1], ["b"])["loss"]
    with pytest.raises(ValueError, match="y: expected the labels 'a', 'b', 'c', got 'd'"):
        net.train_one(X[0], "d")


BAD = [
    ("x", np.zeros(5, np.float32), 0, ValueError, r"x: expected shape .*\(6,\), got \(5,\)"),
    ("x", np.zeros((1, 6), np.float32), 0, ValueError, r"x: expected shape \(6,\), one row"),
    ("x", np.full(6, np.nan, np.float32), 0, ValueError, "x: expected finite numbers, got nan"),
    ("x", None, 0, TypeError, "x: expected an array of numbers, got None"),
    ("x", "abcdef", 0, TypeError, "x: expected"),
    ("y", np.zeros(6, np.float32), 3, ValueError, r"y: expected labels in 0 \.\. 2, got 3"),
    ("y", np.zeros(6, np.float32), -1, ValueError, r"y: expected labels in 0 \.\. 2, got -1"),
    ("y", np.zeros(6, np.float32), 2**70, TypeError, "y: expected numbers or strings"),
    ("y", np.zeros(6, np.float32), 0.5, ValueError, "y: expected integers as labels"),
    ("y", np.zeros(6, np.float32), None, TypeError, "y: expected an array of numbers, got None"),
    ("y", np.zeros(6, np.float32), "a", ValueError, "y: expected integers, as no fit has learned"),
    ("y", np.zeros(6, np.float32), [0.5, 0.5], ValueError, "y: expected a label or shape"),
    ("y", np.zeros(6, np.float32), [0.5, 0.5, 0.5], ValueError, "y: expected .* sum"),
    ("y", np.zeros(6, np.float32), [1.5, -0.5, 0], ValueError, "y: expected"),
]


@pytest.mark.parametrize(("name", "x", "y", "error", "message"), BAD)
def test_bad_input(name, x, y, error, message):
    net = make()
    before = net.parameters.tobytes()
    for _ in range(2):  # at first, and when there is something to go on with
        with pytest.raises(error, match=message) as caught:
            net.train_one(x, y)
        assert str(caught.value).startswith(f"{name}:")
        assert net.parameters.tobytes() == before
        net.train_one(np.zeros(6, np.float32), 0)
        before = net.parameters.tobytes()


def test_a_call_that_is_refused_changes_nothing():
    X, y = data()
    net, other = make(), make()
    theirs = fb.Adam(0.01)
    other.partial_fit(X, y, optimizer=theirs)
    mine = fb.SGD(0.1)
    net.partial_fit(X, y, optimizer=mine)
    before = net.parameters.tobytes()
    for call in (net.partial_fit, lambda *_, **options: net.train_one(X[0], 0, **options)):
        with pytest.raises(ValueError, match="belongs to another network"):
            call(X, y, optimizer=theirs)
        with pytest.raises(TypeError, match="optimizer: expected SGD"):
            call(X, y, optimizer="adam")
        with pytest.raises(ValueError, match="loss: expected"):
            call(X, y, loss="l2")
        assert net._optimizer is mine
        assert net.parameters.tobytes() == before


def test_busy(net, X, y):
    """Another thread trains the network."""
    begun, end = threading.Event(), threading.Event()

    def wait(state):
        begun.set()
        end.wait()

    thread = threading.Thread(target=net.fit, args=(X, y), kwargs={"callbacks": [wait]})
    thread.start()
    begun.wait()
    try:
        for call in (lambda: net.train_one(X[0], 0), lambda: net.partial_fit(X, y)):
            with pytest.raises(fb.BusyError):
                call()
    finally:
        end.set()
        thread.join()
    assert net._optimizer is None
    net.train_one(X[0], 0)


def test_subclasses_have_their_own_attributes():
    class Mine(fb.Network):
        name = "mine"

    net = Mine([6, 3], output="softmax")
    net.note = [1]
    net.train_one(np.zeros(6, np.float32), 0)
    assert copy.copy(net).note is net.note
    assert type(copy.copy(net)) is Mine
    assert copy.deepcopy(net).note == [1]
