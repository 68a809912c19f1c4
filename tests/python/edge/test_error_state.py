"""numpy's error state is the caller's affair: no call looks at it, and none changes it."""

import numpy as np
import pytest
from commands import failure, run

import filbert as fb
from filbert._edge import arrays

TINY = 1e-50  # 0 in float32
FLOATS = np.finfo(np.longdouble)


def one_sigmoid(dtype="float32"):
    return fb.Network([2, 3, 1], activation="tanh", output="sigmoid", dtype=dtype, rng=0)


def tiny(*shape):
    return np.full(shape, TINY)


def set_layer(parameters, l):
    parameters[l] = np.full(parameters[l].shape, TINY)


def set_parameters(net):
    net.parameters = tiny(net.parameters.size)


def step(net):
    fb.SGD().step(net, tiny(net.parameters.size))


def load_state_dict(net):
    net.load_state_dict({name: tiny(*each.shape) for name, each in net.state_dict().items()})


def backward(net, **derivative):
    return net.backward(net.forward(np.ones((2, 2))), **derivative).flat


def validated(net, data):
    return net.fit(GOOD, LABELS, validation_data=data)["val_loss"]


GOOD, LABELS = np.ones((2, 2)), [0, 1]
CALLS = {  # what they do to a network of float32, and give
    "predict": lambda net: net.predict(tiny(2, 2)),
    "predict, one row": lambda net: net.predict([TINY, TINY]),
    "predict, a list": lambda net: net.predict([[TINY, 1.0], [2.0, TINY]]),
    "predict, long double": lambda net: net.predict(np.full((2, 2), FLOATS.tiny)),
    "predict, another layout": lambda net: net.predict(np.asfortranarray(tiny(2, 2))),
    "predict, another byte order": lambda net: net.predict(tiny(2, 2).astype(">f8")),
    "predict_classes": lambda net: net.predict_classes(tiny(2, 2)),
    "forward": lambda net: net.forward(tiny(2, 2)).a[2],
    "trace": lambda net: net.trace(tiny(2, 2), LABELS).dC0_dw[1],
    "trace, y": lambda net: net.trace(GOOD, [TINY, 1]).dC0_dw[1],
    "evaluate": lambda net: net.evaluate(tiny(2, 2), LABELS)["loss"],
    "evaluate, y": lambda net: net.evaluate(GOOD, [TINY, 1])["loss"],
    "fit": lambda net: net.fit(tiny(2, 2), LABELS)["loss"],
    "fit, y": lambda net: net.fit(GOOD, [TINY, 1])["loss"],
    "fit, validation": lambda net: validated(net, (tiny(2, 2), [TINY, 0])),
    "step": step,
    "w[l] =": lambda net: set_layer(net.w, 2),
    "b[l] =": lambda net: set_layer(net.b, 1),
    "parameters =": set_parameters,
    "load_state_dict": load_state_dict,
    "backward, dC_da": lambda net: backward(net, dC_da=[[TINY], [1]]),
    "backward, dC_dz": lambda net: backward(net, dC_dz=tiny(2, 1)),
}
STATES = ["raise", "warn", "call", "ignore"]


def refused(kind, flag):
    raise AssertionError(f"numpy called the caller's handler: {kind}")


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_what_becomes_0_is_no_error(call, state):
    expected_net, net = one_sigmoid(), one_sigmoid()
    expected = call(expected_net)
    with np.errstate(all=state, call=refused):  # warnings are errors in these tests
        given = call(net)
        assert set(np.geterr().values()) == {state}
    np.testing.assert_array_equal(given, expected)
    assert net.parameters.tobytes() == expected_net.parameters.tobytes()


