"""A case system with a REST API, as the connector `rest` meets it: real HTTP, pages of every kind, and its troubles.

    GET /haendelser?limit=100&cursor=200     {"data": [...], "meta": {"next": "300", "total": 1234}}; a cursor
                                             counts what was ever registered: edits move nothing
    GET /haendelser?limit=100&page=3         the same by number, from 1
    GET /haendelser?since=2020-03-01T...Z    what was changed then or later, in that order
    POST /token                              OAuth 2 client credentials

Records are whatever it is given. `trouble` makes the next requests for records fail.
"""

from __future__ import annotations

import asyncio
import bisect
import enum
import itertools
import json
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from fokusstrom_connectors.simulators.tokens import Tokens

PATH = "/haendelser"
CHANGED = "registreret"
"""The field of a record that says when it was changed."""


class Trouble(enum.StrEnum):
    """What may happen to a request."""

    TOO_MANY = "429 with Retry-After"
    AWAY = "503 with Retry-After"
    FAILS = "500"
    SLOW = "no answer for long"
    HALF = "half a response"
    HTML = "wrong content type"
    NO_JSON = "no JSON"
    ERROR_BODY = "200 with an error body"
    NO_LIST = "200 without records"
    EXPIRED = "expired token"


class _Registered(NamedTuple):
    """A record as it is held: as text, which is small, and written once."""

    number: int
    text: str


class RestSimulator:
    """The system. Everything may be called from any thread."""

    def __init__(
        self, records: Iterable[Mapping[str, Any]] = (), *, token_seconds: int | None = None, is_feed: bool = False
    ) -> None:
        """Hold some records; with `token_seconds` only who has a token of that age is let in.

        The last page of a feed has a next cursor, too: of what will be registered next.
        """
        self._is_feed = is_feed
        self._lock = threading.Lock()
        self._records: list[_Registered] = []
        self._numbers = itertools.count()
        self._troubles: deque[Trouble] = deque()
        self._on_request: dict[int, Callable[[], None]] = {}
        self.tokens = Tokens(token_seconds)
        self.add(*records)
        self.requests = 0
        """For records, so far."""
        self.not_modified = 0
        """Requests that were answered with 304."""
        self.wait_seconds = 5.0
        """How long a slow answer takes."""
        self.answers_after = 0.0
        """How many seconds every answer takes: a real system looks for its records, and is some way off."""
        self.application = Starlette(
            routes=[
                Route(PATH, self._list, methods=["GET"]),
                self.tokens.route,
            ]
        )

    def add(self, *records: Mapping[str, Any]) -> None:
        """Register records, behind all others."""
        with self._lock:
            self._records.extend(_Registered(next(self._numbers), json.dumps(one)) for one in records)

    def change(self, place: int, changed: Mapping[str, Any]) -> None:
        """Edit a record: it moves behind all others, as with its new time of change it would."""
        with self._lock:
            before = json.loads(self._records.pop(place).text)
            self._records.append(_Registered(next(self._numbers), json.dumps({**before, **changed})))

    def on_request(self, number: int, does: Callable[[], None]) -> None:
        """Do something once, after so many requests for records, before the next is looked at."""
        self._on_request[number] = does

    def trouble(self, *troubles: Trouble) -> None:
        """Let the next requests go wrong, one after the other."""
        with self._lock:
            self._troubles.extend(troubles)

    async def _list(self, request: Request) -> Response:
        self._on_request.pop(self.requests, _nothing)()
        with self._lock:
            self.requests += 1
            trouble = self._troubles.popleft() if self._troubles else None
        if trouble is Trouble.EXPIRED:
            self.tokens.forget()
        if not self.tokens.let_in(request):
            return JSONResponse({"error": "invalid_token"}, 401)
        answer = self._answer(request)
        await asyncio.sleep(self.answers_after)
        return answer if trouble is None else await troubled(trouble, answer, self.wait_seconds)

    def _answer(self, request: Request) -> Response:
        asked = request.query_params
        limit = int(asked.get("limit", "100"))
        with self._lock:
            records, since = self._records, asked.get("since")
            if since is not None:
                records = [one for one in records if str(json.loads(one.text).get(CHANGED, "")) >= since]
            first = bisect.bisect_left(records, int(asked.get("cursor", "0")), key=lambda one: one.number)
            first += (int(asked.get("page", "1")) - 1) * limit
            total, records = len(records), records[first : first + limit + 1]
            end = self._records[-1].number + 1 if self._records else 0
        following = str(records[limit].number) if len(records) > limit else str(end) if self._is_feed else None
        page = ", ".join(one.text for one in records[:limit])
        body = f'{{"data": [{page}], "meta": {json.dumps({"next": following, "total": total})}}}'.encode()
        etag = f'"{hash(body):x}"'
        if request.headers.get("if-none-match") == etag:
            self.not_modified += 1
            return Response(status_code=304, headers={"etag": etag})
        links = {}
        if following is not None:
            links["link"] = f'<{request.url.include_query_params(cursor=following)}>; rel="next"'
        return Response(body, media_type="application/json", headers={"etag": etag, **links})


async def troubled(trouble: Trouble, answer: Response, wait_seconds: float) -> Response:
    """Give what comes instead of an answer."""
    if trouble is Trouble.SLOW:
        await asyncio.sleep(wait_seconds)
    if trouble in {Trouble.SLOW, Trouble.EXPIRED}:
        return answer
    return _INSTEAD[trouble](bytes(answer.body))


class _Half(Response):
    """Promises all of a body, sends half of it, and breaks off."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        half = bytes(self.body)[: len(self.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": False})


def _nothing() -> None:
    """Nothing is to be done."""


_INSTEAD: Mapping[Trouble, Callable[[bytes], Response]] = {
    Trouble.TOO_MANY: lambda _: JSONResponse({"error": "slow down"}, 429, headers={"Retry-After": "1"}),
    Trouble.AWAY: lambda _: PlainTextResponse("away", 503, headers={"Retry-After": "1"}),
    Trouble.FAILS: lambda body: PlainTextResponse(f"failed: {body.decode()}", 500),
    Trouble.HALF: lambda body: _Half(body, media_type="application/json"),
    Trouble.HTML: lambda _: Response("<h1>Log in</h1>", media_type="text/html"),
    Trouble.NO_JSON: lambda body: Response(body[:-2], media_type="application/json"),
    Trouble.ERROR_BODY: lambda body: JSONResponse({"error": f"database is locked: {body.decode()}", "data": []}),
    Trouble.NO_LIST: lambda _: JSONResponse({"data": None}),
}
"""What is answered instead of a page; errors repeat what it was about, as those of real systems do."""
