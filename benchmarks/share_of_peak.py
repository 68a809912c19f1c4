"""Share of the peak over width and batch: a training step of a net w-w-w. See README.md.

python benchmarks/share_of_peak.py [--widths 16,64,256] [--batches 8,32] [--svg FILE] [--json FILE]
"""

import argparse
import json
from pathlib import Path

from harness import machine, picture
from harness import problem as problems
from harness.measure import TOLERANCE
from harness.peak import SHARES_MISSING, Calibration
from harness.problem import Problem
from harness.table import layout
from harness.timing import medians, timed
from peers import filbert_peer

WIDTHS = "8,16,24,32,48,64,96,128,192,256,384,512,768,1024"
BATCHES = "1,2,4,8,16,32,64,128,256,512"
BYTES = 4 << 20  # of X


def numbers(text: str) -> list[int]:
    return [int(word) for word in text.split(",")]


def share(width: int, batch: int, threads: int, peak: float, repeats: int, seconds: float) -> float:
    """Of the peak in GFLOP/s."""
    sizes, loss = (width, width, width), "squared_error"
    small = Problem(sizes, batch, loss, batches=2)
    run = filbert_peer.train_steps(small, threads)
    run(1)
    off = problems.error(small, problems.train(small), run.weights())
    if not off <= TOLERANCE:
        raise AssertionError(f"width {width}, batch {batch}: a wrong answer, {off:.1e} off")
    given = Problem(sizes, batch, loss, min(max(BYTES // (4 * batch * width), 2), 1000))
    runs = [timed(filbert_peer.train_steps(given, threads))]
    (epoch,) = medians(runs, repeats, seconds)
    return given.flops * given.batches / epoch / 1e9 / peak


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--widths", type=numbers, default=numbers(WIDTHS), help=WIDTHS)
    parser.add_argument("--batches", type=numbers, default=numbers(BATCHES), help=BATCHES)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--isa", help="force filbert's instruction set")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.05, help="of one sample (0.05)")
    parser.add_argument("--svg", type=Path, help="draw the table")
    parser.add_argument("--json", type=Path, help="write everything measured to a file")
    args = parser.parse_args()

    machine.force_isa(args.isa)
    about = machine.describe()
    print("\n".join(f"{key}: {value}" for key, value in about.items()), flush=True)
    shares: list[list[float | None]] = []
    calibration = Calibration()
    for batch in args.batches:
        peak = calibration.peak("float32", args.threads, machine.isa())
        print(f"batch {batch}: {peak}", flush=True)
        if isinstance(peak, str):
            shares.append([None] * len(args.widths))
            continue
        settings = (args.threads, peak.gflops, args.repeats, args.seconds)
        shares.append([share(width, batch, *settings) for width in args.widths])

    lines = [["% of the peak: batch, width", *map(str, args.widths)]]
    for batch, row in zip(args.batches, shares, strict=True):
        lines.append([str(batch), *map(picture.percent, row)])
    print("\n" + layout(lines))
    if args.svg:
        threads = f"{args.threads} thread{'s' if args.threads > 1 else ''}"
        title = f"filbert, a training step of w-w-w, {threads}: % of the FMA peak"
        args.svg.write_text(picture.heat_map(title, args.widths, args.batches, shares))
    if args.json:
        everything = {
            "machine": about,
            "threads": args.threads,
            "widths": args.widths,
            "batches": args.batches,
            "shares": shares,
        }
        args.json.write_text(json.dumps(everything, indent=1) + "\n")
    return SHARES_MISSING if any(None in row for row in shares) else 0


if __name__ == "__main__":
    raise SystemExit(main())
