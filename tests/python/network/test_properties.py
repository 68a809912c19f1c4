"""What holds for every network, whatever its sizes and options; examples by hypothesis."""

import contextlib
import copy

import numpy as np
import problems
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import filbert as fb
from filbert.datasets import load_idx

settings.register_profile("same each time", derandomize=True, deadline=None, max_examples=80)
settings.load_profile("same each time")


@st.composite
def networks(draw, largest=40):
    sizes = draw(st.lists(st.integers(1, largest), min_size=2, max_size=5))
    names = draw(
        st.lists(st.sampled_from(problems.HIDDEN), min_size=len(sizes), max_size=len(sizes))
    )
    return fb.Network(
        sizes,
        activation=names[2:],
        output=draw(st.sampled_from(problems.OUTPUTS)),
        dtype=draw(st.sampled_from(["float32", "float64"])),
        rng=draw(st.integers(0, 2**64 - 1)),
    )


def data_for(net, n, seed=0):
    """Rows, and targets that squared_error takes with any output."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, net.sizes[0])), rng.uniform(size=(n, net.sizes[-1]))


@given(networks(), st.integers(1, 70), st.data())
def test_a_row_does_not_depend_on_the_others(net, n, data):
    X, _ = data_for(net, n)
    i = data.draw(st.integers(0, n - 1))
    np.testing.assert_array_equal(net.predict(X)[i], net.predict(X[i]))


@given(networks(largest=120), st.integers(1, 150), st.integers(1, 160), st.integers(2, 5))
def test_neither_threads_nor_isa_matter(net, n, batch_size, threads):
    X, y = data_for(net, n)
    results, before = set(), fb.isa()
    try:
        for isa in fb.isas():
            for count in (1, threads):
                fb.set_isa(isa)
                fb.set_threads(count)
                trained = copy.copy(net)
                # Linear networks may diverge under the default rate: all of them in the same way.
                with contextlib.suppress(fb.DivergedError):
                    trained.fit(X, y, batch_size=batch_size, loss="squared_error")
                results.add(trained.parameters.tobytes() + trained.predict(X).tobytes())
    finally:
        fb.set_isa(before)
    assert len(results) == 1


@given(networks(), st.integers(1, 40))
def test_trace_adds_up_to_the_gradient(net, n):
    X, y = data_for(net, n)
    t, f = net.trace(X, y, loss="squared_error"), net.forward(X)
    g = net.backward(f, 2 * (f.a[len(net.layers)] - y.astype(net.dtype)))
    tolerance = 1e-3 if net.dtype == np.float32 else 1e-11
    for l in g.w:
        scale = np.abs(t.dC0_dw[l]).sum(axis=0).max() + 1e-30
        np.testing.assert_allclose(t.dC0_dw[l].sum(axis=0), g.w[l], rtol=0, atol=tolerance * scale)


def refusal(call, errors):
    """The message of one of these exceptions, or None if there is none. Others pass."""
    try:
        call()
    except errors as error:
        return str(error)
    return None


@given(st.binary(max_size=80))
def test_any_bytes_are_an_array_or_a_format_error(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "any-idx"
    for head in (b"", b"\0\0\x08\1", b"\0\0\x0e\2\0\0\0\1\0\0\0\2"):
        path.write_bytes(head + data)
        message = refusal(lambda: load_idx(path), fb.FormatError)
        assert message is None or message.startswith(f"{path}: expected")


ANYTHING = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.complex_numbers()
    | st.text(max_size=5)
    | st.binary(max_size=5)
    | st.lists(st.floats() | st.text(max_size=2), max_size=4)
    | arrays.arrays(arrays.scalar_dtypes(), arrays.array_shapes(max_dims=3, max_side=5))
)


@pytest.mark.parametrize("argument", ["X", "y", "epochs", "batch_size", "loss", "optimizer",
                                      "validation_data", "shuffle", "rng"])  # fmt: skip
@given(value=ANYTHING)
@example(value=np.zeros((1, 2), bool))
def test_any_argument_works_or_is_refused(argument, value):
    """Never another exception, and never a network that is not as it was."""
    if argument == "epochs" and isinstance(value, int) and value > 100:
        return  # it would work, and not end
    net = fb.Network([2, 3, 2], output="softmax", rng=0)
    before = net.parameters.tobytes()
    arguments = {"X": np.ones((3, 2)), "y": [0, 1, 1], argument: value}
    message = refusal(
        lambda: net.fit(arguments.pop("X"), arguments.pop("y"), **arguments),
        (TypeError, ValueError),
    )
    if message is not None:
        # Rows of X that the network takes, but of another number: it is y that does not go with them.
        other_rows = argument == "X" and np.ndim(value) == 2 and len(value) != 3
        assert message.startswith(("X", "y") if other_rows else argument)
        assert "expected" in message
        assert net.parameters.tobytes() == before
