"""filbert.sklearn's estimators against scikit-learn's: the time of a fit, with equal scores.

python benchmarks/estimators.py [--quick] [--dtype float64] [--images FOLDER] [--json FILE]

Both get the same parameters, data and random_state, and run max_iter=5 epochs (tol=0). Their weights
have to agree before anything is timed. The last row is a grid search of 60 candidates in five folds.
"""

import argparse
import json
import statistics
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
from harness import machine
from harness.table import layout
from harness.timing import settle
from sklearn import neural_network
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_wine
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import StandardScaler

import filbert as fb
from filbert import sklearn as own

SIZES = [(rows, features) for features in (10, 100, 500) for rows in (10**3, 10**4, 10**5, 10**6)]
GOALS = {(10**3, 10): 15.0, (10**6, 500): 3.0}
SEARCH_GOAL = 20.0
AGREE = {"float64": 1e-9, "float32": 1e-3}  # of the weights, after five epochs
GRID = {
    "hidden_layer_sizes": [(50,), (100,), (50, 50)],
    "alpha": [1e-5, 1e-4, 1e-3, 1e-2, 1e-1],
    "learning_rate_init": [3e-4, 1e-3, 3e-3, 1e-2],
}


def table(rows: int, features: int, dtype: str) -> tuple[np.ndarray, np.ndarray]:
    """A synthetic table with two classes."""
    rng = np.random.default_rng(rows + features)
    X = rng.standard_normal((rows, features), dtype=np.float32).astype(dtype)
    z = np.tanh(X[:, :5] @ rng.normal(size=(5, 2)).astype(dtype)).sum(axis=1)
    return X, z > 0


def images(folder: Path, dtype: str) -> tuple[np.ndarray, np.ndarray]:
    """MNIST's test images, in [0, 1], and their labels."""
    X, y = (
        fb.datasets.load_idx(next(folder.glob(f"t10k-{kind}*"))) for kind in ("images", "labels")
    )
    return X.reshape(len(X), -1).astype(dtype) / np.dtype(dtype).type(255), y


def data_sets(
    dtype: str, quick: bool, folder: Path | None
) -> dict[str, tuple[str, np.ndarray, np.ndarray]]:
    """Estimator, X and y of each row, by its name."""
    found = {}
    for name, load in [
        ("iris", load_iris),
        ("wine", load_wine),
        ("breast cancer", load_breast_cancer),
        ("digits", load_digits),
        ("diabetes", load_diabetes),
    ]:
        X, y = load(return_X_y=True)
        estimator = "MLPRegressor" if name == "diabetes" else "MLPClassifier"
        y = (y - y.mean()) / y.std() if name == "diabetes" else y
        found[name] = estimator, StandardScaler().fit_transform(X).astype(dtype), y
    if folder is not None:
        found["images"] = "MLPClassifier", *images(folder, dtype)
    for rows, features in SIZES:
        if not quick or rows * features <= 10**6:
            found[f"{rows:,} x {features}"] = ("MLPClassifier", *table(rows, features, dtype))
    return found


def timed(run: Callable[[], object]) -> tuple[float, object]:
    settle()
    start = time.perf_counter()
    answer = run()
    return time.perf_counter() - start, answer


def distance(one: object, other: object) -> float:
    """The largest difference of a weight over the largest weight."""
    flat = [np.concatenate([a.ravel() for a in (*e.coefs_, *e.intercepts_)]) for e in (one, other)]
    return float(np.abs(flat[0] - flat[1]).max() / np.abs(flat[1]).max())


def measure(
    estimator: str, X: np.ndarray, y: np.ndarray, dtype: str, seconds: float
) -> dict[str, float]:
    """Medians of interleaved fits."""
    params = {"max_iter": 5, "tol": 0.0, "random_state": 0}
    classes = getattr(own, estimator), getattr(neural_network, estimator)
    mine, theirs = (cls(**params).fit(X, y) for cls in classes)
    off = distance(mine, theirs)
    if not off <= AGREE[dtype]:
        raise AssertionError(f"another answer: {off:.1e} off")
    times: list[list[float]] = [[], []]
    end = time.perf_counter() + seconds
    while len(times[0]) < 3 or (time.perf_counter() < end and len(times[0]) < 101):
        for cls, samples in zip(classes, times, strict=True):
            samples.append(timed(lambda cls=cls: cls(**params).fit(X, y))[0])
    ratios = [b / a for a, b in zip(*times, strict=True)]
    return {
        "filbert": statistics.median(times[0]),
        "sklearn": statistics.median(times[1]),
        "ratio": statistics.median(ratios),
        "score": mine.score(X, y),
        "score_sklearn": theirs.score(X, y),
    }


def search(dtype: str, quick: bool) -> dict[str, float]:
    """GridSearchCV over load_digits, two processes."""
    X, y = load_digits(return_X_y=True)
    X = (X / 16.0).astype(dtype)
    grid = {**GRID, "alpha": GRID["alpha"][:1]} if quick else GRID
    times, scores = [], []
    for cls in (own.MLPClassifier, neural_network.MLPClassifier):
        found = GridSearchCV(cls(random_state=0, max_iter=20 if quick else 200), grid, n_jobs=2)
        seconds, found = timed(lambda found=found: found.fit(X, y))
        times.append(seconds)
        scores.append(found.best_score_)
    return {
        "filbert": times[0],
        "sklearn": times[1],
        "ratio": times[1] / times[0],
        "score": scores[0],
        "score_sklearn": scores[1],
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dtype", choices=list(AGREE), default="float64")
    parser.add_argument("--seconds", type=float, default=20.0, help="for a row (20)")
    parser.add_argument("--images", type=Path, help="folder with MNIST's t10k files")
    parser.add_argument("--no-search", action="store_true", help="leave the grid search out")
    parser.add_argument("--quick", action="store_true", help="small tables: to try things")
    parser.add_argument("--json", type=Path, help="write everything measured to a file")
    options = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    about = machine.describe()
    for name, value in about.items():
        print(f"{name}: {value}")
    print(f"dtype: {options.dtype}")
    found = {}
    goals = {f"{rows:,} x {features}": goal for (rows, features), goal in GOALS.items()}
    for name, (estimator, X, y) in data_sets(options.dtype, options.quick, options.images).items():
        seconds = 1.0 if options.quick else options.seconds
        found[name] = measure(estimator, X, y, options.dtype, seconds)
    if not options.no_search:
        found["grid search"] = search(options.dtype, options.quick)
        goals["grid search"] = SEARCH_GOAL
    lines = [["data", "filbert s", "scikit-learn s", "x faster", "goal", "score", "scikit-learn's"]]
    for name, row in found.items():
        goal = goals.get(name)
        lines.append(
            [
                name,
                f"{row['filbert']:.4f}",
                f"{row['sklearn']:.4f}",
                f"{row['ratio']:.1f}",
                "" if goal is None else f"{goal:.0f}",
                f"{row['score']:.4f}",
                f"{row['score_sklearn']:.4f}",
            ]
        )
    print(layout(lines))
    if options.json:
        options.json.write_text(
            json.dumps({"machine": about, "dtype": options.dtype, "rows": found}, indent=1) + "\n"
        )
    missed = [name for name, goal in goals.items() if name in found and found[name]["ratio"] < goal]
    print("missed: " + ", ".join(missed) if missed else "all goals are met")
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
