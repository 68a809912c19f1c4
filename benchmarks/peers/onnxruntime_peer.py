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


def model(problem: Problem) -> bytes:
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
    x, y = (helper.make_tensor_value_info(n, TensorProto.FLOAT, [1, size]) for n, size in ends)
    graph = helper.make_graph(nodes, "net", [x], [y], constants)
    opset = helper.make_opsetid("", 17)
    return helper.make_model(graph, opset_imports=[opset], ir_version=8).SerializeToString()


def predict_one(problem: Problem) -> Callable[[np.ndarray], np.ndarray]:
    from onnxruntime import InferenceSession

    session = InferenceSession(model(problem), providers=["CPUExecutionProvider"])
    return lambda x: session.run(None, {"x": x})[0]
