"""Runs a program of WebAssembly's system interface by the package wasmtime:

    python tools/wasi.py PROGRAM [ARGUMENT ...]

That program prints where this one prints and sees no files, and this one exits with its status.
"""

import os
import sys

import wasmtime


def main():
    engine = wasmtime.Engine()
    linker = wasmtime.Linker(engine)
    linker.define_wasi()
    store = wasmtime.Store(engine)
    interface = wasmtime.WasiConfig()
    interface.argv = sys.argv[1:]
    interface.env = list(os.environ.items())
    interface.inherit_stdout()
    interface.inherit_stderr()
    store.set_wasi(interface)
    program = linker.instantiate(store, wasmtime.Module.from_file(engine, sys.argv[1]))
    try:
        program.exports(store)["_start"](store)
    except wasmtime.ExitTrap as ended:
        sys.exit(ended.code)


if __name__ == "__main__":
    main()
