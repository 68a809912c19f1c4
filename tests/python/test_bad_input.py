"""Bad input: a Python exception that names the argument, and parameters that stay bit for bit."""

from fractions import Fraction

import numpy as np
import pytest
from scipy import sparse

import filbert as fb

X = np.linspace(-1, 1, 24).reshape(6, 4)
Y = np.arange(6) % 3
ROWS = np.eye(3)[Y]


def with_value(array, index, value):
    result = np.array(array, np.float64)
    result[index] = value
    return result


def no_batch(n_in):
    """What no argument that takes numbers takes: kind, value, exception, message."""
    good = np.ones((6, n_in))
    return [
        ("None", None, TypeError, "expected an array of numbers, got None"),
        ("complex", good + 0j, TypeError, "expected real numbers, got dtype complex128"),
        ("object", good.astype(object), TypeError, r"got dtype object; convert it with .astype"),
        ("masked", np.ma.masked_invalid(good), TypeError, "without a mask, got a masked array"),
        ("ragged", [[1.0] * n_in, [1.0]], TypeError, "rows of one length, got ragged ones"),
        ("dates", good.astype("M8[s]"), TypeError, "real numbers, got dtype datetime64"),
        ("durations", good.astype("m8[s]"), TypeError, "real numbers, got dtype timedelta64"),
        ("records", np.zeros(6, "i4,f4"), TypeError, "real numbers, got dtype"),
        ("sparse", sparse.csr_array(good), TypeError, r"dense array, got a sparse one"),
        ("dict", {"a": 1}, TypeError, "expected numbers, got dtype object: dict"),
        ("function", len, TypeError, "expected numbers, got dtype object"),
        ("scalar", 1.0, ValueError, r"expected shape .*, got \(\)"),
        ("3-D", good[None], ValueError, rf"expected shape .*, got \(1, 6, {n_in}\)"),
        ("nan", with_value(good, (3, 2), np.nan), ValueError, r"finite numbers, got nan at \[3, 2\]"),
        ("inf", with_value(good, (0, 1), np.inf), ValueError, r"finite numbers, got inf at \[0, 1\]"),
        ("-inf", with_value(good, (5, 0), -np.inf), ValueError, r"numbers, got -inf at \[5, 0\]"),
        ("1e300", with_value(good, (1, 1), 1e300), ValueError, r"that fit in float32, got 1e\+300"),
        ("huge ints", [[10**30] * n_in] * 6, TypeError, "got dtype object"),
    ]  # fmt: skip


BATCH = [
    *no_batch(4),
    ("string", "digits.csv", TypeError, "expected real numbers, got dtype <U10"),
    ("strings", [["1", "2", "3", "4"]], TypeError, "expected real numbers, got dtype <U1"),
    ("bytes", np.array([[b"1"] * 4]), TypeError, r"expected real numbers, got dtype \|S1"),
    ("narrow", np.ones((3, 5)), ValueError, r"expected shape \(n, 4\).*, got \(3, 5\)"),
    ("transposed", X.T, ValueError, r"expected shape \(n, 4\).*, got \(4, 6\)"),
    ("1-D, other width", np.ones(5), ValueError, r"expected shape \(n, 4\).*, got \(5,\)"),
    ("no rows", np.ones((0, 4)), ValueError, r"at least one row, got shape \(0, 4\)"),
    ("no columns", np.ones((6, 0)), ValueError, r"expected shape .*, got \(6, 0\)"),
    ("empty list", [], ValueError, r"expected shape .*, got \(0,\)"),
]
CALLS = {
    "predict": lambda net, X: net.predict(X),
    "call": lambda net, X: net(X),
    "predict_classes": lambda net, X: net.predict_classes(X),
    "forward": lambda net, X: net.forward(X),
    "fit": lambda net, X: net.fit(X, Y),
    "evaluate": lambda net, X: net.evaluate(X, Y),
    "trace": lambda net, X: net.trace(X, Y),
    "validation_data": lambda net, X: net.fit(globals()["X"], Y, validation_data=(X, Y)),
}

