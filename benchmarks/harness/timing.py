"""Medians of interleaved repeats."""

import math
import statistics
import time
from collections.abc import Callable, Sequence

SLICE = 0.01  # seconds
REST = 2.0  # seconds at most, until the threads of a library rest

Timed = Callable[[int], float]  # does its work n times and returns the seconds


def settle() -> None:
    """Waits until no thread of this process works. Those of a BLAS or of OpenMP spin for some time
    after their last call, on a processor that whoever is timed next would do without."""
    end = time.perf_counter() + REST
    while time.perf_counter() < end:
        used = time.process_time()
        time.sleep(SLICE)
        if time.process_time() - used < SLICE / 10:
            return
    raise RuntimeError(f"threads of this process still work after {REST} s")


def timed(run: Callable[[int], object]) -> Timed:
    def call(n: int) -> float:
        start = time.perf_counter()
        run(n)
        return time.perf_counter() - start

    return call


def often_enough(run: Timed, seconds: float) -> int:
    """How often to run in one sample so that it takes some seconds. The first runs do not count."""
    run(1)
    n, took = 1, run(1)
    while took < seconds / 4 and n < 1 << 24:
        n *= 4
        took = run(n)
    return max(1, math.ceil(n * seconds / took))


def interleaved(runs: Sequence[Timed], repeats: int, seconds: float) -> list[list[float]]:
    """Seconds of one pass, for each run, in each repeat: a, b, ..., a, b, ..."""
    counts = [often_enough(run, seconds) for run in runs]
    samples: list[list[float]] = [[] for _ in runs]
    for _ in range(repeats):
        for run, n, sample in zip(runs, counts, samples, strict=True):
            sample.append(run(n) / n)
    return samples


def medians(runs: Sequence[Timed], repeats: int, seconds: float) -> list[float]:
    return [statistics.median(sample) for sample in interleaved(runs, repeats, seconds)]
