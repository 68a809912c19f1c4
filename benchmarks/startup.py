"""What filbert costs before it does anything: import time and size. See README.md.

python benchmarks/startup.py [--wheel FILE] [--repeats 15] [--json FILE]
"""

import argparse
import importlib.metadata
import importlib.util
import json
import statistics
import subprocess
import sys
from pathlib import Path

from harness import machine

IMPORT_GOAL = 0.020  # seconds over numpy's
WHEEL_GOAL = 1_000_000  # bytes
PROGRAM = "import time; t = time.perf_counter(); import {}; print(time.perf_counter() - t)"


def import_time(module: str) -> float:
    """Seconds, in a fresh process."""
    command = [sys.executable, "-c", PROGRAM.format(module)]
    return float(subprocess.check_output(command, text=True))


def import_times(modules: list[str], repeats: int) -> dict[str, float]:
    """Medians of interleaved processes; the first of each only warms the disk cache."""
    samples: dict[str, list[float]] = {module: [] for module in modules}
    for _ in range(repeats + 1):
        for module in modules:
            samples[module].append(import_time(module))
    return {module: statistics.median(times[1:]) for module, times in samples.items()}


def installed_bytes(module: str) -> int:
    """Of the package's own files, without caches: by its metadata, else by its folder."""
    try:
        files = importlib.metadata.files(module) or []
        sizes = [Path(f.locate()).stat().st_size for f in files if "__pycache__" not in f.parts]
        if sum(sizes) > 100_000:  # an editable installation lists only a pointer
            return sum(sizes)
    except (importlib.metadata.PackageNotFoundError, FileNotFoundError):
        pass
    spec = importlib.util.find_spec(module)
    folders = spec.submodule_search_locations if spec else None
    found = (path for folder in folders or [] for path in Path(folder).rglob("*"))
    return sum(p.stat().st_size for p in found if p.is_file() and "__pycache__" not in p.parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--wheel", type=Path, help="a wheel whose size to tell")
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--json", type=Path, help="write everything measured to a file")
    args = parser.parse_args()

    times = import_times(["numpy", "filbert"], args.repeats)
    over = times["filbert"] - times["numpy"]
    about = machine.describe()
    print("\n".join(f"{key}: {value}" for key, value in about.items()))
    print(f"\nimport numpy: {1e3 * times['numpy']:.1f} ms")
    print(f"import filbert: {1e3 * times['filbert']:.1f} ms")
    print(f"over numpy: {1e3 * over:.1f} ms (goal {1e3 * IMPORT_GOAL:.0f} ms)")
    size = installed_bytes("filbert")
    print(f"installed: {size / 1e6:.2f} MB")
    wheel = args.wheel.stat().st_size if args.wheel else None
    if wheel is not None:
        print(f"wheel: {wheel / 1e6:.3f} MB (goal {WHEEL_GOAL / 1e6:g} MB)")
    if args.json:
        everything = {"machine": about, "import": times, "installed": size, "wheel": wheel}
        args.json.write_text(json.dumps(everything, indent=1) + "\n")


if __name__ == "__main__":
    main()
