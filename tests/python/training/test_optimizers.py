"""Optimizers as Python sees them. Their arithmetic is checked against the oracle elsewhere."""

import copy
import inspect
import pickle

import numpy as np
import pytest
from problems import ALL_RULES, OPTIMIZERS, SCHEDULES, defaults, other_options

import filbert as fb
from filbert import _core, optimizers, schedules
from filbert.optimizers import base

AGAIN = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda optimizer: pickle.loads(pickle.dumps(optimizer)),
}


@pytest.fixture
def g(net, rng):
    return rng.normal(size=net.parameters.shape).astype(np.float32)


def test_every_rule_has_its_class():
    assert sorted(base._classes) == sorted(_core.rule_names())
    assert {cls.__name__ for cls in ALL_RULES.values()} == set(optimizers.__all__)
    for cls in ALL_RULES.values():
        assert getattr(fb, cls.__name__) is cls


@pytest.mark.parametrize("rule", ALL_RULES)
def test_the_signature_is_the_table_of_the_core(rule):
    signature = inspect.signature(ALL_RULES[rule]).parameters
    assert {name: p.default for name, p in signature.items()} == defaults(rule)
    assert list(signature) == list(defaults(rule))
    kinds = [p.kind for p in signature.values()]
    assert kinds[0] is inspect.Parameter.POSITIONAL_OR_KEYWORD
    assert set(kinds[1:]) == {inspect.Parameter.KEYWORD_ONLY}
    types = inspect.get_annotations(ALL_RULES[rule].__init__, eval_str=True)
    shown = inspect.get_annotations(base.Optimizer) | inspect.get_annotations(ALL_RULES[rule])
    scheduled = _core.schedulable_options(rule)
    assert {"learning_rate", "weight_decay"} <= set(scheduled)
    for name, value in defaults(rule).items():
        expected = float | fb.schedules.Schedule if name in scheduled else type(value)
        assert types[name] == expected, name
        if name != "learning_rate":  # a property
            text = "float | Schedule" if name in scheduled else type(value).__name__
            assert shown[name] == text, name
        assert name in ALL_RULES[rule].__doc__, name


@pytest.mark.parametrize("rule", ALL_RULES)
def test_attributes(rule):
    cls, options = ALL_RULES[rule], other_options(rule)
    for made, expected in ((cls(), defaults(rule)), (cls(**options), options)):
        assert {name: getattr(made, name) for name in expected} == expected
        assert made.steps == 0
    assert cls(options["learning_rate"]).learning_rate == options["learning_rate"]


@pytest.mark.parametrize("rule", ALL_RULES)
def test_options_are_read_only(rule):
    optimizer = ALL_RULES[rule]()
    for name in [*defaults(rule), "steps"]:
        if name == "learning_rate":
            continue
        before = getattr(optimizer, name)
        with pytest.raises(AttributeError, match=name):
            setattr(optimizer, name, 0.5)
        assert getattr(optimizer, name) == before


@pytest.mark.parametrize("rule", ALL_RULES)
def test_what_the_core_does_not_know(rule):
    with pytest.raises(TypeError, match=f"^options: expected those of {rule}, got 'speed'"):
        _core.Optimizer(rule, speed=1.0)
    with pytest.raises(ValueError, match=r"^rule: expected .*\bor .*, got 'none'"):
        _core.Optimizer("none")


def test_learning_rate_may_be_set(net, g):
    sgd = fb.SGD(0.5)
    sgd.learning_rate = np.float32(0.25)
    assert sgd.learning_rate == 0.25
    before = net.parameters.copy()
    sgd.step(net, g)
    np.testing.assert_array_equal(net.parameters, before - np.float32(0.25) * g)
    for wrong, error in [(-1, ValueError), (np.inf, ValueError), ("fast", TypeError)]:
        with pytest.raises(error, match="learning_rate: expected"):
            sgd.learning_rate = wrong
        assert sgd.learning_rate == 0.25


