"""The peak of this machine: fused multiply-adds a second, checked against the clock.

Every share in these benchmarks is a share of this peak. It is believed only if it agrees, within
3 %, with a whole number of vector units times the lanes of a vector times the clock.
"""

import ctypes
import statistics
import time
from dataclasses import dataclass, replace

from harness.native import load

TOLERANCE = 0.03
UNITS = (0.5, 1, 2, 4)  # vector FMAs that a core may start in a cycle
SHARES_MISSING = 3  # what a program exits with that could not tell all of its shares


class CalibrationError(RuntimeError):
    """The peak and the clock disagree: nothing measured now would mean anything."""


@dataclass(frozen=True)
class Peak:
    """The peak of some cores for one dtype. Flops are counted as two for each FMA."""

    isa: str
    dtype: str
    threads: int
    gflops: float
    gigahertz: float
    flops_per_cycle: float  # of one core: the nearest figure that hardware can have

    @property
    def expected(self) -> float:
        return self.threads * self.flops_per_cycle * self.gigahertz

    def __str__(self) -> str:
        return (
            f"{self.dtype}, {self.threads} thread{'s' if self.threads > 1 else ''}: "
            f"{self.gflops:.1f} GFLOP/s ({self.isa}; {self.flops_per_cycle:g} flops a cycle x "
            f"{self.gigahertz:.2f} GHz x {self.threads} = {self.expected:.1f}, "
            f"{100 * (self.gflops / self.expected - 1):+.1f} %)"
        )


def library() -> ctypes.CDLL:
    lib = load("harness/peak.cpp")
    lib.kernel_name.restype = ctypes.c_char_p
    return lib


def isas() -> list[str]:
    """The kernels that this machine can run, the widest first."""
    lib = library()
    usable = (k for k in range(lib.kernel_count()) if lib.kernel_available(k))
    return [lib.kernel_name(k).decode() for k in usable]


def measure(isa: str, dtype: str, threads: int, repeats: int, milliseconds: float) -> Peak:
    """One kernel's peak: medians of repeats, each with the clock taken right around it."""
    lib = library()
    count = range(lib.kernel_count())
    kernel = next(k for k in count if lib.kernel_name(k).decode() == isa)
    is_double = int(dtype == "float64")
    lanes = lib.kernel_lanes(kernel, is_double)
    rate, clock = ctypes.c_double(), ctypes.c_double()

    def once(rounds: int) -> tuple[float, float]:
        lib.measure(
            kernel, is_double, threads, ctypes.c_long(rounds), ctypes.byref(rate),
            ctypes.byref(clock),
        )  # fmt: skip
        return rate.value / 1e9, clock.value / 1e9

    rounds = int(milliseconds * 1e6 * once(100_000)[1] / 64)  # also wakes the clock up
    samples = [once(rounds) for _ in range(repeats)]
    gflops = statistics.median(rate for rate, _ in samples)
    gigahertz = statistics.median(clock for _, clock in samples)
    per_cycle = statistics.median(rate / clock for rate, clock in samples) / threads
    units = min(UNITS, key=lambda n: abs(per_cycle / (2 * lanes * n) - 1))
    return Peak(isa, dtype, threads, gflops, gigahertz, 2 * lanes * units)


def measure_threads(isa: str, dtype: str, threads: int, repeats: int, milliseconds: float) -> Peak:
    """One kernel's peak on some threads. How many units a core has is found by one thread alone: two
    that share a core, or have one taken from them, would look like cores of half as many units."""
    alone = measure(isa, dtype, 1, repeats, milliseconds)
    if threads == 1:
        return alone
    together = measure(isa, dtype, threads, repeats, milliseconds)
    return replace(together, flops_per_cycle=alone.flops_per_cycle)


def unvouched(peak: Peak) -> str | None:
    """Why a peak cannot be believed, or None."""
    if abs(peak.gflops / peak.expected - 1) <= TOLERANCE:
        return None
    return (
        f"the peak does not agree with the clock within {100 * TOLERANCE:.0f} %: {peak}. "
        "Is something else running, or do the threads share a core?"
    )


def measured_peak(
    dtype: str = "float32",
    threads: int = 1,
    isa: str | None = None,
    repeats: int = 121,
    milliseconds: float = 0.5,
    patience: float = 10,
) -> Peak:
    """The peak of an instruction set; of none, or one that is not known here: the highest. A peak
    that cannot be believed is measured again, for `patience` seconds: a neighbour may be busy for a
    moment only. Samples are shorter than what a scheduler gives each process in turn, so that most
    of them are whole. Raises CalibrationError if no peak could be believed by then."""
    usable = isas()
    if not usable:
        raise CalibrationError("no fused multiply-add on this processor")
    chosen = [isa] if isa in usable else usable
    end = time.monotonic() + patience
    while True:
        peaks = [measure_threads(name, dtype, threads, repeats, milliseconds) for name in chosen]
        best = max(peaks, key=lambda p: p.gflops)
        reason = unvouched(best)
        if reason is None:
            return best
        if time.monotonic() >= end:
            raise CalibrationError(reason)


class Calibration:
    """Peaks one after another, each of them or why it cannot be believed. After one that was waited
    for in vain, those that follow are only tried for a second, until one succeeds: a host that is
    never quiet shall not hold up everything."""

    def __init__(self, patience: float = 10) -> None:
        self.longest = self.patience = patience

    def peak(self, dtype: str, threads: int, isa: str | None) -> Peak | str:
        try:
            found = measured_peak(dtype, threads, isa, patience=self.patience)
        except (
            RuntimeError
        ) as refusal:  # or no compiler, or a processor that peak.cpp cannot measure
            self.patience = min(self.longest, 1)
            return str(refusal)
        self.patience = self.longest
        return found


def mean_gflops(before: Peak | str, after: Peak | str) -> float | str:
    """Of the peaks around a measurement; or why there is none."""
    for peak in (before, after):
        if isinstance(peak, str):
            return peak
    if before.flops_per_cycle != after.flops_per_cycle:
        return f"a processor does not change, but one of these peaks says so: {before}; {after}"
    return (before.gflops + after.gflops) / 2
