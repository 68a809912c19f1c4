"""Bad options: whatever is no array."""

from fractions import Fraction

import numpy as np
import pytest
from bad_input import ROWS, Cell, X, Y, check, classifier, kind_of, parametrize
from problems import LOSSES, OUTPUTS, OUTPUTS_OF, RULES, defaults
from scipy import sparse

import filbert as fb
from filbert import _core

OPTIMIZER = "expected SGD(, .*)? or [A-Z][A-Za-z]+"
FIT = [
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
    ("batch_size", "all", TypeError, "expected an integer >= 1, got 'all'"),
    ("batch_size", [32], TypeError, "expected an integer >= 1, got list"),
    ("batch_size", 2**70, ValueError, "expected an integer >= 1"),
    ("loss", "mse", ValueError, "expected squared_error, .* got 'mse'"),
    ("loss", "", ValueError, "expected squared_error, .* got ''"),
    ("loss", 3, TypeError, "expected squared_error, .* got 3"),
    ("loss", ["huber"], TypeError, "expected squared_error, .* got list"),
    ("loss", "binary_cross_entropy", ValueError, "binary_cross_entropy .* sigmoid .* 'softmax'"),
    ("optimizer", "sgd", TypeError, f"{OPTIMIZER}, got 'sgd'"),
    ("optimizer", fb.SGD, TypeError, f"{OPTIMIZER}, got the class SGD"),
    ("optimizer", 0.1, TypeError, f"{OPTIMIZER}, got 0.1"),
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
    ("validation_data", X, TypeError, r"expected \(X, y\) or .*, got ndarray"),
    ("validation_data", (X,), TypeError, r"expected \(X, y\) or .*, got tuple"),
    ("validation_data", (X, Y, Y, Y), TypeError, r"expected \(X, y\) or .*, got tuple"),
    ("validation_data", 0.2, TypeError, r"expected \(X, y\) or .*, got 0.2"),
    ("validation_data y", (X, Y[:5]), ValueError, r"expected shape \(6,\) or \(6, 3\), got \(5,\)"),
    ("validation_data y", (X, ["a"] * 6), ValueError, "integers, as no fit has learned labels"),
]

