"""What a table was measured on, and with what."""

import os
import platform
import subprocess
from pathlib import Path


def processor() -> str:
    """The processor's own name."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    if platform.system() == "Darwin":
        command = ["sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    return platform.processor() or platform.machine()


def cores() -> int:
    """CPUs that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def isa() -> str:
    import filbert as fb

    return fb.isa() if hasattr(fb, "isa") else "unknown"


# What keeps the peers' products to an instruction set: those of oneDNN, MKL and XLA. ONNX Runtime
# cannot be kept to one, and kernels of PyTorch's own are left alone: where ATEN_CPU_CAPABILITY keeps
# them to AVX2, torch.compile of PyTorch 2.13 gives wrong answers.
PEERS = {
    "avx2": {
        "ONEDNN_MAX_CPU_ISA": "AVX2",
        "MKL_ENABLE_INSTRUCTIONS": "AVX2",
        "XLA_FLAGS": "--xla_cpu_max_isa=AVX2",
    }
}


def force_isa(name: str | None) -> None:
    """Makes filbert use an instruction set, and peers whose processes are started later."""
    import filbert as fb

    if name is None:
        return
    for variable, value in PEERS.get(name, {}).items():
        os.environ.setdefault(variable, value)
    if not hasattr(fb, "set_isa"):
        raise SystemExit("this filbert cannot choose its instruction set")
    fb.set_isa(name)


def describe(filbert: str | None = None) -> dict[str, str]:
    """filbert: which one is measured, if it is not the package."""
    import numpy as np

    if filbert is None:
        import filbert as fb

        filbert = f"{fb.__version__}, {isa()}"
    load = f"{os.getloadavg()[0]:.2f}" if hasattr(os, "getloadavg") else "unknown"
    return {
        "processor": f"{processor()}, {cores()} CPUs",
        "system": f"{platform.system()} {platform.machine()}",
        "load before": load,
        "python": f"{platform.python_version()}, numpy {np.__version__}",
        "filbert": filbert,
    }
