"""Files from a folder or over SFTP: CSV, JSON Lines, Parquet.

    [settings]
    folder = "/srv/momentum/out"
    pattern = "*.csv"

A file is taken when it is whole: its name has no sign of one being written, and its size and time stay the same
for `settle`; writing to another name and renaming is the safe way. What was delivered is remembered by the digest
of its content: the same file under another name isn't read again, one that was changed is.

Delivery: rows in their order, file after file by name; after a stop reading goes on in the middle of a file.
"""

from __future__ import annotations

import asyncio
import fnmatch
import functools
import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from fokusstrom.domain.personal_numbers import masked
from fokusstrom_connectors.configuration import Duration, Strict
from fokusstrom_connectors.interface import (
    Acknowledge,
    Address,
    Connector,
    Context,
    Page,
    SourceUnavailable,
    State,
    Step,
    nobody_waits,
)
from fokusstrom_connectors.sources._files.formats import FormatSettings, Part, UnreadableFile, parts
from fokusstrom_connectors.sources._files.places import Folder, Listed, Place, Sftp, SftpSettings

_LEDGER, _PARTIAL = "file/", "partial"
_LOOK_SECONDS = 1.0
_READ_BYTES = 1_000_000
_UNFINISHED = (".tmp", ".part", ".partial", ".filepart", ".writing", ".crdownload")


class FilesSettings(Strict):
    """What a source of files is told."""

    folder: str = Field(min_length=1, description="The folder, of this machine or of the one under `sftp`.")
    sftp: SftpSettings | None = Field(default=None, description="The machine that has the folder, if not this one.")
    pattern: str = Field(default="*", description="Names of the files to take, such as momentum-*.csv.")
    format: FormatSettings = FormatSettings()
    rows: int = Field(default=20_000, ge=1, le=1_000_000, description="Rows of a page.")
    settle: Duration = Field(
        default="10s", description="How long a file must be unchanged before it is taken.", validate_default=True
    )
    timeout: Duration = Field(
        default="1m",
        description="How long the folder may be silent, as a network drive may: before its list, or more of a file.",
        validate_default=True,
    )
    done: Literal["leave", "delete", "move"] = Field(default="leave", description="What to do with delivered files.")
    done_folder: Path | None = Field(default=None, description="Where delivered files are moved to, within `folder`.")

    @model_validator(mode="after")
    def _goes_together(self) -> Self:
        if (self.done == "move") != (self.done_folder is not None):
            raise ValueError("`done` = move and `done_folder` go together")
        return self

    def place(self, context: Context) -> Place:
        """Where the files are."""
        done = self.done_folder if self.done_folder is not None else self.done
        what: Any = done
        if self.sftp is not None:
            return Sftp(self.sftp, self.folder, what, context)
        return Folder(Path(self.folder), what, self.timeout)

    def addresses(self) -> list[Address]:
        """Where `check` looks."""
        return [] if self.sftp is None else self.sftp.addresses()


@dataclass
class _Reading:
    """A file that is being read."""

    listed: Listed
    digest: str
    rest: Iterator[Part]
    coming: Part | None
    """Read already, to know whether it is the last."""
    skip: int
    """Rows up to this number were delivered before."""