NETWORK = [
    ("sizes", 3, TypeError, "expected a list of numbers of neurons, got 3"),
    ("sizes", "784", TypeError, "expected a list of numbers of neurons, got '784'"),
    ("sizes", None, TypeError, "expected a list of numbers of neurons, got None"),
    ("sizes", [], ValueError, "expected at least 2 numbers of neurons, got 0"),
    ("sizes", [4], ValueError, "expected at least 2 numbers of neurons, got 1"),
    ("sizes[0]", np.ones((2, 2), int), TypeError, "expected an integer >= 1, got ndarray"),
    ("sizes[1]", [4, 0], ValueError, "expected an integer >= 1, got 0"),
    ("sizes[0]", [-4, 2], ValueError, "expected an integer >= 1, got -4"),
    ("sizes[1]", [4, 2.5, 1], TypeError, "expected an integer >= 1, got 2.5"),
    ("sizes[0]", [True, 2], TypeError, "expected an integer >= 1, got True"),
    ("sizes[1]", [4, None], TypeError, "expected an integer >= 1, got None"),
    ("sizes[1]", [4, [3], 2], TypeError, "expected an integer >= 1, got list"),
    ("sizes[0]", [2**64, 2], ValueError, "expected an integer >= 1, got 18446744073709551616"),
    ("sizes", [2**32, 2**32], ValueError, "fits in the address space"),
    ("sizes", [2**62, 2], ValueError, "fits in the address space"),
    ("activation", "rleu", ValueError, "expected identity, relu, .* got 'rleu'"),
    ("activation", "softmax", ValueError, "expected identity, relu, .* got 'softmax'"),
    ("activation", 1, TypeError, "expected a name, or one for each hidden layer, got 1"),
    ("activation", None, TypeError, "expected a name, or one for each hidden layer, got None"),
    ("activation", [], ValueError, "expected 1 names, one for each hidden layer, got 0"),
    ("activation", ["relu", "tanh"], ValueError, "expected 1 names, .* got 2"),
    ("activation[0]", [None], TypeError, "expected identity, relu, .* got None"),
    ("activation[0]", ["softmax"], ValueError, "expected identity, relu, .* got 'softmax'"),
    ("output", "sofmax", ValueError, "expected identity, relu, .* got 'sofmax'"),
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
NUMBER = "expected a number.*, got"
FLAG = "expected True or False, got"
OPTIMIZERS = [
    *[
        (rule, name, value, error, message)
        for rule in RULES
        for name, default in defaults(rule).items()
        for value, error, message in (
            [
                (1, TypeError, f"{FLAG} 1"),
                ("yes", TypeError, f"{FLAG} 'yes'"),
                (None, TypeError, f"{FLAG} None"),
            ]
            if isinstance(default, bool)
            else [
                (-0.1, ValueError, "expected a .*number .*, got -0.1"),
                (np.inf, ValueError, "expected a .*number .*, got inf"),
                (np.nan, ValueError, "expected a .*number .*, got nan"),
                (10**400, ValueError, "expected a number that fits in a float"),
                ("0.1", TypeError, f"{NUMBER} '0.1'"),
                (None, TypeError, f"{NUMBER} None"),
                (True, TypeError, f"{NUMBER} True"),
                (1j, TypeError, f"{NUMBER} 1j"),
                ([0.9], TypeError, f"{NUMBER} list"),
                (Fraction(1, 2), TypeError, f"{NUMBER} Fraction"),
            ]
        )
    ],
    *[
        (rule, name, 1e300, ValueError, "expected a number that fits in float32, got 1e.300")
        for rule in RULES
        for name in defaults(rule)
        if name in ("learning_rate", "weight_decay", "l1", "l2")
    ],
    *[
        (rule, name, value, ValueError, r"expected a number in \[0, 1\)")
        for rule, name in [("sgd", "momentum"), ("adam", "beta1"), ("adam", "beta2")]
        for value in (1.0, 2)
    ],
    ("sgd", "learning_rate", -1, ValueError, f"{RATE}, got -1"),
    ("sgd", "nesterov", True, ValueError, "momentum"),
    ("adam", "epsilon", 0, ValueError, "expected a finite number > 0, got 0"),
    ("adam", "epsilon", -1e-8, ValueError, "expected a finite number > 0, got -1e-08"),
    ("adam", "epsilon", 1e-60, ValueError, "expected a number > 0 in float32, got 1e-60"),
    ("adam", "epsilon", 1e39, ValueError, "expected a number that fits in float32, got 1e.39"),
]

BATCHES = [
    ("X", 3.0, TypeError, "expected an array of rows, got 3.0"),
    ("X", None, TypeError, "expected an array of rows, got None"),
    ("X", np.ones((0, 4)), ValueError, "expected at least one row"),
    ("X", [[1], [2, 3]], TypeError, "expected rows of one length"),
    ("X", sparse.csr_array(X), TypeError, "expected a dense array"),
    ("X", np.ma.masked_invalid(X), TypeError, "expected an array without a mask"),
    ("y", [], ValueError, "expected at least one row"),
    ("y", 1, TypeError, "expected an array of rows, got 1"),
    ("y", [1, 2], ValueError, "expected 6 rows, one for each row of X, got 2"),
    ("batch_size", 0, ValueError, "expected an integer >= 1, got 0"),
    ("batch_size", 1.5, TypeError, "expected an integer >= 1, got 1.5"),
    ("shuffle", "no", TypeError, "expected True or False, got 'no'"),
    ("rng", -1, ValueError, "expected an integer in"),
    ("rng", 0.5, TypeError, "expected an int, a numpy Generator"),
    ("epoch", -1, ValueError, "expected an integer in"),
    ("epoch", 2**64, ValueError, "expected an integer in"),
    ("epoch", "1", TypeError, "expected an integer in"),
]

EXPLAIN = [
    ("layer", 0, KeyError, r"expected 1 \.\. 2, got 0"),
    ("layer", 3, KeyError, r"expected 1 \.\. 2, got 3"),
    ("layer", "1", KeyError, r"expected 1 \.\. 2, got '1'"),
    ("j", 3, IndexError, r"expected an index in 0 \.\. 2, got 3"),
    ("j", -1, IndexError, r"expected an index in 0 \.\. 2, got -1"),
    ("j", 0.5, TypeError, r"expected an index in 0 \.\. 2, got 0.5"),
    ("j", True, TypeError, r"expected an index in 0 \.\. 2, got True"),
    ("k", 5, IndexError, r"expected an index in 0 \.\. 4, got 5"),
    ("k", "a", TypeError, r"expected an index in 0 \.\. 4, got 'a'"),
    ("example", 6, IndexError, r"expected an index in 0 \.\. 5, got 6"),
    ("example", None, TypeError, r"expected an index in 0 \.\. 5, got None"),
]

SETTINGS = [
    *[("n", n, ValueError, r"an integer in 1 \.\. 1024") for n in (0, -1, 1025, 2**70, "many")],
    *[("n", n, TypeError, r"an integer in 1 \.\. 1024, got") for n in (1.0, None, True, [2])],
]


def of_another_network():
    optimizer, other = fb.SGD(), classifier()
    optimizer.step(other, np.zeros(other.parameters.size))
    return optimizer


G = np.ones(43)
OTHERS = [
    ("net", "None", lambda net: fb.SGD().step(None, G), TypeError, "expected a Network, got None"),
    ("net", "an array", lambda net: fb.SGD().step(net.w[1], G), TypeError, "Network, got ndarray"),
    ("net", "a class", lambda _: fb.SGD().step(fb.Network, G), TypeError, "got the class Network"),
    ("g", "of another network", lambda net: fb.SGD().step(net, gradient_of_another()), ValueError,
     r"expected shape \(43,\), got \(14,\)"),
    ("optimizer", "another's", lambda net: net.fit(X, Y, optimizer=of_another_network()),
     ValueError, "expected one that is new or has stepped this network"),
    ("optimizer", "another's, step", lambda net: of_another_network().step(net, G),
     ValueError, "expected one that is new or has stepped this network"),
    ("f", "an array", lambda net: net.backward(X, ROWS), TypeError, r"that net\.forward returned, got"),
    ("f", "None", lambda net: net.backward(None, ROWS), TypeError, "expected the Forward .* NoneType"),
    ("f", "a Trace", lambda net: net.backward(net.trace(X, Y), ROWS), TypeError, "got Trace"),
    ("f", "of another network", lambda net: net.backward(classifier().forward(X), ROWS),
     ValueError, "expected a Forward of this network"),
    ("dC_da", "both", lambda net: net.backward(net.forward(X), ROWS, dC_dz=ROWS), ValueError,
     "expected either dC_da or dC_dz, got both"),
    ("example", "1 of one", lambda net: net.trace(X[0], 1).explain(1, 0, example=1), IndexError,
     r"expected an index in 0 \.\. 0, got 1"),
    ("learning_rate", "set to nan", lambda _: set_rate(np.nan), ValueError, RATE),
    ("learning_rate", "set to a string", lambda _: set_rate("fast"), TypeError, "got 'fast'"),
    ("name", "unknown", lambda _: fb.set_isa("sse9"), ValueError, "expected .*reference, got 'sse9'"),
    ("name", "a number", lambda _: fb.set_isa(2), TypeError, "expected .*reference, got 2"),
    ("mode", "unknown", lambda _: fb.show_config("json"), ValueError, "expected stdout or dicts, got"),
    ("mode", "None", lambda _: fb.show_config(None), TypeError, "expected stdout or dicts, got None"),
    ("layer", "0, of w", lambda net: net.w[0], KeyError, r"expected 1 \.\. 2, got 0"),
    ("layer", "-1, of b", lambda net: net.b[-1], KeyError, r"expected 1 \.\. 2, got -1"),
]  # fmt: skip


def set_rate(value):
    fb.SGD().learning_rate = value


def gradient_of_another():
    other = fb.Network([3, 2, 2])
    f = other.forward(X[:, :3])
    return other.backward(f, f.a[2])


def cells():
    tables = [
        (FIT, "fit", lambda net, name, v: net.fit(X, Y, **{name: v})),
        (NETWORK, "Network", lambda _, name, v: fb.Network(**{"sizes": [2, 3, 1], name: v})),
        (BATCHES, "batches", lambda _, name, v: fb.batches(**{"X": X, "y": Y, name: v})),
        (EXPLAIN, "explain", explain),
        (SETTINGS, "set_threads", lambda _, name, v: fb.set_threads(**{name: v})),
    ]
    for table, where, function in tables:
        for argument, value, *expected in table:
            name = argument.split("[")[0].split()[0]
            call = lambda net, f=function, n=name, v=value: f(net, n, v)
            yield Cell(argument, kind_of(value), call, *expected, where)
    for rule, name, value, *expected in OPTIMIZERS:
        made = lambda cls=RULES[rule], options={name: value}: cls(**options)
        call = lambda net, m=made: net.fit(X, Y, optimizer=m())
        yield Cell(name, kind_of(value), call, *expected, rule)
    for argument, kind, *rest in OTHERS:
        yield Cell(argument, kind, *rest)


def explain(net, name, value):
    net.trace(X, Y).explain(**{"layer": 2, "j": 0, "k": 0, name: value})


CELLS = list(cells())


@parametrize(CELLS)
def test_cell(cell):
    check(cell)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("output", OUTPUTS)
def test_losses_that_do_not_fit(loss, output):
    net = fb.Network([4, 2], output=output, rng=0)
    before = net.parameters.tobytes()
    if output in OUTPUTS_OF[loss]:
        columns = _core.target_columns(loss, 2)
        net.fit(X, np.eye(2)[Y % 2][:, :columns], loss=loss)
        return
    needed = "|".join(OUTPUTS_OF[loss])
    for call in (net.fit, net.evaluate, net.trace):
        with pytest.raises(ValueError, match=f"loss: {loss} .*({needed}).*'{output}'"):
            call(X, Y % 2, loss=loss)
    assert net.parameters.tobytes() == before


def test_a_failed_setting_changes_nothing():
    threads, isa = fb.get_threads(), fb.isa()
    with pytest.raises(ValueError, match="n: expected"):
        fb.set_threads(0)
    with pytest.raises(ValueError, match="name: expected"):
        fb.set_isa("sse9")
    assert (fb.get_threads(), fb.isa()) == (threads, isa)
