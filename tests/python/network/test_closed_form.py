"""Networks without hidden layers are regressions whose answers are known."""

import numpy as np
from sklearn.linear_model import LogisticRegression

import filbert as fb


def test_recovers_the_least_squares_line():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 3))
    y = X @ [1.5, -2.0, 0.25] + 0.75 + rng.normal(0, 0.1, 200)
    net = fb.Network([3, 1], dtype="float64", rng=0)
    net.fit(X, y, epochs=2000, batch_size=200, optimizer=fb.SGD(0.1, momentum=0.5))
    closed, *_ = np.linalg.lstsq(np.column_stack([X, np.ones(200)]), y, rcond=None)
    np.testing.assert_allclose(np.append(net.w[1], net.b[1]), closed, atol=1e-10)


def test_with_a_sigmoid_it_is_logistic_regression():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(300, 2))
    y = (X @ [1.0, -1.5] + 0.5 + rng.logistic(size=300) > 0).astype(int)
    net = fb.Network([2, 1], output="sigmoid", dtype="float64", rng=0)
    net.fit(X, y, epochs=5000, batch_size=300, optimizer=fb.SGD(1.0, momentum=0.9))
    model = LogisticRegression(C=np.inf, tol=1e-12, max_iter=10000).fit(X, y)
    expected = np.append(model.coef_, model.intercept_)
    np.testing.assert_allclose(np.append(net.w[1], net.b[1]), expected, rtol=1e-5)
    # At the optimum the derivative of the cost is zero.
    f = net.forward(X)
    g = net.backward(f, dC_dz=(f.a[1] - y[:, None]) / 300)
    np.testing.assert_allclose(g.flat, 0, atol=1e-12)
    np.testing.assert_array_equal(net.predict_classes(X), model.predict(X))
