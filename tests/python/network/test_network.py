"""What a network is and does."""

import copy
import threading

import numpy as np
import pytest

import filbert as fb


def test_what_it_consists_of():
    net = fb.Network([3, 5, 4, 2], activation=["relu", "tanh"], output="softmax", rng=0)
    assert net.sizes == [3, 5, 4, 2]
    assert net.layers == [(3, 5, "relu"), (5, 4, "tanh"), (4, 2, "softmax")]
    assert net.layers[1].inputs == 5
    assert net.layers[1].outputs == 4
    assert net.layers[1].activation == "tanh"
    assert net.dtype == np.float32
    assert net.classes is None
    assert list(net.w) == list(net.b) == [1, 2, 3]
    assert [net.w[l].shape for l in net.w] == [(5, 3), (4, 5), (2, 4)]
    assert [net.b[l].shape for l in net.b] == [(5,), (4,), (2,)]
    assert net.parameters.shape == (3 * 5 + 5 + 5 * 4 + 4 + 4 * 2 + 2,)


def test_repr():
    assert repr(fb.Network([2, 3, 1])) == (
        "Network([2, 3, 1], activation='relu', output='identity')"
    )
    net = fb.Network([2, 3, 4, 1], activation=["relu", "tanh"], dtype="float64", output="sigmoid")
    assert repr(net) == (
        "Network([2, 3, 4, 1], activation=['relu', 'tanh'], output='sigmoid', dtype='float64')"
    )
    assert repr(fb.Network([2, 1])) == "Network([2, 1], output='identity')"
    assert repr(net.w) == (
        "{1: array of shape (3, 2), 2: array of shape (4, 3), 3: array of shape (1, 4)}"
    )


def test_summary():
    net = fb.Network([784, 128, 10], output="softmax")
    assert net.summary().splitlines() == [
        "layer  inputs  outputs  activation  parameters",
        "----------------------------------------------",
        "1         784      128  relu           100,480",
        "2         128       10  softmax          1,290",
        "total                                  101,770",
        "float32, 397.5 KiB",
    ]


@pytest.mark.parametrize(
    "dtype", ["float64", np.float64, np.dtype("float64"), float, "f8"], ids=repr
)
def test_dtype(dtype):
    net = fb.Network([2, 2], dtype=dtype)
    assert net.dtype == np.float64
    assert net.predict([1.0, 2.0]).dtype == np.float64


def test_parameters_are_w_then_b_layer_by_layer():
    net = fb.Network([3, 5, 2], rng=0)
    net.b[1][:] = np.arange(5)
    parts = [net.w[1].T.ravel(), net.b[1], net.w[2].T.ravel(), net.b[2]]
    np.testing.assert_array_equal(net.parameters, np.concatenate(parts))


def test_views_write_through():
    net = fb.Network([2, 3, 1], rng=0)
    net.w[1][2, 1] = 7.0
    net.b[2][0] = 3.0
    assert net.parameters[1 * 3 + 2] == 7.0
    assert net.parameters[-1] == 3.0
    net.parameters[:] = 0.0
    assert not net.w[1].any()
    assert (net.predict(np.ones((4, 2))) == 0).all()


def test_assignment_copies_in_place():
    net = fb.Network([2, 3, 1], rng=0)
    view = net.w[1]
    new = [[1, 2], [3, 4], [5, 6]]
    net.w[1] = new
    np.testing.assert_array_equal(view, new)
    net.w[1] -= 1.0
    np.testing.assert_array_equal(view, np.array(new) - 1)
    net.b[1] = np.arange(3)
    np.testing.assert_array_equal(net.b[1], [0, 1, 2])
    net.parameters = np.arange(13)
    np.testing.assert_array_equal(net.b[1], [6, 7, 8])
    net.parameters *= 2
    np.testing.assert_array_equal(net.b[1], [12, 14, 16])


@pytest.mark.parametrize("l", [0, -1, 3, 1.5, "1", None])
def test_no_such_layer(l):
    net = fb.Network([2, 3, 1])
    for mapping in (net.w, net.b):
        with pytest.raises(KeyError, match=r"layer: expected 1 \.\. 2, got"):
            mapping[l]
        with pytest.raises(KeyError, match="layer: expected"):
            mapping[l] = 0
        assert l not in mapping


def test_views_outlive_their_network():
    w = fb.Network([2, 3, 1], rng=5).w[1]
    expected = fb.Network([2, 3, 1], rng=5).w[1].copy()
    np.testing.assert_array_equal(w, expected)


def test_rng_is_the_key():
    def drawn(rng):
        return fb.Network([4, 3], rng=rng).parameters

    np.testing.assert_array_equal(drawn(7), drawn(7))
    np.testing.assert_array_equal(drawn(np.uint8(7)), drawn(7))
    assert (drawn(7) != drawn(8)).any()
    assert (drawn(None) != drawn(None)).any()
    assert (drawn(2**64 - 1) != drawn(2**32 - 1)).any()
    word = int(np.random.default_rng(3).integers(2**64, dtype=np.uint64))
    np.testing.assert_array_equal(drawn(np.random.default_rng(3)), drawn(word))
    np.testing.assert_array_equal(drawn(np.random.PCG64(3)), drawn(word))
    first = int(np.random.SeedSequence(3).generate_state(1, np.uint64)[0])
    np.testing.assert_array_equal(drawn(np.random.SeedSequence(3)), drawn(first))


