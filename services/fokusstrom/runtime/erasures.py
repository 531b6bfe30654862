"""Facts that were erased, as erasures.v1 names them: by keyed hashes, so that the topic tells of nobody.

Theory of operation. `fokusstrom erase` names on erasures.v1 what it erases, waits until that is confirmed, and only
then puts a tombstone behind each record, in the record's own partition. From then on a worker leaves out what is
named, however often it is delivered again. One that met the records before was told nothing of them yet; it meets
the tombstones, looks at erasures.v1 once more, and begins anew from the log, with a new ledger (`ErasedSince`).

An entry's key is the hash of a fact (`type/source/fact_id` as its records' keys begin) or of one record's whole key,
under a salt that the first erasure of a cluster puts on the topic. Its value says type, source and when.
"""

from __future__ import annotations

import functools
import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from urllib.parse import unquote

from confluent_kafka import Producer

from fokusstrom.contracts import keys
from fokusstrom.contracts.topics import ERASURES
from fokusstrom.domain.errors import Unavailable
from fokusstrom.runtime.config import Settings
from fokusstrom.runtime.log_ends import read_whole

_SALT = b"salt/"
_SALT_BYTES = _HASH_BYTES = 32
_CONFIRM_SECONDS = 60.0


class ErasedSince(Exception):  # noqa: N818 - a state, told to whoever can begin again
    """Facts were erased that this worker has taken in: its ledger is of no use any more."""


@dataclass(frozen=True)
class Entry:
    """That something was erased."""

    type: str
    source: str
    erased_at: datetime
    is_fact: bool
    """A whole fact, with all its records; else one record of a fact that stays."""


@dataclass(frozen=True)
class Erased:
    """What was erased, as of a reading of the topic."""

    salt: bytes = field(default=b"", repr=False)
    entries: Mapping[bytes, Entry] = field(default_factory=dict)
    """By hash."""

    @functools.cached_property
    def has_single(self) -> bool:
        """Whether single records were erased, of facts that stay."""
        return any(not one.is_fact for one in self.entries.values())

    def __bool__(self) -> bool:
        return bool(self.entries)

    def has(self, key: bytes | None) -> bool:
        """Whether a record of this key, on a fact topic, was erased: by its fact, or by itself."""
        if key is None or not self.entries:
            return False
        if hashed(self.salt, fact_of(key)) in self.entries:
            return True
        return self.has_single and hashed(self.salt, key) in self.entries

    def has_enriched(self, key: bytes | None) -> bool:
        """Whether the meeting that a key on meeting-enriched.v1 is of was erased."""
        if key is None or not self.entries:
            return False
        return hashed(self.salt, key.partition(b"/")[2]) in self.entries

    def facts_since(self, at: datetime) -> dict[tuple[str, str], int]:
        """How many facts were erased since a time, by type and source."""
        found: dict[tuple[str, str], int] = {}
        for one in self.entries.values():
            if one.is_fact and one.erased_at >= at:
                found[one.type, one.source] = found.get((one.type, one.source), 0) + 1
        return found


class Erasures(Protocol):
    """Where a worker looks up what was erased."""

    def now(self) -> Erased:
        """What was erased, as last read."""

    def notice(self, tombstones: Iterable[bytes | None]) -> None:
        """Hear of keys without values; raises `ErasedSince` when they are of an erasure after the last reading."""


class NothingErased:
    """For where there is no topic: facts from files."""

    def now(self) -> Erased:
        """As `Erasures`."""
        return Erased()

    def notice(self, tombstones: Iterable[bytes | None]) -> None:
        """As `Erasures`: somebody's own."""


class SentErasures:
    """What is on erasures.v1."""

    def __init__(self, settings: Settings) -> None:
        """Read it."""
        self._settings = settings
        self._erased = read(settings)

    def now(self) -> Erased:
        """As `Erasures`."""
        return self._erased

    def notice(self, tombstones: Iterable[bytes | None]) -> None:
        """As `Erasures`; what nobody named is somebody's own, and says nothing."""
        unknown = [key for key in tombstones if key and not keys.is_mark_key(key) and not self._erased.has(key)]
        if unknown and any(map(read(self._settings).has, unknown)):
            raise ErasedSince


def read(settings: Settings) -> Erased:
    """Read the topic to its end."""
    return erased_by((message.key(), message.value()) for message in read_whole(settings, ERASURES.name))


def erased_by(messages: Iterable[tuple[bytes | None, bytes | None]]) -> Erased:
    """Give what keys and values of the topic say, in their order; of several salts the first holds."""
    salt, entries = b"", {}
    for key, value in messages:
        if key is None or value is None:
            continue
        if key.startswith(_SALT):
            salt = salt or bytes.fromhex(value.decode())
        else:
            told = json.loads(value)
            at = datetime.fromisoformat(told["erased_at"])
            entries[key] = Entry(told["type"], told["source"], at, told["is_fact"])
    return Erased(salt, entries)


def fact_of(key: bytes) -> bytes:
    """The fact that a record is of, as its key begins: type, source and fact id.

    >>> fact_of(b"MeetingHeld/momentum%3A751/m-1/2/ba7816bf8f01cfea")
    b'MeetingHeld/momentum%3A751/m-1'
    """
    return key.rsplit(b"/", 2)[0]


def hashed(salt: bytes, what: bytes) -> bytes:
    """The key of an entry: BLAKE2b with a key, a third of HMAC-SHA-256's time, which each record of the log costs."""
    return hashlib.blake2b(what, key=salt, digest_size=_HASH_BYTES).hexdigest().encode()


def name(settings: Settings, producer: Producer, what: Iterable[tuple[bytes, bool]], at: datetime) -> None:
    """Name what is erased - facts, and keys of records - and wait until it is confirmed; repeating does no harm."""
    salt = _salt(settings, producer)
    for named, is_fact in what:
        type_, source, *_ = named.decode().split("/")
        told = {"type": type_, "source": unquote(source), "erased_at": at.isoformat(), "is_fact": is_fact}
        producer.produce(ERASURES.name, json.dumps(told).encode(), hashed(salt, named))
    confirm(producer)


def confirm(producer: Producer) -> None:
    """Wait until all is sent; `Unavailable` when something isn't."""
    if producer.flush(_CONFIRM_SECONDS):
        raise Unavailable("not all of the erasure was confirmed: run it again, which does no harm")


def _salt(settings: Settings, producer: Producer) -> bytes:
    """The cluster's salt; of two that are put there at once both find the first."""
    salt = read(settings).salt
    if not salt:
        key = _SALT + secrets.token_hex(16).encode()
        producer.produce(ERASURES.name, secrets.token_hex(_SALT_BYTES).encode(), key)
        confirm(producer)
        salt = read(settings).salt
    return salt
