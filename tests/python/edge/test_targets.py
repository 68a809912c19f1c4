"""Targets of outputs that are in [0, 1]: what is refused, and how much rounding is allowed for."""

import numpy as np
import problems
import pytest

import filbert as fb

X = np.linspace(-1, 1, 12).reshape(6, 2)
ROWS = np.eye(3)[np.arange(6) % 3]
CALLS = {
    "fit": lambda net, y, loss: net.fit(X, y, loss=loss),
    "evaluate": lambda net, y, loss: net.evaluate(X, y, loss=loss),
    "trace": lambda net, y, loss: net.trace(X, y, loss=loss),
    "validation_data": lambda net, y, loss: net.fit(
        X, y * np.array(0), loss=loss, validation_data=(X, y)
    ),
}
SQUARED = ["squared_error", "half_squared_error"]


def with_value(array, index, value):
    result = np.array(array, dtype=float)
    result[index] = value
    return result


ONE = (
    r"; pass 0 and 1, labels as strings, or Network\(\.\.\., classes=\[\.\.\.\]\); other values need "
    r"another output, such as identity"
)
SEVERAL = (
    r"; pass labels 0 \.\. 2, or rows of numbers in \[0, 1\]; other values need another output"
)
OUTSIDE = {
    "1 and 2": ("sigmoid", 1, 1 + np.arange(6) % 2, r"2 at \[1\]" + ONE),
    "-1 and 1": ("sigmoid", 1, np.arange(6) % 2 * 2.0 - 1, r"-1\.0 at \[0\]" + ONE),
    "a column": ("sigmoid", 1, np.array([[0, 1, 0, 1, 3, 1]]).T, r"3 at \[4, 0\]" + ONE),
    "a bit large": ("sigmoid", 1, with_value(np.ones(6), 4, 1.00001), r"1\.00001 at \[4\]" + ONE),
    "a bit small": ("sigmoid", 1, with_value(np.ones(6), 3, -1e-5), r"-1e-05 at \[3\]" + ONE),
    "0 and 255": ("sigmoid", 3, ROWS * 255, r"255\.0 at \[0, 0\]" + SEVERAL),
    "several": ("sigmoid", 3, with_value(ROWS, (4, 2), -3), r"-3\.0 at \[4, 2\]" + SEVERAL),
    "softmax": ("softmax", 3, with_value(ROWS, (2, 1), 7), r"7\.0 at \[2, 1\]" + SEVERAL),
    "counts": ("softmax", 3, ROWS.astype(int) * 2, r"2 at \[0, 0\]" + SEVERAL),
}


@pytest.mark.parametrize(("output", "n_out", "y", "message"), OUTSIDE.values(), ids=OUTSIDE)
@pytest.mark.parametrize("loss", [*SQUARED, None])
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_values_outside_the_unit_interval(output, n_out, y, message, loss, call):
    """Whatever the loss: under squared error such a network would train, and learn nothing."""
    net = fb.Network([2, 4, n_out], output=output, rng=0)
    before = net.parameters.tobytes()
    if call is CALLS["validation_data"]:
        loss = loss or "squared_error"  # rows of zeros are no probabilities
    expected = rf"y: expected values in \[0, 1\] for a {output} output, got " + message
    with pytest.raises(ValueError, match=expected):
        call(net, y, loss)
    assert net.parameters.tobytes() == before


@pytest.mark.parametrize("loss", SQUARED)
def test_one_example_outside_the_unit_interval(loss):
    one = fb.Network([2, 1], output="sigmoid", rng=0)
    three = fb.Network([2, 3], output="sigmoid", rng=0)
    with pytest.raises(ValueError, match=r"y: expected values in \[0, 1\] .*, got 2 at \[0\]"):
        one.trace(X[0], 2, loss=loss)
    with pytest.raises(
        ValueError, match=r"y: expected values in \[0, 1\] .*, got 1\.5 at \[0, 2\]"
    ):
        three.trace(X[0], [0, 1, 1.5], loss=loss)


def test_labels_1_and_2_never_are_accurate():
    """They were: a > 0.5 was compared with y > 0.5, so that a network that says 1 was all right."""
    X = np.random.default_rng(0).normal(size=(200, 2))
    labels = 1 + (X[:, 0] > 0)
    net = fb.Network([2, 4, 1], output="sigmoid", rng=0)
    with pytest.raises(ValueError, match="pass 0 and 1, labels as strings"):
        net.fit(X, labels, loss="squared_error", epochs=20)
    for y in (labels - 1, labels.astype(str)):  # both of what the message says
        right = fb.Network([2, 4, 1], output="sigmoid", rng=0)
        history = right.fit(X, y, loss="squared_error", epochs=20, optimizer=fb.Adam(0.01))
        assert 0.9 < history["accuracy"][-1] <= 1
        assert (right.predict_classes(X) == y).mean() > 0.9


@pytest.mark.parametrize("output", problems.UNBOUNDED)
@pytest.mark.parametrize("n_out", [1, 3])
def test_other_outputs_take_any_values(output, n_out):
    net = fb.Network([2, n_out], output=output, rng=0)
    y = np.resize([-5.0, 0, 100, 2], (6, n_out))
    assert np.isfinite(net.fit(X, y)["loss"][0])
    assert np.isfinite(net.evaluate(X, y)["loss"])
    assert np.isfinite(net.trace(X, y).C0).all()


