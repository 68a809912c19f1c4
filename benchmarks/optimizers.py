"""Time of a training step with each optimizer, over that with SGD with momentum. See README.md.

python benchmarks/optimizers.py [--quick] [--isa avx2] [--peers torch_eager,jax_optax] [--json FILE]
"""

import argparse
import json
import statistics
import sys
from pathlib import Path

import peers
from harness import machine
from harness import problem as problems
from harness.measure import TOLERANCE
from harness.problem import Problem
from harness.table import layout
from harness.timing import interleaved, timed
from harness.worker import Peer
from peers import filbert_peer

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "python" / "support"))
import reference  # the oracles of the tests
import reference_rules

SIZES, BATCHES = (784, 128, 10), (32, 256)
GOALS = {"Adam": (1.35, 1.1)}  # of a row's ratios; others:
GOAL = (1.5, 1.2)
SIGNS = 0.05  # the tolerance in float32: the sign of a gradient near 0 may be another one there

# A class and options for each row; more than one where a rule runs in several ways.
RULES: dict[str, tuple[str, dict]] = {
    "SGD": ("SGD", {}),  # with momentum
    "Adam": ("Adam", {}),
    "Adam, amsgrad": ("Adam", {"amsgrad": True}),
    "AdamW": ("AdamW", {}),
    "NAdam": ("NAdam", {}),
    "Adamax": ("Adamax", {}),
    "RMSprop": ("RMSprop", {}),
    "RMSprop, momentum, centered": ("RMSprop", {"momentum": 0.9, "centered": True}),
    "Adagrad": ("Adagrad", {}),
    "Adadelta": ("Adadelta", {}),
    "Lion": ("Lion", {}),
    "RProp": ("RProp", {}),
}


def given(rule: str, batch: int, batches: int) -> Problem:
    name, options = RULES[rule]
    more = () if name == "SGD" else tuple(options.items())
    return Problem(SIZES, batch, "cross_entropy", batches, optimizer=name, more=more)


def oracle(problem: Problem) -> problems.Layers:
    """The weights after one pass over the batches, by plain numpy in float64."""
    layers = range(1, len(problem.sizes))
    start = {l: problem.start[l - 1] for l in layers}
    hidden = [problem.activation] * (len(layers) - 1)
    net = reference.Network(
        {l: w for l, (w, _) in start.items()},
        {l: b for l, (_, b) in start.items()},
        [*hidden, problem.output],
    )
    rule = getattr(reference_rules, problem.optimizer)(
        learning_rate=problem.learning_rate, **problem.options
    )
    rows = range(0, problem.rows, problem.batch)
    X, y = problem.X.astype(float), problem.y
    if y.ndim == 1:
        y = (y[:, None] == range(problem.sizes[-1])).astype(float)
    batches = [(X[i : i + problem.batch], y[i : i + problem.batch]) for i in rows]
    reference.fit(net, rule, batches, problem.loss)
    return [(net.w[l], net.b[l]) for l in layers]


def check(who: str, problem: Problem, answer: problems.Layers, tolerance: float) -> None:
    off = problems.error(problem, oracle(problem), answer)
    if not off <= tolerance:
        raise AssertionError(f"{who}, {problem.optimizer}: another answer: {off:.1e} off")


def measure(batch: int, rules: list[str], repeats: int, seconds: float) -> dict[str, float]:
    """Seconds of a step of SGD under "seconds", and each rule's ratio to it."""
    for rule in rules:
        small = given(rule, batch, batches=3)
        for dtype, tolerance in (("float64", TOLERANCE), ("float32", SIGNS)):
            run = filbert_peer.train_steps(small, 1, dtype=dtype)
            run(1)
            check(f"filbert, {dtype}", small, run.weights(), tolerance)
    batches = max(8192 // batch, 2)
    runs = [timed(filbert_peer.train_steps(given(rule, batch, batches), 1)) for rule in rules]
    base, *others = interleaved(runs, repeats, seconds)
    ratios = {
        rule: statistics.median(a / b for a, b in zip(times, base, strict=True))
        for rule, times in zip(rules[1:], others, strict=True)
    }
    return {"seconds": statistics.median(base) / batches, **ratios}


def measure_peer(module: str, rule: str, batch: int, repeats: int, seconds: float) -> float:
    """How many times as long a peer's step takes."""
    small, problem = given(rule, batch, 3), given(rule, batch, max(8192 // batch, 2))
    with Peer(module, small, 1) as theirs:
        theirs(1)
        check(peers.load(module).name(), small, theirs.weights(), SIGNS)
    mine = timed(filbert_peer.train_steps(problem, 1))
    with Peer(module, problem, 1) as theirs:
        ours, other = interleaved([mine, theirs], repeats, seconds)
    return statistics.median(b / a for a, b in zip(ours, other, strict=True))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rules", help=f"words of {', '.join(RULES)}")
    parser.add_argument("--peers", default="torch_eager,jax_optax", help="none for none")
    parser.add_argument("--isa", help="force the instruction set, of peers too")
    parser.add_argument("--repeats", type=int, default=31)
    parser.add_argument("--seconds", type=float, default=0.1, help="of one sample (0.1)")
    parser.add_argument("--quick", action="store_true", help="few short repeats: to try things")
    parser.add_argument("--json", type=Path, help="write everything measured to a file")
    args = parser.parse_args()
    machine.force_isa(args.isa)
    repeats, seconds = (3, 0.01) if args.quick else (args.repeats, args.seconds)
    modules, missing = peers.usable(args.peers, ["torch_eager", "jax_optax"])
    about = machine.describe()
    print("\n".join(f"{key}: {value}" for key, value in about.items()), flush=True)
    words = args.rules.split(",") if args.rules else [""]
    rules = ["SGD", *(r for r in RULES if r != "SGD" and any(word in r for word in words))]

    found = {batch: measure(batch, rules, repeats, seconds) for batch in BATCHES}
    names = {module: peers.load(module).name() for module in modules}
    beside: dict[str, dict[str, dict[int, float]]] = {}
    for module, name in names.items():
        for rule in rules:
            if not peers.load(module).has_optimizer(given(rule, 32, 1)):
                continue
            ratios = {b: measure_peer(module, rule, b, repeats, seconds) for b in BATCHES}
            beside.setdefault(name, {})[rule] = ratios

    times = [f"{1e6 * found[batch]['seconds']:.4g} us" for batch in BATCHES]
    lines = [["over SGD with momentum", *(f"batch {batch}" for batch in BATCHES)]]
    lines[0] += [f"{name}, {batch}" for name in names.values() for batch in BATCHES]
    for rule in rules:
        goals = GOALS.get(rule, GOAL)
        cells = [
            f"{found[batch][rule]:.3f} ({goal:g})"
            for batch, goal in zip(BATCHES, goals, strict=True)
        ] if rule != "SGD" else times  # fmt: skip
        for name in names.values():
            ratios = beside.get(name, {}).get(rule, {})
            cells = [*cells, *(f"{ratios[b]:.2f} x" if b in ratios else "-" for b in BATCHES)]
        lines.append([rule, *cells])
    sizes = "-".join(map(str, SIZES))
    print(f"\n{sizes}, one thread; goals in brackets; beside: a peer's time over filbert's")
    print(layout(lines))
    for name, why in missing.items():
        print(f"missing: {name}: {why}")
    if args.json:
        everything = {"machine": about, "ratios": found, "peers": beside, "missing": missing}
        args.json.write_text(json.dumps(everything, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