TARGETS = [
    *no_batch(3),
    ("labels too long", np.arange(7) % 3, ValueError, r"expected shape \(6,\) or \(6, 3\), got"),
    ("labels too short", [0, 1], ValueError, r"expected shape \(6,\) or \(6, 3\), got \(2,\)"),
    ("no labels", [], ValueError, r"expected shape \(6,\) or \(6, 3\), got \(0,\)"),
    ("narrow", np.ones((6, 2)), ValueError, r"expected shape \(6,\) or \(6, 3\), got \(6, 2\)"),
    ("column", Y[:, None], ValueError, r"expected shape \(6,\) or \(6, 3\), got \(6, 1\)"),
    ("transposed", ROWS.T, ValueError, r"expected shape .*, got \(3, 6\)"),
    ("label 3", [0, 1, 2, 3, 0, 1], ValueError, r"labels in 0 \.\. 2, got 3 at \[3\]"),
    ("label -1", [0, -1, 2, 0, 0, 1], ValueError, r"labels in 0 \.\. 2, got -1 at \[1\]"),
    ("label 2^40", [2**40] * 6, ValueError, r"labels in 0 \.\. 2, got 1099511627776"),
    ("label 2^64 - 1", np.full(6, 2**64 - 1, np.uint64), ValueError, r"labels in 0 \.\. 2, got 184"),
    ("label 0.5", [0, 1, 0.5, 1, 2, 0], ValueError, r"integers as labels, .* got 0.5 at \[2\]"),
    ("label nan", with_value(Y, 4, np.nan), ValueError, r"integers as labels, .* got nan at \[4\]"),
    ("label inf", with_value(Y, 4, np.inf), ValueError, r"labels in 0 \.\. 2, got inf at \[4\]"),
    ("rows of strings", [["a", "b", "c"]] * 6, ValueError, r"expected shape \(6,\) of strings"),
    ("two strings", ["a", "b"] * 3, ValueError, "expected 3 different labels, .* got 2: 'a', 'b'"),
    ("four strings", list("abcdab"), ValueError, "expected 3 different labels, .* got 4"),
    ("strings and None", np.array(["a", None] * 3, object), TypeError, "got dtype object"),
    ("sum 1.1", with_value(ROWS, (2, 0), 0.1), ValueError, r"sum to 1, got sum 1\.1.* in row 2"),
    ("sum 0", np.zeros((6, 3)), ValueError, "sum to 1, got sum 0 in row 0"),
    ("negative", with_value(ROWS, (0, 1), -0.1), ValueError, r"probabilities >= 0, got -0\.1"),
]  # fmt: skip

OPTIONS = [
    ("epochs", 0, ValueError, "expected an integer >= 1, got 0"),
    ("epochs", -3, ValueError, "expected an integer >= 1, got -3"),
    ("epochs", 2.0, TypeError, "expected an integer >= 1, got 2.0"),
    ("epochs", True, TypeError, "expected an integer >= 1, got True"),
    ("epochs", None, TypeError, "expected an integer >= 1, got None"),
    ("epochs", "10", TypeError, "expected an integer >= 1, got '10'"),
    ("epochs", 2**64, ValueError, "expected an integer >= 1, got 18446744073709551616"),
    ("batch_size", 0, ValueError, "expected an integer >= 1, got 0"),
    ("batch_size", -1, ValueError, "expected an integer >= 1, got -1"),
    ("batch_size", 0.5, TypeError, "expected an integer >= 1, got 0.5"),
    ("batch_size", None, TypeError, "expected an integer >= 1, got None"),
    ("batch_size", [32], TypeError, "expected an integer >= 1, got list"),
    ("batch_size", 2**70, ValueError, "expected an integer >= 1"),
    ("loss", "mse", ValueError, "expected squared_error, half_squared_error, cross_entropy or bin"),
    ("loss", "", ValueError, "expected squared_error, .* got ''"),
    ("loss", 3, TypeError, "expected squared_error, .* got 3"),
    ("loss", len, TypeError, "expected squared_error, .* got builtin_function_or_method"),
    ("loss", "binary_cross_entropy", ValueError, "binary_cross_entropy .* sigmoid .* 'softmax'"),
    ("optimizer", "sgd", TypeError, "expected SGD or Adam, got 'sgd'"),
    ("optimizer", fb.SGD, TypeError, "expected SGD or Adam, got type"),
    ("optimizer", 0.1, TypeError, "expected SGD or Adam, got 0.1"),
    ("shuffle", 1, TypeError, "expected True or False, got 1"),
    ("shuffle", None, TypeError, "expected True or False, got None"),
    ("shuffle", "yes", TypeError, "expected True or False, got 'yes'"),
    ("rng", -1, ValueError, r"expected an integer in 0 \.\. 18446744073709551615, got -1"),
    ("rng", 2**64, ValueError, r"expected an integer in 0 \.\. 18446744073709551615"),
    ("rng", 1.0, TypeError, "expected an int, a numpy Generator, .* got 1.0"),
    ("rng", "seed", TypeError, "expected an int, a numpy Generator, .* got 'seed'"),
    ("rng", True, TypeError, "expected an integer in .*, got True"),
    ("rng", [1, 2], TypeError, "expected an int, a numpy Generator, .* got list"),
    ("rng", np.random, TypeError, "expected an int, a numpy Generator, .* got module"),
    ("progress", 1, TypeError, "expected True or False, got 1"),
    ("progress", "no", TypeError, "expected True or False, got 'no'"),
    ("validation_data", X, TypeError, r"expected \(X, y\), got ndarray"),
    ("validation_data", (X,), TypeError, r"expected \(X, y\), got tuple"),
    ("validation_data", (X, Y, Y), TypeError, r"expected \(X, y\), got tuple"),
    ("validation_data", 0.2, TypeError, r"expected \(X, y\), got 0.2"),
    ("validation_data y", (X, Y[:5]), ValueError, r"expected shape \(6,\) or \(6, 3\), got \(5,\)"),
    ("validation_data y", (X, ["a"] * 6), ValueError, "integers, as no fit has learned labels"),
]

