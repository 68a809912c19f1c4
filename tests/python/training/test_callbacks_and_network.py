"""Callbacks of a fit: what they may do with the network."""

import copy
import pickle

import numpy as np
import pytest
from callback_log import HOOKS, Logged, make

import filbert as fb


@pytest.mark.parametrize("threads", [1, 3])
def test_everything_that_only_reads(net, X, y, tmp_path, threads):
    fb.set_threads(threads)
    results = []

    def results_of(net):
        f = net.forward(X)
        net.save(tmp_path / "net")
        return [
            net.predict(X).tobytes(),
            net(X[0]).tobytes(),
            net.predict_classes(X).tolist(),
            net.evaluate(X, y),
            f.a[2].tobytes(),
            net.backward(f, f.a[2]).flat.tobytes(),
            net.trace(X, y).dC0_dw[1].tobytes(),
            copy.copy(net).parameters.tobytes(),
            pickle.loads(pickle.dumps(net)).parameters.tobytes(),
            net.state_dict()["0.weight"].tobytes(),
            fb.load(tmp_path / "net").parameters.tobytes(),
        ]

    class Read(fb.Callback):
        def on_start(self, state):
            results.append(results_of(state.network))

        def on_epoch_end(self, state):
            results.append(results_of(state.network))

        def on_end(self, state, reason):
            results.append(results_of(state.network))

    other, optimizer = make(), fb.SGD(0.01, momentum=0.9)
    expected = [results_of(other)]
    for _ in range(3):
        other.fit(X, y, batch_size=5, optimizer=optimizer)
        expected.append(results_of(other))
    net.fit(X, y, epochs=3, batch_size=5, callbacks=[Read()])
    assert results == [*expected, expected[-1]]
    assert net.__getstate__() == other.__getstate__()


@pytest.mark.parametrize("hook", HOOKS)
def test_what_trains_is_refused_until_the_end(net, X, y, hook):
    refused = []

    def use(state):
        other = make()
        for use in (
            lambda: state.network.fit(X, y),
            lambda: fb.SGD().step(state.network, np.ones(net.parameters.size)),
            lambda: state.network.load_state_dict(other.state_dict()),
            lambda: other.fit(X, y, optimizer=copy.copy(state.optimizer)),
        ):
            try:
                use()
            except fb.BusyError:
                refused.append(use)

    net.fit(X, y, callbacks=[Logged([], "", hook, use)])
    assert len(refused) == (0 if hook == "on_end" else 3)


@pytest.mark.parametrize("threads", [1, 3])
def test_the_parameters_may_be_set(net, X, y, threads):
    """As something does that goes back to better ones: the next epoch starts from them."""
    fb.set_threads(threads)

    def set_them(state):
        if state.epoch == 2:
            state.network.w[1][:] *= 0.5
            state.network.b[2] = [1, 2, 3]

    optimizer, other = fb.Adam(0.1), make()
    net.fit(X, y, epochs=4, optimizer=fb.Adam(0.1), batch_size=5, callbacks=[set_them])
    other.fit(X, y, epochs=2, optimizer=optimizer, batch_size=5)
    other.w[1][:] *= 0.5
    other.b[2] = [1, 2, 3]
    other.fit(X, y, epochs=2, optimizer=optimizer, batch_size=5)
    assert net.parameters.tobytes() == other.parameters.tobytes()


def test_another_network_may_be_trained(net, X, y):
    other = make()
    net.fit(X, y, epochs=3, callbacks=[lambda state: other.fit(X, y) and None])
    assert other._core.epoch == 3
