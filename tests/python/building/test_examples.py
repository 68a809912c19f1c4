"""Every Python example runs, the one of the README too, and is short."""

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
README = ROOT / "README.md"
EXAMPLES = sorted((ROOT / "examples" / "python").glob("*.py"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example(path, capsys):
    runpy.run_path(str(path), run_name="__main__")
    assert capsys.readouterr().out
    assert len(path.read_text().splitlines()) < 60


def test_the_example_of_the_readme(tmp_path, capsys):
    (example,) = re.findall(r"^```python\n(.*?)^```", README.read_text(), re.MULTILINE | re.DOTALL)
    (tmp_path / "example.py").write_text(example)
    runpy.run_path(str(tmp_path / "example.py"))
    printed = capsys.readouterr().out.splitlines()
    assert float(printed[0].split()[0]) > 0.99  # the accuracy
    assert printed[-1].startswith("dC0/dw = a_k * (a_j - y_j) = ")
    assert len([line for line in example.splitlines() if line.strip()]) <= 10
