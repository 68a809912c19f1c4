"""Every number of one training example, under its textbook name."""

import filbert as fb

net = fb.Network([2, 3, 2], activation="relu", output="softmax", rng=4)
t = net.trace([0.5, -1.0], 1)

for layer in (1, 2):
    print(f"z[{layer}] = {t.z[layer]}")
    print(f"a[{layer}] = {t.a[layer]}")
print(f"C0 = {t.C0:.4f}")
print(t.explain(layer=2, j=0, k=1))
print(t.explain(layer=1, j=2, k=0))
