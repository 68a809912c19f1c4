"""The peak of this machine. See README.md.

python benchmarks/calibrate.py
"""

from harness.peak import SHARES_MISSING, CalibrationError, measured_peak


def main() -> int:
    status = 0
    for dtype in ("float32", "float64"):
        for threads in (1, 2):
            try:
                print(measured_peak(dtype, threads, repeats=241), flush=True)
            except CalibrationError as refusal:
                print(refusal, flush=True)
                status = SHARES_MISSING
    return status


if __name__ == "__main__":
    raise SystemExit(main())
