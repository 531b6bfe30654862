"""What a Haendelsesbesked says, as records for a mapping: one for each registration of an object in it.

    besked, beskedtype, version, dannet, gyldig_fra, gyldig_til     the message and its times
    registrering, registreret, handling, objekttype, kle            the registration; `kle` without its URN
    myndighed                                                       who answers for the object: a CVR number
    cpr                                                             of `urn:oio:cpr-nr:`, of the object or a related one
    data                                                            what Beskeddata holds; of Base64 what it encodes

Times are as they came, cut to milliseconds: they have no offset, and the mapping's zone says whose they are.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from typing import Any

from fokusstrom_connectors.exact_json import object_of
from fokusstrom_connectors.sources._beskedfordeler.xml import Element, NotReadable, parsed
from fokusstrom_connectors.web.client import value_at

MESSAGE = "Haendelsesbesked"
_CPR, _CVR, _KLE = "urn:oio:cpr-nr:", "urn:oio:cvr-nr:", "urn:oio:kle:"
_IDS = ("UUIDIdentifikator", "URNIdentifikator")
_FINER = re.compile(r"(\.[0-9]{3})[0-9]+")
_AROUND = ("ModtagBeskedInput", "Envelope", "Body")
"""What a message may be wrapped in."""


def records(document: bytes) -> list[Mapping[str, Any]]:
    """The records of a message; raises `NotReadable` when it is none."""
    message = _message(*parsed(document))
    envelope = message.get("Beskedkuvert")
    if not isinstance(envelope, Mapping):
        raise NotReadable
    common = {
        "besked": _id(message.get("BeskedId")),
        "version": message.get("BeskedVersion"),
        "beskedtype": _id(value_at(envelope, "Filtreringsdata.Beskedtype")),
        "dannet": _time(value_at(envelope, "Leveranceinformation.Dannelsestidspunkt")),
        "gyldig_fra": _time(envelope.get("GyldighedFra")),
        "gyldig_til": _time(envelope.get("GyldighedTil")),
        "data": _data(message.get("Beskeddata")),
    }
    filters = envelope.get("Filtreringsdata")
    registrations = list(_each(filters, "ObjektRegistrering")) or [{}]
    related = next((found for one in _each(filters, "RelateretObjekt") if (found := _cpr(one))), None)
    return [common | _registration(one) | {"cpr": _cpr(one) or related} for one in registrations]


def _message(name: str, element: Element) -> Mapping[str, Any]:
    """The message itself, out of what it is wrapped in."""
    for _ in range(len(_AROUND) + 1):
        if not isinstance(element, Mapping):
            raise NotReadable
        if name == MESSAGE:
            return element
        inside = next((each for each in (MESSAGE, *_AROUND) if each in element), None)
        if name not in _AROUND or inside is None:
            raise NotReadable
        name, element = inside, element[inside]
    raise NotReadable


def _registration(one: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "registrering": _id(one.get("ObjektRegistreringId")),
        "registreret": _time(one.get("Registreringstidspunkt")),
        "handling": _id(one.get("ObjektHandling")),
        "objekttype": _id(one.get("ObjektType")),
        "kle": _without(_KLE, _id(one.get("OpgaveEmne"))),
        "myndighed": _without(_CVR, _id(one.get("ObjektAnsvarligMyndighed"))),
    }


def _each(element: object, name: str) -> Iterator[Mapping[str, Any]]:
    found = element.get(name) if isinstance(element, Mapping) else None
    yield from (one for one in (found if isinstance(found, list) else [found]) if isinstance(one, Mapping))


def _id(element: object) -> str | None:
    """A UUID or a URN, whichever stands there."""
    told = element if isinstance(element, Mapping) else {}
    return next((text for name in _IDS if isinstance(text := told.get(name), str) and text), None)


def _cpr(one: Mapping[str, Any]) -> str | None:
    return _without(_CPR, _id(one.get("ObjektId")), or_none=True)


def _without(prefix: str, text: str | None, *, or_none: bool = False) -> str | None:
    if text is None or text[: len(prefix)].lower() == prefix:
        return None if text is None else text[len(prefix) :]
    return None if or_none else text


def _time(element: object) -> str | None:
    text = element.get("TidsstempelDatoTid") if isinstance(element, Mapping) else element
    return _FINER.sub(r"\1", text) if isinstance(text, str) and text else None


def _data(element: object) -> Element | None:
    """What is in Beskeddata; several of them are put together."""
    found = [one for one in (element if isinstance(element, list) else [element]) if isinstance(one, Mapping)]
    together: dict[str, Any] = {}
    for one in found:
        together |= _decoded(one) if "Base64" in one else one
    return together or None


def _decoded(one: Mapping[str, Any]) -> Mapping[str, Any]:
    """What Base64 encodes: XML, under its root's name, or an object of JSON."""
    text = one["Base64"]
    try:
        content = base64.b64decode("".join(text.split()), validate=True)
    except (AttributeError, ValueError, binascii.Error):
        raise NotReadable from None
    if content.lstrip()[:1] == b"{":
        told = object_of(content)
        if told is None:
            raise NotReadable
        return told
    name, element = parsed(content)
    return {name: element}
