"""The BLAS inside numpy, as functions that C++ can call, and what it is to be compared fairly."""

import ctypes
import os
import sys
from pathlib import Path

CORES = {"avx2": "Haswell", "avx512": "SkylakeX"}  # OpenBLAS's names of cores with these


def prepare(isa: str | None) -> None:
    """One thread, and the kernels of filbert's instruction set. Before numpy is imported, when
    OpenBLAS looks at the environment; what stands there already is left alone."""
    if "numpy" in sys.modules:
        raise RuntimeError("numpy has been imported before its BLAS was prepared")
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    if isa in CORES:
        os.environ.setdefault("OPENBLAS_CORETYPE", CORES[isa])


def libraries() -> list[Path]:
    """OpenBLAS among the libraries that numpy brings or, on Linux, has loaded."""
    import numpy as np

    package = Path(np.__file__).parent
    folders = (package.parent / "numpy.libs", package / ".dylibs")
    found = [path for folder in folders for path in folder.glob("*openblas*")]
    maps = Path("/proc/self/maps")
    if maps.exists():
        words = (line.split()[-1] for line in maps.read_text().splitlines())
        found += [Path(word) for word in words if "blas" in Path(word).name]
    return list(dict.fromkeys(found))


class Blas:
    """numpy's OpenBLAS. Raises RuntimeError if numpy has another BLAS."""

    def __init__(self) -> None:
        for path in libraries():
            self.library = ctypes.CDLL(str(path))
            for prefix in ("scipy_", ""):
                self.prefix = prefix
                if hasattr(self.library, f"{prefix}cblas_sgemm64_"):
                    self.call("openblas_set_num_threads")(ctypes.c_int(1))
                    return
        raise RuntimeError(
            "numpy's BLAS: expected an OpenBLAS with indices of 64 bits, as numpy's wheels for "
            f"Linux have it, got {', '.join(path.name for path in libraries()) or 'another one'}"
        )

    def call(self, name: str) -> ctypes._CFuncPtr:
        return getattr(self.library, f"{self.prefix}{name}64_")

    def gemm(self, dtype: str) -> ctypes.c_void_p:
        name = {"float32": "cblas_sgemm", "float64": "cblas_dgemm"}[dtype]
        return ctypes.cast(self.call(name), ctypes.c_void_p)

    def describe(self) -> str:
        """Its version and the core whose kernels it uses."""
        texts = [self.call("openblas_get_config"), self.call("openblas_get_corename")]
        for text in texts:
            text.restype = ctypes.c_char_p
        config, core = (text().decode() for text in texts)
        return f"{' '.join(config.split()[:2])}, kernels of {core}, one thread"
