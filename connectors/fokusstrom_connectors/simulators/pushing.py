"""Somebody who sends letters over HTTP, one after the other: each is sent again until it is taken.

Letters are signed anew for each try, as the Standard Webhooks specification says, or sent with a certificate.
"""

from __future__ import annotations

import base64
import hmac
import itertools
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from fokusstrom.runtime.clock import Clock, SystemClock

_TAKEN = frozenset({200, 202, 204, 413})
"""What isn't sent again: it was taken, or never will be."""


def signed(secret: bytes, name: str, body: bytes, clock: Clock) -> dict[str, str]:
    """Give the headers of a letter that is sent now."""
    timestamp = str(int(clock.now().timestamp()))
    digest = hmac.digest(secret, f"{name}.{timestamp}.".encode() + body, "sha256")
    return {
        "webhook-id": name,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


@dataclass
class Pusher:
    """The sender; letters go out while it is `sending`."""

    url: str
    secret: bytes = b""
    content_type: str = "application/json"
    clock: Clock = field(default_factory=SystemClock)
    ca_file: Path | None = None
    certificate: Path | None = None
    """A file with its chain and key."""
    pause: float = 0.01
    """Seconds between two tries."""

    def __post_init__(self) -> None:
        """Begin without letters."""
        self.answers: list[tuple[int, str]] = []
        """Statuses and bodies, in the order they came."""
        self.taken = 0
        self._letters: deque[tuple[str, bytes]] = deque()
        self._numbers = itertools.count(1)
        self._on_letter: dict[int, Callable[[], None]] = {}
        self._stopped = threading.Event()

    def push(self, body: bytes, name: str | None = None) -> None:
        """Send a letter behind all others; may be called from any thread."""
        self._letters.append((name or f"msg_{next(self._numbers)}", body))

    @property
    def is_sending(self) -> bool:
        """Whether there are letters that were not taken yet."""
        return bool(self._letters)

    def on_letter(self, number: int, does: Callable[[], None]) -> None:
        """Do something once, when so many letters were taken, before the next."""
        self._on_letter[number] = does

    @contextmanager
    def sending(self) -> Iterator[None]:
        """Send from a thread of its own, until the block ends."""
        thread = threading.Thread(target=self._send, name="pusher", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stopped.set()
            thread.join(30)

    def once(self, body: bytes, headers: Mapping[str, str] | None = None) -> httpx.Response:
        """Send a letter by hand, with just these headers beside its content type."""
        with self._client() as client:
            return client.post(self.url, content=body, headers={"Content-Type": self.content_type, **(headers or {})})

    def _send(self) -> None:
        with closing(self._connection()) as connection:
            while not self._stopped.is_set():
                if not self._letters:
                    time.sleep(0.001)
                elif self._try(connection, *self._letters[0]):
                    self.taken += 1
                    self._on_letter.pop(self.taken, _nothing)()
                    self._letters.popleft()
                else:
                    self._stopped.wait(self.pause)

    def _try(self, connection: HTTPConnection, name: str, body: bytes) -> bool:
        headers = {"Content-Type": self.content_type}
        if self.secret:
            headers |= signed(self.secret, name, body, self.clock)
        try:
            connection.request("POST", urlsplit(self.url).path, body, headers)
            answer = connection.getresponse()
            told = answer.read().decode()
        except (OSError, HTTPException):
            connection.close()  # the next try opens another
            return False
        self.answers.append((answer.status, told))
        return answer.status in _TAKEN

    def _connection(self) -> HTTPConnection:
        """A connection of Python's own: it takes a tenth of what a client of httpx takes for a letter."""
        parts = urlsplit(self.url)
        if self.ca_file is None:
            return HTTPConnection(parts.netloc, timeout=10)
        return HTTPSConnection(parts.netloc, timeout=10, context=self._context(self.ca_file))

    def _client(self) -> httpx.Client:
        if self.ca_file is None:
            return httpx.Client(timeout=10, trust_env=False)
        return httpx.Client(timeout=10, trust_env=False, verify=self._context(self.ca_file))

    def _context(self, ca_file: Path) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=ca_file)
        if self.certificate is not None:
            context.load_cert_chain(self.certificate)
        return context


def _nothing() -> None:
    """Nothing is to be done."""
