"""A training step with each activation in the hidden layers, over that with relu. See README.md.

python benchmarks/activations.py [--sizes 784,512,512,10] [--batch 128] [--isa avx2] [--threads 1]
"""

import argparse

import numpy as np
from harness import machine
from harness.table import layout
from harness.timing import Timed, medians, timed

import filbert as fb
from filbert import _core

MOST = 1.25  # the goal: of relu's time


def hidden_activations() -> list[str]:
    names = _core.activation_names()
    return [name for name in names if _core.activation_traits(name)["hidden"] and name != "relu"]


def steps(activation: str, sizes: list[int], batch: int) -> Timed:
    """Epochs of one step: forward, cost, backward, and a plain update of the weights."""
    rng = np.random.default_rng(0)
    net = fb.Network(sizes, activation=activation, output="softmax", rng=0)
    X = rng.uniform(size=(batch, sizes[0])).astype("f4")
    y = rng.integers(0, sizes[-1], batch).astype("i4")
    sgd = fb.SGD(1e-6)  # so that no training goes to where an activation is cheaper
    return timed(lambda n: net.fit(X, y, epochs=n, batch_size=batch, optimizer=sgd))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default="784,512,512,10", help="of the layers")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--isa", help="force filbert's instruction set")
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--seconds", type=float, default=0.1, help="of one sample (0.1)")
    args = parser.parse_args()

    machine.force_isa(args.isa)
    fb.set_threads(args.threads)
    print("\n".join(f"{key}: {value}" for key, value in machine.describe().items()), flush=True)
    names = ["relu", *hidden_activations()]
    sizes = [int(size) for size in args.sizes.split(",")]
    runs = [steps(name, sizes, args.batch) for name in names]
    relu, *others = medians(runs, args.repeats, args.seconds)
    rows = [["activation", "us", f"x relu ({MOST:g})"], ["relu", f"{1e6 * relu:.1f}", "1"]]
    for name, seconds in zip(names[1:], others, strict=True):
        ratio = seconds / relu
        mark = " !" if ratio > MOST else ""
        rows.append([name, f"{1e6 * seconds:.1f}", f"{ratio:.2f}{mark}"])
    print(layout(rows))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
