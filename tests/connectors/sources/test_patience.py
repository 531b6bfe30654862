"""What may hang is done for a limited time."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta

import pytest

from fokusstrom_connectors.interface import SourceUnavailable
from fokusstrom_connectors.sources._patience import Patience

SOON = timedelta(milliseconds=50)


def test_what_it_gives_and_raises_comes_through() -> None:
    """Also a time-out of its own, as of a drive that gives up by itself."""

    def gives_up() -> None:
        raise TimeoutError("the drive's own")

    async def do() -> None:
        patience = Patience(timedelta(minutes=1))
        assert await patience.do(lambda: 7) == 7
        with pytest.raises(TimeoutError, match="the drive's own"):
            await patience.do(gives_up)

    asyncio.run(do())


def test_who_is_cancelled_in_the_moment_that_it_ends_is_cancelled() -> None:
    """A runner that stops waits for its reading to end: it must not go on because a page came just then."""
    back = threading.Event()

    async def do() -> None:
        doing = asyncio.create_task(Patience(timedelta(minutes=1)).do(back.wait))
        await asyncio.sleep(0)  # now it waits
        back.set()
        while threading.active_count() > before:  # it has ended, and nobody was told yet
            pass
        doing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await doing

    before = threading.active_count()
    asyncio.run(do())


def test_while_something_hangs_nothing_new_is_begun() -> None:
    """However often it is tried one thread hangs at the most; when it has come back, it goes on."""
    back, begun = threading.Event(), list[str]()

    async def do() -> None:
        patience = Patience(SOON)
        with pytest.raises(SourceUnavailable):
            await patience.do(back.wait)
        with pytest.raises(SourceUnavailable):
            await patience.do(lambda: begun.append("too early"))
        back.set()
        await patience.do(lambda: begun.append("then"))

    asyncio.run(do())
    assert begun == ["then"]


def test_what_goes_on_may_take_its_time() -> None:
    """A great file on a slow drive is no drive that hangs."""
    patience = Patience(SOON)

    def slow() -> str:
        for _ in range(8):
            threading.Event().wait(SOON.total_seconds() / 4)
            patience.goes_on()
        return "read"

    assert asyncio.run(patience.do(slow)) == "read"
