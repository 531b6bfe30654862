"""Meetings as an unemployment fund (a-kasse) reports them: those that only it knows, and its side of joint ones.

    [settings]
    fund = "3F"

    [settings.rest]
    url = "https://feed.a-kasse.example.dk/samtaler"

or `[settings.files]`. What is asked and how it goes on is `rest`'s and `files`' own; to each record the fund's code
is added, as `fund`, and a joint meeting without a word of how the fund took part is flagged. A feed of several funds
has no `fund` set: its records say it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Self

import pyarrow as pa
from pydantic import Field, model_validator

from fokusstrom.domain.errors import ConfigError
from fokusstrom.domain.refusals import Reason
from fokusstrom_connectors.configuration import Strict
from fokusstrom_connectors.interface import Address, Connector, Context, Flag, Page, Records, Source, State
from fokusstrom_connectors.mapping.texts import texts_of
from fokusstrom_connectors.sources.files import Files, FilesSettings
from fokusstrom_connectors.sources.rest import Rest, RestSettings

FUND = "fund"


class JointSettings(Strict):
    """Where a record says that the meeting was a joint one, and how the fund took part."""

    type: str = Field(default="samtaletype", description="The field with the type of meeting.")
    types: tuple[str, ...] = Field(default=("17", "19"), description="Types of joint meetings.")
    participation: str = Field(default="deltagelse", description="The field that says how the fund took part.")


class AkasseSettings(Strict):
    """What the feed of a fund is told."""

    fund: str | None = Field(
        default=None,
        min_length=1,
        max_length=20,
        description="The fund's code, such as 3F: `a_kasse` of its meetings. Without it the records say it as `fund`.",
    )
    rest: RestSettings | None = Field(default=None, description="Where its feed is asked for: as of connector rest.")
    files: FilesSettings | None = Field(default=None, description="Where its files lie: as of connector files.")
    joint: JointSettings = JointSettings()

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.rest is None) == (self.files is None):
            raise ValueError("give either `rest` or `files`")
        return self

    def source(self, context: Context) -> Source:
        """What reads the feed; `ConfigError` for a backfill of files, which have no time."""
        if self.rest is not None:
            return Rest(self.rest, context)
        if self.files is None or context.window is not None:
            raise ConfigError("files can't be read once more by time: use `state reset`")
        return Files(self.files, context)

    def addresses(self) -> Sequence[Address]:
        """Where `check` looks."""
        found = self.rest or self.files
        return () if found is None else found.addresses()


class Akasse:
    """The source."""

    def __init__(self, settings: AkasseSettings, context: Context) -> None:
        """Take the fund, and where its feed is."""
        self._settings = settings
        self._feed = settings.source(context)

    async def connect(self, state: State) -> None:
        """As `Source`."""
        await self._feed.connect(state)

    async def read(self) -> Page:
        """As `Source`: the feed's pages, with the fund in each record."""
        page = await self._feed.read()
        if not len(page.records):
            return page
        flags = tuple(self._flags(page.records))
        return dataclasses.replace(page, records=_with_fund(page.records, self._settings.fund), flags=flags)

    async def close(self) -> None:
        """As `Source`."""
        await self._feed.close()

    def _flags(self, records: Records) -> Iterator[Flag]:
        """Joint meetings of which it isn't said how the fund took part."""
        joint, texts = self._settings.joint, texts_of(records)
        types, participation = (texts.column(name)[0].to_pylist() for name in (joint.type, joint.participation))
        for row, (kind, took_part) in enumerate(zip(types, participation, strict=True)):
            if kind in joint.types and took_part is None:
                yield Flag(row, Reason.NO_PARTICIPATION_STATUS, joint.participation)


def _with_fund(records: Records, fund: str | None) -> Records:
    if fund is None:
        return records
    if isinstance(records, pa.Table):
        there = records.drop_columns([FUND]) if FUND in records.schema.names else records
        return there.append_column(FUND, pa.repeat(fund, len(records)))
    return [{**record, FUND: fund} for record in records]


CONNECTOR = Connector(
    "akasse",
    "takes the meetings of an unemployment fund, over REST or from files",
    AkasseSettings,
    Akasse,
    addresses=AkasseSettings.addresses,
    can_backfill=True,
)
"""What the registry of connectors finds."""
