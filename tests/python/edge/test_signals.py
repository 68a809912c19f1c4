"""Which exceptions are those of handlers of signals."""

import functools
import signal
import sys

import pytest

from filbert._edge.signals import raised_by_handler


class Handlers:
    def method(self, number, frame):
        raise TimeoutError

    def __call__(self, number, frame):
        raise TimeoutError

    @staticmethod
    def static(*arguments):
        raise TimeoutError

    def late(self, why, number, frame):
        raise why


def function(number, frame):
    raise TimeoutError


def deeper(number, frame, *, more=()):
    function(0, None)


def closure():
    frames = []

    def handler(number, frame):
        frames.append(lambda: frame)  # a cell
        raise TimeoutError

    return handler


HANDLERS = {
    "function": function,
    "deeper": deeper,
    "closure": closure(),
    "method": Handlers().method,
    "object": Handlers(),
    "any arguments": Handlers.static,
    "partial": functools.partial(Handlers().late, TimeoutError),
    "lambda": lambda *_, **__: function(0, None),
}


@pytest.fixture
def handled():
    before = signal.getsignal(signal.SIGTERM)
    yield lambda handler: signal.signal(signal.SIGTERM, handler)
    signal.signal(signal.SIGTERM, before)


def error_of(call):
    with pytest.raises(Exception) as caught:  # noqa: PT011  # any
        call()
    return caught.value


@pytest.mark.parametrize("name", HANDLERS)
def test_those_of_handlers(name, handled):
    handled(HANDLERS[name])

    def interrupted():
        signal.raise_signal(signal.SIGTERM)

    assert raised_by_handler(error_of(interrupted))
    assert raised_by_handler(error_of(lambda: [interrupted() for _ in range(2)]))


def test_those_of_handlers_that_are_set_back_when_they_raise(handled):
    def once(*_):
        handled(signal.SIG_DFL)
        raise TimeoutError

    handled(once)
    assert raised_by_handler(error_of(lambda: signal.raise_signal(signal.SIGTERM)))


def test_others(handled):
    handled(function)

    def takes_a_frame(frame):
        raise TimeoutError

    def looks_at_its_caller():
        caller = sys._getframe(1)
        raise TimeoutError(str(caller.f_lineno))

    for call in (
        lambda: 1 / 0,
        lambda: function(signal.SIGTERM, None),
        lambda: takes_a_frame(sys._getframe(1)),
        looks_at_its_caller,
    ):
        assert not raised_by_handler(error_of(call)), call
    assert not raised_by_handler(TimeoutError())
