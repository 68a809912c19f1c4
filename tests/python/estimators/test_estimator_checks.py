"""scikit-learn's own checks of estimators, all of which its multilayer perceptrons pass too."""

import mlps
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from filbert.sklearn import MLPClassifier, MLPRegressor

if mlps.OLD:  # its checks are a generator, which pytest takes no longer
    pytest.skip(
        "test_older_versions.py runs the checks of scikit-learn 1.6", allow_module_level=True
    )
ESTIMATORS = [MLPClassifier(max_iter=100), MLPRegressor(max_iter=100)]
# Weights k are as k copies where the batch is the whole data set, and the fit has converged: so
# scikit-learn checks its own classes with these parameters.
SETTLED = [MLPClassifier(solver="lbfgs"), MLPRegressor(solver="sgd", tol=1e-2, random_state=42)]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.filterwarnings("ignore:Got `batch_size`")
@parametrize_with_checks(ESTIMATORS)
def test_check(estimator, check):
    if "sample_weight_equivalence_on_dense" in str(check):
        estimator = next(each for each in SETTLED if type(each) is type(estimator))
    check(estimator)
