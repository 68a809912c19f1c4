"""The products of a layer, each beside the same product by numpy's BLAS. See README.md.

python benchmarks/kernels.py [--isa avx2] [--widths 256,1024] [--only forward,dx] [--json FILE]
"""

import argparse
import ctypes
import json
import os
import statistics
from dataclasses import asdict, dataclass, field
from pathlib import Path

from harness import blas, machine, native
from harness.peak import SHARES_MISSING, Calibration, mean_gflops
from harness.table import layout

PRODUCTS = {"forward": "forward", "dx": "dX", "dw": "dW", "update": "dW+update"}
WIDTHS, BATCHES = "64,128,256,512,1024,2048,4096", "32,128,512"
MOST_ROWS = 1024  # of a batch: a kernel that updates takes no more at once
TOLERANCE = {"float32": 1e-4, "float64": 1e-12}  # of the answers, relative to the largest value
CMAKE = """
cmake_minimum_required(VERSION 3.20)
project(kernels LANGUAGES CXX)
set(BUILD_SHARED_LIBS OFF)
add_subdirectory("{filbert}" filbert)
add_library(kernels MODULE "{source}")
target_include_directories(kernels PRIVATE "{filbert}/cpp/src")
target_link_libraries(kernels PRIVATE filbert::filbert)
set_target_properties(kernels PROPERTIES PREFIX "" SUFFIX ".so" CXX_VISIBILITY_PRESET hidden
                      LIBRARY_OUTPUT_DIRECTORY "${{CMAKE_BINARY_DIR}}/$<0:>")
"""


@dataclass
class Result:
    """Samples of one product: seconds of one run, of filbert and of the BLAS in turn."""

    filbert: list[float]
    blas: list[float]
    stream: list[float]  # reading and writing W and the velocity; with the update only
    gflops: float  # of filbert
    error: float

    @property
    def ratio(self) -> float:
        pairs = zip(self.filbert, self.blas, strict=True)
        return statistics.median(ours / theirs for ours, theirs in pairs)

    @property
    def stream_ratio(self) -> float:
        pairs = zip(self.stream, self.blas, strict=True)
        return statistics.median(stream / theirs for stream, theirs in pairs)


@dataclass
class Row:
    width: int
    batch: int
    results: dict[str, Result] = field(default_factory=dict)
    peak: float | str = "not measured"  # GFLOP/s, of just before and after; or why there is none

    @property
    def name(self) -> str:
        return f"{self.width} x {self.batch}"


class Kernels:
    """The shared library that times the products, built from a source tree."""

    def __init__(self, filbert: Path) -> None:
        source = native.BENCHMARKS / "kernels.cpp"
        lists = CMAKE.format(filbert=filbert.as_posix(), source=source.as_posix())
        self.library = ctypes.CDLL(str(native.cmake("kernels", lists) / "kernels.so"))
        size, doubles = ctypes.c_size_t, ctypes.POINTER(ctypes.c_double)
        pointer, text = ctypes.c_void_p, ctypes.c_char_p
        for name, result, *arguments in (
            ("why", text),
            ("choose", text, text),
            ("layer", pointer, ctypes.c_int, size, size, size, pointer),
            ("release", None, pointer),
            ("error", ctypes.c_double, pointer, ctypes.c_int),
            ("measure", None, pointer, ctypes.c_int, size, ctypes.c_double, *3 * [doubles]),
        ):
            function = getattr(self.library, name)
            function.restype, function.argtypes = result, arguments

    def checked(self, result):
        if result is None:
            raise SystemExit(self.library.why().decode())
        return result

    def choose(self, isa: str | None) -> str:
        return self.checked(self.library.choose((isa or "").encode())).decode()

    def measure(self, row: Row, dtype: str, gemm, products, pairs: int, seconds: float) -> None:
        """Fills the row. The answers are compared before anything is timed."""
        shape = (row.batch, row.width, row.width)
        layer = self.checked(self.library.layer(int(dtype == "float64"), *shape, gemm))
        for product in products:
            number = list(PRODUCTS).index(product)
            error = self.library.error(layer, number)
            if not error <= TOLERANCE[dtype]:
                raise AssertionError(f"{product} of {shape}: {error:.1e} off the BLAS's answer")
            samples = [(ctypes.c_double * pairs)() for _ in range(3)]
            self.library.measure(layer, number, pairs, seconds, *samples)
            filbert, blas, stream = map(list, samples)
            flops = 2 * row.batch * row.width**2
            gflops = flops / statistics.median(filbert) / 1e9
            row.results[product] = Result(filbert, blas, stream, gflops, error)
        self.library.release(layer)


