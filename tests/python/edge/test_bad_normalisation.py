"""Bad values of `normalize`, `normalize_targets` and `missing`, and data that cannot be normalised."""

import numpy as np
import pytest
from bad_input import kind_of
from problems import OUTPUTS

import filbert as fb

NAN, INF = float("nan"), float("inf")
KINDS = ["standard", "robust", "quantile"]
X = np.linspace(-1, 1, 24).reshape(6, 4) ** 3
Y = np.linspace(0, 9, 12).reshape(6, 2)

NORMALIZE = r"normalize: expected True, False, 'standard', 'robust' or 'quantile', got"
FLAG = "normalize_targets: expected True or False, got"
MISSING = "missing: expected None or 'mean', got"
NO_TEXT = [
    0, 1, 1.0, NAN, 1j, b"standard", [], ["standard"], ("mean",), {"standard"}, {"kind": "robust"},
    np.array(True), np.array("standard"), np.array(["robust"]), np.float32(1), np.int64(1), len,
    fb.Network, NotImplemented, ..., range(2), 2**70, bytearray(b"mean"), np.datetime64("2020"), slice(2),
]  # fmt: skip
BAD_TEXTS = [
    "", "none", "None", "True", "Standard", "STANDARD", "standard ", " robust", "robust\n",
    "quantiles", "minmax", "zscore", "mean", "l2", "normal", "standardize", "quantile\0", "é", "a" * 99,
]  # fmt: skip


def regressor(dtype="float32"):
    return fb.Network([4, 5, 2], activation="tanh", dtype=dtype, rng=1)


def learnt(**options):
    net = regressor()
    net.fit(X, Y, optimizer=fb.SGD(0.0), **options)
    return net


def with_value(index, value, dtype="float64"):
    result = X.astype(dtype)
    result[index] = value
    return result


def fit(X=X, y=Y, **options):
    return lambda net: net.fit(X, y, **options)


def arguments():
    """(what, call, error, message)"""
    for value in [None, *NO_TEXT]:
        yield "normalize", value, fit(normalize=value), TypeError, NORMALIZE
        if value is not None:
            yield "missing", value, fit(missing=value), TypeError, MISSING
        yield "normalize_targets", value, fit(normalize_targets=value), TypeError, FLAG
    for value in BAD_TEXTS:
        yield "normalize", value, fit(normalize=value), ValueError, NORMALIZE
        if value != "mean":
            yield "missing", value, fit(missing=value), ValueError, MISSING
        yield "normalize_targets", value, fit(normalize_targets=value), TypeError, FLAG
    for value in (True, False, "median", "most_frequent", "standard"):
        error = ValueError if isinstance(value, str) else TypeError
        yield "missing", value, fit(missing=value), error, MISSING
    for loss in ("hinge", "squared_hinge"):
        y = np.sign(Y - 4)
        message = f"normalize_targets: expected a loss of values of any size, got {loss}"
        yield "loss", loss, fit(y=y, loss=loss, normalize_targets=True), ValueError, message


def numbers():
    """NaN where there is nothing to fill it with, infinity, and numbers too large."""
    calls = {
        "fit": lambda net, X: net.fit(X, Y),
        "evaluate": lambda net, X: net.evaluate(X, Y),
        "predict": lambda net, X: net.predict(X),
        "predict of a row": lambda net, X: net.predict(X[2]),
        "forward": lambda net, X: net.forward(X),
        "trace": lambda net, X: net.trace(X, Y),
        "validation": lambda net, X: net.fit(np.ones((6, 4)), Y, validation_data=(X, Y)),
    }
    for name, call in calls.items():
        at = r"\[3\]" if "row" in name else r"\[2, 3\]"
        for kind in KINDS:
            bad = with_value((2, 3), NAN)
            message = f"X: expected finite numbers, got nan at {at}"
            yield (
                f"{name}, {kind}",
                "NaN",
                lambda net, c=call, x=bad: c(net, x),
                message,
                {"normalize": kind},
            )
        for value in (INF, -INF):
            bad = with_value((2, 3), value)
            bad[0, 0] = NAN
            message = f"X: expected finite numbers or NaN, got {value} at {at}"
            yield (
                f"{name}, filled",
                value,
                lambda net, c=call, x=bad: c(net, x),
                message,
                {"missing": "mean"},
            )
        bad = with_value((2, 3), 1e39)
        message = rf"X: expected numbers that fit in float32, got 1e\+39 at {at}"
        yield f"{name}, filled", 1e39, lambda net, c=call, x=bad: c(net, x), message, {
            "missing": "mean", "normalize": True,
        }  # fmt: skip


