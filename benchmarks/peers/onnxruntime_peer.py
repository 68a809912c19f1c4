"""ONNX Runtime: prediction only. The model is written with the onnx package."""

from collections.abc import Callable

import numpy as np
from harness.problem import Problem

from peers import missing


def name() -> str:
    import onnxruntime

    return f"ONNX Runtime {onnxruntime.__version__}"


def available() -> str | None:
    return missing("onnxruntime") or missing("onnx")


def model(problem: Problem, rows: int | str) -> bytes:
    """rows: how many the model takes; a name: any number of them."""
    from onnx import TensorProto, helper, numpy_helper

    hidden = {"relu": "Relu", "sigmoid": "Sigmoid"}[problem.activation]
    nodes, constants, value = [], [], "x"
    for i, (w, b) in enumerate(problem.start, 1):
        constants += [numpy_helper.from_array(w, f"w{i}"), numpy_helper.from_array(b, f"b{i}")]
        nodes.append(helper.make_node("Gemm", [value, f"w{i}", f"b{i}"], [f"z{i}"], transB=1))
        last = {"softmax": "Softmax", "identity": "Identity"}[problem.output]
        value = f"a{i}"
        nodes.append(
            helper.make_node(last if i == len(problem.start) else hidden, [f"z{i}"], [value])
        )
    ends = [("x", problem.sizes[0]), (value, problem.sizes[-1])]
    x, y = (helper.make_tensor_value_info(n, TensorProto.FLOAT, [rows, size]) for n, size in ends)
    graph = helper.make_graph(nodes, "net", [x], [y], constants)
    opset = helper.make_opsetid("", 17)
    return helper.make_model(graph, opset_imports=[opset], ir_version=8).SerializeToString()


def session(problem: Problem, rows: int | str, threads: int):
    """threads: 0 leaves the choice to the library."""
    from onnxruntime import InferenceSession, SessionOptions

    options = SessionOptions()
    options.intra_op_num_threads = threads
    # Its threads would spin on while others are timed in the same process.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return InferenceSession(model(problem, rows), options, providers=["CPUExecutionProvider"])


def predict_one(problem: Problem) -> Callable[[np.ndarray], np.ndarray]:
    one = session(problem, 1, threads=0)
    return lambda x: one.run(None, {"x": x})[0]


def predict_rows(problem: Problem, threads: int) -> Callable[[np.ndarray], np.ndarray]:
    many = session(problem, "rows", threads)
    return lambda x: many.run(None, {"x": x})[0]
