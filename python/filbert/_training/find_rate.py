"""Looking for a learning rate: a short training in which the rate grows from step to step."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from filbert import _core
from filbert._edge import checks
from filbert._training.data import Examples, TrainingData, own_cost_of
from filbert._training.options import Options, default_optimizer
from filbert.learning_rates import LearningRates

if TYPE_CHECKING:
    from filbert.network import Network

SMOOTHING = 0.9  # of the losses, by an exponential mean
TOO_FAR = 4.0  # times the lowest smoothed loss: the ramp ends there


def find_learning_rate(
    net: Network,
    X: object,
    y: object,
    *,
    low: object,
    high: object,
    steps: object,
    batch_size: object,
    loss: object,
    optimizer: object,
) -> LearningRates:
    """`Network.find_learning_rate`."""
    first, last = checks.real("low", low), checks.real("high", high)
    if not 0.0 < first < last < math.inf:
        raise ValueError(
            f"low, high: expected 0 < low < high, got {checks.shown(low)} and {checks.shown(high)}"
        )
    count = checks.integer("steps", steps, 10, 100_000)
    options = Options.of_a_piece(net._core, batch_size=batch_size, loss=loss, optimizer=optimizer)
    given = (options.optimizer or default_optimizer())._core
    if given.rule == "lbfgs":
        raise ValueError("optimizer: expected one whose rate means a step, got LBFGS")
    data = TrainingData.of(net._core, X, y, options.loss, nan=net._core.fills)
    rule = {**given.options, "learning_rate": first}
    examples = data.examples
    assert examples is not None
    size = min(options.batch_size or 32, examples.size)
    ramp = Ramp(net, options, examples, _core.Optimizer(given.rule, **rule), size)
    schedule = _core.Schedule("exponential", rate=last, factor=first / last)
    rates, losses = [], []
    mean, weight, lowest = 0.0, 0.0, math.inf
    for i in range(count):
        rate = schedule.at(1.0 - i / (count - 1), 1.0)
        cost = ramp.step(rate)
        if cost is None:
            break
        mean = SMOOTHING * mean + (1.0 - SMOOTHING) * cost
        weight = SMOOTHING * weight + (1.0 - SMOOTHING)
        rates.append(rate)
        losses.append(mean / weight)
        lowest = min(lowest, losses[-1])
        if i > 10 and losses[-1] > TOO_FAR * lowest:
            break
    if not losses:
        raise ValueError("X: expected data with a finite cost before the first step, got others")
    return LearningRates(rates, losses, max(first, rates[losses.index(lowest)] / 10.0))


class Ramp:
    """A copy of a network that is trained batch by batch, in the order of its epochs."""

    def __init__(
        self,
        net: Network,
        options: Options,
        examples: Examples,
        optimizer: _core.Optimizer,
        batch_size: int,
    ) -> None:
        self._core = _core.from_bytes(_core.to_bytes(net._core))
        self._options, self._examples, self._optimizer = options, examples, optimizer
        self._size, self._rows = batch_size, examples.size
        self._seed, self._epoch = net._core.seed, net._core.epoch
        self._at = 0
        self._told = options.told(self._core, self._seed, batch_size)

    def step(self, rate: float) -> float | None:
        """The cost of the next batch before a step of that rate; None if it is not finite."""
        if self._at >= self._rows:
            self._at, self._epoch = 0, self._epoch + 1
        end = min(self._rows, self._at + self._size)
        rows = _core.epoch_order(self._rows, self._seed, self._epoch, self._at, end)
        self._at = end
        self._optimizer.learning_rate = rate
        costs: list[float] = []

        def told(_: int, loss: float, *__: Any) -> None:
            costs.append(loss)

        X, y = self._examples.X[rows], self._examples.y[rows]
        own = own_cost_of(self._core, self._options.loss, y)
        position = _core.FitPosition()
        try:
            self._core.fit(
                X, y, self._optimizer, self._told, position, told, own_cost=own, scheduled=False
            )
        except _core.Diverged:
            return None
        return costs[0]
