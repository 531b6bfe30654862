"""Notifications of the shape that DFDG's web-service messages have: thin, by webhook; what they announce is fetched.

    [settings.listen]
    port = 8443
    entrance = { kind = "signature", secret = "file:/run/secrets/webhook" }
    [settings.fetch]
    url = "https://dfdg.example.dk/api"
    [settings.entities]
    AfholdtSamtale = "/samtaler/{id}"

A notification says of what entity (`EntitetNavn`), which one (`EksternIdentifier`), how it changed (`Aendringstype`:
1 created, 2 updated, 3 deleted) and in which version. A record for the mapping is put together of it:

    {"notifikation": {...}, "indhold": {...}, "version": 3}

`indhold` is what is at the entity's address, or the notification's own `Body`; a deletion has none, and neither has
what is no longer there. `version` is the content's, where it has one: it may be newer than what was announced.

The sender is answered when the brokers have everything. What can't be fetched for now is answered with 503, and so
comes again; what can't be understood is accepted, and refused as data.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import httpx
import structlog
from pydantic import Field, field_validator

from fokusstrom.domain.personal_numbers import looks_personal
from fokusstrom_connectors.configuration import Duration, Strict
from fokusstrom_connectors.exact_json import object_of
from fokusstrom_connectors.interface import Address, Connector, Context, Flag, Page, SourceUnavailable, State, Step
from fokusstrom_connectors.sources._dfdg.checks import Checks, CheckSettings
from fokusstrom_connectors.web.client import Web, WebSettings, value_at
from fokusstrom_connectors.web.receiver import Letter, ListenSettings, Receiver

_DELETED = "3"
_NOT_THERE = frozenset({httpx.codes.BAD_REQUEST, httpx.codes.NOT_FOUND, httpx.codes.GONE})
_PLAIN = re.compile(r"[\w-][\w.-]{0,79}")
_AGAIN = timedelta(seconds=1)
_AT_ONCE = 100
"""Letters that are fetched for, and then delivered, together; `fetch_at_once` of them at a time."""

_log = structlog.get_logger("connector")


class FieldSettings(Strict):
    """What a notification's fields are called, and the content's version."""

    entity: str = "EntitetNavn"
    id: str = "EksternIdentifier"
    change: str = "Aendringstype"
    version: str = "VersionIdentifier"
    citizen: str = "Identifikation"
    body: str = "Body"
    content_version: str = Field(default="VersionIdentifier", description="Where the content says its version.")


class DfdgSettings(Strict):
    """What the connector is told."""

    listen: ListenSettings
    fetch: WebSettings = Field(description="Where announced entities are; `url` is what their addresses begin with.")
    entities: dict[str, str] = Field(
        default={}, description="By entity, its address with {id} in it; others are not fetched."
    )
    content: str = Field(default="", description="Where the content is in the answer; empty: the answer is it.")
    error: str | None = Field(default=None, description="Where an answer with HTTP 200 says that something failed.")
    fields: FieldSettings = FieldSettings()
    checks: CheckSettings = CheckSettings()
    fetch_at_once: int = Field(default=10, ge=1, le=100, description="How many entities are fetched together.")
    quiet_after: Duration = Field(timedelta(seconds=30), description="After how long without letters it says so.")

    @field_validator("entities")
    @classmethod
    def _have_ids(cls, entities: dict[str, str]) -> dict[str, str]:
        if wrong := [name for name, path in entities.items() if not path.startswith("/") or "{id}" not in path]:
            raise ValueError(f"{', '.join(wrong)}: write an address that begins with / and has {{id}} in it")
        return entities

    def addresses(self) -> Sequence[Address]:
        """Where announced entities are."""
        return self.fetch.addresses()


class Dfdg:
    """The source."""

    def __init__(self, settings: DfdgSettings, context: Context) -> None:
        """Take where to listen and where to ask."""
        self._settings = settings
        self._receiver = Receiver(settings.listen, context)
        self._web = Web(settings.fetch, context)
        self._checks = Checks(settings.checks)
        self._pages: deque[Page] = deque()
        self._fetching = asyncio.Semaphore(settings.fetch_at_once)

    async def connect(self, state: State) -> None:
        """As `Source`: what wasn't delivered comes again by itself, so nothing is remembered."""
        del state
        self._pages.clear()
        await self._receiver.open()

    async def read(self) -> Page:
        """As `Source`: a page for each notification."""
        while not self._pages:
            letters = await self._receiver.take(_AT_ONCE, self._settings.quiet_after)
            if not letters:
                return Page([], "no letters", caught_up=True)
            self._pages.extend(await self._opened(letters))
        return self._pages.popleft()

    async def close(self) -> None:
        """As `Source`."""
        await self._receiver.close()
        await self._web.close()

    async def _opened(self, letters: Sequence[Letter]) -> list[Page]:
        """A page of each; raises when nothing could be fetched. One that can't be alone keeps nobody waiting."""
        told = [_parsed(letter.body, self._settings.fields) for letter in letters]
        contents = await asyncio.gather(*map(self._in_time, told), return_exceptions=True)
        failed = [one for one in contents if isinstance(one, BaseException)]
        for error in failed:
            if not isinstance(error, SourceUnavailable) or len(failed) == len(letters):
                raise error
        pages = []
        for letter, one, content in zip(letters, told, contents, strict=True):
            if isinstance(content, SourceUnavailable):
                _log.warning("what was announced can't be fetched: its sender is asked to come again", why=str(content))
                await letter.acknowledge(content)
            elif not isinstance(content, BaseException):
                pages.append(self._page(letter, one, content))
        return pages

    async def _in_time(self, told: _Notification | None) -> Mapping[str, Any] | None:
        """As `_content`; what takes so long that others, read with it, would be answered too late, comes again."""
        try:
            async with asyncio.timeout(self._settings.listen.answer_within.total_seconds() / 2), self._fetching:
                return await self._content(told)
        except TimeoutError:
            raise SourceUnavailable(Step.PAGE, "what was announced didn't come in half of `answer_within`") from None

    async def _content(self, told: _Notification | None) -> Mapping[str, Any] | None:
        """What was announced, as it is now; None when it isn't there, or isn't fetched."""
        if told is None or told.change == _DELETED:
            return None
        if isinstance(told.body, Mapping) and told.body:
            return told.body
        path = self._settings.entities.get(told.entity)
        if path is None or not _is_plain(told.id):  # no personal number, and nothing else, gets into an address
            return None
        url = self._settings.fetch.url.rstrip("/") + path.replace("{id}", quote(told.id, safe=""))
        answer = await self._web.get(url, also=_NOT_THERE)
        if answer.status in _NOT_THERE:
            return None
        content = answer.record(self._settings.content, self._settings.error)
        if _is_behind(_text(value_at(content, self._settings.fields.content_version)), told.version):
            raise SourceUnavailable(Step.PAGE, "what is fetched is older than what was announced", after=_AGAIN)
        return content

    def _page(self, letter: Letter, told: _Notification | None, content: Mapping[str, Any] | None) -> Page:
        if told is None:
            return Page([], f"letter {letter.name}", unreadable=(1,), acknowledge=letter.acknowledge)
        record: dict[str, Any] = {"notifikation": told.fields, "version": told.version}
        if content is not None:
            record["indhold"] = content
            record["version"] = value_at(content, self._settings.fields.content_version) or told.version
        is_named = _is_plain(told.entity) and _is_plain(told.id)
        place = f"{told.entity} {told.id}" if is_named else f"letter {letter.name}"
        return Page([record], place, flags=self._flags(told, content), acknowledge=letter.acknowledge)

    def _flags(self, told: _Notification, content: Mapping[str, Any] | None) -> Sequence[Flag]:
        """What is odd about a meeting; judged in the order of the letters, whichever was fetched first."""
        if told.entity != self._settings.checks.entity or not told.id:
            return ()
        if content is None:
            self._checks.forget(told.id)
            return ()
        return tuple(self._checks.flags(told.id, told.citizen, content))


