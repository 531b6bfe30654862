"""A distributor of messages, as the connector `beskedfordeler` meets it: envelopes, pushed over HTTP or left as files.

`envelope` puts a Haendelsesbesked together; `soap` and `in_base64` are the other ways in which one may come.
"""

from __future__ import annotations

import base64
import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol
from uuid import UUID
from xml.sax.saxutils import escape

_NAMESPACES = 'xmlns="urn:oio:sagdok:3.0.0" xmlns:k="urn:oio:besked:kuvert:1.0"'
_NUMBERS = itertools.count(1_000)


def envelope(
    cpr: str, registered: str, data: str, *, related: bool = False, kle: str = "15.20.00", number: int | None = None
) -> str:
    """Give a message about a person; with `related` the number stands at a related object only.

    Each has an id of its own, but for those with the same `number`.
    """
    person = f"<k:ObjektId><URNIdentifikator>urn:oio:cpr-nr:{escape(cpr)}</URNIdentifikator></k:ObjektId>"
    case = f"<k:ObjektId>{_uuid(7)}</k:ObjektId>"
    own = _uuid(next(_NUMBERS) if number is None else number)
    return (
        f"<k:Haendelsesbesked {_NAMESPACES}><k:BeskedId>{own}</k:BeskedId>"
        "<k:BeskedVersion>1.0</k:BeskedVersion><k:Beskedkuvert><k:Filtreringsdata>"
        f"<k:Beskedtype>{_uuid(1)}</k:Beskedtype>"
        f"<k:RelateretObjekt>{person}<k:ObjektType>{_uuid(2)}</k:ObjektType></k:RelateretObjekt>"
        f"<k:ObjektRegistrering><k:ObjektRegistreringId>{_uuid(3)}</k:ObjektRegistreringId>"
        "<k:Registreringstidspunkt>"
        f"<TidsstempelDatoTid>{escape(registered)}</TidsstempelDatoTid></k:Registreringstidspunkt>"
        "<k:ObjektAnsvarligMyndighed><URNIdentifikator>urn:oio:cvr-nr:12345678</URNIdentifikator>"
        f"</k:ObjektAnsvarligMyndighed>{case if related else person}"
        f"<k:OpgaveEmne><URNIdentifikator>urn:oio:kle:{kle}</URNIdentifikator></k:OpgaveEmne>"
        "</k:ObjektRegistrering></k:Filtreringsdata><k:Leveranceinformation><k:Dannelsestidspunkt>"
        f"<TidsstempelDatoTid>{escape(registered)}</TidsstempelDatoTid></k:Dannelsestidspunkt>"
        "</k:Leveranceinformation></k:Beskedkuvert>"
        f"<k:Beskeddata>{data}</k:Beskeddata></k:Haendelsesbesked>"
    )


def element(name: str, fields: Mapping[str, object]) -> str:
    """Give an element of elements, in a namespace of its own."""
    inside = "".join(f"<{field}>{escape(str(value))}</{field}>" for field, value in fields.items())
    return f'<{name} xmlns="urn:example:beskeddata:1">{inside}</{name}>'


def in_base64(data: str | bytes) -> str:
    """Give data as the element that holds Base64."""
    encoded = base64.b64encode(data.encode() if isinstance(data, str) else data).decode()
    return f'<Base64 xmlns="urn:besked:kuvert:1.0">{encoded}</Base64>'


def soap(message: str) -> str:
    """Give a call of ModtagBesked."""
    return (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header/><s:Body>'
        f'<ModtagBeskedInput xmlns="urn:oio:sts:1.0.0">{message}</ModtagBeskedInput></s:Body></s:Envelope>'
    )


class Way(Protocol):
    """How messages get to the connector."""

    def push(self, body: bytes) -> None:
        """Send a message behind all others."""


class FolderWay:
    """Messages are left as files, each whole when it has its name."""

    def __init__(self, folder: Path) -> None:
        """Take where."""
        self._folder = folder
        self._numbers = itertools.count(1)

    def push(self, body: bytes, name: str = "besked") -> None:
        """Leave a file; its name sorts behind those before."""
        file = self._folder / f"{next(self._numbers):08}-{name}"
        file.with_suffix(".part").write_bytes(body)
        file.with_suffix(".part").replace(file.with_suffix(".xml"))


def _uuid(number: int) -> str:
    return f"<UUIDIdentifikator>{UUID(int=number)}</UUIDIdentifikator>"
