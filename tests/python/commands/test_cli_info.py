"""`filbert info`, as a user runs it."""

import numpy as np
import pytest
from commands import X, failure, run
from problems import labelled

import filbert as fb


def sections(printed):
    """The parts that blank lines separate, as lists of lines."""
    return [part.splitlines() for part in printed.rstrip("\n").split("\n\n")]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_it_shows(folder, capsys, dtype):
    net = fb.Network([4, 6, 3], activation="tanh", output="softmax", dtype=dtype, rng=2**64 - 1)
    net.fit(X, np.array(["cat", "dog", "\u00e9l\u00e9phant"])[np.arange(40) % 3], epochs=2)
    net.save("net.safetensors")
    first, summary, tensors, metadata = sections(run(capsys, "info", "net.safetensors"))
    assert first == [f"net.safetensors: {(folder / 'net.safetensors').stat().st_size:,} bytes"]
    assert summary == net.summary().splitlines()
    assert [line.split(None, 2) for line in tensors] == [
        ["tensor", "dtype", "shape"],
        ["layers.1.kernel", dtype, "(4, 6)"],
        ["layers.1.bias", dtype, "(6,)"],
        ["layers.2.kernel", dtype, "(6, 3)"],
        ["layers.2.bias", dtype, "(3,)"],
    ]
    entries = dict(line.split(None, 1) for line in metadata)
    assert entries["format"] == "1"
    assert entries["network.dtype"] == repr(dtype)
    assert entries["network.sizes"] == "4, 6, 3"
    assert entries["network.activations"] == "'tanh', 'softmax'"
    assert entries["network.classes"] == "'cat', 'dog', '\u00e9l\u00e9phant'"
    assert entries["network.seed"] == str(2**64 - 1)
    assert entries["network.epoch"] == "2"
    stored = fb._core.read_safetensors_metadata("net.safetensors")["filbert.checksum"]
    assert entries["checksum"] == f"{stored}, as it should be"


def test_integers_as_labels(folder, capsys):
    net = fb.Network([4, 3], output="softmax", rng=0)
    labelled(net, [-5, 0, 2**63 - 1]).save("net.safetensors")
    metadata = sections(run(capsys, "info", "net.safetensors"))[-1]
    (classes,) = (line for line in metadata if line.startswith("network.classes"))
    assert classes.split(None, 1)[1] == "-5, 0, 9223372036854775807"


def test_feature_names(folder, capsys):
    net = labelled(fb.Network([3, 1], output="sigmoid", rng=0), ["yes", "no"])
    net._core.feature_names = ["height", "\u00e9t\u00e9", "a\tb"]
    net.save("net.safetensors")
    entries = dict(
        line.split(None, 1) for line in sections(run(capsys, "info", "net.safetensors"))[-1]
    )
    assert entries["network.classes"] == "'yes', 'no'"  # in the order of the outputs
    assert entries["network.feature_names"] == "'height', '\u00e9t\u00e9', 'a\\tb'"


def test_long_lists_are_cut(folder, capsys):
    fb.Network([2] * 40, rng=0).save("deep.safetensors")
    metadata = sections(run(capsys, "info", "deep.safetensors"))[-1]
    (sizes,) = (line for line in metadata if line.startswith("network.sizes"))
    assert sizes.split(None, 1)[1] == "2, 2, 2, 2, 2, 2, 2, 2, 2, 2, ... (40)"


def test_a_file_does_not_control_the_terminal(folder, capsys):
    net = fb.Network([4, 1], output="sigmoid", rng=0)
    net.fit(X, np.where(X[:, 0] > 0, "\x1b[31mred", "b\nc\x9b"))
    net.save("net.safetensors")
    printed = run(capsys, "info", "net.safetensors")
    assert r"'\x1b[31mred', 'b\nc\x9b'" in printed
    assert all(c.isprintable() or c == "\n" for c in printed)
    _, message = failure(capsys, "info", "no\x1b[31m\nwhere")
    assert message == r"no\x1b[31m\nwhere: No such file or directory"


@pytest.mark.parametrize("at", [0, 20, -1], ids=["length", "header", "data"])
def test_a_damaged_file(folder, capsys, at):
    data = bytearray((folder / "net.safetensors").read_bytes())
    data[at] ^= 1
    (folder / "net.safetensors").write_bytes(data)
    out, message = failure(capsys, "info", "net.safetensors")
    assert out == ""
    assert message.startswith("net.safetensors: ")


def test_weights_of_another_library(folder, capsys):
    save_file = pytest.importorskip("safetensors.numpy").save_file
    save_file(fb.load("net.safetensors").state_dict(), "weights.safetensors")
    _, message = failure(capsys, "info", "weights.safetensors")
    assert "load_state_dict takes the weights of other libraries" in message


def test_a_file_that_is_replaced_meanwhile(folder, capsys, monkeypatch):
    load = fb.load

    def slow_load(path):
        net = load(path)
        fb.Network([9, 9], rng=1).save(path)
        return net

    monkeypatch.setattr(fb, "load", slow_load)
    out, message = failure(capsys, "info", "net.safetensors")
    assert out == ""
    assert message == "net.safetensors: expected one file, got another while it was read"
