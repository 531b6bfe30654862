"""Polling a REST API: pages by a cursor, by number or by link, and optionally everything changed since a time.

    [settings]
    url = "https://sager.example.dk/api/haendelser"
    records = "data"
    pages = { kind = "cursor", next = "meta.next", parameter = "cursor" }
    auth = { kind = "api_key", key = "file:/run/secrets/api-key" }

What is remembered, and what that means for pages that change while they are read:

* `cursor`: the cursor that the last page was asked with. The source promises that what follows a cursor stays.
* `number`: the page's number while pages are read; at the end reading begins again at the first page, so that
  what moved between pages comes the next time.
* `link`: as `cursor`, with the whole address of the next page; it must be on the same host.
* `since` beside them: records come in the order of a time of change, and reading goes on *at the greatest time
  seen*, never by page numbers but where one time fills a page. A record that is edited while pages are read moves
  behind, and is met again there; nothing slides through between two pages.

The newest page is asked for again at each poll, with its ETag: 304 says that nothing has changed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, Self
from urllib.parse import urljoin, urlsplit

import httpx
from pydantic import Field, model_validator

from fokusstrom.domain.personal_numbers import looks_personal
from fokusstrom.runtime.clock import COPENHAGEN
from fokusstrom_connectors.configuration import Strict
from fokusstrom_connectors.interface import Connector, Context, Page, SourceUnavailable, State, Step
from fokusstrom_connectors.web.client import Answer, Web, WebSettings, value_at

_CURSOR, _NUMBER, _SINCE = "cursor", "number", "since"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ByCursor(Strict):
    """The answer holds what to ask the next page with."""

    kind: Literal["cursor"]
    next: str = Field(description="Where the next cursor is in the answer; absent or null at the end.")
    parameter: str = Field(default="cursor", description="The parameter that takes it.")


class ByNumber(Strict):
    """Pages are counted; one without records is behind the last."""

    kind: Literal["number"]
    parameter: str = "page"
    first: int = 1


class ByLink(Strict):
    """The answer, or its Link header, holds the next page's address."""

    kind: Literal["link"]
    next: str | None = Field(
        default=None, description="Where the address is in the answer; without one, the Link header."
    )


class OnePage(Strict):
    """Everything is on one page."""

    kind: Literal["none"] = "none"


class Since(Strict):
    """Ask for what was changed at a time or later; the source gives it in that order."""

    parameter: str = Field(description="The parameter that takes the time.")
    field: str = Field(description="Where the time of change is in a record.")
    until_parameter: str | None = Field(default=None, description="The parameter that takes the end of a backfill.")
    format: Literal["iso", "local", "milliseconds"] = Field(
        default="iso",
        description="How times are written: with an offset, as Copenhagen's without one, or counted from 1970.",
    )


class RestSettings(WebSettings):
    """What a REST source is told."""

    records: str = Field(
        default="", description="Where the list of records is in the answer; empty: the answer is the list."
    )
    parameters: dict[str, str] = Field(default={}, description="Parameters of each request, such as limit.")
    pages: Annotated[ByCursor | ByNumber | ByLink | OnePage, Field(discriminator="kind")] = OnePage()
    since: Since | None = None
    holds: str | None = Field(default=None, description="Where the answer says how many records there are in all.")
    error: str | None = Field(default=None, description="Where an answer with HTTP 200 says that something failed.")

    @model_validator(mode="after")
    def _goes_together(self) -> Self:
        if self.since is not None and not isinstance(self.pages, OnePage | ByNumber):
            raise ValueError("`since` goes with pages of kind none or number: reading goes on by time, not by cursor")
        return self


@dataclass
class _Place:
    """What to ask for next."""

    cursor: str | None = None
    """Cursor or address."""
    number: int = 0
    """Page number, counted from 0."""
    since: str | None = None
    """The time to ask from, as the source writes it."""


