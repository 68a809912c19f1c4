"""Bad activations: names, values of filbert.activations, their parameters, and where they may be."""

import numpy as np
import pytest
from bad_input import Cell, X, Y, check, kind_of, parametrize

import filbert as fb
from filbert.activations import ELU, LeakyReLU

NAMES = "expected identity, relu, .* got "
NO_NUMBERS = [None, "0.1", b"1", True, [0.1], (1.0,), {}, 1j, np.array([0.5]), LeakyReLU]
OUT_OF_RANGE = {
    LeakyReLU: [-0.01, -1, -1e-300, 1.01, 2, 1e300, np.inf, -np.inf, np.nan, np.float32(1.5)],
    ELU: [-1, -1e-300, 1e39, np.inf, -np.inf, np.nan, np.float64(1e308)],
}
RANGES = {LeakyReLU: r"slope in \[0, 1\] for leaky_relu", ELU: r"alpha in \[0, 3\.4.*\] for elu"}
PARAMETERS = {LeakyReLU: "slope", ELU: "alpha"}
HIDDEN = [  # activation= of a network with one hidden layer
    ("activation", "log_softmax", ValueError, f"{NAMES}'log_softmax'"),
    ("activation", "exponential", ValueError, f"{NAMES}'exponential'"),
    ("activation[0]", ["exponential"], ValueError, f"{NAMES}'exponential'"),
    ("activation", "leaky_relu(0x1p-2)", ValueError, f"{NAMES}'leaky_relu"),
    ("activation", "leaky_relu(0.2)", ValueError, f"{NAMES}'leaky_relu"),
    ("activation", "LeakyReLU", ValueError, f"{NAMES}'LeakyReLU'"),
    ("activation", "leakyrelu", ValueError, f"{NAMES}'leakyrelu'"),
    ("activation", "swish", ValueError, f"{NAMES}'swish'"),
    ("activation", "SiLU", ValueError, f"{NAMES}'SiLU'"),
    ("activation", "elu ", ValueError, f"{NAMES}'elu '"),
    ("activation", "", ValueError, f"{NAMES}''"),
    ("activation", LeakyReLU, TypeError, "expected a name, .* got the class LeakyReLU"),
    ("activation", 0.2, TypeError, "expected a name, .* got 0.2"),
    ("activation", fb.losses.Huber(), TypeError, f"{NAMES}Huber"),
    ("activation[0]", [fb.losses.Huber()], TypeError, f"{NAMES}Huber"),
    ("activation[0]", [LeakyReLU], TypeError, f"{NAMES}the class LeakyReLU"),
    ("activation[0]", [[ELU()]], TypeError, f"{NAMES}list"),
    ("activation", [ELU(), ELU()], ValueError, "expected 1 names, .* got 2"),
    ("activation", (), ValueError, "expected 1 names, .* got 0"),
]
OUTPUT = [
    ("output", ELU, TypeError, f"{NAMES}the class ELU"),
    ("output", [ELU()], TypeError, f"{NAMES}list"),
    ("output", 1.0, TypeError, f"{NAMES}1.0"),
    ("output", "elu(0x1p+0)", ValueError, f"{NAMES}'elu"),
    ("output", "logsoftmax", ValueError, f"{NAMES}'logsoftmax'"),
    ("output", "exp", ValueError, f"{NAMES}'exp'"),
    ("output", fb.losses.Huber(), TypeError, f"{NAMES}Huber"),
]


def constructors():
    for cls, name in PARAMETERS.items():
        for value in NO_NUMBERS:
            expected = "expected a number, got "
            yield Cell(
                name, kind_of(value), lambda _, c=cls, v=value: c(v), TypeError, expected, str(cls)
            )
        yield Cell(
            name,
            "10**400",
            lambda _, c=cls: c(10**400),
            ValueError,
            "expected a number that fits in a float",
            str(cls),
        )


def out_of_range():
    for cls, numbers in OUT_OF_RANGE.items():
        for number in numbers:
            for argument, value in (
                ("activation", cls(number)),
                ("activation", [cls(number)]),
                ("output", cls(number)),
            ):
                yield Cell(
                    argument,
                    repr(value),
                    lambda _, a=argument, v=value: fb.Network([4, 5, 3], **{a: v}),
                    ValueError,
                    f"expected {RANGES[cls]}, got ",
                )


def networks():
    for argument, value, error, message in [*HIDDEN, *OUTPUT]:
        name = argument.partition("[")[0]
        yield Cell(
            argument,
            kind_of(value),
            lambda _, n=name, v=value: fb.Network([4, 5, 3], **{n: v}),
            error,
            message,
        )


@parametrize([*constructors(), *out_of_range(), *networks()])
def test_cell(cell):
    check(cell)


@pytest.mark.parametrize("output", [LeakyReLU(0.2), ELU(), "exponential", "softplus"], ids=str)
def test_one_output_that_tells_no_classes(output):
    """Messages show a value as users write it."""
    net = fb.Network([4, 1], output=output, rng=0)
    with pytest.raises(ValueError, match=r"output: expected .* got one ") as caught:
        net.predict_classes(X)
    assert str(caught.value).endswith(str(output))
    with pytest.raises(TypeError, match="y: expected numbers, got strings; labels need") as caught:
        net.fit(X, [f"class {i}" for i in Y])
    assert str(caught.value).endswith(str(output))
