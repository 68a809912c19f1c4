"""`filbert train` with its defaults beside a Pipeline of scikit-learn, on tables as they are. See README.md.

python benchmarks/tables.py [--quick] [--tables iris,wine] [--json FILE]
"""

import argparse
import contextlib
import io
import json
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from harness import machine
from harness.timing import settle
from sklearn import datasets
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import filbert as fb
from filbert.__main__ import main as command

SEEDS = 5
SHARE = 0.2  # of scikit-learn's time, at most


class Table(NamedTuple):
    """A table whose last column is the target, and how its file is written."""

    frame: pd.DataFrame
    classifies: bool
    writing: dict


def shipped(name: str, classifies: bool) -> Table:
    """One of scikit-learn's data sets."""
    return Table(getattr(datasets, f"load_{name}")(as_frame=True).frame, classifies, {})


def with_gaps(rng: np.random.Generator, values: np.ndarray, share: float) -> np.ndarray:
    gaps = rng.random(len(values)) < share
    return np.where(gaps, None if values.dtype == object else np.nan, values)


def passengers(rows: int = 900) -> Table:
    """Who survives a ship: text, gaps, and answers that no model gets right."""
    rng = np.random.default_rng(0)
    sex, cabin = rng.choice(["female", "male"], rows), rng.integers(1, 4, rows)
    age, fare = rng.normal(30, 12, rows).clip(1), np.exp(rng.normal(3, 1, rows))
    port = rng.choice(np.array(["Cobh", "Cherbourg", "Southampton"], object), rows)
    woman = sex == "female"
    logit = 2 * woman - 1.2 * (cabin - 2) - 0.03 * (age - 30) + woman * (cabin == 3)
    logit = logit + 0.5 * (port == "Cherbourg") + 0.3 * (np.log(fare) - 3)
    frame = pd.DataFrame(
        {
            "class": cabin,
            "sex": sex,
            "age": with_gaps(rng, age.round(), 0.2),
            "fare": fare.round(2),
            "port": with_gaps(rng, port, 0.02),
            "survived": np.where(rng.random(rows) < 1 / (1 + np.exp(-logit)), "yes", "no"),
        }
    )
    return Table(frame, True, {})


def prices(rows: int = 1500) -> Table:
    """Prices of houses: eight districts, and a curve; semicolons and decimal commas."""
    rng = np.random.default_rng(1)
    places = np.array(["Ost", "West", "Nord", "Sued", "Mitte", "Au", "Berg", "See"])
    place, size, rooms = (
        rng.integers(0, 8, rows),
        rng.uniform(20, 200, rows),
        rng.integers(1, 6, rows),
    )
    garden = rng.choice(["true", "false"], rows)
    price = rng.normal(0, 30, 8)[place] + size * (1 + 0.1 * rooms) + 20 * np.sin(size / 15)
    price += 25 * (garden == "true") + rng.normal(0, 10, rows)
    frame = pd.DataFrame(
        {
            "district": places[place],
            "size": size.round(1),
            "rooms": with_gaps(rng, rooms.astype(float), 0.05),
            "garden": garden,
            "price": price.round(2),
        }
    )
    return Table(frame, False, {"sep": ";", "decimal": ","})


def friedman(rows: int = 2000) -> Table:
    """The first function of Friedman (1991), with gaps; tabs."""
    rng = np.random.default_rng(2)
    X, y = datasets.make_friedman1(rows, noise=1.0, random_state=0)
    X = np.column_stack([with_gaps(rng, column, 0.02) for column in X.T])
    frame = pd.DataFrame(X.round(4), columns=[f"x{j}" for j in range(X.shape[1])])
    return Table(frame.assign(y=y.round(3)), False, {"sep": "\t"})


def clusters(rows: int = 3000) -> Table:
    """Four classes that overlap, of eight columns among twenty."""
    X, y = datasets.make_classification(rows, 20, n_informative=8, n_classes=4, random_state=1)
    return Table(pd.DataFrame(X.round(4)).assign(kind=np.array(list("abcd"))[y]), True, {})


TABLES = {
    "breast_cancer": lambda: shipped("breast_cancer", True),
    "wine": lambda: shipped("wine", True),
    "iris": lambda: shipped("iris", True),
    "diabetes": lambda: shipped("diabetes", False),
    "passengers": passengers,
    "prices": prices,
    "friedman": friedman,
    "clusters": clusters,
}


def pipeline(classifies: bool, seed: int, most: int) -> object:
    """What a careful user of scikit-learn writes."""
    words = make_column_selector(dtype_exclude="number")
    columns = make_column_transformer(
        (SimpleImputer(), make_column_selector(dtype_include="number")),
        (
            make_pipeline(
                SimpleImputer(strategy="most_frequent"),
                OneHotEncoder(handle_unknown="ignore", sparse_output=False),
            ),
            words,
        ),
    )
    kind = MLPClassifier if classifies else MLPRegressor
    return make_pipeline(columns, StandardScaler(), kind(max_iter=most, random_state=seed))


