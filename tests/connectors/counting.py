"""What rigs have in common whose server doesn't count its pages: the source is listened to."""

from __future__ import annotations

from collections.abc import Callable

from fokusstrom_connectors.interface import Page, Source, State


class Counting:
    """Counts pages, and does things between them; a rig derives from it."""

    def __init__(self) -> None:
        """Begin with no page."""
        self.given = 0
        self.before: dict[int, Callable[[], None]] = {}

    def on_page(self, number: int, does: Callable[[], None]) -> None:
        """As `Rig`."""
        self.before[number] = does

    def pages_given(self) -> int:
        """As `Rig`."""
        return self.given


class Counted:
    """A source, and what happens between its pages."""

    def __init__(self, source: Source, counting: Counting) -> None:
        """Take both."""
        self._source = source
        self._counting = counting

    async def connect(self, state: State) -> None:
        """As `Source`."""
        await self._source.connect(state)

    async def read(self) -> Page:
        """As `Source`."""
        self._counting.before.pop(self._counting.given, lambda: None)()
        page = await self._source.read()
        self._counting.given += 1
        return page

    async def close(self) -> None:
        """As `Source`."""
        await self._source.close()
