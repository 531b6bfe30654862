"""Pages that were read and are not delivered yet: a line of bounded length, in records."""

from __future__ import annotations

import asyncio
from collections import deque

from fokusstrom_connectors.interface import Page


class Ahead:
    """Reading puts pages in, delivering takes them out; whoever is too fast waits. Memory stays bounded by it."""

    def __init__(self, batch_records: int) -> None:
        """Hold two batches of so many records, or one page that is greater."""
        self._batch = batch_records
        self._pages: deque[Page] = deque()
        self._records = 0
        self._ended: BaseException | None = None
        self._changed = asyncio.Condition()

    async def put(self, page: Page) -> None:
        """Add a page, when there is room."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._records < 2 * self._batch)
            self._pages.append(page)
            self._records += _weight(page)
            self._changed.notify_all()

    async def end(self, error: BaseException) -> None:
        """Say that nothing more comes, and why."""
        async with self._changed:
            self._ended = error
            self._changed.notify_all()

    async def take(self) -> list[Page]:
        """Give the pages of a batch, at least one; when there are no more, raise what reading ended with."""
        async with self._changed:
            await self._changed.wait_for(lambda: bool(self._pages) or self._ended is not None)
            if not self._pages and self._ended is not None:
                raise self._ended
            taken = [self._popped()]
            records = _weight(taken[0])
            while self._pages and records + _weight(self._pages[0]) <= self._batch:
                taken.append(self._popped())
                records += _weight(taken[-1])
            self._changed.notify_all()
            return taken

    def left(self) -> list[Page]:
        """Give up all that is in the line."""
        pages, self._records = list(self._pages), 0
        self._pages.clear()
        return pages

    def _popped(self) -> Page:
        page = self._pages.popleft()
        self._records -= _weight(page)
        return page


def _weight(page: Page) -> int:
    return max(1, len(page.records))