def test_float64_starts_where_float32_does():
    single, double = (fb.Network([4, 3, 2], dtype=d, rng=2) for d in ("float32", "float64"))
    np.testing.assert_array_equal(single.parameters, double.parameters.astype(np.float32))


def test_a_failed_call_draws_no_random_number():
    generator = np.random.default_rng(0)
    with pytest.raises(ValueError, match="output"):
        fb.Network([2, 1], output="rleu", rng=generator)
    assert generator.bit_generator.state == np.random.default_rng(0).bit_generator.state


def test_shapes_of_predictions(net, X):
    assert net.predict(X).shape == (12, 3)
    assert net.predict(X[0]).shape == (3,)
    assert net.predict(X[:1]).shape == (1, 3)
    assert fb.Network([4, 1]).predict(X).shape == (12, 1)
    assert fb.Network([4, 1]).predict(X[0]).shape == (1,)
    np.testing.assert_array_equal(net(X), net.predict(X))
    np.testing.assert_allclose(net.predict(X).sum(axis=1), 1, rtol=1e-6)


def test_a_row_is_the_same_in_any_batch(net, X):
    whole = net.predict(X)
    for i in range(len(X)):
        np.testing.assert_array_equal(net.predict(X[i]), whole[i])
    np.testing.assert_array_equal(net.predict(X[3:8]), whole[3:8])


def test_predict_classes(net, X):
    classes = net.predict_classes(X)
    np.testing.assert_array_equal(classes, net.predict(X).argmax(axis=1))
    assert classes.dtype.kind == "i"
    assert net.predict_classes(X[0]) == classes[0]
    assert np.ndim(net.predict_classes(X[0])) == 0


def test_the_first_of_equal_maxima():
    net = fb.Network([2, 4], output="softmax")
    net.parameters[:] = 0
    assert net.predict_classes([1.0, 2.0]) == 0
    net.b[1][2:] = 1
    assert net.predict_classes([1.0, 2.0]) == 2


def test_one_sigmoid_is_above_a_half_or_not():
    net = fb.Network([1, 1], output="sigmoid")
    net.w[1], net.b[1] = [[1.0]], [0.0]
    np.testing.assert_array_equal(net.predict_classes([[-1.0], [0.0], [1.0]]), [0, 0, 1])
    assert net.predict_classes([1.0]) == 1


def test_one_linear_output_has_no_classes():
    with pytest.raises(ValueError, match="output: expected several outputs, or sigmoid"):
        fb.Network([2, 1]).predict_classes([[1.0, 2.0]])


def test_fit_learns_and_reports(net, X, y):
    history = net.fit(
        X, y, epochs=60, batch_size=4, optimizer=fb.SGD(0.2, momentum=0.9), validation_data=(X, y)
    )
    assert isinstance(history, fb.History)
    assert list(history) == ["loss", "accuracy", "val_loss", "val_accuracy"]
    assert all(len(numbers) == 60 for numbers in history.values())
    assert history["loss"][-1] < history["loss"][0] / 2
    assert history["val_accuracy"][-1] == 1.0
    assert net.evaluate(X, y) == {
        "loss": history["val_loss"][-1],
        "accuracy": history["val_accuracy"][-1],
    }


def test_regression_reports_no_accuracy(X):
    net = fb.Network([4, 1], rng=0)
    history = net.fit(X, X[:, 0], validation_data=(X, X[:, :1]))
    assert list(history) == ["loss", "val_loss"]
    assert list(net.evaluate(X, X[:, 0])) == ["loss"]


def test_default_optimizer_is_new_in_each_fit(X, y):
    def fresh():
        return fb.Network([4, 3], output="softmax", rng=0)

    one, two = fresh(), fresh()
    for _ in range(3):
        one.fit(X, y)
        two.fit(X, y, optimizer=fb.SGD(0.01, momentum=0.9))
    np.testing.assert_array_equal(one.parameters, two.parameters)


@pytest.mark.parametrize("optimizer", [lambda: fb.SGD(0.1, momentum=0.9), fb.Adam])
def test_successive_fits_are_one_long_fit(X, y, optimizer):
    one, two = (fb.Network([4, 5, 3], output="softmax", rng=0) for _ in range(2))
    long, short = optimizer(), optimizer()
    one.fit(X, y, epochs=5, batch_size=5, optimizer=long)
    for _ in range(5):
        two.fit(X, y, batch_size=5, optimizer=short)
    np.testing.assert_array_equal(one.parameters, two.parameters)


