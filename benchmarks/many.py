"""Many small networks at once, beside scikit-learn; and what snapshots cost.

python benchmarks/many.py [--quick] [--parts nets,joblib,halving,data,snapshots]

nets: 1,000 networks 16-16-1, batches of 32, SGD with momentum: a step of all of them, on one thread
and on two. joblib: 200 networks 64-32-10 with Adam, and MLPClassifier under joblib with the same
epochs. halving: 256 candidates on load_digits, and HalvingRandomSearchCV with the same epochs.
data: 1,000 networks on 200 rows each of their own, time and memory. snapshots: a fit that
publishes after every step, or after every tenth, over one that does not; and one beside which four
threads predict.
"""

import argparse
import hashlib
import statistics
import sys
import threading
import time
import tracemalloc
import warnings
from collections.abc import Callable

import numpy as np
from harness import machine
from harness.table import layout

import filbert as fb

SIZES, BATCH = [16, 16, 1], 32


def timed(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def rows_of(sizes: list[int], rows: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, sizes[0])).astype(np.float32)
    if sizes[-1] == 1:
        return X, np.tanh(X[:, :1])
    return X, np.argmax(X[:, : sizes[-1]], axis=1).astype(np.int32)


def digest(nets: list[fb.Network]) -> str:
    return hashlib.sha256(b"".join(net.parameters.tobytes() for net in nets)).hexdigest()[:12]


def step_of_all(count: int, epochs: tuple[int, int], repeats: int) -> dict[int, float]:
    """Seconds of a step of all networks by threads: the difference of fits of more and of fewer
    epochs, so that what happens once does not count."""
    X, y = rows_of(SIZES, 32 * BATCH)
    few, many = epochs

    def fit(threads: int, n: int) -> tuple[float, str]:
        nets = [fb.Network(SIZES, activation="relu", rng=i) for i in range(count)]
        options = {"optimizer": fb.SGD(0.01, momentum=0.9), "batch_size": BATCH, "epochs": n}
        start = time.perf_counter()
        fb.fit_many(nets, X, y, n_threads=threads, **options)
        return time.perf_counter() - start, digest(nets)

    seconds, digests = {1: [], 2: []}, set()
    for _ in range(repeats):
        for threads, taken in seconds.items():
            short, _ = fit(threads, few)
            long, found = fit(threads, many)
            digests.add(found)
            taken.append((long - short) / ((many - few) * 32))
    alone = []
    for i in range(count):
        net = fb.Network(SIZES, activation="relu", rng=i)
        net.fit(X, y, batch_size=BATCH, epochs=many, optimizer=fb.SGD(0.01, momentum=0.9))
        alone.append(net)
    if digests != {digest(alone)}:
        raise AssertionError("nets: the bits are not those of fits of one after another")
    return {threads: statistics.median(taken) for threads, taken in seconds.items()}


