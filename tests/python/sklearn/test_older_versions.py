"""scikit-learn's checks of estimators in its older versions, each installed into a folder of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.version_info >= (3, 14), reason="older versions have no wheels for it"),
]


@pytest.mark.parametrize("version", ["1.6", "1.7", "1.8"])
def test_checks(version, tmp_path):
    wanted = [f"scikit-learn=={version}.*", "scipy<1.17"]
    options = ["--quiet", "--disable-pip-version-check", "--only-binary=:all:", "--no-deps"]
    pip = [sys.executable, "-m", "pip", "install", *options, "--target", tmp_path, *wanted]
    installed = subprocess.run(pip, capture_output=True, text=True, check=False)
    if installed.returncode != 0:
        pytest.skip(f"pip cannot install it: {installed.stderr.strip().splitlines()[-1]}")
    folder = Path(__file__).parent
    tests = [folder / "test_estimator_checks.py", folder / "test_mlp_partial_fit.py"]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    code = "import sklearn; print(sklearn.__version__)"
    found = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert found.stdout.startswith(version)
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-n", "0", "-q", "-p", "no:cacheprovider", *tests],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout
