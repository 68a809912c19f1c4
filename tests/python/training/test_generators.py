"""Batches that come one by one."""

import copy
import itertools

import numpy as np
import pytest

import filbert as fb

SIZES = [4, 6, 3]


def make(**options):
    return fb.Network(SIZES, output="softmax", rng=1, **options)


def data(n=50, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, 4)).astype(np.float32), rng.integers(0, 3, n)


class Batches:
    """Batches of arrays, which begin anew for each epoch."""

    def __init__(self, *arrays, size=8, sizes=None, length=True):
        self.arrays = arrays
        ends = (
            np.cumsum([0, *sizes]) if sizes else [*range(0, len(arrays[0]), size), len(arrays[0])]
        )
        self.parts = [slice(a, b) for a, b in itertools.pairwise(ends)]
        self.begun = 0
        if length:
            self.__class__ = Counted

    def __iter__(self):
        self.begun += 1
        for part in self.parts:
            yield tuple(array[part] for array in self.arrays)


class Counted(Batches):
    def __len__(self):
        return len(self.parts)


def fitted(X, y=None, **options):
    net = make()
    history = net.fit(X, y, **{"epochs": 3, **copy.deepcopy(options)})  # optimizers that are new
    return net.parameters.tobytes(), history


OPTIONS = {
    "plain": {},
    "adam": {"optimizer": fb.Adam(0.01)},
    "dropout": {"dropout": 0.5, "input_dropout": 0.2, "noise": 0.1},
    "accumulate": {"accumulate": 3},
    "clip_norm": {"clip_norm": 0.1},
    "average": {"average": 0.9},
    "schedule": {"optimizer": fb.SGD(fb.schedules.Cosine(0.1))},
    "own loss": {"loss": lambda a, y: (((a - y) ** 2).sum(axis=1), 2 * (a - y))},
    "rprop": {"optimizer": fb.RProp()},
}


@pytest.mark.parametrize("name", OPTIONS)
@pytest.mark.parametrize("weighted", [False, True])
def test_the_same_as_from_an_array(name, weighted):
    X, y = data()
    arrays = (X, y, np.arange(50) % 3 + 0.5) if weighted else (X, y)
    own = {} if not weighted else {"sample_weight": arrays[2]}
    options = OPTIONS[name]
    expected = fitted(X, y, batch_size=8, shuffle=False, **own, **options)
    assert fitted(Batches(*arrays), **options) == expected
    if name != "schedule":  # without a length the rate stands still within an epoch
        assert fitted(Batches(*arrays, length=False), **options) == expected


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("name", OPTIONS)
def test_batches_of_other_sizes(name, threads):
    """The number of threads changes nothing, and the workspace grows whatever a step does."""
    sizes = [3, 7, 1, 12, 12, 2000, 5]
    X, y = data(sum(sizes))
    expected = fitted(Batches(X, y, sizes=sizes), **OPTIONS[name])
    fb.set_threads(threads)
    assert fitted(Batches(X, y, sizes=sizes), **OPTIONS[name]) == expected


def test_batches_of_other_sizes_step_as_fits_of_each():
    sizes = [3, 7, 1, 12, 1500, 2, 12]
    X, y = data(sum(sizes))
    one, other = make(), make()
    adam, same = fb.Adam(0.01), fb.Adam(0.01)
    one.fit(Batches(X, y, sizes=sizes), optimizer=adam)
    for part in Batches(X, y, sizes=sizes).parts:
        other.fit(X[part], y[part], optimizer=same, batch_size=len(X), shuffle=False)
    assert one.parameters.tobytes() == other.parameters.tobytes()


@pytest.mark.parametrize("dtype", ["?", "u1", "i8", "f2", "f8", ">f4"])
def test_batches_of_any_type(dtype):
    X, y = data()
    X = (X * 3).astype(dtype)
    assert fitted(Batches(X, y)) == fitted(X, y, batch_size=8, shuffle=False)


