"""Messages of KOMBIT's Beskedfordeler (Haendelsesbesked, urn:oio:besked:kuvert:1.0), pushed over HTTP or as files.

    [settings.listen]
    port = 8443
    entrance = { kind = "certificate", client_ca_file = "/etc/tls/oces.pem", names = ["beskedfordeler.example.dk"] }

or

    [settings.folder]
    path = "/srv/beskeder"

A message becomes a record for each registration in it (`_beskedfordeler.messages`). Who pushes is answered as the
interface ModtagBesked says, StatusKode 20 when the brokers have everything and 53 when not; a message that can't be
understood is accepted, and refused as data. That the same message is delivered again is normal: it makes the same
facts again, which change no figure.
"""

from __future__ import annotations

import contextlib
import re
from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Self
from xml.sax.saxutils import escape

from pydantic import Field, model_validator
from starlette.responses import Response

from fokusstrom_connectors.configuration import Duration, Strict
from fokusstrom_connectors.interface import Connector, Context, Page, State
from fokusstrom_connectors.sources._beskedfordeler.folder import Folder, FolderSettings
from fokusstrom_connectors.sources._beskedfordeler.messages import records
from fokusstrom_connectors.sources._beskedfordeler.xml import NotReadable
from fokusstrom_connectors.web.receiver import ListenSettings, Receiver

_CODES = {200: 20, 503: 53}
"""StatusKode by HTTP status; 40 for all that isn't taken."""
_SOAP = {
    "text/xml": "http://schemas.xmlsoap.org/soap/envelope/",
    "application/soap+xml": "http://www.w3.org/2003/05/soap-envelope",
}
"""Namespaces of SOAP 1.1, which comes with a header of its own, and 1.2, which has a content type of its own."""
_AT_ONCE = 100
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class BeskedfordelerSettings(Strict):
    """What the connector is told."""

    listen: ListenSettings | None = Field(default=None, description="Where messages are pushed to.")
    folder: FolderSettings | None = Field(default=None, description="Where messages lie as files.")
    quiet_after: Duration = Field(timedelta(seconds=30), description="After how long without messages it says so.")

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.listen is None) == (self.folder is None):
            raise ValueError("give either `listen` or `folder`")
        return self


class Beskedfordeler:
    """The source."""

    def __init__(self, settings: BeskedfordelerSettings, context: Context) -> None:
        """Take where messages come from."""
        self._settings = settings
        self._receiver = None if settings.listen is None else Receiver(settings.listen, context, in_xml)
        self._folder = None if settings.folder is None else Folder(settings.folder)
        self._pages: deque[Page] = deque()

    async def connect(self, state: State) -> None:
        """As `Source`: what wasn't delivered comes again, or still lies there, so nothing is remembered."""
        del state
        self._pages.clear()
        if self._folder is not None:
            self._folder.begin()
        if self._receiver is not None:
            await self._receiver.open()

    async def read(self) -> Page:
        """As `Source`: a page for each message."""
        if not self._pages and self._receiver is not None:
            self._pages.extend(await self._letters(self._receiver))
        elif not self._pages and self._folder is not None:
            self._pages.extend(await self._files(self._folder))
        return self._pages.popleft() if self._pages else Page([], "no messages", caught_up=True)

    async def close(self) -> None:
        """As `Source`."""
        if self._receiver is not None:
            await self._receiver.close()

    async def _letters(self, receiver: Receiver) -> list[Page]:
        letters = await receiver.take(_AT_ONCE, self._settings.quiet_after)
        pages = [_page(one.body, f"letter {one.name}") for one in letters]
        return [
            replace(page, place=_message(page) or page.place, acknowledge=one.acknowledge)
            for one, page in zip(letters, pages, strict=True)
        ]

    async def _files(self, folder: Folder) -> list[Page]:
        files = await folder.take(_AT_ONCE, self._settings.quiet_after)
        pages = [_page(one.body, one.place) for one in files]
        return [
            replace(page, acknowledge=folder.acknowledge(one, is_readable=not page.unreadable))
            for one, page in zip(files, pages, strict=True)
        ]


def _page(body: bytes | None, place: str) -> Page:
    with contextlib.suppress(NotReadable):
        if body is not None:
            return Page(records(body), place)
    return Page([], place, unreadable=(0,))


def _message(page: Page) -> str | None:
    """The message's own id, where it is a UUID: the same however often it is sent."""
    name = next((record["besked"] for record in page.records), None) or ""  # a message has a record at least
    return f"message {name.lower()}" if _UUID.fullmatch(name) else None


def in_xml(status: int, text: str, asked: Mapping[str, str]) -> Response:
    """Answer as ModtagBesked does; in an envelope of SOAP to who sent one."""
    code = _CODES.get(status, 40)
    fault = "" if status == 200 else escape(text)  # noqa: PLR2004 - HTTP's own number
    answer = (
        '<ModtagBeskedOutput xmlns="urn:oio:sts:1.0.0"><StandardRetur xmlns="urn:oio:sagdok:3.0.0">'
        f"<StatusKode>{code}</StatusKode><FejlbeskedTekst>{fault}</FejlbeskedTekst>"
        "</StandardRetur></ModtagBeskedOutput>"
    )
    kind = asked.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/soap+xml" or "soapaction" in asked:
        kind = kind if kind in _SOAP else "text/xml"
        return Response(f'<Envelope xmlns="{_SOAP[kind]}"><Body>{answer}</Body></Envelope>', status, media_type=kind)
    return Response(answer, status, media_type="application/xml")


CONNECTOR = Connector(
    "beskedfordeler",
    "takes messages of Beskedfordeler, pushed over HTTP or as files",
    BeskedfordelerSettings,
    Beskedfordeler,
    is_sent_to=True,
)
"""What the registry of connectors finds."""
