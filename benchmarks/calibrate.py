"""The peak of this machine. See README.md.

python benchmarks/calibrate.py
"""

from harness.peak import measured_peak


def main() -> None:
    for dtype in ("float32", "float64"):
        for threads in (1, 2):
            print(measured_peak(dtype, threads, repeats=31))


if __name__ == "__main__":
    main()
