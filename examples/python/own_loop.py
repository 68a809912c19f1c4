"""A training loop of one's own, with a cost of one's own: fitting a sine under |a - y|."""

import numpy as np

import filbert as fb


def absolute_error(a, y):
    """The mean cost of the batch, and its derivative by a."""
    return np.abs(a - y).mean(), np.sign(a - y) / len(a)


x = np.linspace(-3, 3, 64)[:, None]
y = np.sin(x)

net = fb.Network([1, 32, 1], activation="tanh", dtype="float64", rng=1)
adam = fb.Adam(0.01)
for epoch in range(1000):
    for xb, yb in fb.batches(x, y, batch_size=32, rng=0, epoch=epoch):
        f = net.forward(xb)
        cost, dC_da = absolute_error(f.a[2], yb)
        adam.step(net, net.backward(f, dC_da))

mean = np.abs(net.predict(x) - y).mean()
print(f"mean |a - y| after training: {mean:.4f}")
assert mean < 0.1
