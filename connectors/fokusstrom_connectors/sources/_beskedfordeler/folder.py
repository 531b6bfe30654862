"""Messages as files of a folder: taken in the order of their names, and moved when they are delivered.

A file is taken when its name ends as it should: whoever writes it gives it another name first, and renames it when
it is whole. Delivered ones go to a folder `delivered` inside; what couldn't be read goes to `unreadable`. Where a file
lies is all that is remembered, so whatever is killed when, a file is taken again and none is skipped.
"""

from __future__ import annotations

import asyncio
import functools
import itertools
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from pydantic import Field

from fokusstrom.domain.personal_numbers import masked
from fokusstrom_connectors.configuration import Duration, Strict
from fokusstrom_connectors.interface import Acknowledge, SourceUnavailable, Step
from fokusstrom_connectors.sources._patience import Patience

DELIVERED, UNREADABLE = "delivered", "unreadable"


class FolderSettings(Strict):
    """Where messages lie."""

    path: Path = Field(description="The folder.")
    ending: str = Field(default=".xml", min_length=2, description="How the names of whole files end.")
    most_bytes: int = Field(default=10_000_000, ge=1, description="A larger file is not read.")
    look_every: Duration = Field(timedelta(seconds=2), description="How often it is looked whether there are more.")
    timeout: Duration = Field(
        timedelta(minutes=1), description="How long the folder may be silent, as a network drive may be."
    )


@dataclass(eq=False)
class File:
    """A file that was taken."""

    path: Path
    body: bytes | None
    """None when it is too large."""

    @property
    def place(self) -> str:
        """Its name, without what looks like a personal number."""
        return masked(self.path.name)

    def move(self, name: str) -> None:
        """Move it to a folder beside it."""
        folder = self.path.parent / name
        folder.mkdir(exist_ok=True)
        self.path.replace(folder / self.path.name)


class Folder:
    """Takes files."""

    def __init__(self, settings: FolderSettings) -> None:
        """Take where they lie."""
        self._settings = settings
        self._taken: set[str] = set()
        self._waiting: deque[Path] = deque()
        self._reading, self._moving = Patience(settings.timeout), Patience(settings.timeout)

    def begin(self) -> None:
        """Begin anew: what was taken before and still lies there wasn't delivered."""
        self._taken.clear()
        self._waiting.clear()

    def acknowledge(self, file: File, *, is_readable: bool) -> Acknowledge:
        """What moves a file away when it is delivered; another one of its name may come then."""

        async def moved(error: Exception | None) -> None:
            if error is None:
                await self._moving.do(functools.partial(file.move, DELIVERED if is_readable else UNREADABLE))
                self._taken.discard(file.path.name)

        return moved

    async def take(self, at_most: int, within: timedelta) -> list[File]:
        """The next files, at least one; none when none came within a time."""
        left = within
        while True:
            found = await self._next(at_most)
            if found or left <= timedelta(0):
                return found
            await asyncio.sleep(min(left, self._settings.look_every).total_seconds())
            left -= self._settings.look_every

    async def _next(self, at_most: int) -> list[File]:
        try:
            if not self._waiting:
                # Taken ones as of before looking: what is moved away meanwhile isn't found.
                self._waiting.extend(await self._reading.do(functools.partial(self._found, self._taken.copy())))
            coming = list(itertools.islice(self._waiting, at_most))
            files = await self._reading.do(lambda: [self._read(one) for one in coming])
        except OSError as error:
            raise SourceUnavailable(
                Step.PAGE, f"the folder can't be read ({error.strerror}); check `folder.path` and our rights there"
            ) from None
        for one in files:
            self._taken.add(one.path.name)
            self._waiting.popleft()
        return files

    def _found(self, taken: Collection[str]) -> list[Path]:
        """What lies there and was not taken: looked for when all that was found before is taken."""
        lying = [one for one in self._settings.path.iterdir() if one.name.endswith(self._settings.ending)]
        return sorted(one for one in lying if one.name not in taken and one.is_file())

    def _read(self, path: Path) -> File:
        self._reading.goes_on()
        if path.stat().st_size > self._settings.most_bytes:
            return File(path, None)
        return File(path, path.read_bytes())
