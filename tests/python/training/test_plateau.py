"""ReduceOnPlateau in fits: against PyTorch's, which cost it watches, and checkpoints."""

import numpy as np
import pytest

import filbert as fb
from filbert.schedules import ReduceOnPlateau

X, Y = np.zeros((2, 1)), np.ones(2)


class Fit:
    """A fit of one bias from 0 to 1, one step an epoch, with validation costs that are made up."""

    def __init__(self, monkeypatch, costs, schedule):
        self.net = fb.Network([1, 1], dtype="float64", rng=0)
        self.optimizer, self.costs, self.rates = fb.SGD(schedule), list(costs), []
        evaluate = lambda examples, core: self.cost(examples)
        monkeypatch.setattr("filbert._training.loop.Validation.evaluate", evaluate)

    def cost(self, examples):
        value = self.costs[len(self.rates)]
        examples._values = {"val_loss": value}
        return value

    def __call__(self, epochs, **options):
        before = [float(self.net.b[1][0])]

        def moved(state):
            b = float(self.net.b[1][0])
            self.rates.append((b - before[0]) / (1 - before[0]))
            before[0] = b

        options = {"validation_data": (X, Y), "loss": "half_squared_error"} | options
        return self.net.fit(
            X, Y, epochs=epochs, batch_size=2, optimizer=self.optimizer,
            callbacks=[moved, *options.pop("callbacks", [])], **options,
        )  # fmt: skip


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"factor": 0.5, "patience": 0},
        {"factor": 0.9, "patience": 2, "threshold": 0.01},
        {"factor": 0.5, "patience": 1, "cooldown": 3},
        {"factor": 0.3, "patience": 1, "min_rate": 0.001},
    ],
    ids=str,
)
def test_against_pytorch(monkeypatch, rng, options):
    torch = pytest.importorskip("torch")
    costs = np.abs(rng.normal(size=60)) + np.linspace(2, 1, 60)
    costs[[7, 20]] = np.inf, np.nan
    theirs = {"min_lr" if k == "min_rate" else k: v for k, v in options.items()}
    stepper = torch.optim.SGD([torch.zeros(1)], lr=0.1)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(stepper, eps=0.0, **theirs)
    rates = []
    for cost in costs:
        rates.append(stepper.param_groups[0]["lr"])
        scheduler.step(cost)
    fit = Fit(monkeypatch, costs, ReduceOnPlateau(0.1, **options))
    fit(60)
    np.testing.assert_allclose(fit.rates, rates, rtol=1e-9, atol=1e-12)


def test_the_rates_by_hand(monkeypatch):
    """The same as PyTorch's, without PyTorch."""
    fit = Fit(monkeypatch, [5, 4, 4, 3, 3, 3, 2, 7, 7, 7, 7], ReduceOnPlateau(0.5, 0.5, 1))
    fit(11)
    expected = [0.5] * 6 + [0.25] * 3 + [0.125] * 2
    np.testing.assert_allclose(fit.rates, expected, rtol=1e-12)


def test_which_cost(monkeypatch):
    """The cost of the training falls in every epoch, that of the validation never."""
    for monitor, validates, falls in [
        ("auto", True, False), ("auto", False, True), ("val_loss", True, False),
        ("loss", True, True), ("loss", False, True),
    ]:  # fmt: skip
        fit = Fit(monkeypatch, [1.0] * 5, ReduceOnPlateau(0.5, 0.5, 0, monitor=monitor))
        fit(5, **({} if validates else {"validation_data": None}))
        assert fit.rates[-1] == pytest.approx(0.5 if falls else 0.0625), monitor


