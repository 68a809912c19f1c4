"""Callbacks of a fit that note when they are called."""

import filbert as fb

HOOKS = ["on_start", "on_epoch_end", "on_end"]


class Logged(fb.Callback):
    """Notes its calls in a log, and calls a function in one hook."""

    def __init__(self, log, name="", hook=None, function=None):
        self.log, self.name, self.hook, self.function = log, name, hook, function

    def call(self, hook, state, *reason):
        self.log.append((self.name, hook, state.epoch, *reason))
        if hook == self.hook:
            return self.function(state)

    def on_start(self, state):
        return self.call("on_start", state)

    def on_epoch_end(self, state):
        return self.call("on_epoch_end", state)

    def on_end(self, state, reason):
        return self.call("on_end", state, reason)


def raising(error):
    def function(_):
        raise error

    return function


def make():
    return fb.Network([4, 5, 3], activation="tanh", output="softmax", rng=1)
