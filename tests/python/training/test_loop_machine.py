"""A network that is trained, saved, copied and resumed in any order: two of them stay the same.

One does what the rules say. The other does the same by other means: pieces instead of a fit, a
fit that is interrupted and resumed, a copy, a file. After every rule they are equal, bit for bit.
"""

import copy
import pickle
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from problems import RULES

import filbert as fb

X = np.random.default_rng(0).normal(size=(40, 5)).astype(np.float32)
Y = np.argmax(X[:, :3], axis=1)


def state(net):
    return net.__getstate__()["file"]


class Machine(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "file"
        self.optimizers = None  # of the last partial_fit or train_one, of each network
        self.epochs = 0

    def teardown(self):
        self.folder.cleanup()

    @initialize(
        dtype=st.sampled_from(["float32", "float64"]),
        hidden=st.lists(st.integers(1, 9), max_size=2),
        seed=st.integers(0, 2**64 - 1),
    )
    def make(self, dtype, hidden, seed):
        sizes = [5, *hidden, 3]
        self.net = fb.Network(sizes, activation="tanh", output="softmax", dtype=dtype, rng=seed)
        self.other = fb.Network(sizes, activation="tanh", output="softmax", dtype=dtype, rng=seed)

    def both(self):
        return self.net, self.other

    @rule(name=st.sampled_from(sorted(RULES)))
    def takes_another_optimizer(self, name):
        """For the pieces that follow."""
        self.optimizers = RULES[name](), RULES[name]()
        for net, optimizer in zip(self.both(), self.optimizers, strict=True):
            net.partial_fit(X[:3], Y[:3], optimizer=optimizer)
        self.epochs += 1

    @rule(i=st.integers(0, 39))
    def trains_one(self, i):
        cost = self.net.train_one(X[i], int(Y[i]))
        assert self.other.partial_fit(X[i : i + 1], Y[i : i + 1])["loss"] == cost
        self.epochs += 1

    @rule(n=st.integers(1, 3), batch_size=st.integers(1, 50))
    def trains_pieces(self, n, batch_size):
        """The pieces are a fit of n epochs with the optimizer that the network keeps."""
        self.net.partial_fit(X, Y, batch_size=batch_size)
        for _ in range(n - 1):
            self.net.partial_fit(X, Y, batch_size=batch_size)
        kept = self.other._optimizer or fb.SGD(0.01, momentum=0.9)
        self.other.fit(X, Y, epochs=n, batch_size=batch_size, shuffle=False, optimizer=kept)
        self.other._optimizer = kept
        self.epochs += n

    @rule(
        name=st.sampled_from(sorted(RULES)),
        epochs=st.integers(1, 4),
        k=st.integers(1, 4),
        stops=st.booleans(),
    )
    def fits(self, name, epochs, k, stops):
        """The other one is interrupted after k epochs, and resumed."""

        def callbacks():
            return [fb.EarlyStopping("loss", patience=2)] if stops else []

        options = {"epochs": epochs, "batch_size": 7, "metrics": ["f1"]}
        history = self.net.fit(X, Y, optimizer=RULES[name](), callbacks=callbacks(), **options)

        def halt(state):
            if state.epoch == k:
                raise TimeoutError

        checkpoint, optimizer = fb.Checkpoint(self.path), RULES[name]()
        try:
            again = self.other.fit(
                X, Y, optimizer=optimizer, callbacks=[*callbacks(), checkpoint, halt], **options
            )
        except TimeoutError:
            again = self.other.fit(X, Y, resume=self.path, callbacks=callbacks(), **options)
        assert dict(again) == dict(history)
        self.epochs += history.epochs

    @rule()
    def is_saved_and_loaded(self):
        """A file has no optimizer."""
        self.other.save(self.path)
        self.other = fb.load(self.path)
        self.net._optimizer = None

    @rule(how=st.sampled_from([copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))]))
    def is_copied(self, how):
        before = state(self.other)
        old, self.other = self.other, how(self.other)
        old.train_one(X[0], 0)
        assert state(self.other) == before

    @rule(at=st.integers(0, 5))
    def diverges(self, at):
        """Nothing changes, not even the number of epochs."""
        for net in self.both():
            before, kept = state(net), net.parameters.copy()
            optimizer = net._optimizer and net._optimizer._core.to_bytes()
            net.parameters[-1 - at] = np.nan  # of the output layer
            for call in (net.fit, net.partial_fit, lambda X, y, net=net: net.train_one(X[0], 1)):
                with pytest.raises(fb.DivergedError):
                    call(X, Y)
            net.parameters[:] = kept
            if optimizer is None:  # a new one has been made, whose state is that of no step
                assert net._optimizer.steps == 0
                net._optimizer = None
            assert state(net) == before
            assert optimizer == (net._optimizer and net._optimizer._core.to_bytes())

    @rule(wrong=st.sampled_from([{"y": 3}, {"x": X}, {"x": X[0] * np.nan}, {"loss": "no"}]))
    def refuses(self, wrong):
        before = state(self.net)
        arguments = {"x": X[0], "y": 1, **wrong}
        with pytest.raises(ValueError, match="expected"):
            self.net.train_one(**arguments)
        assert state(self.net) == before

    @precondition(lambda self: self.epochs > 0)
    @rule()
    def looks_for_a_rate(self):
        self.net.find_learning_rate(X, Y, steps=10)

    @invariant()
    def they_are_equal(self):
        if not hasattr(self, "net"):
            return
        assert state(self.net) == state(self.other)
        assert self.net._core.epoch == self.epochs
        assert np.isfinite(self.net.parameters).all()
        np.testing.assert_array_equal(self.net.predict(X[:3]), self.other.predict(X[:3]))
        a, b = self.net._optimizer, self.other._optimizer
        assert (a is None) == (b is None)
        if a is not None:
            assert a._core.to_bytes() == b._core.to_bytes()


ONE = settings(derandomize=True, deadline=None, max_examples=10, stateful_step_count=12)
TestMachine = pytest.mark.filterwarnings("ignore::filbert.TrainingWarning")(Machine.TestCase)
TestMachine.settings = ONE


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::filbert.TrainingWarning")
class TestLong(Machine.TestCase):
    settings = settings(deadline=None, max_examples=300, stateful_step_count=40)
