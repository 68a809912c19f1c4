"""Streams that stand for a sys.stderr on which nothing can be shown."""

import io


class Minimal:
    """A stream that has only what print needs."""

    def __init__(self):
        self.text = ""

    def write(self, text):
        self.text += text

    def flush(self):
        pass


class Terminal(io.StringIO):
    def isatty(self):
        return True


class Failing(Terminal):
    """A terminal whose methods raise an exception from the n-th call on."""

    def __init__(self, error, *methods, after=0):
        super().__init__()
        self.calls = 0
        for name in methods:
            setattr(self, name, self._failing(getattr(self, name), error, after))

    def _failing(self, method, error, after):
        def call(*arguments):
            self.calls += 1
            if self.calls > after:
                raise error
            return method(*arguments)

        return call


def closed():
    stream = io.StringIO()
    stream.close()
    return stream


def detached():
    stream = io.TextIOWrapper(io.BytesIO())
    stream.detach()
    return stream


BROKEN = {
    "None": lambda: None,
    "only write and flush": Minimal,
    "no stream at all": object,
    "closed": closed,
    "detached": detached,
    "no isatty": lambda: Failing(OSError(25, "no"), "isatty"),
    "no flush": lambda: Failing(AttributeError("flush"), "flush"),
    "EIO": lambda: Failing(OSError(5, "Input/output error"), "write"),
    "EIO, later": lambda: Failing(OSError(5, "Input/output error"), "write", after=2),
    "EIO when flushed": lambda: Failing(OSError(5, "Input/output error"), "flush", after=2),
    "ENOSPC": lambda: Failing(OSError(28, "No space left on device"), "write", after=1),
    "EPIPE": lambda: Failing(BrokenPipeError(32, "Broken pipe"), "write", "flush"),
    "EAGAIN": lambda: Failing(BlockingIOError(11, "again"), "write", after=1),
    "timeout": lambda: Failing(TimeoutError("slow"), "write"),
    "ValueError": lambda: Failing(ValueError("no"), "write", "flush", "isatty"),
    "encoding": lambda: Failing(UnicodeEncodeError("ascii", "x", 0, 1, "no"), "write"),
    "RuntimeError": lambda: Failing(RuntimeError("no"), "write", after=3),
}
