"""python/filbert/_core.pyi says what the extension has: the parameters of each function and method with their
types, as pybind11 tells them, and results and properties. (That nothing is missing, stubtest sees: .ci/lint.)"""

from pathlib import Path

import pytest
from signatures import differences

from filbert import _core

STUB = Path(__file__).parents[3] / "python" / "filbert" / "_core.pyi"


@pytest.fixture(scope="module")
def stub():
    return STUB.read_text(encoding="utf-8")


def test_the_stub_says_what_the_extension_has(stub):
    assert list(differences(_core, stub)) == []


@pytest.mark.parametrize(
    ("line", "other", "name"),
    [
        ("def class_count(outputs: int,", "def class_count(n: int,", "class_count"),
        ("def class_count(outputs: int,", "def class_count(outputs: str,", "class_count"),
        (
            "outputs: int, output: str) -> int: ...  # 0",
            "outputs: int) -> int: ...  # 0",
            "class_count",
        ),
        ("def isa() -> str", "def isa() -> list[str]", "isa"),
        ("def isas() -> list[str]: ...\n", "", "isas"),
        (
            "unseen: bool = False,\n        normalize",
            "unseen: bool,\n        normalize",
            "Network32.fit",
        ),
        ("        max_seconds: float = ...,\n", "", "Network64.fit"),
        ("def steps(self) -> int", "def steps(self) -> float", "Optimizer.steps"),
        ("def put_back(self, network: Any)", "def put_back(self)", "BestEpoch.put_back"),
        (
            "def parameters(self) -> NDArray[_T]",
            "def parameters(self) -> bytes",
            "Network32.parameters",
        ),
        ("    @property\n    def rows(self) -> int: ...\n", "    rows: int\n", "Training.rows"),
    ],
)
def test_a_planted_difference_is_caught(stub, line, other, name):
    assert line in stub
    found = list(differences(_core, stub.replace(line, other)))
    assert [sentence for sentence in found if sentence.startswith(name)]