NETWORKS = [
    ("sizes", 3, TypeError, "expected a list of numbers of neurons, got 3"),
    ("sizes", "784", TypeError, "expected a list of numbers of neurons, got '784'"),
    ("sizes", None, TypeError, "expected a list of numbers of neurons, got None"),
    ("sizes", [], ValueError, "expected at least 2 numbers of neurons, got 0"),
    ("sizes", [4], ValueError, "expected at least 2 numbers of neurons, got 1"),
    ("sizes[1]", [4, 0], ValueError, "expected an integer >= 1, got 0"),
    ("sizes[0]", [-4, 2], ValueError, "expected an integer >= 1, got -4"),
    ("sizes[1]", [4, 2.5, 1], TypeError, "expected an integer >= 1, got 2.5"),
    ("sizes[0]", [True, 2], TypeError, "expected an integer >= 1, got True"),
    ("sizes[1]", [4, None], TypeError, "expected an integer >= 1, got None"),
    ("sizes[1]", [4, [3], 2], TypeError, "expected an integer >= 1, got list"),
    ("sizes[0]", [2**64, 2], ValueError, "expected an integer >= 1, got 18446744073709551616"),
    ("sizes", [2**32, 2**32], ValueError, "fits in the address space"),
    ("sizes", [2**62, 2], ValueError, "fits in the address space"),
    ("activation", "rleu", ValueError, "expected identity, relu, sigmoid or tanh, got 'rleu'"),
    ("activation", "softmax", ValueError, "expected identity, relu, .* got 'softmax'"),
    ("activation", 1, TypeError, "expected a name, or one for each hidden layer, got 1"),
    ("activation", None, TypeError, "expected a name, or one for each hidden layer, got None"),
    ("activation", [], ValueError, "expected 1 names, one for each hidden layer, got 0"),
    ("activation", ["relu", "tanh"], ValueError, "expected 1 names, .* got 2"),
    ("activation[0]", [None], TypeError, "expected identity, relu, .* got None"),
    ("activation[0]", ["softmax"], ValueError, "expected identity, relu, .* got 'softmax'"),
    ("output", "sofmax", ValueError, "expected identity, relu, sigmoid, tanh or softmax, got"),
    ("output", None, TypeError, "expected identity, relu, .* got None"),
    ("output", ["softmax"], TypeError, "expected identity, relu, .* got list"),
    ("dtype", "float16", ValueError, "expected float32 or float64, got float16"),
    ("dtype", "int32", ValueError, "expected float32 or float64, got int32"),
    ("dtype", "double precision", ValueError, "expected float32 or float64, got 'double precis"),
    ("dtype", None, TypeError, "expected float32 or float64, got None"),
    ("dtype", 32, TypeError, "expected float32 or float64, got 32"),
    ("dtype", complex, ValueError, "expected float32 or float64, got complex128"),
    ("dtype", np.dtype("f4").newbyteorder(), ValueError, "expected float32 or float64, got [<>]f4"),
    ("rng", -1, ValueError, r"expected an integer in 0 \.\. "),
    ("rng", "0", TypeError, "expected an int, a numpy Generator"),
]