def second_cache() -> int:
    """Its bytes, or 1 MiB where the system does not say."""
    names = getattr(os, "sysconf_names", {})
    found = os.sysconf("SC_LEVEL2_CACHE_SIZE") if "SC_LEVEL2_CACHE_SIZE" in names else 0
    return found if found > 0 else 1 << 20


def table(rows: list[Row], products: list[str], dtype: str) -> str:
    head = ["width x batch"]
    for product in products:
        head += [PRODUCTS[product], "GF/s", "peak"]
    lines = [[*head, "W, v"] if "update" in products else head]
    for row in rows:
        line = [row.name]
        for product in products:
            result = row.results[product]
            share = "-" if isinstance(row.peak, str) else f"{100 * result.gflops / row.peak:.0f} %"
            line += [f"{result.ratio:.3f}", f"{result.gflops:.1f}", share]
        if "update" in products:
            touched = 2 * row.width**2 * {"float32": 4, "float64": 8}[dtype]
            far = touched > second_cache()
            line.append(f"{row.results['update'].stream_ratio:.3f}" if far else "-")
        lines.append(line)
    return layout(lines)


def numbers(text: str) -> list[int]:
    found = [int(word) for word in text.split(",")]
    if min(found) < 1:
        raise argparse.ArgumentTypeError(f"expected numbers of at least 1, got {text}")
    return found


def batches(text: str) -> list[int]:
    found = numbers(text)
    if max(found) > MOST_ROWS:
        raise argparse.ArgumentTypeError(f"expected at most {MOST_ROWS} rows, got {text}")
    return found


def products(text: str) -> list[str]:
    wanted = text.split(",")
    if not set(wanted) <= set(PRODUCTS):
        raise argparse.ArgumentTypeError(f"expected words of {','.join(PRODUCTS)}, got {text}")
    return [name for name in PRODUCTS if name in wanted]


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--widths", type=numbers, help=f"n = k of W ({WIDTHS})")
    parser.add_argument("--batches", type=batches, help=f"rows ({BATCHES})")
    parser.add_argument("--only", type=products, default=list(PRODUCTS), help=",".join(PRODUCTS))
    parser.add_argument("--dtype", choices=tuple(TOLERANCE), default="float32")
    parser.add_argument("--isa", help="force the instruction set, of the BLAS too")
    parser.add_argument("--pairs", type=int, default=151, help="of samples (151)")
    parser.add_argument("--seconds", type=float, default=0.002, help="of one sample (0.002)")
    parser.add_argument("--quick", action="store_true", help="few, small and short: to try things")
    parser.add_argument("--source", type=Path, default=native.BENCHMARKS.parent,
                        help="filbert's source tree, if not this one")  # fmt: skip
    parser.add_argument("--json", type=Path, help="write everything measured to a file")
    args = parser.parse_args()
    if args.pairs < 1:
        parser.error(f"--pairs: expected at least 1, got {args.pairs}")
    if args.quick:
        args.pairs, args.seconds = 3, 0.001
    args.widths = args.widths or numbers("64,256" if args.quick else WIDTHS)
    args.batches = args.batches or numbers("32" if args.quick else BATCHES)
    return args


def main() -> int:
    args = options()
    blas.prepare(args.isa)
    try:
        theirs = blas.Blas()
        kernels = Kernels(args.source.resolve())
    except RuntimeError as failure:
        raise SystemExit(str(failure)) from None
    isa = kernels.choose(args.isa)
    about = machine.describe(f"{args.source.resolve().name}, {isa}, one thread, {args.dtype}")
    about["BLAS"] = theirs.describe()
    print("\n".join(f"{key}: {value}" for key, value in about.items()), flush=True)

    rows = [Row(width, batch) for width in args.widths for batch in args.batches]
    calibration = Calibration(patience=1 if args.quick else 10)
    gemm = theirs.gemm(args.dtype)
    for row in rows:
        before = calibration.peak(args.dtype, 1, isa)
        kernels.measure(row, args.dtype, gemm, args.only, args.pairs, args.seconds)
        row.peak = mean_gflops(before, calibration.peak(args.dtype, 1, isa))
    print("\n" + table(rows, args.only, args.dtype))
    for row in rows:
        if isinstance(row.peak, str):
            print(f"{row.name} without its share: {row.peak}")
    if args.json:
        everything = {
            "machine": about,
            "rows": [asdict(row) for row in rows],
            "ratios": {
                row.name: {name: result.ratio for name, result in row.results.items()}
                for row in rows
            },
        }
        args.json.write_text(json.dumps(everything, indent=1) + "\n")
    return SHARES_MISSING if any(isinstance(row.peak, str) for row in rows) else 0


if __name__ == "__main__":
    raise SystemExit(main())
