"""scikit-learn's checks of estimators in its older versions, each installed into a folder of its own."""

import os
import subprocess
import sys

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.version_info >= (3, 14), reason="older versions have no wheels for it"),
]

PROGRAM = """
import sys, warnings
import sklearn
from sklearn.utils import estimator_checks
from filbert.sklearn import MLPClassifier, MLPRegressor

assert sklearn.__version__.startswith(sys.argv[1]), sklearn.__version__
warnings.simplefilter("ignore")
of_weights = "check_sample_weight_equivalence_on_dense_data"
settled = {
    "MLPClassifier": MLPClassifier(solver="lbfgs"),
    "MLPRegressor": MLPRegressor(solver="sgd", tol=1e-2, random_state=42),
}
for cls in (MLPClassifier, MLPRegressor):
    done = 0
    for estimator, check in estimator_checks.estimator_checks_generator(cls(max_iter=100)):
        if of_weights in str(check):
            estimator = settled[cls.__name__]
        try:
            check(estimator)
        except estimator_checks.SkipTest as skipped:
            print(cls.__name__, skipped)
        done += 1
    assert done > 50, done
"""


@pytest.mark.parametrize("version", ["1.6", "1.7", "1.8"])
def test_checks(version, tmp_path):
    wanted = [f"scikit-learn=={version}.*", "scipy<1.17"]
    options = ["--quiet", "--disable-pip-version-check", "--only-binary=:all:", "--no-deps"]
    pip = [sys.executable, "-m", "pip", "install", *options, "--target", tmp_path, *wanted]
    installed = subprocess.run(pip, capture_output=True, text=True, check=False)
    if installed.returncode != 0:
        pytest.skip(f"pip cannot install it: {installed.stderr.strip().splitlines()[-1]}")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM, version],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