RATE = "expected a finite number >= 0"
OPTIMIZERS = [
    *[
        (which, name, value, error, message)
        for which, name in [
            ("SGD", "learning_rate"), ("SGD", "weight_decay"), ("SGD", "l1"), ("SGD", "l2"),
            ("Adam", "learning_rate"), ("Adam", "weight_decay"), ("Adam", "l1"), ("Adam", "l2"),
        ]
        for value, error, message in [
            (-0.1, ValueError, RATE),
            (np.inf, ValueError, RATE),
            (np.nan, ValueError, RATE),
            ("0.1", TypeError, "expected a number, got '0.1'"),
            (None, TypeError, "expected a number, got None"),
            (True, TypeError, "expected a number, got True"),
            (1j, TypeError, "expected a number, got 1j"),
        ]
    ],
    *[
        (which, name, value, ValueError, r"expected a number in \[0, 1\)")
        for which, name in [("SGD", "momentum"), ("Adam", "beta1"), ("Adam", "beta2")]
        for value in (-0.1, 1.0, 2, np.nan)
    ],
    ("SGD", "momentum", [0.9], TypeError, "expected a number, got list"),
    ("SGD", "nesterov", 1, TypeError, "expected True or False, got 1"),
    ("SGD", "nesterov", "yes", TypeError, "expected True or False, got 'yes'"),
    ("SGD", "nesterov", True, ValueError, "momentum"),
    ("SGD", "learning_rate", 10**400, ValueError, "expected a number that fits in a float"),
    ("SGD", "learning_rate", Fraction(1, 2), TypeError, "expected a number, got Fraction"),
    ("Adam", "epsilon", 0, ValueError, "expected a finite number > 0, got 0"),
    ("Adam", "epsilon", -1e-8, ValueError, "expected a finite number > 0, got -1e-08"),
    ("Adam", "epsilon", np.inf, ValueError, "expected a finite number > 0, got inf"),
    ("Adam", "epsilon", "small", TypeError, "expected a number, got 'small'"),
]  # fmt: skip


def shaped(shape):
    """What no argument of exactly this shape takes."""
    good = np.ones(shape)
    first = (0,) * len(shape)
    at = ", ".join("0" * len(shape))
    return [
        ("None", None, TypeError, "expected an array of numbers, got None"),
        ("complex", good + 0j, TypeError, "expected real numbers, got dtype complex128"),
        ("object", good.astype(object), TypeError, "expected numbers, got dtype object"),
        ("masked", np.ma.masked_invalid(good), TypeError, "got a masked array"),
        ("string", "weights", TypeError, "expected real numbers, got dtype <U7"),
        ("transposed", np.ones((7, *shape)).T, ValueError, r"expected shape \(.*\), got \("),
        ("scalar", 0.5, ValueError, r"expected shape \(.*\), got \(\)"),
        ("empty", [], ValueError, r"expected shape \(.*\), got \(0,\)"),
        ("nan", with_value(good, first, np.nan), ValueError, rf"finite numbers, got nan at \[{at}\]"),
        ("inf", with_value(good, first, np.inf), ValueError, rf"finite numbers, got inf at \[{at}\]"),
        ("1e300", with_value(good, first, 1e300), ValueError, "that fit in float32, got 1e"),
    ]  # fmt: skip


def set_w(net, value):
    net.w[1] = value


def set_b(net, value):
    net.b[2] = value


def set_parameters(net, value):
    net.parameters = value


SHAPED = {
    "w[1]": ((5, 4), set_w),
    "b[2]": ((3,), set_b),
    "parameters": ((43,), set_parameters),
    "dC_da": ((6, 3), lambda net, value: net.backward(net.forward(X), value, **none_given(value))),
    "dC_dz": ((6, 3), lambda net, value: net.backward(net.forward(X), **none_given(value, value))),
    "g": ((43,), lambda net, value: fb.SGD().step(net, value)),
}


def none_given(value, dC_dz=None):
    return {} if value is None else {"dC_dz": dC_dz}


