"""Prediction: the time of one row, from Python and from C++, and of many. See README.md.

python benchmarks/predict.py [--quick] [--only one|many] [--rows 16-16-1] [--no-cpp] [--json FILE]
"""

import argparse
import json
import statistics
import subprocess
from functools import partial
from pathlib import Path

import numpy as np
import peers
from harness import machine, many_rows, native
from harness.problem import Problem
from harness.table import layout
from harness.timing import medians, timed
from peers import filbert_peer

REPO = native.BENCHMARKS.parent
NETS = {(16, 16, 1): 1.2, (784, 128, 10): 6.0, (4096, 4096, 4096): None}  # goals, microseconds
CPP_GOALS = {(16, 16, 1): 0.06}
CMAKE = f"""
cmake_minimum_required(VERSION 3.20)
project(latency LANGUAGES CXX)
add_subdirectory("{REPO.as_posix()}" filbert)
add_executable(predict "{(native.BENCHMARKS / "predict.cpp").as_posix()}")
target_link_libraries(predict PRIVATE filbert::filbert)
set_target_properties(predict PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${{CMAKE_BINARY_DIR}}/$<0:>")
"""


def problem(sizes: tuple[int, ...]) -> Problem:
    """identity output: what is timed is the net, not a softmax that not every peer has."""
    return Problem(sizes, batch=1, loss="squared_error", batches=1)


def repeat(predict, x: np.ndarray, n: int) -> None:
    for _ in range(n):
        predict(x)


def latencies(
    sizes: tuple[int, ...], modules: list[str], repeats: int, seconds: float
) -> dict[str, float]:
    """Seconds of one call by name, filbert first. The answers must agree."""
    given = problem(sizes)
    everyone = [filbert_peer, *(peers.load(name) for name in modules)]
    predictors = [peer.predict_one(given) for peer in everyone]
    right = np.asarray(predictors[0](given.X)).ravel()
    scale = np.abs(right).max()
    for peer, predict in zip(everyone, predictors, strict=True):
        off = np.abs(np.asarray(predict(given.X)).ravel() - right).max() / scale
        if not off < 1e-4:
            raise AssertionError(f"{peer.name()} predicts something else: {off:.1e} off")
    runs = [timed(partial(repeat, predict, given.X)) for predict in predictors]
    times = medians(runs, repeats, seconds)
    return {peer.name(): t for peer, t in zip(everyone, times, strict=True)}


def build_cpp() -> Path | str:
    """The C++ program, built from this source tree; or why it cannot be."""
    try:
        return native.cmake("predict", CMAKE) / "predict"
    except RuntimeError as failure:
        return str(failure)


def cpp_latency(program: Path, sizes: tuple[int, ...], repeats: int, seconds: float) -> float:
    """The median over fresh processes."""
    command = [str(program), str(seconds), *map(str, sizes)]
    outputs = [subprocess.check_output(command, text=True) for _ in range(repeats)]
    return statistics.median(float(output.split()[0]) for output in outputs)


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=["one", "many"], help="the tables of one row, of many")
    parser.add_argument("--rows", help="words of nets, such as 16-16-1,784")
    parser.add_argument("--peers", help=f"of {','.join(peers.PREDICT)}; none for none")
    parser.add_argument("--isa", help="force filbert's instruction set")
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=0.2, help="of one sample (0.2)")
    parser.add_argument("--quick", action="store_true", help="few short repeats: to try things")
    parser.add_argument("--no-cpp", action="store_true", help="only from Python")
    parser.add_argument("--json", type=Path, help="write everything measured to a file")
    return parser.parse_args()


def cell(seconds: float | None, goal: float | None = None) -> str:
    text = "-" if seconds is None else f"{1e6 * seconds:.3g}"
    return text if goal is None else f"{text} ({goal:g})"


def one_row(args: argparse.Namespace, repeats: int, seconds: float) -> dict:
    """Prints the table of one row; returns what it has measured."""
    modules, missing = peers.usable(args.peers, peers.PREDICT)
    program = "not asked for" if args.no_cpp else build_cpp()
    if isinstance(program, str):
        missing["filbert from C++"] = program
    words = args.rows.split(",") if args.rows else [""]
    nets = [net for net in NETS if any(word in "-".join(map(str, net)) for word in words)]

    found = {net: latencies(net, modules, repeats, seconds) for net in nets}
    cpp = {}
    if isinstance(program, Path):
        cpp = {net: cpp_latency(program, net, repeats, seconds) for net in nets}
    lines = [["one row, microseconds; goals in brackets", *("-".join(map(str, n)) for n in nets)]]
    for i, name in enumerate(next(iter(found.values()), {})):
        goals = NETS if i == 0 else {}
        lines.append([name, *(cell(found[net][name], goals.get(net)) for net in nets)])
    lines.append(["filbert from C++", *(cell(cpp.get(net), CPP_GOALS.get(net)) for net in nets)])
    print("\n" + layout(lines))
    for name, why in missing.items():
        print(f"missing: {name}: {why}")
    times = {"-".join(map(str, n)): {**found[n], "C++": cpp.get(n)} for n in nets}
    return {"seconds": times, "missing": missing}


def many(args: argparse.Namespace, repeats: int, seconds: float) -> dict:
    """The same for the tables of many rows."""
    modules, missing = peers.usable(args.peers, peers.PREDICT)
    with_peer = "onnxruntime_peer" in modules
    found = many_rows.beside_onnxruntime(repeats, seconds, with_peer)
    ratios = many_rows.two_over_one(repeats, seconds)
    print("\n" + many_rows.tables(found, ratios))
    if "onnxruntime_peer" in missing:
        print(f"missing: ONNX Runtime: {missing['onnxruntime_peer']}")
    return {"seconds of many rows": found, "two threads over one": ratios}


def main() -> None:
    args = options()
    machine.force_isa(args.isa)
    repeats, seconds = (3, 0.02) if args.quick else (args.repeats, args.seconds)
    everything = {"machine": machine.describe()}
    print("\n".join(f"{key}: {value}" for key, value in everything["machine"].items()))
    if args.only != "many":
        everything |= one_row(args, repeats, seconds)
    if args.only != "one":
        everything |= many(args, repeats, seconds)
    if args.json:
        args.json.write_text(json.dumps(everything, indent=1) + "\n")


if __name__ == "__main__":
    main()
