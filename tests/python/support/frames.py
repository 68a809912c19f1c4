"""Frames of every kind, and a network that is trained with one."""

import numpy as np
import pytest

import filbert as fb

NAMES = ["height", "weight", "age"]
INDEX = np.arange(24) % 2
VALUES = np.random.default_rng(0).normal(size=(24, 3)) + INDEX[:, None] * [2.0, 0.0, -1.0]
Y = np.array(["no", "yes"])[INDEX]


class Frame:
    """The least that counts as a frame: an array that has columns."""

    def __init__(self, values, columns):
        self._values, self.columns = np.asarray(values), columns

    def __array__(self, dtype=None, copy=None):
        return np.array(self._values, dtype)


def pandas_frame(values, names):
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    return pandas.DataFrame(values, columns=names)


def polars_frame(values, names):
    polars = pytest.importorskip("polars", reason="polars is not installed")
    return polars.DataFrame(values, schema=names, orient="row")


def arrow_table(values, names):
    arrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    return arrow.table(list(np.asarray(values).T.copy()), names=names)


def arrow_batch(values, names):
    return arrow_table(values, names).to_batches()[0]


FRAMES = {
    "columns": Frame,
    "pandas": pandas_frame,
    "polars": polars_frame,
    "pyarrow.Table": arrow_table,
    "pyarrow.RecordBatch": arrow_batch,
}


def make(**options):
    return fb.Network([3, 5, 1], activation="tanh", output="sigmoid", rng=0, **options)


def trained():
    net = make()
    net.fit(Frame(VALUES, NAMES), Y)
    return net


def same(a, b):
    return (
        a.__getstate__()["file"] == b.__getstate__()["file"] and a.feature_names == b.feature_names
    )
