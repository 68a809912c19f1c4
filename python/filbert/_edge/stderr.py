"""Output on stderr. What cannot be shown is dropped silently, so that it never ends any work."""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Iterator
from typing import Any

from filbert._edge.signals import raised_by_handler


@contextlib.contextmanager
def dropping_errors() -> Iterator[None]:
    """Drop every exception of the block, except those that the handler of a signal raises."""
    try:
        yield
    except Exception as error:
        if raised_by_handler(error):
            raise


def is_terminal(stream: Any) -> bool:
    """Whether a stream is a terminal. None is not, nor is a stream that cannot tell."""
    answer = False
    with dropping_errors():
        answer = bool(stream.isatty())
    return answer


class _Quiet:
    """A stream that never fails: it drops what the stream behind it cannot take.

    Without it, an exception during tqdm's work would leave tqdm's lock taken, and the bars of other
    threads would wait for it for ever.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        with dropping_errors():
            self._stream.write(text)

    def flush(self) -> None:
        with dropping_errors():
            self._stream.flush()

    # tqdm asks for the width and the encoding as well, and whether a stream is sys.stderr.

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def __eq__(self, other: object) -> bool:
        return self._stream is getattr(other, "_stream", other)


def stderr() -> _Quiet:
    """What sys.stderr is now, as a stream that never fails."""
    return _Quiet(sys.stderr)


def bar(**options: Any) -> Any:
    """A bar of tqdm, or None if tqdm is not installed or fails. Importing it takes long."""
    made: Any = None  # tqdm has no types
    with dropping_errors():
        tqdm: Any = importlib.import_module("tqdm").tqdm
        # Without tqdm's thread, because the exception of a signal may leave tqdm's lock taken, and
        # closing a bar waits for a thread that waits for the lock. With miniters=1 each update
        # looks at the clock, which is what the thread is for.
        made = type("Bar", (tqdm,), {"monitor_interval": 0})(file=stderr(), miniters=1, **options)
    return made