def test_a_learning_rate_has_to_fit_in_the_type_of_the_network(net, g):
    sgd = fb.SGD(0.5)
    sgd.learning_rate = 1e300  # of a network of float64, perhaps
    sgd.learning_rate = 0.5
    sgd.step(net, g)
    with pytest.raises(ValueError, match=r"learning_rate: expected a number that fits in float32"):
        sgd.learning_rate = 1e300
    assert sgd.learning_rate == 0.5


@pytest.mark.parametrize(
    "name",
    [name for name in OPTIMIZERS if name not in SCHEDULES and "schedules" not in name],
)
@pytest.mark.parametrize("threads", [1, 2])
def test_a_callback_of_a_fit_may_set_the_learning_rate(name, threads):
    """The next step takes it: as in a loop over fits of one epoch."""
    fb.set_threads(threads)
    X, y = np.random.default_rng(0).normal(size=(100, 4)), np.arange(100) % 3
    one, other = (fb.Network([4, 20, 3], output="softmax", rng=0) for _ in range(2))
    mine, rates = OPTIMIZERS[name](), []
    for _ in range(5):
        rates.append(mine.learning_rate)
        one.fit(X, y, batch_size=9, optimizer=mine)
        mine.learning_rate *= 0.5
    optimizer = OPTIMIZERS[name]()

    def halve(state):
        state.optimizer.learning_rate *= 0.5

    other.fit(X, y, batch_size=9, optimizer=optimizer, epochs=5, callbacks=[halve])
    np.testing.assert_array_equal(other.parameters, one.parameters)
    assert optimizer.learning_rate == mine.learning_rate == rates[0] / 32


def test_what_a_callback_sets_is_checked(net, X, y):
    optimizer, errors = fb.SGD(0.5), []

    def set_wrong(state):
        for wrong in (-1.0, 1e300):
            with pytest.raises(ValueError, match="learning_rate: expected") as caught:
                state.optimizer.learning_rate = wrong
            errors.append(caught.value)

    net.fit(X, y, epochs=2, optimizer=optimizer, callbacks=[set_wrong])
    assert len(errors) == 4
    assert optimizer.learning_rate == 0.5
    assert np.isfinite(net.parameters).all()


@pytest.mark.usefixtures("keep_isa")
def test_a_handler_of_a_signal_may_set_the_learning_rate_within_an_epoch(alarm_handler):
    fb.set_isa("reference")  # slow enough to be interrupted
    net = fb.Network([20, 64, 3], output="softmax", rng=0)
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(30_000, 20)).astype(np.float32), rng.integers(0, 3, 30_000)
    optimizer, seen = fb.SGD(0.01), []

    def stop_learning(*_):
        optimizer.learning_rate = 0.0
        seen.append((optimizer.steps, net.parameters.copy()))

    alarm_handler(0.1, stop_learning)
    net.fit(X, y, batch_size=10, optimizer=optimizer)
    ((steps, parameters),) = seen
    assert 0 < steps < optimizer.steps == 3000
    np.testing.assert_array_equal(net.parameters, parameters)


def test_repr():
    assert repr(fb.SGD(0.1)) == "SGD(0.1)"
    assert repr(fb.SGD(0.1, momentum=0.9, nesterov=True)) == "SGD(0.1, momentum=0.9, nesterov=True)"
    assert repr(fb.Adam(beta1=0.5, l2=0.1)) == "Adam(0.001, beta1=0.5, l2=0.1)"
    sgd = fb.SGD(0.1)
    sgd.learning_rate = 0.05
    assert repr(sgd) == "SGD(0.05)"


@pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_repr_makes_it_again(make):
    optimizer = make()
    again = eval(repr(optimizer), vars(fb) | vars(schedules))
    assert type(again) is type(optimizer)
    assert again._core.options == optimizer._core.options
    assert repr(again) == repr(optimizer)


def test_the_base_class_is_no_rule():
    with pytest.raises(TypeError, match="abstract class Optimizer"):
        base.Optimizer()


