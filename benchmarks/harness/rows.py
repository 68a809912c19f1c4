"""The rows of the training table, and the goals of each. A goal of None: there is none."""

from dataclasses import dataclass

from harness.problem import Problem

DATA = 8 << 20  # bytes of X when timing: many batches, more than a core's own caches


@dataclass(frozen=True)
class Row:
    sizes: tuple[int, ...]
    batch: int
    loss: str
    share_1: float | None = None  # of the FMA peak, one thread
    share_2: float | None = None  # of the peak of two cores, two threads
    python: float | None = None  # times the best Python peer
    fann: float | None = None  # times FANN

    @property
    def name(self) -> str:
        return f"{'-'.join(map(str, self.sizes))}/{self.batch}"

    def problem(self, batches: int | None = None) -> Problem:
        if batches is None:
            batches = min(max(DATA // (4 * self.batch * self.sizes[0]), 2), 200)
        return Problem(self.sizes, self.batch, self.loss, batches)


ROWS = (
    Row((16, 16, 1), 32, "squared_error", 0.20, None, 30, 6),
    Row((64, 32, 10), 32, "cross_entropy", 0.55, None, 30, 15),
    Row((784, 30, 10), 10, "cross_entropy", 0.55, None, 12, 12),
    Row((784, 128, 10), 32, "cross_entropy", 0.78, 0.68, 2.5),
    Row((784, 128, 10), 128, "cross_entropy", 0.88, 0.80, 3),
    Row((784, 512, 512, 10), 128, "cross_entropy", 0.86, 0.80, 1.8),
    Row((1024, 1024, 1024, 1024), 256, "squared_error", 0.86, 0.82, 1.3),
    Row((4096, 4096, 4096), 512, "squared_error", 0.84, 0.80, 1.15),
)
NO_SLOWER = 1.02  # two threads over one thread, in time
FIT_OVERHEAD = 1.08  # an epoch of fit over its steps


def choose(text: str | None) -> tuple[Row, ...]:
    """The rows whose names contain one of some words, separated by commas."""
    words = text.split(",") if text else [""]
    chosen = tuple(row for row in ROWS if any(word in row.name for word in words))
    if not chosen:
        raise SystemExit(f"no row matches {text!r}; there are {', '.join(r.name for r in ROWS)}")
    return chosen
