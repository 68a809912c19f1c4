"""What each loss is: its cost and derivative against plain numpy, and at special values."""

import numpy as np
import problems
import pytest
import reference

import filbert as fb


def case(output, loss, n_out, n_columns=None):
    """A network with one layer, whose output is easy to reach, and a batch."""
    rng = np.random.default_rng(3)
    net = problems.network([4, n_out], [], output, rng)
    X = rng.normal(size=(9, 4))
    y = rng.uniform(0.05, 0.95, (9, n_columns or n_out))
    return net, X, y, net.trace(X, y, loss=loss)


def agree(t, cost, derivative, layer=1):
    np.testing.assert_allclose(t.C0, cost, rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(t.dC0_da[layer], derivative, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("n_out", [1, 3, 70])
@pytest.mark.parametrize("loss", ["absolute_error", "log_cosh", "poisson", "quantile", "focal"])
def test_costs_of_single_outputs(loss, n_out):
    net, X, y, t = case(problems.output_of(loss), loss, n_out)
    agree(t, *reference.cost(loss, net.predict(X), y))


@pytest.mark.parametrize("targets", [1, 2, 40])
def test_several_quantiles(targets):
    levels = (0.1, 0.5, 0.75)
    net, X, y, t = case("identity", fb.losses.Quantile(*levels), 3 * targets, targets)
    agree(t, *reference.quantile(net.predict(X), y, levels))
    assert t.loss == "Quantile(0.1, 0.5, 0.75)"
    assert t.y.shape == (9, targets)
    one = net.trace(X[0], y[0], loss=fb.losses.Quantile(*levels))
    assert one.C0 == t.C0[0]


@pytest.mark.parametrize("targets", [1, 2, 40])
def test_gaussian_nll(targets):
    net, X, y, t = case("identity", "gaussian_nll", 2 * targets, targets)
    agree(t, *reference.gaussian_nll(net.predict(X), y))


def test_quantiles_and_variances_are_learned(rng):
    """Of a distribution that does not depend on x: the levels, the mean and the variance."""
    X, y = np.ones((4000, 1)), rng.normal(2.0, 3.0, 4000)
    net = fb.Network([1, 3], rng=0, dtype="float64")
    loss = fb.losses.Quantile(0.1, 0.5, 0.9)
    net.fit(X, y, epochs=20, batch_size=100, loss=loss, optimizer=fb.Adam(0.05))
    np.testing.assert_allclose(net.predict(X[0]), np.quantile(y, [0.1, 0.5, 0.9]), atol=0.3)
    net = fb.Network([1, 2], rng=0, dtype="float64")
    net.fit(X, y, epochs=20, batch_size=100, loss="gaussian_nll", optimizer=fb.Adam(0.05))
    mean, log_variance = net.predict(X[0])
    np.testing.assert_allclose([mean, np.exp(log_variance / 2)], [y.mean(), y.std()], atol=0.3)


@pytest.mark.parametrize("loss", ["hinge", "squared_hinge"])
def test_hinges(loss):
    rng = np.random.default_rng(3)
    net = problems.network([4, 5], [], "identity", rng)
    X, bits = rng.normal(size=(30, 4)), rng.integers(0, 2, (30, 5))
    signs = 2.0 * bits - 1.0
    agree(net.trace(X, signs, loss=loss), *reference.cost(loss, net.predict(X), signs))
    expected = net.evaluate(X, signs, loss=loss)
    a = net.predict(X)
    assert expected["accuracy"] == pytest.approx(((a > 0) == (signs > 0)).mean())
    for same in (bits, bits.astype(bool), bits.astype(float)):
        assert net.evaluate(X, same, loss=loss) == expected
    labels = rng.integers(0, 5, 30)
    rows = np.full((30, 5), -1.0)
    rows[np.arange(30), labels] = 1
    assert net.evaluate(X, labels, loss=loss) == net.evaluate(X, rows, loss=loss)
    np.testing.assert_array_equal(net.trace(X, labels, loss=loss).y, rows)
    np.testing.assert_array_equal(net.trace(X[0], signs[0], loss=loss).y, signs[0])


def test_a_single_hinge_learns_to_classify(rng):
    X = rng.normal(size=(200, 2))
    labels = X[:, 0] + X[:, 1] > 0
    net = fb.Network([2, 8, 1], activation="tanh", rng=0)
    history = net.fit(X, labels, epochs=30, loss="hinge", optimizer=fb.Adam(0.02))
    assert history["accuracy"][-1] > 0.95
    assert ((net.predict(X)[:, 0] > 0) == labels).mean() > 0.95


def test_names_may_be_labels_of_a_hinge():
    net = fb.Network([1, 3], rng=0)
    net.fit([[0.0], [1.0], [2.0]], ["a", "b", "c"], loss="hinge")
    assert net.classes.tolist() == ["a", "b", "c"]


@pytest.mark.parametrize("n_out", [3, 70])
def test_kl_divergence(rng, n_out):
    net = problems.network([4, n_out], [], "softmax", rng)
    X, y = rng.normal(size=(9, 4)), rng.dirichlet(np.ones(n_out), 9)
    t = net.trace(X, y, loss="kl_divergence")
    agree(t, *reference.kl_divergence(net.predict(X), y))
    np.testing.assert_array_equal(t.dC0_dz[1], t.a[1] - y)
    labels = net.trace(X, np.arange(9) % n_out, loss="kl_divergence")
    np.testing.assert_allclose(
        labels.C0, net.trace(X, np.arange(9) % n_out, loss="cross_entropy").C0, rtol=1e-15
    )


@pytest.mark.parametrize("n_out", [3, 70])
@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0, 3.7])
def test_focal(rng, n_out, gamma):
    loss = fb.losses.Focal(gamma)
    net = problems.network([4, n_out], [], "softmax", rng)
    X, y = rng.normal(size=(9, 4)), rng.dirichlet(np.ones(n_out), 9)
    t = net.trace(X, y, loss=loss)
    cost, derivative = reference.focal_of_softmax(net.predict(X), y, gamma)
    agree(t, cost, derivative)
    a = t.a[1]
    dz = a * (derivative - (a * derivative).sum(axis=1, keepdims=True))
    np.testing.assert_allclose(t.dC0_dz[1], dz, rtol=1e-10, atol=1e-13)
    if gamma == 0:
        same = net.trace(X, y, loss="cross_entropy")
        np.testing.assert_allclose(t.C0, same.C0, rtol=1e-14)
        np.testing.assert_allclose(t.dC0_dz[1], same.dC0_dz[1], rtol=1e-10, atol=1e-14)
    net = problems.network([4, n_out], [], "sigmoid", rng)
    t = net.trace(X, y, loss=loss)
    agree(t, *reference.focal(net.predict(X), y, gamma))