def test_kinds_of_iterables():
    X, y = data()
    expected = fitted(X, y, batch_size=8, shuffle=False, epochs=1)
    batches = list(Batches(X, y))
    for given in (batches, tuple(batches), iter(batches), (b for b in batches), map(list, batches)):
        assert fitted(given, epochs=1) == expected


def test_labels_that_the_network_knows():
    X, y = data()
    net, other = make(classes=["a", "b", "c"]), make()
    net.fit(Batches(X, np.array(["a", "b", "c"])[y]))
    other.fit(X, y, batch_size=8, shuffle=False)
    assert net.parameters.tobytes() == other.parameters.tobytes()


def test_validation_and_callbacks():
    X, y = data()
    seen = []
    _, history = fitted(
        Batches(X, y), validation_data=(X[:9], y[:9]), callbacks=[lambda s: seen.append(s.epoch)]
    )
    assert seen == [1, 2, 3]
    expected = fitted(X, y, batch_size=8, shuffle=False, validation_data=(X[:9], y[:9]))[1]
    assert history == expected


class Ending(Exception):
    pass


@pytest.mark.parametrize("accumulate", [1, 2])
@pytest.mark.parametrize(("epoch", "batch"), [(1, 0), (1, 3), (2, 0), (2, 5)])
def test_an_exception_of_the_generator(tmp_path, epoch, batch, accumulate):
    """It is raised as it is; the network is as after the last whole step, and the fit can resume."""
    X, y = data()
    path = tmp_path / "run.safetensors"

    class Failing(Counted):
        def __iter__(self):
            for i, each in enumerate(Batches.__iter__(self)):
                if (self.begun, i) == (epoch, batch):
                    raise Ending("no more")
                yield each

    options = {"epochs": 3, "dropout": 0.3, "accumulate": accumulate, "rng": 4}
    net = make()
    failing = Failing(X, y)
    failing.__class__ = Failing
    with pytest.raises(Ending, match="no more"):
        net.fit(failing, callbacks=[fb.Checkpoint(path)], **options)
    assert np.isfinite(net.predict(X)).all()
    if (epoch, batch) == (1, 0):
        assert net.parameters.tobytes() == make().parameters.tobytes()
        return
    rest, whole = make(), make()
    history = rest.fit(Batches(X, y), resume=path, **options)
    assert history == whole.fit(Batches(X, y), **options)
    assert rest.parameters.tobytes() == whole.parameters.tobytes()
    from_array = make()
    from_array.fit(X, y, batch_size=8, shuffle=False, **options)
    assert rest.parameters.tobytes() == from_array.parameters.tobytes()


@pytest.mark.parametrize(("bad", "message"), [
    (np.nan, r"X: expected finite numbers, got nan at \[2, 1\], in batch 3 of epoch 1"),
    (1e300, r"X: expected numbers that fit in float32, got 1e\+300 at \[2, 1\], in batch 3 of epoch 1"),
])  # fmt: skip
def test_numbers_that_are_not_finite(bad, message):
    X, y = data()
    X = X.astype(np.float64)
    X[18, 1] = bad
    net, other = make(), make()
    with pytest.raises(ValueError, match=message):
        net.fit(Batches(X, y), epochs=2)
    other.fit(X[:16], y[:16], batch_size=8, shuffle=False)
    assert net.parameters.tobytes() == other.parameters.tobytes()


