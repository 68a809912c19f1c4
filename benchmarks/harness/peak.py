"""The peak of this machine: fused multiply-adds a second, checked against the clock.

Every share in these benchmarks is a share of this peak. It is believed only if it agrees, within
3 %, with a whole number of vector units times the lanes of a vector times the clock.
"""

import ctypes
import statistics
from dataclasses import dataclass

from harness.native import load

TOLERANCE = 0.03
UNITS = (0.5, 1, 2, 4)  # vector FMAs that a core may start in a cycle


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


def measured_peak(
    dtype: str = "float32", threads: int = 1, repeats: int = 15, milliseconds: float = 4
) -> Peak:
    """The highest peak over instruction sets. Raises CalibrationError if it cannot be believed."""
    usable = isas()
    if not usable:
        raise CalibrationError("no fused multiply-add on this processor")
    peaks = [measure(isa, dtype, threads, repeats, milliseconds) for isa in usable]
    best = max(peaks, key=lambda p: p.gflops)
    if abs(best.gflops / best.expected - 1) > TOLERANCE:
        raise CalibrationError(
            f"the peak does not agree with the clock within {100 * TOLERANCE:.0f} %: {best}. "
            "Is something else running, or do the threads share a core?"
        )
    return best