@pytest.mark.parametrize("state", STATES)
def test_what_becomes_infinite_is_an_error_as_ever(state):
    net = one_sigmoid()
    before = net.parameters.tobytes()
    huge = np.array([[1.0, 1e300], [1.0, 1.0]])
    with np.errstate(all=state, call=refused):
        for call in (net.predict, net.forward, lambda X: net.fit(X, LABELS)):
            with pytest.raises(ValueError, match=r"X: .* fit in float32, got 1e\+300 at \[0, 1\]"):
                call(huge)
        with pytest.raises(ValueError, match=r"y: .* fit in float32, got 1e\+300 at \[1\]"):
            net.fit(GOOD, [0, 1e300])
        with pytest.raises(ValueError, match=r"w\[2\]: .* fit in float32, got 1e\+300 at \[0, 2\]"):
            net.w[2] = [[0, 0, 1e300]]
        with pytest.raises(ValueError, match=r"X: .* fit in float64, got .* at \[0, 0\]"):
            one_sigmoid("float64").predict(np.full((1, 2), FLOATS.max))
    assert net.parameters.tobytes() == before


@pytest.mark.parametrize("state", STATES)
def test_numbers_that_are_none(state):
    """NaN, a signaling one too, sets the flags of the processor wherever it goes."""
    signaling = np.array([0x7FA00000, 0x7FC00000], np.uint32).view(np.float32)
    classifier = fb.Network([2, 3], output="softmax", dtype="float64", rng=0)
    with np.errstate(all=state, call=refused):
        for y in ([0, np.nan], [0, np.inf], signaling):
            with pytest.raises(ValueError, match=r"y: expected (integers as )?labels"):
                classifier.fit(GOOD, y)
        with pytest.raises(ValueError, match=r"X: expected finite numbers, got nan at \[0\]"):
            classifier.predict(signaling)
        with pytest.raises(ValueError, match=r"X: expected finite numbers, got nan at \[0, 0\]"):
            classifier.predict([[signaling[0], np.float64(1)]])
        with pytest.raises(ValueError, match=r"y: expected finite numbers, got nan at \[0\]"):
            one_sigmoid("float64").fit(GOOD, signaling)


@pytest.mark.parametrize("state", STATES)
def test_products_of_a_trace(state):
    """They underflow and overflow as those of the core do."""
    net = fb.Network([1, 1], rng=0)
    net.parameters[:] = [1e-30, 0]
    relu = fb.Network([1, 1, 1], activation="relu", rng=0)
    relu.w[1][:] = 1e30
    with np.errstate(all=state, call=refused):
        np.testing.assert_array_equal(net.trace([3e-38], [1e-15]).dC0_dw[1], [[0]])
        np.testing.assert_array_equal(net.trace([3e38], [-1e30]).dC0_dw[1], [[np.inf]])
        assert "relu'(z_j)" in relu.trace([1.0], [0.0]).explain(1, 0, 0)
        for w in (-80, -95):  # sigmoid' is almost nothing
            sigmoid = fb.Network([1, 1], output="sigmoid", rng=0)
            sigmoid.w[1][:] = w
            assert "sigmoid'(z_j)" in sigmoid.trace([1.0], [0.0], loss="squared_error").explain(
                1, 0
            )


def test_options_of_any_type():
    with np.errstate(all="raise"):
        assert fb.SGD(FLOATS.tiny).learning_rate == 0
        assert fb.SGD(np.float32(1e-45)).learning_rate == float(np.float32(1e-45))


def test_the_command(saved, folder, capsys):
    (folder / "tiny.csv").write_text("1e-50,1e-320,3,4\n")
    (folder / "huge.csv").write_text("1,2,3,4\n1e-50,1e300,3,4\n")
    expected = run(capsys, "predict", "net.safetensors", "tiny.csv")
    with np.errstate(all="raise"):
        assert run(capsys, "predict", "net.safetensors", "tiny.csv") == expected
        _, message = failure(capsys, "predict", "net.safetensors", "huge.csv")
    assert "line 2, column 2: expected a number that fits in float32, got 1e+300" in message


def test_nothing_is_set_where_nothing_is_converted(monkeypatch):
    """It would take longer than a small network's forward propagation."""

    class Never:
        def __init__(self, **state):
            raise AssertionError("numpy's error state is set")

    net = one_sigmoid()
    X, g = np.ones((3, 2), np.float32), np.ones(net.parameters.size, np.float32)
    monkeypatch.setattr(arrays.np, "errstate", Never)
    net.predict(X)
    net.forward(X)
    net.predict(X[0])
    fb.SGD().step(net, g)
    net.w[1] = net.w[1].copy(order="C")
    with pytest.raises(AssertionError, match="error state is set"):
        net.predict(X.astype(float))