class Files:
    """The source."""

    def __init__(self, settings: FilesSettings, context: Context) -> None:
        """Take where and how."""
        self._settings = settings
        self._place = settings.place(context)
        self._done: set[str] = set()
        self._partial: Mapping[str, Any] = {}
        self._seen: dict[Listed, float] = {}
        self._known: dict[Listed, str] = {}
        self._waiting: list[Listed] | None = None
        self._reading: _Reading | None = None

    async def connect(self, state: State) -> None:
        """As `Source`."""
        self._done = {item.removeprefix(_LEDGER) for item in state if item.startswith(_LEDGER)}
        self._partial = state.get(_PARTIAL) or {}
        self._waiting = self._reading = None
        await self._place.open()

    async def close(self) -> None:
        """As `Source`."""
        self._reading = None
        await self._place.close()

    async def read(self) -> Page:
        """As `Source`."""
        while self._reading is None:
            if self._waiting is None:
                self._waiting = await self._whole_files()
            if not self._waiting:
                self._waiting = None
                return await self._nothing()
            listed = self._waiting.pop(0)
            page = await self._begin(listed)
            if page is not None:
                return page
        return await self._next_page(self._reading)

    async def _nothing(self) -> Page:
        """There is no whole file; while one settles it is looked at now and then, not again and again."""
        is_settled = self._is_settled()
        if not is_settled:
            await asyncio.sleep(min(_LOOK_SECONDS, self._settings.settle.total_seconds()))
        return Page([], "folder", caught_up=is_settled)

    async def _whole_files(self) -> list[Listed]:
        """Files that are there, wanted, whole, and not known to be delivered; by name."""
        found = [one for one in await self._place.list() if self._is_wanted(one.name)]
        now = time.monotonic()
        self._seen = {one: self._seen.get(one, now) for one in found}
        settled = self._settings.settle.total_seconds()
        whole = [one for one in found if now - self._seen[one] >= settled]
        return sorted((one for one in whole if self._known.get(one) not in self._done), key=lambda one: one.name)

    def _is_wanted(self, name: str) -> bool:
        unfinished = name.startswith((".", "~")) or name.lower().endswith(_UNFINISHED)
        return (
            not unfinished
            and fnmatch.fnmatch(name, self._settings.pattern)
            and self._settings.format.kind_of(name) is not None
        )

    def _is_settled(self) -> bool:
        """Whether no file waits to be whole: then there is nothing more for now."""
        return all(self._known.get(one) in self._done for one in self._seen)

    async def _begin(self, listed: Listed) -> Page | None:
        """Open a file; a page only when it can't be read at all."""
        file = await self._place.fetch(listed.name)
        digest = await self._place.work(functools.partial(_digest, file, self._place.goes_on))
        self._known[listed] = digest
        if digest in self._done:
            await self._place.put_away(listed.name)
            return None
        skip = int(self._partial.get("row", 0)) if self._partial.get("digest") == digest else 0
        kind = self._settings.format.kind_of(listed.name) or ""
        rest = parts(file, kind, self._settings.format, self._settings.rows)
        reading = _Reading(listed, digest, rest, None, skip)
        try:
            reading.coming = await self._following(reading)
        except UnreadableFile:
            return self._refused(reading)
        self._reading = reading
        return None

    async def _next_page(self, reading: _Reading) -> Page:
        part = reading.coming
        if part is None:
            return await self._finished(reading, Part([], (), ()))
        try:
            reading.coming = await self._following(reading)
        except UnreadableFile:
            self._reading = None
            return self._refused(reading, part)
        if reading.coming is None:
            return await self._finished(reading, part)
        row = max([*part.numbers[-1:], *part.unreadable], default=reading.skip)
        return self._page(reading, part, {_PARTIAL: {"digest": reading.digest, "row": row}})

    async def _following(self, reading: _Reading) -> Part | None:
        return await self._place.work(functools.partial(_following, reading.rest, reading.skip))

    async def _finished(self, reading: _Reading, part: Part) -> Page:
        """The last page of a file: with it the file is in the ledger, and put away when it is delivered."""
        self._reading = None
        if reading.listed not in await self._place.list():
            raise SourceUnavailable(Step.PAGE, "a file was changed while it was read; it is read again")
        return self._page(reading, part, self._in_ledger(reading), self._putting_away(reading.listed.name))

    def _refused(self, reading: _Reading, part: Part | None = None) -> Page:
        """What could be read of a file, and that the rest can't: it is set aside, and others go on."""
        rows = part or Part([], (), ())
        unreadable = Part(rows.records, rows.numbers, [*rows.unreadable, 0])
        return self._page(reading, unreadable, self._in_ledger(reading))

    def _page(
        self, reading: _Reading, part: Part, state: Mapping[str, Any], acknowledge: Acknowledge = nobody_waits
    ) -> Page:
        return Page(
            part.records,
            masked(reading.listed.name),
            numbers=part.numbers,
            unreadable=part.unreadable,
            state=state,
            acknowledge=acknowledge,
        )

    def _in_ledger(self, reading: _Reading) -> dict[str, Any]:
        self._done.add(reading.digest)
        told = {"name": masked(reading.listed.name), "bytes": reading.listed.size}
        return {f"{_LEDGER}{reading.digest}": told, _PARTIAL: None}

    def _putting_away(self, name: str) -> Acknowledge:
        async def put_away(error: Exception | None) -> None:
            if error is None:
                await self._place.put_away(name)

        return put_away


def _digest(file: Path, goes_on: Callable[[], None]) -> str:
    found = hashlib.sha256()
    with file.open("rb") as stream:
        while part := stream.read(_READ_BYTES):
            found.update(part)
            goes_on()
    return found.hexdigest()


def _following(rest: Iterator[Part], skip: int) -> Part | None:
    """The next part that has rows behind those delivered before; None at the end."""
    for part in rest:
        unreadable = [number for number in part.unreadable if number > skip]
        if not skip or (part.numbers and part.numbers[0] > skip):
            return Part(part.records, part.numbers, unreadable)
        behind = sum(number <= skip for number in part.numbers)
        if behind < len(part.numbers) or unreadable:
            records = part.records[behind:] if not hasattr(part.records, "slice") else part.records.slice(behind)
            return Part(records, part.numbers[behind:], unreadable)
    return None


CONNECTOR = Connector(
    "files",
    "takes files from a folder or over SFTP",
    FilesSettings,
    Files,
    addresses=FilesSettings.addresses,
)
"""What the registry of connectors finds."""