class Rest:
    """The source."""

    def __init__(self, settings: RestSettings, context: Context) -> None:
        """Take where and how."""
        self._settings = settings
        self._context = context
        self._web = Web(settings, context)
        self._at = _Place()
        self._etags: dict[str, str] = {}
        self._seen: dict[bytes, datetime] = {}

    async def connect(self, state: State) -> None:
        """As `Source`. A backfill begins where its window does, whatever is remembered."""
        self._etags.clear()
        self._seen.clear()
        self._at = _Place(state.get(_CURSOR), int(state.get(_NUMBER, 0)), state.get(_SINCE))
        window = self._context.window
        if window is not None and self._settings.since is not None:
            self._at = _Place(since=_written(window.start, self._settings.since))
        elif self._at.since is not None:
            self._at.since = self._looking_back(self._at.since)

    async def close(self) -> None:
        """As `Source`."""
        await self._web.close()

    async def read(self) -> Page:
        """As `Source`."""
        asked = self._asked()
        answer = await self._web.get(asked[0], asked[1], self._with_etag(asked))
        if answer.status == httpx.codes.NOT_MODIFIED:
            return self._caught_up([], None)
        records = answer.records(self._settings.records, self._settings.error)
        self._remember_etag(asked, answer)
        return self._page(answer, answer.json, records)

    def _asked(self) -> tuple[str, dict[str, str]]:
        """Address and parameters of the next page."""
        settings, pages, at = self._settings, self._settings.pages, self._at
        if isinstance(pages, ByLink) and at.cursor is not None:
            return at.cursor, {}
        parameters = dict(settings.parameters)
        if isinstance(pages, ByCursor) and at.cursor is not None:
            parameters[pages.parameter] = at.cursor
        if isinstance(pages, ByNumber) and (at.number or settings.since is None):
            parameters[pages.parameter] = str(pages.first + at.number)
        if settings.since is not None and at.since is not None:
            parameters[settings.since.parameter] = at.since
        window = self._context.window
        if window is not None and settings.since is not None and settings.since.until_parameter is not None:
            parameters[settings.since.until_parameter] = _written(window.end, settings.since)
        return settings.url, parameters

    def _page(self, answer: Answer, told: Any, records: list[Mapping[str, Any]]) -> Page:  # noqa: ANN401 - any JSON
        """What came, and where to go on; the place moves here and nowhere else."""
        holds = value_at(told, self._settings.holds) if self._settings.holds else None
        counted = holds if isinstance(holds, int) and not isinstance(holds, bool) else None
        if self._settings.since is not None:
            return self._page_since(self._settings.since, records, counted)
        place = self._named()
        pages, following = self._settings.pages, self._following(answer, told)
        if isinstance(pages, ByNumber) and records:
            self._at.number += 1
            return Page(records, place, state={_NUMBER: self._at.number}, holds=counted)
        if isinstance(pages, ByNumber):
            self._at.number = 0
            return Page([], place, state={_NUMBER: None}, caught_up=True, holds=counted)
        if following is not None and following != self._at.cursor:
            self._at.cursor = following
            # One that holds a personal number is used, and remembered nowhere: a restart repeats from the one before.
            state = {} if looks_personal(following) else {_CURSOR: following}
            return Page(records, place, state=state, holds=counted)
        return self._caught_up(records, counted)

    def _following(self, answer: Answer, told: Any) -> str | None:  # noqa: ANN401 - any JSON
        """The cursor or address of the next page."""
        pages = self._settings.pages
        if isinstance(pages, ByCursor):
            found = value_at(told, pages.next)
            return None if found in {None, ""} else str(found)
        if not isinstance(pages, ByLink):
            return None
        link = _linked(answer) if pages.next is None else value_at(told, pages.next)
        if not link:
            return None
        address = urljoin(answer.url, str(link))
        if urlsplit(address)[:2] != urlsplit(self._settings.url)[:2]:
            raise SourceUnavailable(Step.PAGE, "the next page is on another host: credentials are not sent there")
        return address

    def _page_since(self, since: Since, records: list[Mapping[str, Any]], holds: int | None) -> Page:
        """Go on at the greatest time seen; by page number only where that doesn't lead on."""
        place, before = self._named(), self._at.since
        times = [_time(record, since) for record in records]
        latest = max(times, default=None)
        new = self._unseen(records, times)
        if latest is not None and (before is None or latest > _read(before, since)):
            self._at = _Place(since=_written(latest, since))
            return self._new_since(new, place, holds, is_last=False)
        if records and isinstance(self._settings.pages, ByNumber):
            self._at.number += 1
            return Page(new, place, holds=holds)
        self._at = _Place(since=before)
        return self._new_since(new, place, holds, is_last=True)

    def _new_since(self, records: list[Mapping[str, Any]], place: str, holds: int | None, *, is_last: bool) -> Page:
        """A page whose time is remembered; the last one of a poll looks back for the next."""
        reached = self._at.since
        if is_last and reached is not None:
            self._at = _Place(since=self._looking_back(reached))
        return Page(records, place, state={_SINCE: reached}, caught_up=is_last, holds=holds)

    def _unseen(self, records: Sequence[Mapping[str, Any]], times: Sequence[datetime]) -> list[Mapping[str, Any]]:
        """Without those that this session has read already, as the overlap of two pages and the look-back give them."""
        unseen = []
        for record, time in zip(records, times, strict=True):
            digest = hashlib.blake2b(json.dumps(record, default=str).encode(), digest_size=16).digest()
            if digest not in self._seen:
                self._seen[digest] = time
                unseen.append(record)
        if times:
            oldest = max(times) - self._context.look_back
            self._seen = {digest: time for digest, time in self._seen.items() if time >= oldest}
        return unseen

    def _looking_back(self, since: str) -> str:
        if not self._context.look_back or self._settings.since is None:
            return since
        return _written(_read(since, self._settings.since) - self._context.look_back, self._settings.since)

    def _caught_up(self, records: list[Mapping[str, Any]], holds: int | None) -> Page:
        return Page(records, self._named(), caught_up=True, holds=holds)

    def _named(self) -> str:
        """The page's place, the same for the same page."""
        at = self._at
        told = {"since": at.since, "cursor": at.cursor, "page": at.number or None}
        return "; ".join(f"{name} {value}" for name, value in told.items() if value is not None) or "first page"

    def _with_etag(self, asked: tuple[str, dict[str, str]]) -> dict[str, str]:
        etag = self._etags.get(str(asked))
        return {} if etag is None else {"If-None-Match": etag}

    def _remember_etag(self, asked: tuple[str, dict[str, str]], answer: Answer) -> None:
        """Of the newest page alone: it is the one that is asked for again."""
        etag = answer.headers.get("etag")
        self._etags = {} if etag is None else {str(asked): etag}


