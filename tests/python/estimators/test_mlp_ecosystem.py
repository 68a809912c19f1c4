"""The estimators among scikit-learn's other tools, and among threads and processes of joblib."""

import mlps
import numpy as np
import pytest
import sklearn
from joblib import Parallel, delayed, parallel_config
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import (
    BaggingRegressor,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, HalvingGridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import filbert as fb
from filbert.sklearn import MLPClassifier, MLPRegressor
from filbert.sklearn.threads import threads_here

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
SMALL = {"max_iter": 30, "random_state": 0, "hidden_layer_sizes": (8,), "learning_rate_init": 0.02}


def test_searches():
    X, y = mlps.problem("multiclass")
    grid = {"mlpclassifier__alpha": [1e-4, 1.0], "mlpclassifier__hidden_layer_sizes": [(4,), (8,)]}
    pipeline = make_pipeline(StandardScaler(), MLPClassifier(**SMALL))
    for search in (
        GridSearchCV(pipeline, grid, cv=3),
        HalvingGridSearchCV(pipeline, grid, cv=2, random_state=0),
    ):
        assert search.fit(X, y).score(X, y) > 0.6
    assert cross_val_score(pipeline, X, y, cv=3).shape == (3,)


def test_meta_estimators():
    X, y = mlps.problem("multiclass")
    mlp = MLPClassifier(**SMALL)
    others = [("mlp", mlp), ("linear", LogisticRegression())]
    for meta in (
        CalibratedClassifierCV(mlp, cv=2),
        VotingClassifier(others, voting="soft"),
        StackingClassifier(others, cv=2),
    ):
        assert meta.fit(X, y).score(X, y) > 0.6
    X, y = mlps.problem("one value")
    regressor = MLPRegressor(**SMALL)
    for meta in (
        BaggingRegressor(regressor, 2, random_state=0),
        TransformedTargetRegressor(regressor, transformer=StandardScaler()),
    ):
        assert meta.fit(X, y).score(X, y) > 0.3
    importances = permutation_importance(regressor.fit(X, y), X, y, n_repeats=2, random_state=0)
    assert importances.importances_mean.shape == (6,)


def test_frames_and_columns():
    pandas = pytest.importorskip("pandas")
    X, y = mlps.problem("multiclass")
    frame = pandas.DataFrame(X, columns=list("abcdef"))
    columns = ColumnTransformer([("scale", StandardScaler(), ["a", "b"])], remainder="passthrough")
    pipeline = make_pipeline(columns, MLPClassifier(**SMALL)).set_output(transform="pandas")
    pipeline.fit(frame, y)
    assert pipeline[-1].feature_names_in_[0] == "scale__a"
    assert pipeline.predict(frame).shape == (105,)


def test_metadata_routing():
    X, y = mlps.problem("binary")
    weight = np.linspace(0.0, 1.0, len(y))
    with sklearn.config_context(enable_metadata_routing=True):
        mlp = MLPClassifier(**SMALL).set_fit_request(sample_weight=True)
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        pipeline = make_pipeline(scaler, mlp)
        pipeline.fit(X, y, sample_weight=weight)
    scaled = StandardScaler().fit_transform(X)
    alone = MLPClassifier(**SMALL).fit(scaled, y, sample_weight=weight)
    assert mlps.distance(pipeline[-1], alone) == 0.0


def test_clone_and_representations():
    mlp = MLPClassifier((5,), optimizer=fb.AdamW(0.01), activation=fb.activations.ELU(0.5))
    other = clone(mlp)
    assert repr(other) == repr(mlp)
    assert "AdamW(0.01)" in repr(mlp)
    assert "MLPClassifier" in mlp._repr_html_()


def fit_once(n_threads=None):
    X, y = mlps.problem("binary")
    MLPClassifier(**SMALL, n_threads=n_threads).fit(X, y)
    return threads_here(None), fb.get_threads()


def test_threads_of_joblib_have_one_each():
    assert threads_here(None) is None
    assert threads_here(3) == 3
    with parallel_config("threading", n_jobs=2):
        found = Parallel()(delayed(fit_once)() for _ in range(4))
    assert [threads for threads, _ in found] == [1] * 4


@pytest.mark.slow
def test_processes_of_joblib_share_the_cores():
    """loky says in OMP_NUM_THREADS how many threads each of its processes may have."""
    with parallel_config("loky", n_jobs=2, inner_max_num_threads=1):
        found = Parallel()(delayed(fit_once)() for _ in range(2))
    assert [threads for _, threads in found] == [1, 1]


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["loky", "threading", "multiprocessing"])
def test_a_search_in_parallel(backend):
    X, y = mlps.problem("multiclass")
    grid = {"alpha": [1e-4, 1e-2, 1.0], "activation": ["relu", "tanh"]}
    one = GridSearchCV(MLPClassifier(**SMALL), grid, cv=3).fit(X, y)
    with parallel_config(backend):
        two = GridSearchCV(MLPClassifier(**SMALL), grid, cv=3, n_jobs=2).fit(X, y)
    np.testing.assert_array_equal(
        one.cv_results_["mean_test_score"], two.cv_results_["mean_test_score"]
    )
