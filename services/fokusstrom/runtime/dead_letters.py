"""Refused records leave on two topics, made here: a rejection for the sender, a dead letter for operations.

A rejection says where, what and why, and what to change; it holds no value but the fact's identity. A dead
letter is the record itself, its key, value and headers, with headers that say why it was refused, so that it
can be put back. Where a personal number is suspected, the value is replaced by its digest, and what looks
like one is masked in the fact's identity: both topics outlive the mistake. The digest is keyed with a key that no
one has and that ends with the process: of a plain one, whoever knows the rest of a record could try all numbers.

Keys are where the record stands, so that sending again overwrites.

`read` gives a dead letter back as the record that it was.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from confluent_kafka import Message

from fokusstrom.contracts import keys, records
from fokusstrom.contracts.schemas import SchemaCatalog
from fokusstrom.contracts.topics import DEAD_LETTERS, REJECTIONS
from fokusstrom.domain.personal_numbers import looks_personal, masked
from fokusstrom.domain.refusals import HINTS, Reason
from fokusstrom.runtime.clock import Clock
from fokusstrom.runtime.publisher import Outgoing

_ORIGINAL = "original."
"""Before the names of the record's own headers."""
_TOLD = {
    "dlq.reason",
    "dlq.original_key",
    "dlq.withheld",
    "__connect.errors.topic",
    "__connect.errors.exception.message",
}
_KEY = secrets.token_bytes(32)
# Both are hex digits, among which ten in a row can look like a personal number and never are one.
_PSEUDONYM = re.compile(rb"[0-9a-f]{32}")
_DIGEST = re.compile(rb"/[0-9a-f]{16}$")
# The byte before or after a text in an Avro record may be a digit by chance: a length, a code, a number.
_BEFORE = re.compile("(?<![0-9 -])[0-9](?=[0-9])")
_AFTER = re.compile("(?<=[0-9])[0-9](?![0-9 -])")


@dataclass(frozen=True)
class Refused:
    """A record that was refused, and the identity of the fact it was meant to be, where known."""

    message: Message
    reason: Reason
    field: str | None = None
    fact_type: str | None = None
    source: str | None = None
    fact_id: str | None = None
    version: int | None = None


@dataclass(frozen=True)
class Letter:
    """A dead letter, as it stands on its topic."""

    where: str
    """Topic, partition and offset of the record, as one text."""
    topic: str
    reason: str
    why: str
    """Reason, field, and what to change."""
    is_withheld: bool
    """A personal number is suspected in it: the record can't be had from here."""
    key: bytes
    value: bytes
    headers: Sequence[tuple[str, bytes]]
    """The record's own."""


def read(message: Message) -> Letter | None:
    """Read what `outgoing` has made; None for what isn't such a letter."""
    headers = [(str(header[0]), _bytes(header[1])) for header in message.headers() or ()]
    told = dict(headers)
    if not told.keys() >= _TOLD:
        return None
    return Letter(
        (message.key() or b"").decode("utf-8", "replace"),
        told["__connect.errors.topic"].decode("utf-8", "replace"),
        told["dlq.reason"].decode("utf-8", "replace"),
        told["__connect.errors.exception.message"].decode("utf-8", "replace"),
        told["dlq.withheld"] == b"true",
        told["dlq.original_key"],
        message.value() or b"",
        [(name.removeprefix(_ORIGINAL), value) for name, value in headers if name.startswith(_ORIGINAL)],
    )


def outgoing(refused: Sequence[Refused], catalog: SchemaCatalog, clock: Clock) -> list[Outgoing]:
    """Make the messages for both topics."""
    if not refused:
        return []
    where = [keys.refusal_key(_topic(one), one.message.partition() or 0, one.message.offset() or 0) for one in refused]
    rejections = [records.encode(catalog, _rejection(one, clock)) for one in refused]
    return [
        Outgoing(REJECTIONS.name, "Rejection", where, rejections),
        Outgoing(
            DEAD_LETTERS.name,
            "DeadLetter",
            where,
            [_letter(one) for one in refused],
            headers=[list(_headers(one)) for one in refused],
        ),
    ]


def _rejection(refused: Refused, clock: Clock) -> records.Rejection:
    return records.Rejection(
        topic=_topic(refused),
        partition=refused.message.partition() or 0,
        offset=refused.message.offset() or 0,
        source=_safe(refused.source),
        fact_type=refused.fact_type,
        fact_id=_safe(refused.fact_id),
        version=None if looks_personal(str(refused.version)) else refused.version,
        reason=refused.reason.value,
        severity=records.Severity.ERROR,
        field=refused.field,
        hint=HINTS[refused.reason],
        rejected_at=clock.now(),
    )


def _letter(refused: Refused) -> bytes:
    value = refused.message.value() or b""
    if not _is_suspected(refused.message):
        return value
    return b"hmac-sha256:" + hmac.digest(_KEY, value, "sha256").hex().encode()


def _headers(refused: Refused) -> Iterable[tuple[str, bytes]]:
    message, is_suspected = refused.message, _is_suspected(refused.message)
    yield "dlq.reason", refused.reason.value.encode()
    yield "dlq.original_key", b"[withheld]" if is_suspected else message.key() or b""
    yield "dlq.withheld", str(is_suspected).lower().encode()
    yield "__connect.errors.topic", _topic(refused).encode()
    yield "__connect.errors.partition", str(message.partition()).encode()
    yield "__connect.errors.offset", str(message.offset()).encode()
    yield "__connect.errors.stage", b"VALUE_CONVERTER"
    yield "__connect.errors.exception.class.name", b"Rejected"
    text = f"{refused.reason.value}{f' in {refused.field}' if refused.field else ''}: {HINTS[refused.reason]}"
    yield "__connect.errors.exception.message", text.encode()
    if not is_suspected:
        yield from ((f"{_ORIGINAL}{header[0]}", _bytes(header[1])) for header in message.headers() or ())


def _is_suspected(message: Message) -> bool:
    named = [_bytes(part) for header in message.headers() or () for part in header]
    parts = [message.value() or b"", _DIGEST.sub(b"", message.key() or b""), *named]
    seen = _PSEUDONYM.sub(b"", b"\0".join(parts)).decode("latin-1")
    without_before = _BEFORE.sub("\0", seen)
    each = (seen, without_before, _AFTER.sub("\0", seen), _AFTER.sub("\0", without_before))
    return any(looks_personal(text) for text in each)


def _safe(text: str | None) -> str | None:
    return None if text is None else masked(text)


def _topic(refused: Refused) -> str:
    return refused.message.topic() or ""


def _bytes(value: str | bytes | None) -> bytes:
    return value.encode() if isinstance(value, str) else value or b""
