"""net.snapshot(): networks that others use while one is trained, and that nobody may change."""

import copy
import pickle
import threading

import numpy as np
import pytest

import filbert as fb

RNG = np.random.default_rng(1)
X = RNG.normal(size=(64, 5)).astype(np.float32)
Y = np.arange(64) % 3


def network(dtype="float32"):
    return fb.Network([5, 8, 3], output="softmax", rng=3, dtype=dtype)


def test_a_snapshot_stays_as_it_was():
    net = network()
    net.fit(X, Y, normalize=True)
    now = net.snapshot()
    before = now.predict(X)
    assert before.tobytes() == net.predict(X).tobytes()
    assert type(now) is fb.Network
    net.fit(X, Y, epochs=3)
    assert now.predict(X).tobytes() == before.tobytes()
    assert now.predict(X).tobytes() != net.predict(X).tobytes()
    assert now.evaluate(X, Y)["loss"] > net.evaluate(X, Y)["loss"]
    assert now.snapshot().predict(X).tobytes() == before.tobytes()
    assert now.trace(X[0], Y[0]).a[2].tolist() == before[0].tolist()


REFUSED = {
    "fit": lambda net: net.fit(X, Y),
    "partial_fit": lambda net: net.partial_fit(X, Y),
    "train_one": lambda net: net.train_one(X[0], Y[0]),
    "step": lambda net: fb.SGD().step(net, np.ones_like(net.parameters)),
    "load_state_dict": lambda net: net.load_state_dict(network().state_dict()),
    "fit_many": lambda net: fb.fit_many([net], X, Y),
}


@pytest.mark.parametrize("name", REFUSED)
def test_nobody_trains_a_snapshot(name):
    now = network().snapshot()
    before = now.parameters.tobytes()
    with pytest.raises(
        ValueError, match=r"expected one that may change, got a snapshot; copy.copy"
    ):
        REFUSED[name](now)
    assert now.parameters.tobytes() == before


WRITES = {
    "an element of parameters": lambda net: net.parameters.__setitem__(0, 1.0),
    "parameters": lambda net: setattr(net, "parameters", np.zeros_like(net.parameters)),
    "an element of w": lambda net: net.w[1].__setitem__((0, 0), 1.0),
    "w": lambda net: net.w.__setitem__(1, np.zeros((8, 5))),
    "an element of b": lambda net: net.b[2].__setitem__(0, 1.0),
}


@pytest.mark.parametrize("what", WRITES)
def test_nobody_writes_to_a_snapshot(what):
    now = network().snapshot()
    before = now.parameters.tobytes()
    with pytest.raises(ValueError, match="read-only"):
        WRITES[what](now)
    assert now.parameters.tobytes() == before


def pickled(net):
    return pickle.loads(pickle.dumps(net))


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickled])
def test_copies_may_be_trained(copied):
    net = network()
    other = copied(net.snapshot())
    other.fit(X, Y)
    net.fit(X, Y)
    assert other.parameters.tobytes() == net.parameters.tobytes()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("average", [0.0, 0.9])
def test_callbacks_see_the_latest_step(dtype, average):
    net, seen = network(dtype), []

    def look(state):
        others = []  # in another thread, for which the network is in use
        thread = threading.Thread(target=lambda: others.append(net.snapshot()))
        thread.start()
        thread.join()
        assert others[0].parameters.tobytes() == net.parameters.tobytes()
        seen.append(state.epoch)

    net.fit(X, Y, epochs=4, batch_size=16, callbacks=[look], publish=2, average=average)
    assert seen == [1, 2, 3, 4]


def test_others_predict_while_it_trains():
    net = network()
    outputs, done = [set() for _ in range(4)], threading.Event()

    def predict(own):
        while not done.is_set():
            try:
                own.add(net.snapshot().predict(X[:4]).tobytes())
            except fb.BusyError:
                raise AssertionError("a fit that publishes is never in the way") from None

    failures = []
    threads = [threading.Thread(target=predict, args=(own,)) for own in outputs]
    old, threading.excepthook = threading.excepthook, failures.append
    try:
        steps = {net.predict(X[:4]).tobytes()}

        def collect(state):
            if state.epoch == 1:
                for thread in threads:
                    thread.start()
            steps.add(net.predict(X[:4]).tobytes())

        # Each epoch is one step, so that the callback sees every step.
        net.fit(X, Y, epochs=400, batch_size=64, callbacks=[collect], publish=1)
        done.set()
        for thread in threads:
            thread.join()
    finally:
        threading.excepthook = old
    assert not failures
    assert all(outputs)
    assert set.union(*outputs) <= steps


def test_without_publish_others_get_a_busy_error():
    net, errors = network(), []

    def look(state):
        def take():
            with pytest.raises(fb.BusyError):
                net.snapshot()
            errors.append(True)

        thread = threading.Thread(target=take)
        thread.start()
        thread.join()
        net.snapshot()  # the thread that trains may

    net.fit(X, Y, publish=1)
    net.fit(X, Y, callbacks=[look])
    assert errors == [True]


@pytest.mark.parametrize(
    ("publish", "error", "message"),
    [
        (0, ValueError, "publish: expected an integer >= 1, got 0"),
        (1.5, TypeError, "publish: expected an integer >= 1, got 1.5"),
        (True, TypeError, "publish: expected an integer >= 1, got True"),
    ],
)
def test_bad_input(publish, error, message):
    net = network()
    with pytest.raises(error, match=message):
        net.fit(X, Y, publish=publish)
    with pytest.raises(ValueError, match="publish: expected none with lbfgs, got some"):
        net.fit(X, Y, publish=1, optimizer=fb.LBFGS())
    assert net.parameters.tobytes() == network().parameters.tobytes()
