"""What the estimators settle themselves where nothing can be wrong is what scikit-learn would say."""

import warnings
from typing import ClassVar

import mlps
import numpy as np
import pytest
from sklearn import neural_network
from sklearn.base import clone
from sklearn.metrics import accuracy_score, r2_score
from sklearn.utils import check_random_state

from filbert.sklearn import MLPClassifier, MLPRegressor, randomness

X, Y = mlps.problem("binary")
BOTH = [
    pytest.param(MLPClassifier, neural_network.MLPClassifier, id="classifier"),
    pytest.param(MLPRegressor, neural_network.MLPRegressor, id="regressor"),
]


def message(run):
    """The type and the text of what it raises."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises((ValueError, TypeError)) as caught:
            run()
    return caught.type, str(caught.value)


def with_value(array, value):
    changed = array.astype(np.float64)
    changed.flat[3] = value
    return changed


WRONG = {
    "infinity": (with_value(X, np.inf), Y),
    "NaN": (with_value(X, np.nan), Y),
    "one number of y is NaN": (X, with_value(Y, np.nan)),
    "too few y": (X, Y[:-1]),
    "no rows": (X[:0], Y[:0]),
    "no columns": (X[:, :0], Y),
    "one dimension": (X[0], Y),
    "three dimensions": (X[None], Y),
    "no y": (X, None),
    "complex": (X.astype(complex), Y),
    "text": (np.full(X.shape, "a"), Y),
}


@pytest.mark.parametrize(("own", "theirs"), BOTH)
@pytest.mark.parametrize("what", WRONG)
def test_wrong_examples_are_refused_in_the_same_words(own, theirs, what):
    expected = message(lambda: theirs(max_iter=2).fit(*WRONG[what]))
    assert message(lambda: own(max_iter=2).fit(*WRONG[what])) == expected


@pytest.mark.parametrize(("own", "theirs"), BOTH)
@pytest.mark.parametrize("rows", [X[:, :-1], with_value(X, np.inf), X[0], X[:0]])
def test_wrong_rows_to_predict_are_refused_in_the_same_words(own, theirs, rows):
    mine, other = (mlps.fitted(cls(max_iter=2), X, Y) for cls in (own, theirs))
    assert message(lambda: mine.predict(rows)) == message(lambda: other.predict(rows))


@pytest.mark.parametrize(("own", "theirs"), BOTH)
def test_columns_without_their_names_are_warned_of(own, theirs):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X, columns=[f"x{i}" for i in range(X.shape[1])])
    for cls in (own, theirs):
        mlp = mlps.fitted(cls(max_iter=2), frame, Y)
        with pytest.warns(UserWarning, match="X does not have valid feature names"):
            mlp.predict(X)
        mlps.fitted(mlp, X, Y)
        assert not hasattr(mlp, "feature_names_in_")


@pytest.mark.parametrize("kind", ["F", ">f8", "strided", "read-only", "f4", "i8"])
def test_how_X_lies_in_memory_changes_nothing(kind):
    whole = np.round(X * 4.0)  # which every type holds
    expected = mlps.fitted(MLPClassifier(max_iter=3, random_state=0), whole.copy(), Y)
    if kind == "F":
        other = np.asfortranarray(whole)
    elif kind == "strided":
        other = np.repeat(whole, 2, axis=0)[::2]
    elif kind == "read-only":
        other = whole.copy()
        other.flags.writeable = False
    else:
        other = whole.astype(kind)
    mlp = mlps.fitted(MLPClassifier(max_iter=3, random_state=0), other, Y)
    if kind == "f4":
        assert mlp.net_.dtype == np.float32
        return
    assert np.array_equal(mlp.net_.parameters, expected.net_.parameters)
    assert np.array_equal(mlp.predict_proba(other), expected.predict_proba(whole))


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("batch_size", 5, 5.0),
        ("shuffle", True, 1),
        ("alpha", 0.25, -0.25),
        ("max_iter", 2, "2"),
        ("random_state", 3, -3),
        ("tol", 0.0, np.nan),
    ],
)
def test_a_value_that_equals_a_good_one_is_checked_for_its_own_sake(name, good, bad):
    mlp = mlps.fitted(MLPClassifier(**{"max_iter": 2, name: good}), X, Y)
    mlp.set_params(**{name: bad})
    expected = message(lambda: neural_network.MLPClassifier(**{name: bad}).fit(X, Y))
    for _ in range(2):  # what has been refused is not known afterwards
        assert message(lambda: mlp.fit(X, Y)) == expected


def test_the_constraints_of_a_subclass_are_its_own():
    class Narrow(MLPClassifier):
        _parameter_constraints: ClassVar = {**MLPClassifier._parameter_constraints, "alpha": [None]}

    mlps.fitted(MLPClassifier(max_iter=2, alpha=0.25), X, Y)
    assert (
        "'alpha' parameter of Narrow must be None"
        in message(lambda: Narrow(max_iter=2, alpha=0.25).fit(X, Y))[1]
    )


def test_the_parameters_of_a_subclass_are_its_own():
    class Wide(MLPClassifier):
        def __init__(self, width=5, max_iter=2):
            super().__init__(width, max_iter=max_iter)
            self.width = width

    assert len(MLPClassifier().get_params()) > 20
    assert set(Wide().get_params()) == {"width", "max_iter"}
    assert clone(Wide(7)).width == 7
    MLPClassifier._get_param_names().clear()
    assert len(MLPClassifier._get_param_names()) > 20


@pytest.mark.parametrize("seed", [0, 42, 2**32 - 1, np.int64(7)])
def test_random_numbers_are_those_of_the_seed(seed):
    own, theirs = randomness.random_state(seed), check_random_state(seed)
    assert np.array_equal(own.normal(size=99), theirs.normal(size=99))
    assert np.array_equal(own.permutation(99), theirs.permutation(99))


@pytest.mark.parametrize("seed", [-1, 2**32, "1", 1.0])
def test_what_is_no_seed_is_refused_in_the_same_words(seed):
    expected = message(lambda: check_random_state(seed))
    assert message(lambda: randomness.random_state(seed)) == expected


def test_an_order_is_that_of_the_epoch_before_shuffled():
    rows, random = np.arange(50), check_random_state(0)
    order = randomness.RowOrder(50, check_random_state(0))
    for epoch in range(4):
        rows = rows[random.permutation(50)]
        assert np.array_equal(order(epoch), rows)


LABELS = {
    "bool": Y > 0,
    "int": Y.astype(np.int64),
    "uint8": Y.astype(np.uint8),
    "str": np.where(Y > 0, "yes", "no"),
    "object": np.where(Y > 0, "yes", "no").astype(object),
    "float": Y.astype(np.float64),
    "list": (Y > 0).tolist(),
}


@pytest.mark.parametrize("kind", LABELS)
def test_an_accuracy_is_that_of_scikit_learn(kind):
    y = LABELS[kind]
    mlp = mlps.fitted(MLPClassifier(max_iter=3, random_state=0), X, y)
    weights = np.linspace(0.5, 1.5, len(X))
    assert mlp.score(X, y) == accuracy_score(y, mlp.predict(X))
    assert mlp.score(X, y, weights) == accuracy_score(y, mlp.predict(X), sample_weight=weights)
    other = y[::-1]
    assert mlp.score(X, other) == accuracy_score(other, mlp.predict(X))


@pytest.mark.parametrize(("own", "theirs"), BOTH)
def test_wrong_targets_to_score_are_refused_in_the_same_words(own, theirs):
    mine, other = (mlps.fitted(cls(max_iter=2), X, Y) for cls in (own, theirs))
    for y in (Y[:-1], with_value(Y, 0.25) if own is MLPClassifier else with_value(Y, np.inf)):
        assert message(lambda y=y: mine.score(X, y)) == message(lambda y=y: other.score(X, y))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("n", [2, 3, 105])
def test_a_coefficient_of_determination_is_that_of_scikit_learn(dtype, n):
    y = (X[:, 0] ** 2 + X[:, 1]).astype(dtype)
    mlp = mlps.fitted(MLPRegressor(max_iter=3, random_state=0), X.astype(dtype), y)
    rows, targets = X[:n].astype(dtype), y[:n]
    weights = np.linspace(0.5, 1.5, n)
    predicted = mlp.predict(rows)
    assert mlp.score(rows, targets) == r2_score(targets, predicted)
    assert mlp.score(rows, targets, weights) == r2_score(targets, predicted, sample_weight=weights)
    assert mlp.score(rows, predicted) == 1.0
    same = np.full(n, targets[0])
    assert mlp.score(rows, same) == r2_score(same, predicted)