def test_the_real_validation_cost_counts():
    """It is that of the history: a callback that sets the rates by it trains to the same bits."""
    x = np.linspace(-1, 1, 40)[:, None]
    data = {"epochs": 20, "batch_size": 8, "validation_data": (x + 0.01, np.sin(3 * x))}
    net, other = (
        fb.Network([1, 8, 1], activation="tanh", rng=0, dtype="float64") for _ in range(2)
    )
    schedule = ReduceOnPlateau(0.5, 0.5, 0, threshold=0.0)
    net.fit(x, np.sin(3 * x), optimizer=fb.SGD(schedule), **data)
    best = np.inf

    def reduce(state):
        nonlocal best
        if state.values["val_loss"] < best:
            best = state.values["val_loss"]
        else:
            state.optimizer.learning_rate *= 0.5

    optimizer = fb.SGD(0.5)
    other.fit(x, np.sin(3 * x), optimizer=optimizer, callbacks=[reduce], **data)
    assert 0.0 < optimizer.learning_rate < 0.5
    assert net.parameters.tobytes() == other.parameters.tobytes()


def test_another_fit_begins_again(monkeypatch):
    fit = Fit(monkeypatch, [1.0] * 8, ReduceOnPlateau(0.5, 0.5, 0))
    fit(4)
    fit.net.b[1] = [0.0]
    fit(4)
    np.testing.assert_allclose(fit.rates, [0.5, 0.5, 0.25, 0.125] * 2, rtol=1e-12)


def test_a_rate_that_a_callback_sets_begins_again(monkeypatch, tmp_path):
    """Also in the fit that resumes from the checkpoint of that epoch."""

    def set_rate(state):
        if state.epoch == 3:
            state.optimizer.learning_rate = ReduceOnPlateau(0.25, 0.5, 0)

    path = tmp_path / "checkpoint"
    fit = Fit(monkeypatch, [1.0] * 6, ReduceOnPlateau(0.5, 0.5, 0))
    fit(6, callbacks=[set_rate, fb.Checkpoint(path, every=3)])
    np.testing.assert_allclose(fit.rates, [0.5, 0.5, 0.25, 0.25, 0.25, 0.125], rtol=1e-12)
    first = Fit(monkeypatch, [1.0] * 6, ReduceOnPlateau(0.5, 0.5, 0))
    first(3, callbacks=[set_rate, fb.Checkpoint(path)])
    rest = Fit(monkeypatch, [1.0] * 6, ReduceOnPlateau(0.25, 0.5, 0))
    rest.rates = [0.0] * 3
    rest(6, resume=path)
    assert rest.net.parameters.tobytes() == fit.net.parameters.tobytes()


def test_an_epoch_that_ends_again_counts_once(monkeypatch, tmp_path):
    """A callback's exception ends a fit after the validation: the epoch ends again on resuming."""

    def fail(state):
        if state.epoch == 3:
            raise RuntimeError("planned")

    path = tmp_path / "checkpoint"
    costs = [3, 4, 5, 2, 1, 6, 7]
    schedule = ReduceOnPlateau(0.5, 0.5, 1, cooldown=1)
    whole = Fit(monkeypatch, costs, schedule)
    whole(7)
    broken = Fit(monkeypatch, costs, schedule)
    with pytest.raises(RuntimeError, match="planned"):
        broken(7, callbacks=[fail, fb.Checkpoint(path)])
    rest = Fit(monkeypatch, costs, schedule)
    rest.rates = [0.0] * 2
    history = rest(7, resume=path)
    assert rest.net.parameters.tobytes() == whole.net.parameters.tobytes()
    assert history["val_loss"] == costs


def test_no_validation_data_for_val_loss():
    net = fb.Network([1, 1], rng=0)
    before = net.parameters.tobytes()
    with pytest.raises(ValueError, match=r"^monitor: expected 'loss' without validation data, got"):
        net.fit(X, Y, optimizer=fb.SGD(ReduceOnPlateau(0.5, monitor="val_loss")))
    assert net.parameters.tobytes() == before


def test_a_validation_that_fails_ends_the_fit(monkeypatch):
    fit = Fit(monkeypatch, ["expensive"], ReduceOnPlateau(0.5))
    with pytest.raises(TypeError, match="must be real number"):
        fit(3)
