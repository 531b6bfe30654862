"""Doing what may hang, for a limited time: a network drive whose server is gone lets who reads it wait without end."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from datetime import timedelta
from typing import Any, TypeVar

from fokusstrom_connectors.interface import SourceUnavailable, Step

T = TypeVar("T")


class Patience:
    """Does one thing after the other, each in a thread that nobody has to wait for.

    What hangs in the operating system can't be ended. It is left alone, and nothing new is begun until it has come
    back by itself: however often it is tried, one thread hangs at the most. A process that ends doesn't wait for it.
    """

    def __init__(self, limit: timedelta) -> None:
        """Take how long it may be silent."""
        self._limit = limit.total_seconds()
        self._heard_at = 0.0
        self._before: Future[Any] = Future()
        self._before.set_result(None)

    async def do(self, work: Callable[[], T]) -> T:
        """What the work gives or raises; `SourceUnavailable` when it doesn't go on for longer than the limit."""
        with contextlib.suppress(Exception):  # it was raised to who asked for it
            await self._awaited(self._before)
        if not self._before.done():
            raise _hangs()
        self._before = doing = Future[T]()
        doing.set_running_or_notify_cancel()
        threading.Thread(target=_fulfil, args=(doing, work), name="folder", daemon=True).start()
        return await self._awaited(doing)

    def goes_on(self) -> None:
        """Said by work that takes long: it doesn't hang."""
        self._heard_at = time.monotonic()

    async def _awaited(self, doing: Future[T]) -> T:
        """Wait as long as it goes on; who is cancelled meanwhile is cancelled, also where it ends in that moment."""
        self.goes_on()
        while not doing.done():
            left = self._heard_at + self._limit - time.monotonic()
            if left <= 0:
                raise _hangs()
            coming = asyncio.wrap_future(doing)
            try:
                await asyncio.wait({coming}, timeout=left)
            finally:
                if not coming.cancel():
                    coming.exception()  # looked at: it is raised below
        return doing.result()


def _fulfil(doing: Future[T], work: Callable[[], T]) -> None:
    try:
        doing.set_result(work())
    except BaseException as error:  # noqa: BLE001 - raised where it is waited for
        doing.set_exception(error)


def _hangs() -> SourceUnavailable:
    return SourceUnavailable(
        Step.PAGE,
        "the folder didn't answer within `timeout`; if it is on a network drive, check that its server is up",
    )
