"""Work on several cores: what takes seconds of arithmetic is done in processes of its own, side by side.

Python's threads share one core for all but the arithmetic of libraries. What is short is done here: starting processes
takes a second or two. They end with the process that started them, however that ends.
"""

from __future__ import annotations

import itertools
import multiprocessing
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from types import TracebackType
from typing import Any, Self, TypeVar

from fokusstrom.domain.errors import Unavailable

T = TypeVar("T")
R = TypeVar("R")

_ALONE = 0.5
"""Seconds of work that are done here before processes are started."""
_AHEAD = 4
"""So many for each core are begun before the first result is there, as one can take as long as several others."""


class Cores:
    """Does things side by side, as `domain.each.Each`; to be used as a context manager, from one thread."""

    def __init__(self, count: int, alone: float = _ALONE) -> None:
        """Take how many cores there are, and after how many seconds of work others than this one are used."""
        self._count = count
        self._alone = alone
        self._spent = 0.0
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        """Start nothing yet."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the processes; what nobody waits for any more isn't begun."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None

    def __call__(self, function: Callable[[T], R], items: Iterable[T], /) -> Iterator[R]:
        """Give what a function makes of each item, in their order.

        Raises what the function raises; `Unavailable` when a process was killed, as one without memory is.
        """
        waiting = iter(items)
        for item in waiting:
            if self._count > 1 and (self._pool is not None or self._spent >= self._alone):
                yield from self._side_by_side(function, itertools.chain([item], waiting))
                return
            begun = time.perf_counter()
            result = function(item)
            self._spent += time.perf_counter() - begun
            yield result

    def _side_by_side(self, function: Callable[[T], R], items: Iterator[T]) -> Iterator[R]:
        if self._pool is None:
            # Processes that begin anew: a copy of one with threads can hold locks that nobody opens.
            anew = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self._count, anew, initializer=_begin)
        begun: deque[Future[R]] = deque()
        try:
            for item in items:
                begun.append(self._pool.submit(function, item))
                if len(begun) >= _AHEAD * self._count:
                    yield begun.popleft().result()
            while begun:
                yield begun.popleft().result()
        except BrokenProcessPool as error:
            self._pool = None
            raise Unavailable("a process that was to help with arithmetic was killed: give it more memory") from error
        finally:
            for one in begun:
                one.cancel()


def _begin() -> None:
    """Begin a process: who interrupts the one that started it interrupts both; it ends when that has ended."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(multiprocessing.parent_process(),), daemon=True).start()


def _end_with(parent: Any) -> None:  # noqa: ANN401 - multiprocessing's own
    parent.join()
    os._exit(1)