def cells():
    """(argument, kind of value, call, exception, message)."""
    for call, function in CALLS.items():
        name = "validation_data X" if call == "validation_data" else "X"
        for kind, value, error, message in BATCH:
            yield (
                name,
                f"{kind} ({call})",
                (lambda net, f=function, v=value: f(net, v)),
                error,
                message,
            )
    for kind, value, error, message in TARGETS:
        yield "y", f"{kind} (fit)", (lambda net, v=value: net.fit(X, v)), error, message
        if "different labels" not in message:
            yield (
                "y",
                f"{kind} (evaluate)",
                (lambda net, v=value: net.evaluate(X, v)),
                error,
                message,
            )
    for name, value, error, message in OPTIONS:
        argument = name.split()[0]
        yield (
            name,
            kind_of(value),
            (lambda net, a=argument, v=value: net.fit(X, Y, **{a: v})),
            error,
            message,
        )
    for name, value, error, message in NETWORKS:
        argument = name.split("[")[0]
        yield (
            f"{name} (Network)",
            kind_of(value),
            (lambda _, a=argument, v=value: fb.Network(**{"sizes": [2, 3, 1], a: v})),
            error,
            message,
        )
    for which, name, value, error, message in OPTIMIZERS:
        yield (
            f"{name} ({which})",
            kind_of(value),
            (
                lambda net, w=which, n=name, v=value: net.fit(
                    X, Y, optimizer=getattr(fb, w)(**{n: v})
                )
            ),
            error,
            message,
        )
    for name, (shape, function) in SHAPED.items():
        for kind, value, error, message in shaped(shape):
            if value is None and name.startswith("dC"):
                error, message = ValueError, "expected either dC_da or dC_dz, got none"
            yield name, kind, (lambda net, f=function, v=value: f(net, v)), error, message


def kind_of(value):
    text = repr(value)
    return text if len(text) < 50 else type(value).__name__


CELLS = list(cells())


@pytest.fixture
def net():
    return fb.Network([4, 5, 3], activation="tanh", output="softmax", rng=1)


@pytest.mark.parametrize(
    ("argument", "call", "error", "message"),
    [
        pytest.param(argument, call, error, message, id=f"{i}: {argument} = {kind}")
        for i, (argument, kind, call, error, message) in enumerate(CELLS)
    ],
)
def test_cell(net, argument, call, error, message):
    before = net.parameters.tobytes()
    name = argument.split(" (")[0]
    with pytest.raises(error, match=message) as caught:
        call(net)
    if name != "dC_dz" or "dC_da or" not in message:
        assert str(caught.value).startswith(f"{name}:")
    assert type(caught.value) is error
    assert net.parameters.tobytes() == before
    assert net.classes is None
    net.fit(X, Y)  # it still works, from where it was
    other = fb.Network([4, 5, 3], activation="tanh", output="softmax", rng=1)
    other.fit(X, Y)
    assert net.parameters.tobytes() == other.parameters.tobytes()


def test_there_are_enough_cells():
    distinct = {(argument.split(" (")[0], kind.split(" (")[0]) for argument, kind, *_ in CELLS}
    assert len(distinct) >= 130


@pytest.mark.parametrize("value", [[-0.1], [1.1], [np.nan], [2]], ids=repr)
def test_values_of_one_sigmoid(value):
    net = fb.Network([1, 1], output="sigmoid")
    with pytest.raises(ValueError, match=r"y: expected (values in \[0, 1\] for|finite)"):
        net.fit([[0.0]], value)
    if np.isfinite(value[0]):
        net.fit([[0.0]], value, loss="squared_error")


@pytest.mark.parametrize("loss", ["cross_entropy", "binary_cross_entropy"])
@pytest.mark.parametrize("output", ["identity", "relu", "tanh", "sigmoid", "softmax"])
def test_losses_that_do_not_fit(loss, output):
    net = fb.Network([4, 2], output=output, rng=0)
    before = net.parameters.tobytes()
    needed = "softmax" if loss == "cross_entropy" else "sigmoid"
    if output == needed:
        net.fit(X, Y % 2, loss=loss)
        return
    for call in (net.fit, net.evaluate, net.trace):
        with pytest.raises(ValueError, match=f"loss: {loss} .*{needed}.*'{output}'"):
            call(X, Y % 2, loss=loss)
    assert net.parameters.tobytes() == before


@pytest.mark.parametrize("output", ["identity", "relu", "tanh"])
def test_labels_need_an_output_that_classifies(output):
    net = fb.Network([4, 3], output=output)
    with pytest.raises(ValueError, match=r"y: expected shape \(6, 3\), got \(6,\)"):
        net.fit(X, Y)
    with pytest.raises(TypeError, match="y: expected numbers, got strings; labels need a softmax"):
        net.fit(X, list("abcabc"))