def test_shuffle_off_and_other_keys(X, y):
    def trained(**options):
        net = fb.Network([4, 3], output="softmax", rng=0)
        net.fit(X, y, batch_size=1, optimizer=fb.SGD(0.5), **options)
        return net.parameters

    np.testing.assert_array_equal(trained(), trained())
    np.testing.assert_array_equal(trained(), trained(rng=0))
    assert (trained() != trained(rng=1)).any()
    assert (trained() != trained(shuffle=False)).any()


def test_labels_and_their_rows_are_the_same(X, y):
    rows = np.eye(3)[y]
    for output in ("softmax", "sigmoid"):
        for loss in ("squared_error", None) if output == "sigmoid" else (None, "squared_error"):
            one, two = (fb.Network([4, 3], output=output, rng=0) for _ in range(2))
            h1, h2 = one.fit(X, y, loss=loss), two.fit(X, rows, loss=loss)
            np.testing.assert_array_equal(one.parameters, two.parameters)
            assert h1["loss"] == pytest.approx(h2["loss"], rel=1e-6)
            assert h1["accuracy"] == h2["accuracy"]


STRINGS = {"list": list, "array": np.array, "objects": lambda names: np.array(names, object)}
if hasattr(np, "dtypes") and hasattr(np.dtypes, "StringDType"):  # numpy 2
    STRINGS["StringDType"] = lambda names: np.array(names, np.dtypes.StringDType())


@pytest.mark.parametrize("kind", STRINGS.values(), ids=STRINGS)
def test_labels_may_be_strings(net, X, y, kind):
    names = kind([["cat", "ape", "dog"][label] for label in y])
    net.fit(X, names, epochs=80, optimizer=fb.Adam(0.05), validation_data=(X, names))
    assert net.classes.tolist() == ["ape", "cat", "dog"]
    assert net.predict_classes(X).tolist() == list(names)
    assert str(net.predict_classes(X[0])) == names[0]
    assert net.evaluate(X, names)["accuracy"] == 1.0
    np.testing.assert_array_equal(net.trace(X[0], "dog").y, [0, 0, 1])
    net.fit(X[:4], names[:4])  # some of the known labels
    assert len(net.classes) == 3
    before = net.parameters.copy()
    with pytest.raises(ValueError, match=r"y: expected the labels 'ape', 'cat', 'dog', got 'fox'"):
        net.fit(X, ["fox"] * 12)
    np.testing.assert_array_equal(net.parameters, before)


def test_two_strings_for_one_sigmoid(X):
    net = fb.Network([4, 1], output="sigmoid", rng=0)
    names = np.where(X[:, 0] > 0, "yes", "no")
    net.fit(X, names, epochs=200, optimizer=fb.Adam(0.1))
    assert net.predict_classes(X).tolist() == names.tolist()
    assert net.evaluate(X, names)["accuracy"] == 1.0
    np.testing.assert_array_equal(net.trace(X[0], "yes").y, [1])


def test_a_failed_fit_learns_no_labels(net, X):
    names = ["a", "b", "c"] * 4
    other = fb.Network([4, 3], output="softmax")
    belongs = fb.SGD()
    belongs.step(other, other.parameters * 0)
    with pytest.raises(ValueError, match="optimizer: expected one that is new"):
        net.fit(X, names, optimizer=belongs)
    assert net.classes is None


def test_threads_do_not_matter(rng):
    """A network that is large enough to be shared: small ones get one thread, whatever is set."""
    X, y = rng.normal(size=(600, 40)), np.arange(600) % 3

    def results(threads):
        fb.set_threads(threads)
        assert fb.get_threads() == threads
        net = fb.Network([40, 300, 3], output="softmax", rng=0)
        history = net.fit(X, y, epochs=2, batch_size=250, validation_data=(X, y))
        f = net.forward(X)
        arrays = net.parameters, net.predict(X), net.trace(X, y).C0, net.backward(f, f.a[2]).flat
        return *(array.tobytes() for array in arrays), dict(history), net.evaluate(X, y)

    expected = results(1)
    for threads in (2, 3, 8):
        assert results(threads) == expected


def test_networks_are_compared_by_identity(net):
    assert net == net  # noqa: PLR0124
    assert net != copy.deepcopy(net)
    assert len({net, copy.copy(net)}) == 2


def test_predict_from_many_threads(net, X):
    expected = net.predict(X)
    wrong = []

    def work():
        for _ in range(200):
            if (net.predict(X) != expected).any():
                wrong.append(1)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not wrong


def test_names_of_the_package():
    assert set(fb.__all__) <= set(dir(fb))
    for name in fb.__all__:
        assert getattr(fb, name) is not None
    assert isinstance(fb.__version__, str)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        fb.nothing  # noqa: B018


def test_show_config(capsys):
    assert fb.show_config() is None
    printed = capsys.readouterr().out
    config = fb.show_config(mode="dicts")
    assert config["filbert"] == fb.__version__
    assert {"python", "numpy", "platform", "compiler", "threads"} <= set(config)
    for name, value in config.items():
        assert name in printed
        assert value in printed
