"""Small random networks and data that several tests share."""

import copy

import numpy as np

import filbert as fb

LOSSES = ["squared_error", "half_squared_error", "cross_entropy", "binary_cross_entropy"]
OUTPUTS = ["identity", "relu", "sigmoid", "tanh", "softmax"]
OUTPUT_OF = {"cross_entropy": ["softmax"], "binary_cross_entropy": ["sigmoid"]}


def targets(loss, rng, n, n_out):
    """Rows of targets that the loss accepts."""
    if loss == "cross_entropy":
        return rng.dirichlet(np.ones(n_out), n)
    return rng.uniform(0.05, 0.95, (n, n_out))


def network(sizes, activation, output, rng, dtype="float64"):
    """With random biases too, so that no derivative is zero for want of them."""
    net = fb.Network(sizes, activation=activation, output=output, dtype=dtype, rng=1)
    net.parameters[:] += rng.normal(0.0, 0.3, net.parameters.shape)
    return net


def labelled(net, labels):
    """The same network with these labels, strings or integers."""
    other = copy.copy(net)
    other._core.classes = labels
    return other


def activations(net):
    return [layer.activation for layer in net.layers]
