"""The page docs/interop.md says what happens."""

import re
import runpy
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[3] / "docs" / "interop.md"


@pytest.mark.skipif(not PAGE.exists(), reason="tested without its repository")
def test_its_code_runs(tmp_path):
    pytest.importorskip("torch", reason="PyTorch is not installed")
    text = PAGE.read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 2
    (tmp_path / "page.py").write_text("".join(blocks), encoding="utf-8")
    assert runpy.run_path(str(tmp_path / "page.py"))["net"].sizes == [64, 32, 10]