def by_sklearn(table: Table, rows: pd.DataFrame, test: pd.DataFrame, seed: int, most: int):
    """The score, and the seconds of fit alone."""
    X, y = rows.iloc[:, :-1], rows.iloc[:, -1]
    model = pipeline(table.classifies, seed, most)
    settle()
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(X, y)
    seconds = time.perf_counter() - start
    return model.score(test.iloc[:, :-1], test.iloc[:, -1]), seconds


def by_filbert(table: Table, rows: pd.DataFrame, test: pd.DataFrame, seed: int, quick: bool):
    """The score, and the seconds of the whole command: reading, scoring and training twice."""
    with tempfile.TemporaryDirectory() as folder:
        data, more = Path(folder) / "data.csv", Path(folder) / "more.csv"
        rows.to_csv(data, index=False, **table.writing)
        test.to_csv(more, index=False, **table.writing)
        arguments = ["train", str(data), "--target", str(rows.columns[-1]), "--seed", str(seed)]
        settle()
        start = time.perf_counter()
        with contextlib.redirect_stdout(io.StringIO()):
            code = command([*arguments, *(["--epochs", "2"] if quick else [])])
        seconds = time.perf_counter() - start
        if code:
            raise SystemExit(f"filbert train: exit code {code}")
        net = fb.load(data.with_suffix(".safetensors"))
        score = score_of(net, table, test)
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            command(["evaluate", str(data.with_suffix(".safetensors")), str(more)])
        name = "accuracy" if table.classifies else "r2"
        if f"\n{name}: {score:.3f}\n" not in printed.getvalue():
            raise SystemExit(
                f"filbert evaluate: expected {name} {score:.3f}, got {printed.getvalue()}"
            )
    return score, seconds


def score_of(net: fb.Network, table: Table, test: pd.DataFrame) -> float:
    inputs, y = net.encode(test), test.iloc[:, -1].to_numpy()
    if table.classifies:
        return float(np.mean(net.predict_classes(inputs) == y))
    errors = net.predict(inputs)[:, 0].astype(float) - y
    return 1 - float(np.sum(errors**2) / np.sum((y - y.mean()) ** 2))


def compare(table: Table, seeds: int, quick: bool) -> dict[str, list[float]]:
    """Scores and seconds of both, for each seed: other rows are held out each time."""
    found: dict[str, list[float]] = {
        key: [] for key in ("ours", "theirs", "seconds", "their_seconds")
    }
    for seed in range(seeds):
        classes = table.frame.iloc[:, -1] if table.classifies else None
        rows, test = train_test_split(table.frame, random_state=seed, stratify=classes)
        score, seconds = by_filbert(table, rows, test, seed, quick)
        found["ours"].append(score)
        found["seconds"].append(seconds)
        score, seconds = by_sklearn(table, rows, test, seed, 2 if quick else 1000)
        found["theirs"].append(score)
        found["their_seconds"].append(seconds)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a short run, to see that it works")
    parser.add_argument("--tables", default=",".join(TABLES), help="which tables")
    parser.add_argument("--json", type=Path, help="keep what was measured")
    options = parser.parse_args()
    names = options.tables.split(",")
    if unknown := [name for name in names if name not in TABLES]:
        parser.error(f"--tables: expected some of {', '.join(TABLES)}, got {', '.join(unknown)}")
    seeds = 1 if options.quick else SEEDS
    print(f"{machine.processor()}, {machine.cores()} cores, filbert: {machine.isa()}")
    print(f"means of {seeds} seeds; scores on a quarter of the rows, which neither has seen\n")
    head = (
        "table",
        "rows",
        "score",
        "filbert",
        "scikit-learn",
        "s",
        "s of scikit-learn",
        "ratio",
        "",
    )
    print("{:14}{:>6} {:9}{:>9}{:>14}{:>9}{:>19}{:>8}  {}".format(*head))
    results = {}
    for name in names:
        table = TABLES[name]()
        found = results[name] = compare(table, seeds, options.quick)
        mean = {key: float(np.mean(values)) for key, values in found.items()}
        ratio = mean["seconds"] / mean["their_seconds"]
        met = mean["ours"] >= mean["theirs"] and ratio <= SHARE
        print(
            f"{name:14}{len(table.frame):6} {'accuracy' if table.classifies else 'r2':9}"
            f"{mean['ours']:9.4f}{mean['theirs']:14.4f}{mean['seconds']:9.3f}"
            f"{mean['their_seconds']:19.3f}{ratio:8.2f}  {'' if met or options.quick else 'MISSED'}",
            flush=True,
        )
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