def _linked(answer: Answer) -> str | None:
    found: dict[str, str] = httpx.Response(200, headers=dict(answer.headers)).links.get("next", {})
    return found.get("url")


def _time(record: Mapping[str, Any], since: Since) -> datetime:
    value = value_at(record, since.field)
    try:
        return _read(str(value), since)
    except (ValueError, OverflowError):
        raise SourceUnavailable(Step.PAGE, f"a record has no time at {since.field!r}; check `since.field`") from None


def _read(text: str, since: Since) -> datetime:
    """A time as the source writes it; in the hour that comes twice a year, local times are taken for the first."""
    if since.format == "milliseconds":
        return _EPOCH + timedelta(milliseconds=int(text))
    at = datetime.fromisoformat(text)
    return (at if at.tzinfo else at.replace(tzinfo=COPENHAGEN)).astimezone(UTC)


def _written(at: datetime, since: Since) -> str:
    if since.format == "milliseconds":
        return str((at - _EPOCH) // timedelta(milliseconds=1))
    if since.format == "local":
        return at.astimezone(COPENHAGEN).replace(tzinfo=None).isoformat()
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


CONNECTOR = Connector(
    "rest",
    "polls a REST API, page by page",
    RestSettings,
    Rest,
    addresses=RestSettings.addresses,
    can_backfill=True,
)
"""What the registry of connectors finds."""