def against_joblib(count: int, epochs: int) -> tuple[float, float]:
    """Seconds of fit_many, and of MLPClassifier under joblib with as many processes as cores."""
    from joblib import Parallel, delayed
    from sklearn.neural_network import MLPClassifier

    X, y = rows_of([64, 32, 10], 2000)
    options = {"output": "softmax", "optimizer": fb.Adam(), "epochs": epochs, "batch_size": 32}
    specs = [{"sizes": [64, 32, 10], "rng": i} for i in range(count)]
    ours = statistics.median(timed(lambda: fb.fit_many(specs, X, y, **options)) for _ in range(3))

    def theirs(seed: int) -> float:
        warnings.simplefilter("ignore")
        net = MLPClassifier(
            (32,), batch_size=32, max_iter=epochs, tol=0.0, n_iter_no_change=epochs,
            random_state=seed,
        )  # fmt: skip
        return net.fit(X, y).loss_

    few = max(2, count // 20)  # the time of all follows: they are equal
    with Parallel(n_jobs=-1) as parallel:
        parallel(delayed(theirs)(seed) for seed in range(2))  # the processes are there
        taken = timed(lambda: parallel(delayed(theirs)(seed) for seed in range(few)))
    return ours, taken * count / few


def halving(candidates: int, epochs: int) -> dict[str, float]:
    """Seconds and errors of both searches on load_digits, and their epochs of all rows."""
    from scipy.stats import loguniform
    from sklearn.datasets import load_digits
    from sklearn.experimental import enable_halving_search_cv  # noqa: F401
    from sklearn.model_selection import HalvingRandomSearchCV
    from sklearn.neural_network import MLPClassifier

    X, y = load_digits(return_X_y=True)
    X, test = (X / 16).astype(np.float32), np.arange(len(y)) % 4 == 0
    rng = np.random.default_rng(0)
    specs = [
        {
            "sizes": [64, int(rng.integers(16, 129)), 10],
            "optimizer": fb.Adam(10.0 ** rng.uniform(-4, -1.5)),
            "alpha": 10.0 ** rng.uniform(-6, -1),
            "rng": i,
        }
        for i in range(candidates)
    ]
    every = max(1, epochs // 27)
    options = {"output": "softmax", "batch_size": 64, "epochs": epochs, "rows": ~test}
    found: list[fb.ManyFits] = []

    def search() -> None:
        fresh = [{**spec, "optimizer": fb.Adam(spec["optimizer"].learning_rate)} for spec in specs]
        found[:] = [
            fb.fit_many(fresh, X, y, validation_rows=test, keep=1 / 3, every=every, **options)
        ]

    ours = statistics.median(timed(search) for _ in range(3))
    many = found[0]
    spec = specs[many.best_index]
    alone = fb.Network(spec["sizes"], output="softmax", rng=spec["rng"])
    alone.fit(
        X[~test], y[~test], epochs=epochs, batch_size=64, alpha=spec["alpha"],
        optimizer=fb.Adam(spec["optimizer"].learning_rate), validation_data=(X[test], y[test]),
    )  # fmt: skip
    if digest([alone]) != digest([many.best]):
        raise AssertionError("halving: the survivor is not as an uninterrupted training")
    trained = sum(history.epochs for history in many.histories)

    search_of_theirs = HalvingRandomSearchCV(
        MLPClassifier(batch_size=64, tol=0.0, n_iter_no_change=10**6),
        {
            "hidden_layer_sizes": [(n,) for n in range(16, 129)],
            "learning_rate_init": loguniform(1e-4, 10**-1.5),
            "alpha": loguniform(1e-6, 1e-1),
        },
        resource="max_iter",
        n_candidates=candidates,
        min_resources=every,
        max_resources=epochs,
        factor=3,
        cv=[(np.flatnonzero(~test), np.flatnonzero(test))],
        refit=False,
        n_jobs=-1,
        random_state=0,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = timed(lambda: search_of_theirs.fit(X, y))
    of_them = np.dot(search_of_theirs.n_candidates_, search_of_theirs.n_resources_)
    accuracy = alone.evaluate(X[test], y[test])["accuracy"]
    return {
        "seconds": ours,
        "theirs": theirs,
        "epochs": trained,
        "their epochs": float(of_them),
        "accuracy": accuracy,
        "their accuracy": float(search_of_theirs.best_score_),
    }


def own_data(count: int, rows: int, epochs: tuple[int, int]) -> tuple[float, float, float, float]:
    """Seconds of a step of one network, by the difference of fits of more and of fewer epochs, and
    what a network costs besides; bytes that Python held beside the networks at the peak, and bytes
    of the networks."""
    data = [rows_of(SIZES, rows, seed) for seed in range(count)]

    def nets() -> list[fb.Network]:
        return [fb.Network(SIZES, rng=i) for i in range(count)]

    def fit(trained: list[fb.Network], n: int) -> None:
        fb.fit_many(trained, data=data, epochs=n, batch_size=BATCH)

    def seconds(n: int) -> float:
        trained = nets()
        return timed(lambda: fit(trained, n))

    few, many = epochs
    pairs = [(seconds(few), seconds(many)) for _ in range(3)]
    steps = count * -(-rows // BATCH)  # of an epoch
    step = statistics.median(long - short for short, long in pairs) / ((many - few) * steps)
    once = statistics.median(short for short, _ in pairs) - few * steps * step
    watched = nets()
    own = sum(net.parameters.nbytes for net in watched)
    tracemalloc.start()  # which makes Python slower: nothing is timed meanwhile
    fit(watched, few)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return step, once / count, float(peak), float(own)


def snapshots(epochs: int, repeats: int, wanted: int) -> tuple[list[float], int]:
    """How much longer a fit takes that publishes after every step, and after every tenth;
    predictions of four threads beside one, as many as are wanted, each of which has to be of some
    step's network."""
    X, y = rows_of([64, 32, 10], 2000)

    def fit(publish: int | None) -> float:
        net = fb.Network([64, 32, 10], output="softmax", rng=0)
        return timed(lambda: net.fit(X, y, epochs=epochs, progress=False, publish=publish))

    taken: list[list[float]] = [[], [], []]
    for _ in range(repeats):
        for samples, publish in zip(taken, (None, 1, 10), strict=True):
            samples.append(fit(publish))
    without, *others = map(statistics.median, taken)
    net = fb.Network([64, 32, 10], output="softmax", rng=0)
    done = threading.Event()
    steps = {net.predict(X[:1]).tobytes()}
    seen: list[set[bytes]] = [set() for _ in range(4)]
    counts = [0] * 4

    def predict(i: int) -> None:
        while not done.is_set():
            seen[i].add(net.snapshot().predict(X[:1]).tobytes())
            counts[i] += 1

    threads = [threading.Thread(target=predict, args=(i,)) for i in range(4)]

    def collect(state: fb.callbacks.State) -> bool:
        if state.epoch == 1:
            for thread in threads:
                thread.start()
        steps.add(net.predict(X[:1]).tobytes())
        return sum(counts) < wanted

    net.fit(X, y, epochs=10**9, batch_size=2000, callbacks=[collect], publish=1)
    done.set()
    for thread in threads:
        thread.join()
    if not set.union(*seen) <= steps:
        raise AssertionError("snapshots: a prediction is of no step")
    return [other / without for other in others], sum(counts)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--quick", action="store_true", help="see that it works; figures mean nothing"
    )
    parser.add_argument("--parts", default="nets,joblib,halving,data,snapshots")
    arguments = parser.parse_args()
    quick, parts = arguments.quick, arguments.parts.split(",")
    print("\n".join(f"{name}: {value}" for name, value in machine.describe().items()))
    table = [["what", "figure", "goal"]]
    if "nets" in parts:
        taken = step_of_all(20 if quick else 1000, (1, 2) if quick else (2, 12), 1 if quick else 5)
        goal = "0.5 (AVX-512), 0.9 (AVX2)"
        table += [
            ["1,000 nets 16-16-1, a step of all, 2 threads", f"{1e3 * taken[2]:.3f} ms", goal],
            ["... over one thread", f"{taken[1] / taken[2]:.2f} x", "1.8"],
        ]
    if "joblib" in parts:
        ours, theirs = against_joblib(*(4, 2) if quick else (200, 20))
        table += [
            ["200 nets 64-32-10, Adam, 20 epochs", f"{ours:.2f} s", ""],
            ["... MLPClassifier under joblib over it", f"{theirs / ours:.1f} x", "40"],
        ]
    if "halving" in parts:
        got = halving(*(9, 9) if quick else (256, 81))
        table += [
            ["256 candidates on load_digits, halving", f"{got['seconds']:.2f} s", ""],
            ["... epochs in all", f"{got['epochs']:.0f}", ""],
            ["... accuracy of the best", f"{got['accuracy']:.3f}", ""],
            ["... HalvingRandomSearchCV over it", f"{got['theirs'] / got['seconds']:.1f} x", "20"],
            ["... its epochs in all", f"{got['their epochs']:.0f}", ""],
            ["... accuracy of its best", f"{got['their accuracy']:.3f}", ""],
        ]
    if "data" in parts:
        step, once, peak, own = own_data(*(20, 200, (1, 2)) if quick else (1000, 200, (20, 120)))
        table += [
            ["1,000 nets on data of their own, a step of one", f"{1e6 * step:.2f} us", ""],
            ["... and once for each of them", f"{1e6 * once:.0f} us", ""],
            ["... memory of Python beside them", f"{peak / own:.2f} x theirs", ""],
        ]
    if "snapshots" in parts:
        ratios, made = snapshots(*(5, 1, 10**3) if quick else (100, 7, 10**6))
        table += [
            ["a fit that publishes every step over one without", f"{ratios[0]:.3f} x", "1.05"],
            ["... every tenth step", f"{ratios[1]:.3f} x", "1.05"],
            ["... predictions of four threads, each of some step", f"{made:,}", ""],
        ]
    print(layout(table))
    return 0


if __name__ == "__main__":
    sys.exit(main())