@pytest.mark.parametrize("n_out", [3, 70])
@pytest.mark.parametrize("smoothing", [0.1, 1.0])
def test_label_smoothing(rng, n_out, smoothing):
    X, y = rng.normal(size=(9, 4)), rng.dirichlet(np.ones(n_out), 9)
    labels = np.arange(9) % n_out
    net = problems.network([4, n_out], [], "softmax", rng)
    loss = fb.losses.CrossEntropy(label_smoothing=smoothing)
    for targets, rows in ((y, y), (labels, np.eye(n_out)[labels])):
        t = net.trace(X, targets, loss=loss)
        agree(
            t,
            *reference.cost(
                "cross_entropy", net.predict(X), (1 - smoothing) * rows + smoothing / n_out
            ),
        )
        np.testing.assert_array_equal(t.y, rows)
    net = problems.network([4, n_out], [], "sigmoid", rng)
    loss = fb.losses.BinaryCrossEntropy(label_smoothing=smoothing)
    t = net.trace(X, y, loss=loss)
    smooth = (1 - smoothing) * y + smoothing / 2
    agree(t, *reference.cost("binary_cross_entropy", net.predict(X), smooth))
    expected = net.predict(X) - smooth
    np.testing.assert_allclose(t.dC0_dz[1], expected, rtol=1e-13, atol=1e-15)
    assert "(a_j - y'_j) = (" in t.explain(1, 0)


