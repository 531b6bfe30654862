"""Who may send to a connector, and that nobody sends the same again: signatures and certificates are judged here.

A signature is that of the Standard Webhooks specification: `webhook-id`, `webhook-timestamp` (seconds since 1970)
and `webhook-signature`, which holds `v1,` and the Base64 of the HMAC-SHA-256 of `id.timestamp.body`; several stand
beside each other, with a space between, while a secret is changed. It covers the time, so an old letter is refused,
and the id, so a letter that was delivered is answered and not taken again.

A certificate is of the authority that is named, and of somebody whom the configuration lists: an authority that
gives certificates to everybody lets in only those.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from fokusstrom.domain.errors import ConfigError
from fokusstrom_connectors.configuration import Duration, Strict
from fokusstrom_connectors.interface import SourceUnavailable, Step
from fokusstrom_connectors.secrets import Secret

_ID, _TIMESTAMP, _SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
_LONGEST_ID = 200
_MOST_REMEMBERED = 100_000
_PREFIX = "whsec_"
"""Before a secret that is written in Base64."""
_SHORTEST_SECRET = 16


class BySignature(Strict):
    """Letters are signed with a secret that both sides know."""

    kind: Literal["signature"]
    secret: Secret
    previous_secret: Secret | None = Field(default=None, description="Also taken, while the secret is changed.")
    tolerance: Duration = Field(timedelta(minutes=5), description="How old, or how far ahead, a letter may be.")


class ByCertificate(Strict):
    """Senders show a certificate."""

    kind: Literal["certificate"]
    client_ca_file: Path = Field(description="Certificates of the authority that the sender's is checked against.")
    names: tuple[str, ...] = Field(
        min_length=1, description="Who is let in: a name of the certificate's subject, or a DNS name of it."
    )


Entrance = Annotated[BySignature | ByCertificate, Field(discriminator="kind")]


class NotLetIn(Exception):  # noqa: N818 - the answer to a sender, not a fault of ours
    """The letter isn't taken: an HTTP status and a sentence for the sender."""

    def __init__(self, status: int, text: str) -> None:
        """Take both; the sentence holds nothing of the letter."""
        self.status = status
        self.text = text
        super().__init__(text)


class Guard:
    """Judges letters."""

    def __init__(self, entrance: BySignature | ByCertificate, environ: Mapping[str, str]) -> None:
        """Take who is let in; nothing was delivered yet."""
        self._entrance = entrance
        self._environ = environ
        self._delivered: OrderedDict[tuple[str, bytes], datetime] = OrderedDict()

    def judge_secrets(self) -> None:
        """Raise `SourceUnavailable` where a secret can't be had, or is none: before anybody is let in by it."""
        for _ in self._secrets():
            pass

    def judge_sender(self, certificate: Mapping[str, Any] | None) -> None:
        """Refuse who shows no certificate of a listed name, where certificates are asked for; else `NotLetIn`."""
        if isinstance(self._entrance, ByCertificate) and not set(_names(certificate or {})) & set(self._entrance.names):
            raise NotLetIn(403, "this certificate is not let in")

    def judge_letter(self, headers: Mapping[str, str], body: bytes, now: datetime) -> tuple[str, bytes] | None:
        """What tells the letter from all others, where it is signed; `NotLetIn` when it isn't as it should be."""
        if not isinstance(self._entrance, BySignature):
            return None
        name, timestamp = headers.get(_ID, ""), headers.get(_TIMESTAMP, "")
        if not 0 < len(name) <= _LONGEST_ID or not (timestamp.isascii() and timestamp.isdigit()):
            raise NotLetIn(401, f"sign the letter: {_ID}, {_TIMESTAMP} and {_SIGNATURE}")
        if not self._is_signed(headers.get(_SIGNATURE, ""), f"{name}.{timestamp}.".encode() + body):
            raise NotLetIn(401, "the signature is not of this letter, or not made with the secret")
        if abs(now - _instant(timestamp)) > self._entrance.tolerance:
            raise NotLetIn(
                401, f"the letter's {_TIMESTAMP} is too old or ahead: check the clock, and sign each try anew"
            )
        return name, hashlib.sha256(body).digest()

    def was_delivered(self, letter: tuple[str, bytes] | None) -> bool:
        """Whether this very letter was delivered, as far as it is remembered."""
        return letter is not None and letter in self._delivered

    def delivered(self, letter: tuple[str, bytes] | None, now: datetime) -> None:
        """Remember that a letter was delivered, for longer than its signature is taken."""
        if letter is None or not isinstance(self._entrance, BySignature):
            return
        self._delivered[letter] = now
        oldest = now - 2 * self._entrance.tolerance
        while self._delivered and (
            len(self._delivered) > _MOST_REMEMBERED or next(iter(self._delivered.values())) < oldest
        ):
            self._delivered.popitem(last=False)

    def _is_signed(self, given: str, signed: bytes) -> bool:
        """Whether one of the signatures given is one of ours; each is compared in constant time."""
        expected = [hmac.digest(secret, signed, "sha256") for secret in self._secrets()]
        matches = False
        for one in given.split(" "):
            version, _, text = one.partition(",")
            found = _decoded(text) if version == "v1" else b""
            for each in expected:
                matches |= hmac.compare_digest(found, each)
        return matches

    def _secrets(self) -> Iterator[bytes]:
        """The secrets as they are now: a file that was replaced counts at once."""
        if not isinstance(self._entrance, BySignature):
            return
        for secret in (self._entrance.secret, self._entrance.previous_secret):
            if secret is not None:
                yield _secret(secret, self._environ)


def _secret(reference: Secret, environ: Mapping[str, str]) -> bytes:
    try:
        text = reference.read(environ)
    except ConfigError as error:
        raise SourceUnavailable(Step.AUTHENTICATION, "; ".join(error.problems)) from None
    found = _decoded(text.removeprefix(_PREFIX)) if text.startswith(_PREFIX) else text.encode()
    if len(found) < _SHORTEST_SECRET:  # also what is no Base64: nobody is let in by an empty secret
        raise SourceUnavailable(
            Step.AUTHENTICATION,
            f"{reference.root}: the secret is shorter than {_SHORTEST_SECRET} bytes, or no Base64 after {_PREFIX}",
        )
    return found


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _instant(timestamp: str) -> datetime:
    return datetime.fromtimestamp(int(timestamp[:11]), UTC)


def _names(certificate: Mapping[str, Any]) -> Iterator[str]:
    """All names of a certificate, as `ssl` gives it."""
    for part in certificate.get("subject", ()):
        yield from (value for _, value in part)
    yield from (value for kind, value in certificate.get("subjectAltName", ()) if kind == "DNS")
