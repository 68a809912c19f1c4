"""FANN, through a few lines of C++ around libfann: one batch is one FANN_TRAIN_BATCH epoch.

It has no relu, no softmax and, in batches, no momentum. So its answer is checked for the nearest
net that it has (sigmoid hidden layers, linear output, squared error, plain SGD), and it is timed
with its cheapest hidden activation, the piecewise linear one, on targets of the right shape.
"""

import ctypes
from dataclasses import replace

import numpy as np
from harness import native
from harness.problem import Layers, Problem

SIGMOID, LINEAR_PIECE = 3, 12


def name() -> str:
    return "FANN"


def available() -> str | None:
    try:
        native.load("peers/fann.cpp", "-lfann")
    except RuntimeError as failure:
        return f"needs a C++ compiler and libfann's headers ({str(failure).splitlines()[0]})"
    return None


def checkable(problem: Problem) -> Problem:
    """The problem for which the answer is checked."""
    return replace(problem, activation="sigmoid", loss="squared_error", momentum=0.0)


def address(array: np.ndarray) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)


class train_steps:
    def __init__(self, problem: Problem, threads: int) -> None:  # it has one thread
        self.problem = problem
        self.lib = native.load("peers/fann.cpp", "-lfann")
        self.lib.run_create.restype = ctypes.c_void_p
        y = problem.y
        if y.ndim == 1:
            y = np.eye(problem.sizes[-1], dtype=np.float32)[y]
        sizes = np.array(problem.sizes, np.uint32)
        flat = np.concatenate([np.column_stack([w, b]).ravel() for w, b in problem.start])
        self.run = ctypes.c_void_p(
            self.lib.run_create(
                address(sizes),
                len(sizes),
                SIGMOID if problem.activation == "sigmoid" else LINEAR_PIECE,
                ctypes.c_float(2 * problem.learning_rate),  # its squared error has a half
                address(flat),
                address(problem.X),
                address(y),
                problem.batch,
                problem.batches,
            )
        )

    def __call__(self, n: int) -> None:
        self.lib.run_epochs(self.run, n)

    def weights(self) -> Layers:
        shapes = [(w.shape[0], w.shape[1] + 1) for w, _ in self.problem.start]
        ends = np.cumsum([rows * cols for rows, cols in shapes])
        flat = np.empty(ends[-1], np.float32)
        self.lib.run_weights(self.run, address(flat))
        parts = np.split(flat, ends[:-1])
        both = [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]
        return [(m[:, :-1], m[:, -1]) for m in both]
