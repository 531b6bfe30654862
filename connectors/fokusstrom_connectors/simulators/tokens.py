"""OAuth 2 client credentials, as a source that a simulator plays asks for them: `POST /token`, and who is let in."""

from __future__ import annotations

import base64
import secrets
import threading
import time

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

CLIENT = ("fokus", "a-secret-of-the-simulator")


class Tokens:
    """Gives tokens; everything may be called from any thread."""

    def __init__(self, seconds: int | None) -> None:
        """Let in who has a token of at most that age; everybody, without."""
        self._seconds = seconds
        self._lock = threading.Lock()
        self._until: dict[str, float] = {}
        self.given = 0
        self.route = Route("/token", self._give, methods=["POST"])

    def forget(self) -> None:
        """Take none of those that were given any more."""
        with self._lock:
            self._until.clear()

    def let_in(self, request: Request) -> bool:
        """Whether a request shows a token that holds."""
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        return self._seconds is None or self._until.get(token, 0.0) > time.monotonic()

    async def _give(self, request: Request) -> Response:
        form = (await request.body()).decode()
        basic = request.headers.get("authorization", "")
        known = CLIENT[1] in form or basic == _basic(*CLIENT)
        if not known or "client_credentials" not in form:
            return JSONResponse({"error": "invalid_client"}, 401)
        token = secrets.token_hex(16)
        with self._lock:
            self.given += 1
            self._until[token] = time.monotonic() + (self._seconds or 3600)
        return JSONResponse({"access_token": token, "token_type": "Bearer", "expires_in": 3600})


def _basic(name: str, password: str) -> str:
    return f"Basic {base64.b64encode(f'{name}:{password}'.encode()).decode()}"
