"""Which test files need a library that is not installed: that of a wheel for a system that the library has no wheels
for is tested without them."""

import importlib.util
import re
from pathlib import Path

IMPORT = re.compile(r"^(?:import|from) (\w+)", re.MULTILINE)
PEERS = ("hypothesis", "joblib", "mpmath", "safetensors", "scipy", "sklearn")
SUPPORT = Path(__file__).parent


def imported(path):
    """The modules that a file imports when it is imported, those of its helpers in support/ too."""
    found = set(IMPORT.findall(path.read_text(encoding="utf-8")))
    for name in sorted(found):
        helper = SUPPORT / f"{name}.py"
        if helper.exists() and helper != path:
            found |= imported(helper)
    return found


def left_out(folder, is_installed=importlib.util.find_spec):
    """{test file: the first library that it needs and that is not there}"""
    missing = [name for name in PEERS if not is_installed(name)]
    found = {}
    for path in sorted(folder.rglob("test_*.py")) if missing else ():
        needed = imported(path)
        if absent := [name for name in missing if name in needed]:
            found[path] = absent[0]
    return found
