"""Training: shares of the machine's peak, and ratios to the peers. See README.md.

python benchmarks/train.py [--quick] [--rows 784-128,16-16] [--json FILE]
"""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

import peers
from harness import machine, report
from harness.measure import Settings, measure
from harness.peak import SHARES_MISSING, Calibration
from harness.problem import Problem
from harness.rows import FIT_OVERHEAD, choose
from harness.timing import medians, timed
from peers import filbert_peer


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", help="words of row names, such as 784-128/32,16-16")
    parser.add_argument("--peers", help=f"of {','.join(peers.TRAIN)}; none for none")
    parser.add_argument("--threads", default="1,2", help="numbers of threads (1,2)")
    parser.add_argument("--isa", help="force the instruction set, of peers too")
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=0.2, help="of one sample (0.2)")
    parser.add_argument("--quick", action="store_true", help="few short repeats: to try things")
    parser.add_argument("--json", type=Path, help="write everything measured to a file")
    return parser.parse_args()


def fit_overhead(settings: Settings) -> dict[str, float]:
    """An epoch of fit over 60,000 x 784, shuffled, over as many steps on batches in order."""
    ratios = {}
    for batch in (32, 128):
        for threads in settings.threads:
            few = Problem((784, 128, 10), batch, "cross_entropy", batches=2560 // batch)
            many = Problem((784, 128, 10), batch, "cross_entropy", batches=60_000 // batch)
            runs = [
                timed(filbert_peer.train_steps(few, threads)),
                timed(filbert_peer.train_steps(many, threads, shuffle=True)),
            ]
            steps, epoch = medians(runs, settings.repeats, settings.seconds)
            ratios[f"batch {batch}, threads {threads}"] = (
                epoch / many.batches / (steps / few.batches)
            )
    return ratios


def main() -> int:
    args = options()
    reason = filbert_peer.available()
    if reason:
        raise SystemExit(f"filbert cannot be imported: {reason}")
    machine.force_isa(args.isa)
    threads = tuple(sorted({int(n) for n in args.threads.split(",")}))
    repeats, seconds = (3, 0.02) if args.quick else (args.repeats, args.seconds)
    settings = Settings(threads, repeats, seconds)
    modules, missing = peers.usable(args.peers, peers.TRAIN)
    about = machine.describe()
    print("\n".join(f"{key}: {value}" for key, value in about.items()), flush=True)

    rows, results = choose(args.rows), []
    calibration = Calibration(patience=1 if args.quick else 10)
    for row in rows:
        print(f"measuring {row.name} ...", flush=True)
        results.append(measure(row, modules, settings, calibration))
    overhead = fit_overhead(settings) if not args.quick and not args.rows else {}
    print(report.table(rows, results, threads))
    print(report.peer_table(results, threads))
    for name, why in missing.items():
        print(f"missing: {name}: {why}")
    for name, ratio in overhead.items():
        print(f"epoch of fit, 60,000 x 784, {name}: {ratio:.3f} x its steps (<= {FIT_OVERHEAD})")
    if args.json:
        everything = {
            "machine": about,
            "settings": asdict(settings),
            "rows": [asdict(result) for result in results],
            "missing": missing,
            "fit_overhead": overhead,
        }
        args.json.write_text(json.dumps(everything, indent=1) + "\n")
    return SHARES_MISSING if any(result.no_share for result in results) else 0


if __name__ == "__main__":
    raise SystemExit(main())
