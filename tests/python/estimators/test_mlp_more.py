"""What the estimators have beside scikit-learn's."""

import mlps
import numpy as np
import pytest
from scipy import sparse

import filbert as fb
from filbert.sklearn import MLPClassifier, MLPRegressor


def test_activations_of_layers():
    X, y = mlps.problem("one value")
    mlp = MLPRegressor(
        hidden_layer_sizes=(8, 6), activation=["gelu", fb.activations.LeakyReLU(0.2)], max_iter=5
    )
    mlps.fitted(mlp, X, y)
    activations = [layer.activation for layer in mlp.net_.layers]
    assert activations == ["gelu", fb.activations.LeakyReLU(0.2), "identity"]
    mlps.fitted(mlp.set_params(activation="mish"), X, y)
    assert [layer.activation for layer in mlp.net_.layers] == ["mish", "mish", "identity"]
    with pytest.raises(ValueError, match="activation"):
        mlp.set_params(activation=["gelu"]).fit(X, y)


@pytest.mark.parametrize("loss", ["absolute_error", "log_cosh", fb.losses.Huber(0.1)])
def test_losses_of_a_regressor(loss):
    X, y = mlps.problem("one value")
    mlp = mlps.fitted(
        MLPRegressor(hidden_layer_sizes=20, loss=loss, max_iter=200, alpha=0.0, random_state=0),
        X,
        y,
    )
    assert mlp.score(X, y) > 0.5
    known = mlp.net_.evaluate(X, y[:, None], loss=loss)["loss"]
    assert mlp.loss_ == pytest.approx(known, rel=0.1)


def test_a_quantile():
    X, y = mlps.problem("one value", rows=400)
    mlp = MLPRegressor(
        hidden_layer_sizes=(),
        loss=fb.losses.Quantile(0.9),
        max_iter=400,
        learning_rate_init=0.02,
        random_state=0,
    )
    assert np.mean(y <= mlps.fitted(mlp, X, y).predict(X)) == pytest.approx(0.9, abs=0.03)


@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel"])
def test_focal_loss(kind):
    X, y = mlps.problem(kind)
    mlp = mlps.fitted(MLPClassifier(30, loss="focal", max_iter=200, random_state=0), X, y)
    assert mlp.score(X, y) > 0.7


def test_class_weights():
    X, y = mlps.problem("multiclass")
    params = {"random_state": 1, "max_iter": 10}
    weighed = mlps.fitted(MLPClassifier(class_weight={"a": 2.0, "b": 0.5}, **params), X, y)
    weight = np.select([y == "a", y == "b"], [2.0, 0.5], 1.0)
    by_hand = mlps.fitted(MLPClassifier(**params), X, y, sample_weight=weight)
    assert mlps.distance(weighed, by_hand) == 0.0
    twice = mlps.fitted(
        MLPClassifier(class_weight="balanced", **params), X, y, sample_weight=weight
    )
    assert mlps.distance(twice, by_hand) > 0.0
    with pytest.raises(ValueError, match="'balanced' is not supported for partial_fit"):
        MLPClassifier(class_weight="balanced").partial_fit(X, y, classes=["a", "b", "c"])
    with pytest.raises(ValueError, match="class_weight: expected None for several labels a row"):
        MLPClassifier(class_weight="balanced").fit(*mlps.problem("multilabel"))


def test_an_optimizer_with_a_schedule():
    X, y = mlps.problem("multiclass")
    optimizer = fb.AdamW(fb.schedules.Cosine(0.02), weight_decay=0.01)
    mlp = mlps.fitted(MLPClassifier(10, optimizer=optimizer, max_iter=20, random_state=0), X, y)
    assert (optimizer.steps, mlp._optimizer.steps) == (0, 20)
    again = mlps.fitted(MLPClassifier(10, optimizer=optimizer, max_iter=20, random_state=0), X, y)
    assert mlps.distance(mlp, again) == 0.0
    with pytest.raises(ValueError, match="use solver='lbfgs'"):
        mlp.set_params(optimizer=fb.LBFGS()).fit(X, y)


def test_dropout_and_clipped_norms():
    X, y = mlps.problem("multiclass")
    params = {"random_state": 0, "max_iter": 10, "hidden_layer_sizes": (9, 8)}
    fits = [
        mlps.fitted(MLPClassifier(**params, **more), X, y)
        for more in ({}, {"dropout": 0.3}, {"dropout": [0.3, 0.0]}, {"clip_norm": 0.01})
    ]
    assert all(mlps.distance(fits[0], other) > 1e-6 for other in fits[1:])


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_columns_of_any_scale(solver):
    X, y = mlps.problem("multiclass")
    X = X * np.logspace(-6, 6, 6) + 1e3
    params = {"solver": solver, "random_state": 0, "max_iter": 100, "learning_rate_init": 0.01}
    mlp = mlps.fitted(MLPClassifier(normalize=True, **params), X, y)
    assert mlp.score(X, y) > 0.75
    assert mlp.net_.normalisation is not None
    with pytest.raises(ValueError, match="normalize: expected False"):
        mlp.to_sklearn()


