"""Tensors of other libraries: in the same memory where the CPU can read it, else a clear error."""

import numpy as np
import pytest

import filbert as fb
from filbert._edge import arrays

X = np.random.default_rng(0).normal(size=(12, 4)).astype(np.float32)
Y = np.arange(12) % 3


class Tensor:
    """The least that counts as a tensor."""

    def __init__(self, array, kind=(1, 0), **attributes):
        self.array, self.kind = array, kind
        self.__dict__.update(attributes)

    def __dlpack_device__(self):
        return self.kind

    def __dlpack__(self, **options):
        return self.array.__dlpack__(**options)


def make():
    return fb.Network([4, 5, 3], output="softmax", rng=1)


def test_the_same_memory():
    for device in ((1, 0), (3, 0)):
        if device == (1, 0):  # numpy itself takes no other
            assert np.shares_memory(arrays.as_array("X", Tensor(X, device)), X)
    net, other = make(), make()
    other.fit(X, Y, sample_weight=Y)
    net.fit(Tensor(X), Tensor(Y), sample_weight=Tensor(Y))
    assert net.parameters.tobytes() == other.parameters.tobytes()
    np.testing.assert_array_equal(net.predict(Tensor(X)), other.predict(X))


BAD = [
    (Tensor(X, requires_grad=True), r"got a tensor that requires grad; use its \.detach\(\)"),
    (Tensor(X, (2, 0)), r"on the CPU, got one on device of DLPack's type 2; use its \.cpu\(\)"),
    (
        Tensor(X, (2, 0), device="cuda:0"),
        r"on the CPU, got one on device cuda:0; use its \.cpu\(\)",
    ),
    (Tensor(X, (8, 0), device="mps:0"), "on the CPU, got one on device mps:0"),
    (Tensor(X.astype(">f4")), "expected a tensor of numbers, got one without"),
]


@pytest.mark.parametrize("argument", ["X", "y", "sample_weight", "validation_data X"])
@pytest.mark.parametrize(("tensor", "message"), BAD)
def test_tensors_that_cannot_be_read(argument, tensor, message):
    net = make()
    before = net.parameters.tobytes()
    given = {"X": X, "y": Y, argument: tensor}
    if argument.startswith("validation"):
        given = {"X": X, "y": Y, "validation_data": (tensor, Y)}
    with pytest.raises(TypeError, match=f"^{argument}: .*{message}"):
        net.fit(**given)
    assert net.parameters.tobytes() == before


def test_pytorch():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    tensor = torch.from_numpy(X.copy())
    assert np.shares_memory(arrays.as_array("X", tensor), tensor.numpy())
    net, other = make(), make()
    net.fit(tensor, torch.from_numpy(Y), epochs=2)
    other.fit(X, Y, epochs=2)
    assert net.parameters.tobytes() == other.parameters.tobytes()
    with pytest.raises(TypeError, match="X: expected numbers, got a tensor that requires grad"):
        net.fit(tensor.requires_grad_(), Y)
    with pytest.raises(TypeError, match="X: expected a tensor of numbers, got one without"):
        net.fit(torch.from_numpy(X).to(torch.bfloat16), Y)
    with pytest.raises(TypeError, match="X: expected a tensor on the CPU, got one on device meta"):
        net.fit(torch.zeros(12, 4, device="meta"), Y)


def test_batches_of_pytorch():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    data = torch.utils.data
    loader = data.DataLoader(
        data.TensorDataset(torch.from_numpy(X), torch.from_numpy(Y)), batch_size=5
    )
    net, other = make(), make()
    net.fit(loader, epochs=2)
    other.fit(X, Y, epochs=2, batch_size=5, shuffle=False)
    assert net.parameters.tobytes() == other.parameters.tobytes()


def test_jax():
    jax = pytest.importorskip("jax", reason="JAX is not installed")
    net, other = make(), make()
    net.fit(jax.numpy.asarray(X), jax.numpy.asarray(Y), epochs=2)
    other.fit(X, Y, epochs=2)
    assert net.parameters.tobytes() == other.parameters.tobytes()