def output(z, y, loss, activation="identity", dtype="float64"):
    """C0 and dC0/dz of outputs with these z."""
    net = fb.Network([1, len(z)], output=activation, dtype=dtype)
    net.w[1], net.b[1] = np.zeros((len(z), 1)), z
    t = net.trace([0.0], y, loss=loss)
    return float(t.C0), t.dC0_dz[1]


@pytest.mark.parametrize("d", [0.0, 1e-300, 1e-160, 1e-12, 1e-5, 0.5, 1.0, 30.0, 1e5, 1e300])
def test_log_cosh_keeps_its_digits(d):
    expected = d * d / 2 if d < 1e-4 else np.logaddexp(d, -d) - np.log(2)
    if d == 1.0:
        expected = np.log(np.cosh(1.0))
    for sign in (1, -1):
        cost, derivative = output([sign * d], [0.0], "log_cosh")
        np.testing.assert_allclose(cost, expected, rtol=2e-9 if 1e-5 <= d < 1e-4 else 2e-15)
        np.testing.assert_allclose(derivative, [np.tanh(sign * d)], rtol=1e-15)


def test_derivatives_at_kinks():
    for loss in ("absolute_error", "quantile"):
        assert output([0.25], [0.25], loss)[1] == 0
    assert output([1.0], [1.0], "hinge") == (0.0, 0.0)
    assert output([-1.0], [-1.0], "squared_hinge") == (0.0, 0.0)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_poisson_of_a_rate_of_0(dtype):
    """A rate of 0 counts as 2^-100, so that the cost of a count is finite."""
    cost, dz = output([-3.0], [2.0], "poisson", "relu", dtype)
    np.testing.assert_allclose(cost, 2 * 100 * np.log(2), rtol=1e-6)
    assert dz == 0
    assert output([-3.0], [0.0], "poisson", "relu", dtype)[0] == 0


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_log_variance_far_below_0(dtype):
    cost, dz = output([1.0, -1000.0], [1.0], "gaussian_nll", dtype=dtype)
    assert cost == -500
    np.testing.assert_array_equal(dz, [0, 0.5])
    _, dz = output([2.0, -1000.0], [1.0], "gaussian_nll", dtype=dtype)
    np.testing.assert_allclose(dz, [np.exp(80), (1 - np.exp(80)) / 2], rtol=1e-4)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("activation", ["sigmoid", "softmax"])
def test_focal_of_answers_that_are_certain(activation, dtype):
    for z in ([200.0, -200.0], [1e4, -1e4]):
        cost, dz = output(z, [1.0, 0.0], "focal", activation, dtype)
        assert abs(cost) <= 1e-200
        np.testing.assert_allclose(dz, [0, 0], atol=1e-200)
        cost, dz = output(z, [0.0, 1.0], "focal", activation, dtype)
        np.testing.assert_allclose(cost, z[0] - z[1])
        np.testing.assert_allclose(dz, [1, -1], rtol=1e-6)


@pytest.mark.parametrize("loss", problems.LOSSES)
def test_files_and_copies_of_runs(loss, tmp_path, rng):
    """A run that resumes ends where one without a stop does."""
    path = tmp_path / "run.safetensors"
    n_out = problems.width_of(loss, 4)
    X, y = rng.normal(size=(20, 3)), problems.targets(loss, rng, 20, n_out)
    make = lambda: fb.Network([3, 4, n_out], output=problems.output_of(loss), rng=1)
    whole, part, resumed = make(), make(), make()
    whole.fit(X, y, epochs=4, loss=loss, batch_size=6)
    part.fit(X, y, epochs=2, loss=loss, batch_size=6, callbacks=[fb.Checkpoint(path)])
    resumed.fit(X, y, epochs=4, loss=loss, batch_size=6, resume=path)
    assert resumed.parameters.tobytes() == whole.parameters.tobytes()
