"""Copies and pickles of networks."""

import copy
import multiprocessing
import pickle
import re

import numpy as np
import pytest
from problems import labelled

import filbert as fb
from filbert import _core


def pickled(protocol):
    return lambda net: pickle.loads(pickle.dumps(net, protocol))


AGAIN = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    **{f"pickle {p}": pickled(p) for p in range(2, pickle.HIGHEST_PROTOCOL + 1)},
}


@pytest.mark.parametrize("again", AGAIN.values(), ids=AGAIN)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_same_and_independent(again, dtype, X, y):
    net = fb.Network(
        [4, 6, 5, 3], activation=["tanh", "relu"], output="softmax", dtype=dtype, rng=2**64 - 1
    )
    names = np.array(["a", "b", "c"])[y]
    net.fit(X, names, epochs=2)
    other = again(net)
    assert repr(other) == repr(net)
    assert other.dtype == net.dtype
    assert other.layers == net.layers
    assert other.classes.tolist() == ["a", "b", "c"]
    np.testing.assert_array_equal(other.parameters, net.parameters)
    before = net.parameters.copy()
    other.fit(X, names, epochs=3)
    np.testing.assert_array_equal(net.parameters, before)
    net.fit(X, names, epochs=3)  # the same key, and epochs counted on from 2
    np.testing.assert_array_equal(net.parameters, other.parameters)
    other.w[1][:] = 0
    assert net.w[1].any()


LABELS = {"strings": ["a", "bc", "€"], "integers": [-(2**63), 3, 2**63 - 1]}


@pytest.mark.parametrize("again", AGAIN.values(), ids=AGAIN)
@pytest.mark.parametrize("labels", LABELS.values(), ids=LABELS)
def test_labels(labels, again, net, X, y):
    net = labelled(net, labels)
    net.fit(X, net.classes[y])
    other = again(net)
    np.testing.assert_array_equal(other.classes, net.classes, strict=True)
    assert not other.classes.flags.writeable
    np.testing.assert_array_equal(other.predict_classes(X), net.predict_classes(X), strict=True)


def test_labels_are_in_the_bytes(net, X, y):
    net.fit(X, np.array(["a", "b", "c"])[y])  # labels of a fit, not those of a file
    for network in (net, labelled(net, [5, 6, 7])):
        state = network.__getstate__()
        assert set(state) == {"file"}
        again = _core.from_bytes(state["file"]).classes
        np.testing.assert_array_equal(again, network.classes, strict=True)


def test_a_pickle_holds_the_parameters_once():
    net = fb.Network([100, 100])
    assert len(pickle.dumps(net)) < net.parameters.nbytes + 1000


def test_attributes_of_subclasses_and_users():
    net = fb.Network([2, 1], rng=0)
    net.remark = ["mine"]
    assert copy.deepcopy(net).remark == ["mine"]
    assert copy.deepcopy(net).remark is not net.remark
    assert copy.copy(net).remark is net.remark


def test_gradients_and_traces(net, X, y):
    f = net.forward(X)
    g = net.backward(f, f.a[2])
    h = pickle.loads(pickle.dumps(g))
    np.testing.assert_array_equal(h.flat, g.flat)
    np.testing.assert_array_equal(h.x, g.x)
    np.testing.assert_array_equal(h.w[2], g.w[2])
    assert np.shares_memory(h.w[2], h.flat)
    t = net.trace(X, y)
    u = pickle.loads(pickle.dumps(t))
    np.testing.assert_array_equal(u.dC0_dw[1], t.dC0_dw[1])
    assert u.explain(layer=2, j=1, k=0, example=3) == t.explain(layer=2, j=1, k=0, example=3)


@pytest.mark.parametrize(
    "error", [fb.FormatError("x: expected"), fb.BusyError("network: expected")]
)
def test_errors(error):
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert str(again) == str(error)


def predicted(net, X):
    return net.predict(X)


def test_in_another_process(net, X):
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        np.testing.assert_array_equal(pool.apply(predicted, (net, X)), net.predict(X))


# Under which names pickles look for classes: a class may move to another file at any time.

CLASSES = [name for name in fb.__all__ if isinstance(getattr(fb, name), type)]


@pytest.mark.parametrize("name", CLASSES)
def test_public_classes_are_pickled_under_the_name_of_the_package(name):
    cls = getattr(fb, name)
    assert (cls.__module__, cls.__qualname__) == ("filbert", name)
    assert pickle.loads(pickle.dumps(cls)) is cls


def test_pickles_name_no_private_module(net, X, y):
    optimizer = fb.Adam()
    history, f = net.fit(X, y, optimizer=optimizer), net.forward(X)
    for value in (
        net,
        optimizer,
        history,
        net.layers[0],
        net.w,
        f.z,
        net.backward(f, f.a[2]),
        net.trace(X, y),
        fb.Checkpoint("a"),
        fb.FormatError("no"),
        fb.BusyError("no"),
    ):
        data = pickle.dumps(value, 2)  # which has the names of modules as text
        modules = set(re.findall(rb"c(filbert[.\w]*)\n\w+\n", data))
        assert modules <= {b"filbert", b"filbert.network", b"filbert.propagation"}, value
        assert b"filbert._" not in data, value
        assert type(pickle.loads(data)) is type(value)