@pytest.mark.parametrize("loss", [*SQUARED, None])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_ends_of_the_unit_interval(loss, dtype):
    """What a scaler of y makes of its smallest and largest value is in [0, 1] but for rounding."""
    y = np.array([0, 1, np.nextafter(1, 2), -1e-17, 0.5, 1 + 1e-9])
    net = fb.Network([2, 1], output="sigmoid", dtype=dtype, rng=0)
    for values in (y, y.astype("f4"), y.astype("f2"), y.round().astype(int), y > 0.5):
        for call in CALLS.values():
            call(net, values, loss)
    half = y.astype("f2")
    half[1] = np.float16(1.004)  # four units in the last place above 1
    net.evaluate(X, half, loss=loss)
    with pytest.raises(ValueError, match=r"y: expected values in \[0, 1\] .*, got 1\.00[34]"):
        net.evaluate(X, half.astype("f8"), loss=loss)


def softmax(z, axis):
    """As people write it, in the dtype of z."""
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


@pytest.mark.parametrize("n", [2, 3, 10, 100, 1000])
@pytest.mark.parametrize("given", ["float16", "float32", "float64"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_rows_that_a_softmax_made(n, given, dtype, rng):
    z = rng.normal(size=(50, n)).astype(given)
    net = fb.Network([1, n], output="softmax", dtype=dtype, rng=0)
    X = np.zeros((50, 1))
    log_sum = np.log(np.exp(z).sum(axis=1, keepdims=True))
    for y in (softmax(z, axis=1), softmax(z.T, axis=0).T, np.exp(z - log_sum)):
        assert y.dtype == given
        assert np.isfinite(net.fit(X, y, validation_data=(X, y))["val_loss"][0])
        assert np.isfinite(net.evaluate(X, y)["loss"])
        assert np.isfinite(net.trace(X, y).C0).all()


ALLOWED = [  # dtype that y came in, outputs, how far from 1 a sum may be
    ("float16", 2, 10 / 2**11),
    ("float16", 100, 108 / 2**11),
    ("float16", 5000, 0.25),
    ("float32", 4, 1e-6),
    ("float32", 100, 108 / 2**24),
    ("float32", 1000, 1008 / 2**24),
    ("float64", 4, 1e-6),
    ("float64", 1000, 1e-6),
    ("longdouble", 4, 1e-6),
    (">f4", 1000, 1008 / 2**24),
]


@pytest.mark.parametrize(("given", "n", "allowed"), ALLOWED)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("sign", [-1, 1])
def test_how_far_a_sum_may_be_off(given, n, allowed, dtype, sign):
    net = fb.Network([1, n], output="softmax", dtype=dtype, rng=0)
    y = np.zeros((2, n), given)
    y[:, 0] = 0.5
    y[0, 1] = 0.5
    for factor in (0.9, 1.1):
        y[1, 1] = 0.5 + sign * factor * allowed
        assert (abs(float(y[1].sum(dtype="f8")) - 1) < allowed) == (factor < 1), factor
        for call in (net.fit, net.evaluate, net.trace):
            if factor < 1:
                call([[0.0], [1.0]], y)
                continue
            with pytest.raises(
                ValueError, match=r"sum to 1, got sum .* in row 1; divide by the sum"
            ):
                call([[0.0], [1.0]], y)
    rows = y.astype("f8")
    net.fit([[0.0], [1.0]], rows / rows.sum(axis=1, keepdims=True))  # as the message says


def test_numbers_in_lists_are_float64(rng):
    y = softmax(rng.normal(size=(1000, 40)).astype("f4"), axis=0).T
    off = abs(y.sum(axis=1, dtype="f8") - 1).max()
    assert off > 1e-6, off
    net = fb.Network([1, 1000], output="softmax", rng=0)
    net.evaluate(np.zeros((40, 1)), y)
    with pytest.raises(ValueError, match="divide by the sum"):
        net.evaluate(np.zeros((40, 1)), y.tolist())


@pytest.mark.parametrize("kind", [int, bool, "u1"])
def test_integers_are_exact(kind):
    net = fb.Network([2, 3], output="softmax", rng=0)
    net.evaluate(X, ROWS.astype(kind))
    with pytest.raises(ValueError, match="got sum 2 in row 4; divide by the sum"):
        net.evaluate(X, with_value(ROWS, (4, slice(2)), 1).astype(kind))


def test_nothing_is_divided_by_a_sum_of_0():
    net = fb.Network([2, 3], output="softmax", rng=0)
    with pytest.raises(ValueError, match=r"sum to 1, got sum 0 in row 5$"):
        net.fit(X, with_value(ROWS, 5, 0))
    net.fit(X, with_value(ROWS, 5, 0), loss="squared_error")  # whose derivative needs no sum


def test_rows_of_frames_are_of_their_dtype(rng):
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    polars = pytest.importorskip("polars", reason="polars is not installed")
    y = softmax(rng.normal(size=(1000, 40)).astype("f4"), axis=0).T
    net = fb.Network([1, 1000], output="softmax", rng=0)
    expected = net.evaluate(np.zeros((40, 1)), y)
    for frame in (pandas.DataFrame(y), polars.DataFrame(y)):
        assert net.evaluate(np.zeros((40, 1)), frame) == expected, type(frame)
