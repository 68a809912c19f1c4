"""Tells whether an exception was raised by the handler of a signal."""

from __future__ import annotations

from types import FrameType

_VARARGS = 0x04  # of code.co_flags, as in module inspect, which takes long to import


def raised_by_handler(error: BaseException) -> bool:
    """Whether the handler of a signal raised the exception.

    Python runs handlers between any two instructions of the main thread, so that their exceptions
    seem to come from the code that ran at that moment. Code that drops the exceptions of a call has
    to let these through.
    """
    at = error.__traceback__  # walked by hand, because module traceback takes long to import
    while at is not None:
        if _is_handler(at.tb_frame):
            return True
        at = at.tb_next
    return False


def _is_handler(frame: FrameType) -> bool:
    """Whether a frame is a handler's: its argument is the frame that the signal interrupted."""
    interrupted, code = frame.f_back, frame.f_code
    if interrupted is None:
        return False
    count = code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & _VARARGS)
    for name in code.co_varnames[:count]:
        value = frame.f_locals.get(name)
        values = value if isinstance(value, tuple) else (value,)  # *args
        if any(one is interrupted for one in values):
            return True
    return False
