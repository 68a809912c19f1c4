"""What the loop costs: an epoch with all that may happen after it, and a step on one example.

python benchmarks/loop.py [--quick] [--threads 1]

An epoch of fit with EarlyStopping, validation data and two metrics is held against the epoch and
`evaluate` alone, by medians of interleaved repeats; `train_one` against its limits in microseconds.
"""

import argparse
import statistics
from collections.abc import Callable
from time import perf_counter

import numpy as np
from harness import machine
from harness.table import layout

import filbert as fb

MOST = 1.05  # of the epoch and the evaluation alone
LIMITS = {(784, 30, 10): 12.0, (16, 16, 1): 2.5}  # microseconds of train_one
EPOCHS = [  # sizes, rows, rows of validation, batch
    ((784, 128, 10), 8000, 2000, 64),
    ((784, 30, 10), 8000, 2000, 10),
    ((64, 32, 10), 8000, 2000, 32),
    ((16, 16, 1), 8000, 2000, 32),
]


def problem(sizes: tuple[int, ...], rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows, and labels or values that follow from them."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(rows, sizes[0])).astype(np.float32)
    if sizes[-1] == 1:
        return X, np.tanh(X[:, :1])
    return X, np.argmax(X[:, : sizes[-1]], axis=1).astype(np.int32)


def network(sizes: tuple[int, ...]) -> fb.Network:
    return fb.Network(sizes, output="identity" if sizes[-1] == 1 else "softmax", rng=0)


def medians(functions: list[Callable[[], float]], repeats: int) -> list[float]:
    """The median of what each returns, seconds, the calls of all of them taking turns."""
    samples: list[list[float]] = [[] for _ in functions]
    for _ in range(repeats):
        for function, taken in zip(functions, samples, strict=True):
            taken.append(function())
    return [statistics.median(taken) for taken in samples]


def epochs_of(
    sizes: tuple[int, ...], rows: int, validation: int, batch: int, repeats: int
) -> tuple[float, float]:
    """Seconds of an epoch and an evaluation alone, and of an epoch of a fit with everything.

    Both are differences of a fit of several epochs and one of a single one, so that what a fit does
    once counts for neither.
    """
    X, y = problem(sizes, rows)
    Xv, yv = problem(sizes, validation)
    names = ["f1", "balanced_accuracy"] if sizes[-1] > 1 else ["mae", "r2"]
    several = 5

    def seconds(epochs: int, everything: bool) -> float:
        net = network(sizes)
        more = {}
        if everything:
            stopping = fb.EarlyStopping(patience=10**6)
            more = {"validation_data": (Xv, yv), "metrics": names, "callbacks": [stopping]}
        start = perf_counter()
        net.fit(
            X,
            y,
            epochs=epochs,
            batch_size=batch,
            optimizer=fb.SGD(1e-4),
            progress=False,
            **more,
        )
        return perf_counter() - start

    def evaluation() -> float:
        net = network(sizes)
        start = perf_counter()
        for _ in range(several):
            net.evaluate(Xv, yv)
        return (perf_counter() - start) / several

    def an_epoch(everything: bool) -> Callable[[], float]:
        return lambda: (seconds(1 + several, everything) - seconds(1, everything)) / several

    plain, evaluated, full = medians([an_epoch(False), evaluation, an_epoch(True)], repeats)
    return plain + evaluated, full


def microseconds_of_one(sizes: tuple[int, ...], repeats: int) -> tuple[float, float]:
    """Of train_one, and of partial_fit on the same row."""
    X, y = problem(sizes, 256)
    net, other, count = network(sizes), network(sizes), 2000
    labels = [int(label) for label in y] if y.ndim == 1 else list(y[:, 0])
    rows, mine, theirs = list(X), fb.SGD(1e-4, momentum=0.9), fb.SGD(1e-4, momentum=0.9)

    def one() -> float:
        start = perf_counter()
        for i in range(count):
            net.train_one(rows[i & 255], labels[i & 255], optimizer=mine)
        return (perf_counter() - start) / count * 1e6

    def piece() -> float:
        start = perf_counter()
        for i in range(count // 20):
            other.partial_fit(X[i : i + 1], y[i : i + 1], optimizer=theirs)
        return (perf_counter() - start) / (count // 20) * 1e6

    one()
    return tuple(medians([one, piece], repeats))  # type: ignore[return-value]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="to see that it works")
    arguments = parser.parse_args()
    fb.set_threads(arguments.threads)
    repeats = 1 if arguments.quick else 15
    print("\n".join(f"{name}: {value}" for name, value in machine.describe().items()))
    lines = [["network", "rows", "batch", "alone, ms", "with everything, ms", "ratio", "goal"]]
    for sizes, rows, validation, batch in EPOCHS[-1:] if arguments.quick else EPOCHS:
        alone, full = epochs_of(sizes, rows, validation, batch, repeats)
        name = "-".join(map(str, sizes))
        lines.append(
            [
                name,
                f"{rows} + {validation}",
                str(batch),
                f"{alone * 1e3:.2f}",
                f"{full * 1e3:.2f}",
                f"{full / alone:.3f}",
                f"{MOST}",
            ]
        )
    print(layout(lines))
    lines = [["network", "train_one, us", "goal", "partial_fit, us"]]
    for sizes, most in LIMITS.items():
        one, piece = microseconds_of_one(sizes, repeats)
        lines.append(["-".join(map(str, sizes)), f"{one:.2f}", f"{most}", f"{piece:.1f}"])
    print(layout(lines))


if __name__ == "__main__":
    main()
