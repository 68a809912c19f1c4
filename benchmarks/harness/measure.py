"""One row of the training table: the answers first, then the times."""

from dataclasses import dataclass, field

import peers
from peers import fann, filbert_peer

from harness import machine
from harness import problem as problems
from harness.peak import Calibration, mean_gflops
from harness.rows import Row
from harness.timing import medians, timed
from harness.worker import Peer

TOLERANCE = 1e-3  # of the weights, relative to how far they moved: float32 against float64


@dataclass
class Result:
    name: str
    flops: int
    seconds: dict[int, float] = field(default_factory=dict)  # of a step of filbert, by threads
    share: dict[int, float] = field(default_factory=dict)  # of the peak of as many cores
    peak: dict[int, float] = field(default_factory=dict)  # GFLOP/s
    no_share: dict[int, str] = field(default_factory=dict)  # why share and peak are missing
    shuffled: float = 0.0  # an epoch with shuffle over one without
    peers: dict[str, dict[int, float]] = field(default_factory=dict)  # seconds of a step
    ratios: dict[str, float] = field(default_factory=dict)  # times filbert, at the peer's best
    errors: dict[str, float] = field(default_factory=dict)  # of the answers


@dataclass(frozen=True)
class Settings:
    threads: tuple[int, ...]
    repeats: int
    seconds: float  # of one sample


def check(result: Result, who: str, error: float) -> None:
    result.errors[who] = max(error, result.errors.get(who, 0.0))
    if not error <= TOLERANCE:
        raise AssertionError(f"{result.name}: {who} gives another answer: {error:.1e} off")


def measure_filbert(row: Row, settings: Settings, calibration: Calibration, result: Result) -> None:
    """Step times, and their share of the peak just before and just after them."""
    small, problem = row.problem(batches=3), row.problem()
    right = problems.train(small)
    for n in settings.threads:
        run = filbert_peer.train_steps(small, n)
        run(1)
        check(result, "filbert", problems.error(small, right, run.weights()))
    before = {n: calibration.peak("float32", n, machine.isa()) for n in settings.threads}
    runs = [timed(filbert_peer.train_steps(problem, n)) for n in settings.threads]
    most = max(settings.threads)
    runs.append(timed(filbert_peer.train_steps(problem, most, shuffle=True)))
    *times, shuffled = medians(runs, settings.repeats, settings.seconds)
    result.shuffled = shuffled / times[settings.threads.index(most)]
    for n, epoch in zip(settings.threads, times, strict=True):
        result.seconds[n] = epoch / problem.batches
        peak = mean_gflops(before[n], calibration.peak("float32", n, machine.isa()))
        if isinstance(peak, str):
            result.no_share[n] = peak
        else:
            result.peak[n] = peak
            result.share[n] = problem.flops / result.seconds[n] / 1e9 / peak


def measure_peer(row: Row, module: str, settings: Settings, result: Result) -> None:
    """filbert and a peer in turn. The peer may choose the number of threads that suits it best."""
    peer = peers.load(module)
    name, problem, small = peer.name(), row.problem(), row.problem(batches=3)
    small = getattr(peer, "checkable", lambda p: p)(small)
    right = problems.train(small)
    mine = timed(filbert_peer.train_steps(problem, max(settings.threads)))
    for n in (1,) if peer is fann else settings.threads:
        with Peer(module, small, n) as theirs:
            theirs(1)
            check(result, name, problems.error(small, right, theirs.weights()))
        with Peer(module, problem, n) as theirs:
            ours, other = medians([mine, theirs], settings.repeats, settings.seconds)
        result.peers.setdefault(name, {})[n] = other / problem.batches
        result.ratios[name] = min(other / ours, result.ratios.get(name, float("inf")))


def measure(row: Row, modules: list[str], settings: Settings, calibration: Calibration) -> Result:
    """modules: the peers that are available."""
    result = Result(row.name, row.problem().flops)
    measure_filbert(row, settings, calibration, result)
    for module in modules:
        if module != "fann" or row.fann:
            measure_peer(row, module, settings, result)
    return result