def test_a_class_of_ones_own(net, g):
    """It is no rule: what a file or a checkpoint gives back is the class of the rule."""

    class Half(fb.SGD):
        def __init__(self, learning_rate):
            super().__init__(learning_rate / 2)

    half = Half(0.5)
    assert repr(half) == "Half(0.25)"
    half.step(net, g)
    assert type(base.optimizer_of(half._core)) is fb.SGD
    assert type(copy.copy(half)) is Half


def test_steps_are_counted(net, X, y, g):
    sgd = fb.SGD()
    net.fit(X, y, epochs=3, batch_size=5, optimizer=sgd)  # 12 rows are 3 batches
    assert sgd.steps == 9
    sgd.step(net, g)
    assert sgd.steps == 10


def test_gradients_or_arrays(net, X):
    def stepped(as_given):
        other = copy.deepcopy(net)
        f = other.forward(X)
        fb.SGD(0.1).step(other, as_given(other.backward(f, f.a[2])))
        return other.parameters

    expected = stepped(lambda g: g)
    np.testing.assert_array_equal(stepped(lambda g: g.flat), expected)
    np.testing.assert_array_equal(stepped(lambda g: g.flat.astype(np.float64)), expected)
    np.testing.assert_array_equal(stepped(lambda g: g.flat.tolist()), expected)
    np.testing.assert_array_equal(stepped(lambda g: np.repeat(g.flat, 2)[::2]), expected)


@pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_belongs_to_its_first_network(net, g, make):
    optimizer, other = make(), copy.deepcopy(net)
    optimizer.step(net, g)
    before = other.parameters.copy()
    with pytest.raises(
        ValueError, match=r"optimizer: expected one that is new or has stepped this"
    ):
        optimizer.step(other, g)
    np.testing.assert_array_equal(other.parameters, before)
    optimizer.step(net, g)
    assert optimizer.steps == 2


@pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)
@pytest.mark.parametrize("again", AGAIN.values(), ids=AGAIN)
@pytest.mark.parametrize("steps", [0, 3])
def test_copies_carry_on_the_state(net, g, make, again, steps):
    optimizer = make()
    for _ in range(steps):
        optimizer.step(net, g)
    optimizer.learning_rate = 0.07
    other_net, other = copy.deepcopy(net), again(optimizer)
    assert type(other) is type(optimizer)
    assert other.steps == steps
    assert repr(other) == repr(optimizer)
    for _ in range(2):
        optimizer.step(net, g)
        other.step(other_net, g)
    np.testing.assert_array_equal(other_net.parameters, net.parameters)
    assert other.steps == optimizer.steps == steps + 2


def test_state_of_another_size_or_dtype(net, g):
    adam = fb.Adam()
    adam.step(net, g)
    for other in (fb.Network([4, 3]), fb.Network([4, 5, 3], dtype="float64")):
        with pytest.raises(ValueError, match="optimizer: expected state"):
            copy.copy(adam).step(other, np.zeros(other.parameters.size))


# The slow ones come nowhere near a constant prediction in so few steps.
@pytest.mark.filterwarnings("ignore::filbert.TrainingWarning")
@pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_both_dtypes_learn(make, dtype, X):
    net = fb.Network([4, 8, 1], dtype=dtype, rng=0)
    target = X[:, 0] - X[:, 1]
    optimizer = make()
    optimizer.learning_rate = 10.0 if isinstance(optimizer, fb.Adadelta) else 0.01
    history = net.fit(X, target, epochs=50, batch_size=4, optimizer=optimizer)
    assert history["loss"][-1] < history["loss"][0] / 2


def test_a_wrong_gradient_changes_nothing(net, g):
    adam = fb.Adam()
    before = net.parameters.copy()
    for wrong in (g[:-1], g * np.nan, None, g.astype(complex)):
        with pytest.raises((TypeError, ValueError), match="g: expected"):
            adam.step(net, wrong)
    with pytest.raises(TypeError, match="net: expected a Network, got ndarray"):
        adam.step(g, g)
    assert adam.steps == 0
    np.testing.assert_array_equal(net.parameters, before)