def test_one_column_has_a_hint():
    net = fb.Network([1, 1])
    with pytest.raises(ValueError, match=r"got \(6,\); one column is X\[:, None\]"):
        net.fit(np.arange(6.0), np.arange(6.0))


def test_forward_of_another_network(net):
    f = net.forward(X)
    other = fb.Network([4, 5, 3], dtype="float64")
    for wrong in (other, fb.Network([4, 5, 3])):
        with pytest.raises(
            ValueError, match="f: expected a Forward of this network, got one of an"
        ):
            wrong.backward(f, np.ones((6, 3)))
    with pytest.raises(
        TypeError, match=r"f: expected the Forward that net\.forward returned, got nd"
    ):
        net.backward(X, np.ones((6, 3)))
    with pytest.raises(ValueError, match="dC_da: expected either dC_da or dC_dz, got both"):
        net.backward(f, np.ones((6, 3)), dC_dz=np.ones((6, 3)))
    with pytest.raises(ValueError, match=r"dC_da: expected shape \(6, 3\), got \(6,\)"):
        net.backward(f, np.ones(6))


@pytest.mark.parametrize(
    ("x", "y", "error", "message"),
    [
        (X[0], 3, ValueError, r"y: expected labels in 0 \.\. 2, got 3"),
        (X[0], [1, 0], ValueError, r"y: expected a label or shape \(3,\), got \(2,\)"),
        (X[0], ROWS[:1], ValueError, r"y: expected a label or shape \(3,\), got \(1, 3\)"),
        (X[0], "cat", ValueError, "y: expected integers, as no fit has learned labels"),
        (X[0], None, TypeError, "y: expected an array of numbers, got None"),
        (X[0], 0.5, ValueError, "y: expected integers as labels"),
        (X[0], [0.5, 0.4, 0.2], ValueError, "y: expected rows of probabilities that sum to 1"),
        (X, Y[:3], ValueError, r"y: expected shape \(6,\) or \(6, 3\), got \(3,\)"),
    ],
)
def test_trace_of_wrong_targets(net, x, y, error, message):
    with pytest.raises(error, match=message):
        net.trace(x, y)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"X": 3.0}, TypeError, "X: expected an array of rows, got 3.0"),
        ({"X": None}, TypeError, "X: expected an array of rows, got None"),
        ({"X": np.ones((0, 4)), "y": []}, ValueError, "X: expected at least one row"),
        ({"y": []}, ValueError, "y: expected at least one row"),
        ({"y": [1, 2]}, ValueError, "y: expected 6 rows, one for each row of X, got 2"),
        ({"X": [[1], [2, 3]]}, TypeError, "X: expected rows of one length"),
        ({"X": sparse.csr_array(X)}, TypeError, "X: expected a dense array"),
        ({"X": np.ma.masked_invalid(X)}, TypeError, "X: expected an array without a mask"),
        ({"batch_size": 0}, ValueError, "batch_size: expected an integer >= 1, got 0"),
        ({"batch_size": 1.5}, TypeError, "batch_size: expected an integer >= 1, got 1.5"),
        ({"shuffle": "no"}, TypeError, "shuffle: expected True or False, got 'no'"),
        ({"rng": -1}, ValueError, "rng: expected an integer in"),
        ({"rng": 0.5}, TypeError, "rng: expected an int, a numpy Generator"),
        ({"epoch": -1}, ValueError, "epoch: expected an integer in"),
        ({"epoch": "1"}, TypeError, "epoch: expected an integer in"),
    ],
    ids=repr,
)
def test_batches(options, error, message):
    with pytest.raises(error, match=message):
        fb.batches(**{"X": X, "y": Y, **options})


@pytest.mark.parametrize(
    ("n", "error"),
    [(0, ValueError), (-1, ValueError), (1025, ValueError), ("many", ValueError), (1.0, TypeError),
     (None, TypeError), (True, TypeError)],
    ids=repr,
)  # fmt: skip
def test_threads(n, error):
    before = fb.get_threads()
    with pytest.raises(error, match=r"n: expected an integer in 1 \.\. 1024"):
        fb.set_threads(n)
    assert fb.get_threads() == before
