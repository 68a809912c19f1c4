"""A peer in a process of its own, so that its threads and its allocator disturb nobody. The process
is stopped while it is not asked anything: many libraries' threads spin for long after their work."""

import multiprocessing
import os
import signal
import time
from multiprocessing.connection import Connection
from typing import Self

from peers import load

from harness.problem import Layers, Problem

LIMITS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def serve(pipe: Connection, module: str, problem: Problem, threads: int) -> None:
    if hasattr(os, "sched_setaffinity"):  # the only way to tell JAX
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    try:
        run = load(module).train_steps(problem, threads)
        pipe.send(None)
        while (request := pipe.recv()) is not None:
            if request == "weights":
                pipe.send(run.weights())
                continue
            start = time.perf_counter()
            run(request)
            pipe.send(time.perf_counter() - start)
    except Exception as failure:  # noqa: BLE001 - told to the parent
        pipe.send(RuntimeError(f"{module}: {type(failure).__name__}: {failure}"))


class Peer:
    """Called with n, it passes n times over the problem's batches and returns the seconds."""

    def __init__(self, module: str, problem: Problem, threads: int) -> None:
        for name in LIMITS:
            os.environ[name] = str(threads)
        context = multiprocessing.get_context("spawn")
        self.pipe, other = context.Pipe()
        self.process = context.Process(
            target=serve, args=(other, module, problem, threads), daemon=True
        )
        self.process.start()
        for name in LIMITS:
            del os.environ[name]
        self.receive()
        self.signal(signal.SIGSTOP)

    def signal(self, number: signal.Signals) -> None:
        if self.process.is_alive():
            os.kill(self.process.pid, number)

    def ask(self, request: object):
        self.signal(signal.SIGCONT)
        self.pipe.send(request)
        answer = self.receive()
        self.signal(signal.SIGSTOP)
        return answer

    def receive(self):
        while not self.pipe.poll(1):
            if not self.process.is_alive() and not self.pipe.poll():
                raise RuntimeError("the peer's process died")
        answer = self.pipe.recv()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def __call__(self, n: int) -> float:
        return self.ask(n)

    def weights(self) -> Layers:
        return self.ask("weights")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.signal(signal.SIGCONT)
        if self.process.is_alive():
            self.pipe.send(None)
        self.process.join(10)
        if self.process.is_alive():
            self.process.kill()
