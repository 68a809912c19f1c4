"""How sure is it? The spread of many small networks that were trained on parts of a table.

Each of 20 seeds and 5 folds gives a network; those that have not seen a row say what they think of
it. Where they agree, the answer can be relied on; where they differ, the data did not tell.
"""

import time

import numpy as np

import filbert as fb

SEEDS, FOLDS = 20, 5

random = np.random.default_rng(0)
X = random.uniform(-2.0, 2.0, (150, 2))
y = np.sin(2.0 * X[:, 0]) + 0.5 * X[:, 1] ** 2 + random.normal(0.0, 0.1, 150)

# 5 folds x 20 seeds: the error on rows that a network has not seen.
fold = random.permutation(len(X)) % FOLDS
since = time.perf_counter()
many = fb.fit_many(
    [
        {"rows": fold != k, "validation_rows": fold == k, "rng": seed}
        for k in range(FOLDS)
        for seed in range(SEEDS)
    ],
    X,
    y,
    sizes=[2, 16, 16, 1],
    activation="tanh",
    optimizer=fb.Adam(fb.schedules.Cosine(0.01)),
    epochs=100,
    normalize=True,
)
print(f"{many} in {time.perf_counter() - since:.2f} s")
print(f"mean squared error on unseen rows: {many.scores.mean():.4f} +- {many.scores.std():.4f}")

# Leave one out: 150 networks, each of which has not seen one row.
everyone = np.arange(len(X))
left_out = fb.fit_many(
    [{"rows": everyone != i, "validation_rows": [i], "rng": i} for i in everyone],
    X,
    y,
    sizes=[2, 16, 1],
    activation="tanh",
    optimizer=fb.Adam(0.01),
    epochs=50,
    normalize=True,
)
print(f"leave one out: mean squared error {left_out.scores.mean():.4f}")

# What they say of new rows. Outside of [-2, 2] nobody has seen anything.
new = np.array([[0.0, 0.0], [1.0, -1.0], [1.9, 1.9], [4.0, 0.0], [8.0, 8.0]])
mean, spread = many.ensemble.predict(new, spread=True)
for x, a, s in zip(new, mean[:, 0], spread[:, 0], strict=True):
    print(f"x = {x}: {a:6.3f} +- {s:.3f}")
