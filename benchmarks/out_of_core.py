"""Data larger than memory: time and resident memory of fits from memmaps and generators.

python benchmarks/out_of_core.py [--gigabytes 4] [--folder DIR] [--repeats 3]

Each epoch trains 784-128-10 in batches of 64 from a file of float32 and one of a quarter of its size
of uint8, as memmaps, and from the same rows in memory; and from a generator of the batches in
memory. The files are in the page cache when time is taken. Epochs are interleaved, ratios medians.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from time import perf_counter

import numpy as np
from harness import machine
from harness.table import layout

import filbert as fb

COLUMNS, BATCH, BLOCK = 784, 64, 10_000
GOALS = {"float32": 1.15, "uint8": 1.15, "generator": 1.10}
MEGABYTES = 300  # goal of resident memory


def write(path: Path, rows: int, dtype: str) -> None:
    """Random pixels, block by block."""
    rng = np.random.default_rng(0)
    block = rng.integers(0, 256, (BLOCK, COLUMNS)).astype(dtype)
    if dtype == "float32":
        block /= 255
    with path.open("wb") as file:
        for begin in range(0, rows, BLOCK):
            block[: min(BLOCK, rows - begin)].tofile(file)


def mapped(path: Path, dtype: str) -> np.memmap:
    return np.memmap(path, dtype, "r").reshape(-1, COLUMNS)


def labels(rows: int) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 10, rows).astype(np.int32)


class Batches:
    """The batches of arrays, in order."""

    def __init__(self, X: np.ndarray, y: np.ndarray) -> None:
        self.X, self.y = X, y

    def __len__(self) -> int:
        return (len(self.X) - 1) // BATCH + 1

    def __iter__(self):
        for begin in range(0, len(self.X), BATCH):
            yield self.X[begin : begin + BATCH], self.y[begin : begin + BATCH]


def epoch(X, y, **options) -> float:
    """Seconds of one epoch."""
    net = fb.Network([COLUMNS, 128, 10], activation="relu", output="softmax", rng=0)
    start = perf_counter()
    net.fit(X, y, optimizer=fb.SGD(1e-3), progress=False, **options)
    return perf_counter() - start


def resident(path: str, dtype: str) -> None:
    """The most resident megabytes of an epoch from a memmap, before and in it: for a process of
    its own."""

    def peak() -> int:
        lines = Path("/proc/self/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) // 1024

    X = mapped(Path(path), dtype)
    y = labels(len(X))
    before = peak()
    epoch(X, y, batch_size=BATCH)
    print(before, peak())


def ratio(first, second, repeats: int) -> tuple[float, float]:
    """Median of the ratio of times, and of the first one's seconds."""
    pairs = []
    for i in range(repeats):
        pair = (first(), second()) if i % 2 == 0 else (second(), first())[::-1]
        pairs.append(pair)
    return statistics.median(a / b for a, b in pairs), statistics.median(a for a, _ in pairs)


def of_memmap(path: Path, dtype: str, repeats: int) -> list[str]:
    """A line of the table."""
    X = np.array(mapped(path, dtype))
    y = labels(len(X))
    from_file = partial(epoch, mapped(path, dtype), y, batch_size=BATCH)
    times, seconds = ratio(from_file, partial(epoch, X, y, batch_size=BATCH), repeats)
    command = [sys.executable, __file__, "--resident", str(path), dtype]
    memory = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    numbers = [f"{seconds:.2f}", f"{times:.3f}", f"{GOALS[dtype]:.2f}"]
    return [f"memmap of {dtype}", f"{X.nbytes / 1e9:.1f}", *numbers, *memory, str(MEGABYTES)]


def of_generator(X: np.ndarray, repeats: int) -> list[str]:
    """A line of the table. What the generator takes for itself does not count."""
    y = labels(len(X))
    batches = Batches(X, y)
    start = perf_counter()
    for _ in batches:
        pass
    own = perf_counter() - start
    times, seconds = ratio(
        lambda: epoch(batches, None) - own,
        partial(epoch, X, y, batch_size=BATCH, shuffle=False),
        repeats,
    )
    numbers = [f"{seconds:.2f}", f"{times:.3f}", f"{GOALS['generator']:.2f}"]
    return ["generator", f"{X.nbytes / 1e9:.1f}", *numbers, "", "", ""]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gigabytes", type=float, default=4.0)
    parser.add_argument("--folder", type=Path, help="where the files are written (temporary)")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--resident", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    fb.set_threads(options.threads)
    if options.resident:
        return resident(*options.resident)
    print("\n".join(f"{name}: {value}" for name, value in machine.describe().items()))
    rows = int(options.gigabytes * 1e9) // (4 * COLUMNS)
    lines = [["data", "GB", "s an epoch", "over memory", "goal", "MB before", "MB", "goal"]]
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        for dtype in ("float32", "uint8"):
            path = Path(folder) / dtype
            write(path, rows, dtype)
            lines.append(of_memmap(path, dtype, options.repeats))
            if dtype == "float32":
                lines.append(of_generator(np.array(mapped(path, dtype)[:200_000]), options.repeats))
    print(layout(lines))


if __name__ == "__main__":
    main()
