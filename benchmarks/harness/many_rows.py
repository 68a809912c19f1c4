"""Prediction of many rows: filbert beside ONNX Runtime, and two threads beside one."""

from collections.abc import Callable, Sequence

import numpy as np
from peers import filbert_peer, onnxruntime_peer

from harness.problem import Problem
from harness.report import layout
from harness.timing import medians, timed

NETS = ((64, 32, 10), (784, 128, 10), (784, 512, 512, 10))
ROWS = 10_000
ROWS_OF_RATIOS = (1, 10, 100, 1_000, 10_000, 100_000)
THREADS = (1, 2)
Times = dict[str, float]  # seconds of one call


def problem(sizes: tuple[int, ...], rows: int) -> Problem:
    """identity output, as for one row."""
    return Problem(sizes, batch=rows, loss="squared_error", batches=1)


def name(sizes: Sequence[int]) -> str:
    return "-".join(map(str, sizes))


def agree(predictors: dict[str, Callable], x: np.ndarray) -> None:
    """Raises unless all of them predict the same."""
    right = next(iter(predictors.values()))(x)
    for who, predict in predictors.items():
        off = np.abs(predict(x) - right).max() / np.abs(right).max()
        if not off < 1e-4:
            raise AssertionError(f"{who} predicts something else: {off:.1e} off")


def times(predictors: dict[str, Callable], x: np.ndarray, repeats: int, seconds: float) -> Times:
    def repeated(predict: Callable) -> Callable[[int], None]:
        def run(n: int) -> None:
            for _ in range(n):
                predict(x)

        return run

    agree(predictors, x)
    runs = [timed(repeated(predict)) for predict in predictors.values()]
    return dict(zip(predictors, medians(runs, repeats, seconds), strict=True))


def beside_onnxruntime(repeats: int, seconds: float, with_peer: bool) -> dict[str, Times]:
    """For each net, by library and number of threads."""
    found = {}
    for sizes in NETS:
        given = problem(sizes, ROWS)
        peers = [filbert_peer, onnxruntime_peer] if with_peer else [filbert_peer]
        predictors = {
            f"{peer.name()}, threads {t}": peer.predict_rows(given, t)
            for t in THREADS
            for peer in peers
        }
        found[name(sizes)] = times(predictors, given.X, repeats, seconds)
    return found


def two_over_one(repeats: int, seconds: float) -> dict[str, dict[int, float]]:
    """For each net and number of rows: the time on two threads over that on one."""
    found: dict[str, dict[int, float]] = {}
    for sizes in NETS:
        x = problem(sizes, ROWS).X
        predictors = {str(t): filbert_peer.predict_rows(problem(sizes, 1), t) for t in THREADS}
        for rows in ROWS_OF_RATIOS:
            some = np.tile(x, (max(1, rows // ROWS), 1))[:rows]
            took = times(predictors, some, repeats, seconds)
            found.setdefault(name(sizes), {})[rows] = took["2"] / took["1"]
    return found


def tables(found: dict[str, Times], ratios: dict[str, dict[int, float]]) -> str:
    nets = list(found)
    lines = [[f"{ROWS:,} rows, microseconds", *nets]]
    everyone = list(found[nets[0]])
    lines += [[who, *(f"{1e6 * found[net][who]:.4g}" for net in nets)] for who in everyone]
    for t in THREADS:
        own, *others = (who for who in everyone if who.endswith(f"threads {t}"))
        for other in others:
            cells = (f"{found[net][own] / found[net][other]:.2f}" for net in nets)
            lines.append([f"filbert over {other}", *cells])
    second = [["filbert, two threads over one", *(f"{rows:,}" for rows in ROWS_OF_RATIOS)]]
    second += [
        [net, *(f"{of_net[rows]:.2f}" for rows in ROWS_OF_RATIOS)] for net, of_net in ratios.items()
    ]
    return layout(lines) + "\n\n" + layout(second)