@pytest.mark.parametrize("cls", [MLPClassifier, MLPRegressor])
@pytest.mark.parametrize("more", [{}, {"solver": "lbfgs"}, {"early_stopping": True}])
def test_gaps_are_the_means_of_their_columns(cls, more):
    X, y = mlps.problem("binary")
    gaps, filled = X.copy(), X.copy()
    gaps[::7, 2] = np.nan
    filled[::7, 2] = np.nanmean(gaps[:, 2])
    if "early_stopping" in more:  # the means are those of the rows to train on
        filled = gaps
    params = {"max_iter": 20, "random_state": 0, "missing": "mean", **more}
    mlp, other = (mlps.fitted(cls(**params), each, y) for each in (gaps, filled))
    assert mlps.distance(mlp, other) < 1e-9
    assert mlp.net_.normalisation.fill[2] == pytest.approx(np.nanmean(gaps[:, 2]), abs=0.2)
    np.testing.assert_allclose(mlp.predict(gaps), other.predict(filled), atol=1e-9)
    np.testing.assert_array_equal(mlp.predict(np.asfortranarray(gaps)), mlp.predict(gaps))
    assert mlp.score(gaps, y) == pytest.approx(other.score(filled, y))
    mlps.fitted(mlp.set_params(warm_start=True, missing=None), gaps, y)  # it knows the means
    assert mlp.__sklearn_tags__().input_tags.allow_nan is False
    with pytest.raises(ValueError, match="missing: expected None"):
        mlp.to_sklearn()
    gaps[3, 1] = np.inf
    with pytest.raises(ValueError, match="Input X contains infinity"):
        mlp.predict(gaps)
    with pytest.raises(ValueError, match="Input X contains NaN"):
        cls().fit(X * np.nan, y)
    with pytest.raises(ValueError, match="The 'missing' parameter of "):
        cls(missing="median").fit(X, y)


def test_gaps_are_allowed_as_the_tags_say():
    assert MLPClassifier(missing="mean").__sklearn_tags__().input_tags.allow_nan
    assert not MLPClassifier().__sklearn_tags__().input_tags.allow_nan
    X, y = mlps.problem("binary")
    with pytest.raises(ValueError, match="missing: expected a network that has learnt it"):
        MLPClassifier(missing="mean").fit(sparse.csr_matrix(X), y)


@pytest.mark.parametrize("more", [{}, {"solver": "lbfgs"}, {"early_stopping": True}])
def test_targets_of_any_scale(more):
    X, y = mlps.problem("one value")
    far = 1e5 + 1e3 * y
    params = {"max_iter": 200, "random_state": 0, "learning_rate_init": 0.01, **more}
    mlp = mlps.fitted(MLPRegressor(normalize_targets=True, **params), X, far)
    # Early stopping trains on nine tenths of the rows, and ends sooner.
    assert mlp.score(X, far) > (0.8 if "early_stopping" in more else 0.9)
    assert mlp.loss_ < 0.5
    if not more:
        scale = y.std()
        plain = mlps.fitted(MLPRegressor(**params), X, (y - y.mean()) / scale)
        np.testing.assert_allclose(mlp.loss_curve_, plain.loss_curve_, rtol=1e-6)
        near = 1e5 + 1e3 * (plain.predict(X) * scale + y.mean())
        np.testing.assert_allclose(mlp.predict(X), near, rtol=1e-6)
    if "early_stopping" in more:
        assert mlp.best_validation_score_ > 0.5
    with pytest.raises(ValueError, match="normalize_targets: expected False"):
        mlp.to_sklearn()
    with pytest.raises(ValueError, match="normalize_targets: expected an identity output"):
        MLPRegressor("poisson", normalize_targets=True).fit(X, np.abs(y))


