"""What a process says as it crashes goes through the same mask as its logs: tracebacks end with values of ours.

An exception that nobody foresaw may hold a record in its text, as `int("...")` does. Python writes it to stderr around
the logs; here it is written with masks for whatever looks like a personal number.
"""

from __future__ import annotations

import sys
import threading
import traceback
from types import TracebackType

from fokusstrom.domain.personal_numbers import masked


def mask_crashes() -> None:
    """From now on this process, and each of its threads, ends with a masked traceback."""
    sys.excepthook = _tell
    threading.excepthook = tell_of_thread


def tell_of_thread(ended: threading.ExceptHookArgs) -> None:
    """Tell of what a thread ended by, as Python does but for the mask."""
    if ended.exc_type is not SystemExit:
        name = "a thread" if ended.thread is None else ended.thread.name
        sys.stderr.write(f"Exception in thread {masked(name)}:\n")
        _tell(ended.exc_type, ended.exc_value, ended.exc_traceback)


def _tell(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    sys.stderr.write(masked("".join(traceback.format_exception(kind, error, trace))))
    sys.stderr.flush()