X3, Y3 = data(3)
BAD = [
    ([(X3, Y3), (X3, Y3, None, None)], TypeError, r"X: expected \(X, y\) or \(X, y, weights\), got tuple in batch 2"),
    ([(X3, Y3), X3], TypeError, r"X: expected \(X, y\) or .*, got ndarray in batch 2 of epoch 1"),
    ([(X3, Y3), (X3[:, :2], Y3)], ValueError, r"X: expected shape \(n, 4\), got \(3, 2\), in batch 2"),
    ([(X3, Y3), (X3[:0], Y3[:0])], ValueError, r"X: expected at least one row.*, in batch 2"),
    ([(X3, Y3), (X3, Y3[:2])], ValueError, r"y: expected shape \(3,\) or \(3, 3\), got \(2,\), in batch 2"),
    ([(X3, Y3), (X3, Y3 + 3)], ValueError, r"y: expected labels in 0 \.\. 2, got .*, in batch 2"),
    ([(X3, Y3), (X3, ["a", "b", "c"])], ValueError, r"y: expected integers, as no fit has learned"),
    ([(X3, Y3), (X3, None)], TypeError, "y: expected an array of numbers, got None, in batch 2"),
    ([(X3, Y3), (X3, Y3, [1, 2])], ValueError, r"weights: expected shape \(3,\).*, in batch 2"),
    ([(X3, Y3), (X3, Y3, [1, -1, 0])], ValueError, r"weights: expected numbers >= 0, got -1 at \[1\], in batch 2"),
    ([(X3, Y3), (X3, Y3, [1, np.nan, 0])], ValueError, r"weights: expected finite numbers, got nan"),
    ([(X3, Y3), (X3, Y3, [1, 1e-40, 0])], ValueError, "weights: expected 0 or a number from 1.17"),
    ([(X3, Y3), (X3.astype(str), Y3)], TypeError, "X: expected real numbers, got dtype <U"),
]  # fmt: skip


@pytest.mark.parametrize(("items", "error", "message"), BAD)
def test_bad_batches(items, error, message):
    """The network is as after the step before."""
    net, other = make(), make()
    with pytest.raises(error, match=message):
        net.fit(items)
    other.fit(X3, Y3)
    assert net.parameters.tobytes() == other.parameters.tobytes()


def iterator():
    yield X3, Y3


REFUSED = [
    ({"batch_size": 8}, "batch_size: expected None, as X yields batches, got 8"),
    ({"sample_weight": [1, 1, 1]}, "sample_weight: expected None, as X yields batches, got list"),
    ({"class_weight": "balanced"}, "class_weight: expected None, as X yields batches, got 'balanced'"),
    ({"validation_split": 0.2}, "validation_split: expected None, as X yields batches, got 0.2"),
    ({"optimizer": fb.LBFGS()}, "optimizer: expected one that takes batches, got lbfgs"),
    ({"X": iterator(), "epochs": 2}, "X: expected batches that can be iterated over anew in each"),
    ({"X": iter([])}, "X: expected batches, got none"),
]  # fmt: skip


@pytest.mark.parametrize(("options", "message"), REFUSED)
def test_arguments_that_do_not_go_with_batches(options, message):
    net = make()
    before = net.parameters.tobytes()
    with pytest.raises(ValueError, match=message):
        net.fit(options.pop("X", [(X3, Y3)]), **options)
    assert net.parameters.tobytes() == before


def test_a_source_that_is_used_up():
    class Once(Batches):
        def __iter__(self):
            return iter([]) if self.begun else Batches.__iter__(self)

    once = Once(X3, Y3, length=False)
    net, other = make(), make()
    with pytest.raises(ValueError, match="X: expected batches in each epoch, got none in epoch 2"):
        net.fit(once, epochs=3)
    other.fit(X3, Y3)
    assert net.parameters.tobytes() == other.parameters.tobytes()


def test_rows_without_targets():
    for X in (X3, X3.tolist(), memoryview(X3)):
        with pytest.raises(TypeError, match="y: expected an array of numbers, got None"):
            make().fit(X)


def test_ctrl_c_in_the_generator(alarm):
    X, y = data(800)

    def endless():
        alarm(0.3)
        while True:
            yield X, y

    net = make()
    with pytest.raises(KeyboardInterrupt):
        net.fit(endless())
    assert np.isfinite(net.parameters).all()
    net.fit(X, y)