def test_validation_data_of_ones_own():
    X, y = mlps.problem("multiclass", rows=200)
    given = {"X_val": X[150:], "y_val": y[150:]}
    mlp = mlps.fitted(MLPClassifier(max_iter=5, random_state=0), X[:150], y[:150], **given)
    assert len(mlp.validation_scores_) == len(mlp.validation_loss_curve_) == 5
    assert mlp.validation_scores_[-1] == mlp.score(X[150:], y[150:])
    assert mlp.best_loss_ == min(mlp.loss_curve_)
    plain = mlps.fitted(MLPClassifier(max_iter=5, random_state=0), X[:150], y[:150])
    assert mlps.distance(mlp, plain) == 0.0
    weight = np.arange(50.0)
    early = MLPClassifier(max_iter=200, random_state=0, early_stopping=True, n_iter_no_change=3)
    mlps.fitted(early, X[:150], y[:150], **given, sample_weight_val=weight)
    assert early.best_validation_score_ == early.score(X[150:], y[150:], weight)
    assert early.n_iter_ < 200
    with pytest.raises(ValueError, match="X_val is provided, but y_val was not provided"):
        MLPClassifier().fit(X, y, X_val=X)
    with pytest.raises(ValueError, match="y_val: expected labels among"):
        MLPClassifier().fit(X, y, X_val=X, y_val=np.full(200, "z"))
    regressor = MLPRegressor(max_iter=5, random_state=0)
    X, y = mlps.problem("several values", rows=200)
    mlps.fitted(regressor, X[:150], y[:150], X_val=X[150:], y_val=y[150:])
    assert regressor.validation_scores_[-1] == pytest.approx(regressor.score(X[150:], y[150:]))


def test_callbacks():
    X, y = mlps.problem("one value")
    seen = []
    mlp = MLPRegressor(
        hidden_layer_sizes=5,
        max_iter=9,
        callbacks=[lambda state: seen.append(state.epoch) or state.epoch < 4],
    )
    assert mlp.fit(X, y).n_iter_ == 4
    assert seen == [1, 2, 3, 4]


def test_threads_change_nothing():
    X, y = mlps.problem("multiclass", rows=2000, features=50)
    params = {"hidden_layer_sizes": (300,), "random_state": 0, "max_iter": 2, "batch_size": 500}
    fits = [mlps.fitted(MLPClassifier(n_threads=n, **params), X, y) for n in (None, 1, 2)]
    assert mlps.distance(fits[0], fits[1]) == mlps.distance(fits[0], fits[2]) == 0.0


@pytest.mark.parametrize("format", [sparse.csr_matrix, sparse.csc_matrix, sparse.csr_array])
@pytest.mark.parametrize(
    ("name", "kind"), [("MLPClassifier", "multiclass"), ("MLPRegressor", "counts")]
)
def test_a_sparse_table_is_as_a_dense_one(format, name, kind):
    X, y = mlps.problem(kind)
    X[np.abs(X) < 0.7] = 0.0
    loss = {"loss": "poisson"} if kind == "counts" else {}
    params = {"random_state": 0, "max_iter": 15, "batch_size": 20, "early_stopping": True, **loss}
    weight = np.linspace(0.5, 2.0, len(y))
    dense, thin = (
        mlps.fitted(mlps.OWN[name](**params), each, y, sample_weight=weight)
        for each in (X, format(X))
    )
    assert mlps.distance(dense, thin) == 0.0
    np.testing.assert_array_equal(dense.loss_curve_, thin.loss_curve_)
    np.testing.assert_array_equal(dense.predict(X), thin.predict(format(X)))


def test_labels_and_names_are_the_networks():
    import pandas

    X, y = mlps.problem("multiclass")
    frame = pandas.DataFrame(X, columns=list("abcdef"))
    mlp = mlps.fitted(MLPClassifier(5, max_iter=3), frame, y)
    assert mlp.net_.classes.tolist() == ["a", "b", "c"]
    assert mlp.net_.feature_names == list("abcdef")
    np.testing.assert_array_equal(mlp.net_.predict_classes(X), mlp.predict(frame))
    mlps.fitted(mlp.set_params(warm_start=True), frame, y)
    mlp.partial_fit(frame, y)


def test_weights_are_views():
    X, y = mlps.problem("one value")
    mlp = mlps.fitted(MLPRegressor(hidden_layer_sizes=5, max_iter=3), X, y)
    for w, b in zip(mlp.coefs_, mlp.intercepts_, strict=True):
        w[:], b[:] = 0.0, 1.0
    np.testing.assert_array_equal(mlp.predict(X), np.ones(105))
    mlp.coefs_ = [w + 0.5 for w in mlp.coefs_]
    mlp.intercepts_ = [b * 0.0 for b in mlp.intercepts_]
    assert not np.array_equal(mlp.predict(X), np.ones(105))


def test_negative_weights_are_refused():
    X, y = mlps.problem("binary")
    with pytest.raises(ValueError, match="sample_weight"):
        MLPClassifier().fit(X, y, sample_weight=np.full(105, -1.0))
