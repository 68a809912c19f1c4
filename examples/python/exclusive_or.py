"""A network learns exclusive or: the smallest problem that needs a hidden layer."""

import numpy as np

import filbert as fb

X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
y = np.array([0, 1, 1, 0])

net = fb.Network([2, 8, 1], activation="tanh", output="sigmoid", rng=0)
net.fit(X, y, epochs=500, optimizer=fb.Adam(0.05))
for x, p in zip(X, net.predict(X), strict=True):
    print(f"{x[0]} xor {x[1]}: {p[0]:.3f}")

assert (net.predict_classes(X) == y).all()
