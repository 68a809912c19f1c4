"""Handwritten digits: test accuracy and time of filbert and PyTorch with the same settings.

python benchmarks/digits.py --data FOLDER [--seeds 5] [--epochs 20] [--threads 2]

FOLDER holds MNIST's IDX files, or one pair of them, of which four fifths train and the rest test.
"""

import argparse
import statistics
from time import perf_counter

import numpy as np
from harness import machine
from harness.table import layout

import filbert as fb
from filbert import datasets

SIZES, BATCH, RATE = (784, 128, 10), 64, 1e-3
POINTS, SHARE = 0.3, 1 / 3  # goals: percentage points of accuracy, share of PyTorch's time


def filbert_run(digits: tuple[np.ndarray, ...], seed: int, epochs: int) -> tuple[float, float]:
    """Seconds of a fit, and the accuracy on the test data."""
    X, y, X_test, y_test = digits
    net = fb.Network(SIZES, activation="relu", output="softmax", rng=seed)
    start = perf_counter()
    net.fit(X, y, epochs=epochs, batch_size=BATCH, optimizer=fb.Adam(RATE), progress=False)
    return perf_counter() - start, net.evaluate(X_test, y_test)["accuracy"]


def torch_run(digits: tuple[np.ndarray, ...], seed: int, epochs: int) -> tuple[float, float]:
    """The same by PyTorch: a Sequential, the fused Adam, batches taken out of a shuffled tensor."""
    import torch
    from torch import nn
    from torch.nn import functional

    torch.manual_seed(seed)
    X, y, X_test, y_test = (torch.from_numpy(part) for part in digits)
    y, y_test = y.long(), y_test.long()
    net = nn.Sequential(nn.Linear(*SIZES[:2]), nn.ReLU(), nn.Linear(*SIZES[1:]))
    optimizer = torch.optim.Adam(net.parameters(), lr=RATE, fused=True)
    start = perf_counter()
    for _ in range(epochs):
        for rows in torch.randperm(len(X)).split(BATCH):
            optimizer.zero_grad(set_to_none=True)
            functional.cross_entropy(net(X[rows]), y[rows]).backward()
            optimizer.step()
    seconds = perf_counter() - start
    with torch.inference_mode():
        right = (net(X_test).argmax(1) == y_test).float().mean().item()
    return seconds, right


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="folder of MNIST's IDX files")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    import torch

    fb.set_threads(options.threads)
    torch.set_num_threads(options.threads)
    digits = datasets.load_mnist(options.data)
    print("\n".join(f"{name}: {value}" for name, value in machine.describe().items()))
    print(f"{len(digits[0])} digits train, {len(digits[2])} test; {options.threads} threads")
    filbert_run(digits, 0, 1), torch_run(digits, 0, 1)  # the first run of each pays for more
    rows, ratios, accuracies = [], [], []
    for seed in range(options.seeds):
        ours, theirs = (run(digits, seed, options.epochs) for run in (filbert_run, torch_run))
        ratios.append(ours[0] / theirs[0])
        accuracies.append((ours[1], theirs[1]))
        numbers = (ours[0], theirs[0], ratios[-1], 100 * ours[1], 100 * theirs[1])
        rows.append([str(seed), *(f"{number:.3f}" for number in numbers)])
    head = ["seed", "filbert, s", "PyTorch, s", "ratio", "filbert, %", "PyTorch, %"]
    print(layout([head, *rows]))
    ours, theirs = (100 * statistics.mean(column) for column in zip(*accuracies, strict=True))
    print(f"mean accuracy: {ours:.2f} and {theirs:.2f} % (goal: at most {POINTS} points below)")
    print(f"median ratio of times: {statistics.median(ratios):.3f} (goal: at most {SHARE:.3f})")


if __name__ == "__main__":
    main()