@dataclass(frozen=True)
class _Notification:
    """What a letter says."""

    entity: str
    id: str
    change: str
    version: str
    citizen: Any = field(repr=False)
    body: Any = field(repr=False)
    fields: Mapping[str, Any] = field(repr=False)
    """All of it, but for the body."""


def _parsed(body: bytes, fields: FieldSettings) -> _Notification | None:
    """The notification; None when it is no object of JSON."""
    told = object_of(body)
    if told is None:
        return None

    def text(where: str) -> str:
        return _text(value_at(told, where))

    return _Notification(
        entity=text(fields.entity),
        id=text(fields.id),
        change=text(fields.change),
        version=text(fields.version),
        citizen=value_at(told, fields.citizen),
        body=value_at(told, fields.body),
        fields={name: value for name, value in told.items() if name != fields.body},
    )


def _text(value: object) -> str:
    return "" if value is None or isinstance(value, Mapping | list) else str(value)


def _is_plain(text: str) -> bool:
    return _PLAIN.fullmatch(text) is not None and not looks_personal(text)


def _is_behind(found: str, announced: str) -> bool:
    """Whether a version is older than another, where both are whole numbers.

    >>> _is_behind("2", "3"), _is_behind("10", "9"), _is_behind("", "3")
    (True, False, False)
    """
    is_number = all(text.isascii() and text.isdigit() and len(text) < 20 for text in (found, announced))  # noqa: PLR2004 - as versions
    return is_number and int(found) < int(announced)


CONNECTOR = Connector(
    "dfdg",
    "is notified by webhook, and fetches what is announced",
    DfdgSettings,
    Dfdg,
    addresses=DfdgSettings.addresses,
    is_sent_to=True,
)
"""What the registry of connectors finds."""
