"""Bad arguments init and bias_init: each error names the argument, and no network is made."""

import numpy as np
import pytest

import filbert as fb
from filbert import initialisers

ANY = "expected a name, one of filbert.initialisers or a list with one for each layer, got"
NAMES = "expected auto, he_uniform, .* or constant, got"
BIASES = "expected fan_in_uniform, zeros or constant, got"
W, B = np.zeros((4, 3)), np.zeros(4)

# Of a network [3, 4, 2].
CELLS = [
    ("init", "xavier", ValueError, f"{NAMES} 'xavier'"),
    ("init", "", ValueError, f"{NAMES} ''"),
    ("init", "Orthogonal", ValueError, f"{NAMES} 'Orthogonal'"),
    ("init", "orthogonal(2)", ValueError, f"{NAMES} 'orthogonal"),
    ("init", None, TypeError, f"{ANY} None"),
    ("init", 0, TypeError, f"{ANY} 0"),
    ("init", 0.5, TypeError, f"{ANY} 0.5"),
    ("init", True, TypeError, f"{ANY} True"),
    ("init", W, TypeError, f"{ANY} ndarray"),
    ("init", {1: W}, TypeError, f"{ANY} dict"),
    ("init", initialisers.Orthogonal, TypeError, f"{ANY} the class Orthogonal"),
    ("init", len, TypeError, f"{ANY} builtin"),
    ("init", b"zeros", TypeError, f"{ANY} b'zeros'"),
    ("init", [], ValueError, "expected one for each of 2 layers, got 0"),
    ("init", ["zeros"], ValueError, "expected one for each of 2 layers, got 1"),
    ("init", ("zeros",) * 3, ValueError, "expected one for each of 2 layers, got 3"),
    ("init[1]", ["zeros", "ones"], ValueError, f"{NAMES} 'ones'"),
    ("init[0]", [None, "zeros"], TypeError, "expected .*, got None"),
    ("init[0]", [len, "zeros"], TypeError, "expected"),
    ("init[0]", [W.T, "zeros"], ValueError, r"expected shape \(4, 3\), got \(3, 4\)"),
    ("init[1]", ["zeros", W], ValueError, r"expected shape \(2, 4\), got \(4, 3\)"),
    ("init[0]", [0.5, "zeros"], ValueError, r"expected shape \(4, 3\), got \(\)"),
    ("init[0]", [W + np.nan, "zeros"], ValueError, "finite"),
    ("init[0]", [W - np.inf, "zeros"], ValueError, "finite"),
    ("init[0]", [W + 1e300, "zeros"], ValueError, "finite|fit"),
    ("init[0]", [W * 1j, "zeros"], TypeError, "real"),
    ("init[0]", [W.astype(str), "zeros"], TypeError, "expected"),
    ("bias_init", "auto", ValueError, f"{BIASES} 'auto'"),
    ("bias_init", "orthogonal", ValueError, f"{BIASES} 'orthogonal'"),
    ("bias_init", "he_normal", ValueError, f"{BIASES} 'he_normal'"),
    ("bias_init", "zero", ValueError, f"{BIASES} 'zero'"),
    ("bias_init", initialisers.Orthogonal(), TypeError, f"{BIASES} Orthogonal"),
    ("bias_init", None, TypeError, f"{ANY} None"),
    ("bias_init", 0.0, TypeError, f"{ANY} 0.0"),
    ("bias_init", B, TypeError, f"{ANY} ndarray"),
    ("bias_init", ["zeros"], ValueError, "expected one for each of 2 layers, got 1"),
    ("bias_init[1]", ["zeros", "auto"], ValueError, f"{BIASES} 'auto'"),
    ("bias_init[0]", [B[:3], "zeros"], ValueError, r"expected shape \(4,\), got \(3,\)"),
    ("bias_init[0]", [B[:, None], "zeros"], ValueError, r"expected shape \(4,\), got \(4, 1\)"),
    ("bias_init[1]", [B, [1, np.nan]], ValueError, "finite"),
    ("bias_init[1]", [B, ["a", "b"]], TypeError, "expected"),
]


@pytest.mark.parametrize("cell", CELLS, ids=[f"{i} {cell[0]}" for i, cell in enumerate(CELLS)])
def test_cell(cell):
    argument, value, error, message = cell
    name = argument.split("[")[0]
    pattern = argument.replace("[", r"\[").replace("]", r"\]")
    with pytest.raises(error, match=f"^{pattern}: .*({message})"):
        fb.Network([3, 4, 2], **{name: value})


@pytest.mark.parametrize("name", initialisers.__all__)
def test_parameters(name):
    cls = getattr(initialisers, name)
    parameter = cls._parameter
    for wrong, error in [
        (np.nan, ValueError), (np.inf, ValueError), (1e31, ValueError), (10**400, ValueError),
        ("1", TypeError), (None, TypeError), (True, TypeError), (1j, TypeError),
        *([] if parameter == "value" else [(-0.5, ValueError)]),
    ]:  # fmt: skip
        with pytest.raises(error, match=f"^{parameter}: expected a number"):
            cls(wrong)