def columns():
    """Columns of which nothing can be learnt."""
    for kind in (False, *KINDS):
        for column in range(4):
            bad = with_value((slice(None), column), NAN)
            message = (
                f"X: expected at least one number in each column, got only NaN in column {column}"
            )
            yield f"column {column}, {kind}", bad, {"normalize": kind, "missing": "mean"}, message
        for dtype in ("float16", "float32", "float64"):
            message = r"X: expected finite numbers, got nan at \[5, 0\]"
            yield f"gap, {kind}", with_value((5, 0), NAN, dtype), {"normalize": kind}, message
            message = r"X: expected finite numbers or NaN, got -inf at \[5, 0\]"
            bad = with_value((5, 0), -INF, dtype)
            yield f"infinite, {kind}", bad, {"normalize": kind, "missing": "mean"}, message


def messages(cells):
    return [pytest.param(*cell, id=f"{i}: {cell[0]}") for i, cell in enumerate(cells)]


def check(net, call, error, message):
    """The error, and that the network is as it was."""
    before = net.__getstate__()["file"]
    with pytest.raises(error, match=message) as caught:
        call(net)
    assert type(caught.value) is error
    assert net.__getstate__()["file"] == before


ARGUMENTS = [(f"{a} = {kind_of(v)}", call, error, text) for a, v, call, error, text in arguments()]


@pytest.mark.parametrize(("what", "call", "error", "message"), messages(ARGUMENTS))
def test_arguments(what, call, error, message):
    net = regressor()
    check(net, call, error, message)
    assert net.normalisation is None


@pytest.mark.parametrize(("what", "value", "call", "message", "options"), messages(numbers()))
def test_numbers(what, value, call, message, options):
    check(learnt(**options), call, ValueError, message)


@pytest.mark.parametrize(("what", "bad", "options", "message"), messages(columns()))
def test_columns(what, bad, options, message):
    net = regressor()
    check(net, fit(bad, **options), ValueError, message)
    assert net.normalisation is None


@pytest.mark.parametrize("output", [output for output in OUTPUTS if output != "identity"])
def test_outputs_whose_targets_have_no_units(output):
    net = fb.Network([4, 2], output=output, rng=0)
    message = "normalize_targets: expected an identity output, got"
    check(net, fit(y=np.eye(2)[[0, 1] * 3], normalize_targets=True), ValueError, message)


@pytest.mark.parametrize("known", KINDS)
@pytest.mark.parametrize("asked", KINDS)
def test_another_kind_than_the_network_has(known, asked):
    net = learnt(normalize=known)
    if known == asked:
        net.fit(X, Y, normalize=asked)
        return
    message = f"normalize: expected '{known}', which the network has learnt, got '{asked}'"
    check(net, fit(normalize=asked), ValueError, message)


@pytest.mark.parametrize("kind", KINDS)
def test_numbers_too_far_apart(kind):
    net = regressor("float64")
    far = with_value((0, 2), 1.5e308)
    far[1, 2] = -1.5e308
    message = "X: expected columns whose variance is finite, got numbers that are too far apart in column 2"
    check(net, fit(far, normalize=kind), ValueError, message)


@pytest.mark.parametrize("value", [NAN, INF, -INF])
def test_targets_that_are_not_finite(value):
    y = Y.copy()
    y[3, 1] = value
    check(regressor(), fit(y=y, normalize_targets=True), ValueError, r"y: expected finite numbers")
    far = regressor("float64")
    y = Y * 1e200
    check(far, fit(y=y, normalize_targets=True), ValueError, "y: expected columns whose variance")


def test_the_name_of_a_column_is_told():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(with_value((slice(None), 1), NAN), columns=["a", "age", "c", "d"])
    message = r"got only NaN in column 1 \('age'\)"
    check(regressor(), fit(frame, missing="mean"), ValueError, message)


def test_a_function_of_another_number_of_targets():
    net = learnt(normalize_targets=True)
    y = np.ones((6, 3))
    message = "y: expected at most 2 columns for a network that normalises its targets, got 3"

    def cost(a, y):
        return a.sum(1), np.ones_like(a)

    check(net, fit(y=y, loss=cost), ValueError, message)
    check(net, lambda net: net.evaluate(X, y, loss=cost), ValueError, message)
    message = "y: expected 2 columns, got 3"
    check(regressor(), fit(y=y, loss=cost, normalize_targets=True), ValueError, message)


def test_what_is_seen_cannot_be_changed():
    net = learnt(normalize=True, missing="mean", normalize_targets=True)
    for array in net.normalisation:
        if isinstance(array, np.ndarray):
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 1
    with pytest.raises(AttributeError):
        net.normalisation = None
