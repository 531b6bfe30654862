"""A national register that notifies by webhook, as the connector `dfdg` meets it: it pushes, and is asked.

    GET /api/samtaler/{id}    {"data": {...}, "error": null}: what is registered now, 404 when nothing is

`put` registers something and announces it, `delete` takes it away and announces that. Notifications go out in order,
each until it is taken (`pushing`). `trouble` makes the next requests fail; tokens are given at `POST /token`.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from fokusstrom_connectors.simulators.pushing import Pusher
from fokusstrom_connectors.simulators.rest import Trouble, troubled
from fokusstrom_connectors.simulators.tokens import Tokens

CREATED, UPDATED, DELETED = 1, 2, 3
ENTITIES = {"AfholdtSamtale": "/api/samtaler/{id}", "Ydelsesforloeb": "/api/ydelser/{id}"}


class DfdgSimulator:
    """The register. Everything may be called from any thread."""

    def __init__(self, pusher: Pusher, *, token_seconds: int | None = None) -> None:
        """Hold nothing yet; notifications go out by `pusher`; with `token_seconds` as `RestSimulator`."""
        self._pusher = pusher
        self.tokens = Tokens(token_seconds)
        self._lock = threading.Lock()
        self._held: dict[str, Mapping[str, Any]] = {}
        self._troubles: deque[Trouble] = deque()
        self.requests: list[str] = []
        """Addresses that were asked for."""
        self.wait_seconds = 3.0
        self.application = Starlette(
            routes=[*(Route(path, self._give) for path in ENTITIES.values()), self.tokens.route]
        )

    def put(self, entity: str, name: str, citizen: str, content: Mapping[str, Any], *, change: int = CREATED) -> None:
        """Register what an entity is now, and announce it; the content has its version."""
        self.hold(name, content)
        self.announce(entity, name, citizen, change, content["VersionIdentifier"])

    def hold(self, name: str, content: Mapping[str, Any]) -> None:
        """Register what an entity is now, and tell nobody."""
        with self._lock:
            self._held[name] = content

    def delete(self, entity: str, name: str, citizen: str, version: int) -> None:
        """Take it away, and announce that."""
        with self._lock:
            self._held.pop(name, None)
        self.announce(entity, name, citizen, DELETED, version)

    def announce(self, entity: str, name: str, citizen: str, change: int, version: int, **more: Any) -> None:  # noqa: ANN401 - any JSON
        """Send a notification; nothing else changes."""
        told = {
            "EntitetNavn": entity,
            "EksternIdentifier": name,
            "VersionIdentifier": version,
            "IdentifikationstypeId": 1,
            "Identifikation": citizen,
            "Aendringstype": change,
            "Registreringstidspunkt": f"2020-03-{1 + version:02}T08:00:00",
            **more,
        }
        self._pusher.push(json.dumps(told).encode())

    def trouble(self, *troubles: Trouble) -> None:
        """Let the next requests go wrong, one after the other."""
        with self._lock:
            self._troubles.extend(troubles)

    async def _give(self, request: Request) -> Response:
        with self._lock:
            self.requests.append(str(request.url))
            trouble = self._troubles.popleft() if self._troubles else None
            held = self._held.get(request.path_params["id"])
        if trouble is Trouble.EXPIRED:
            self.tokens.forget()
        if not self.tokens.let_in(request):
            return JSONResponse({"error": "invalid_token"}, 401)
        answer = JSONResponse({"error": None, "data": held}, 200 if held is not None else 404)
        return answer if trouble is None else await troubled(trouble, answer, self.wait_seconds)
