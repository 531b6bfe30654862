"""CloudEvents attributes as Kafka headers (binary mode): which event a message is, from whom, of what type.

An event's id is its record's key, which names it uniquely wherever keys of different records differ; on
topics whose keys are taken again with new values (live figures) `ce_time` tells the events apart.

Measured on 300,000 facts, real broker on the same 2 cores: `Producer.produce` with these headers sends 324,000 a
second (234,000 for each second of processor, the library's threads included), 377,000 where only failures call
back; without headers 614,000, and `produce_batch`, which takes none, no more.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from fokusstrom.contracts.schemas import NAMESPACE

Headers = list[tuple[str, str | bytes | None]]
"""As the client takes them."""


def source_of(sender: str) -> bytes:
    """Give what stands in `ce_source` of a sender's messages."""
    return f"urn:fokusstrom:{sender}".encode()


def stamp(record: str, sender: str, at: datetime, further: Headers | None = None) -> Callable[[bytes], Headers]:
    """How messages of one batch are stamped: from each key its headers.

    `record` is the record's name, `sender` the service that sends, `at` the time of the batch; `further` are headers
    that all of them have besides.

    >>> stamp("RuleSet", "reporting", datetime(2022, 1, 1, tzinfo=UTC))(b"ab12")[-1]
    ('ce_id', b'ab12')
    """
    instant = at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    common: Headers = [
        ("ce_specversion", b"1.0"),
        ("ce_type", f"{NAMESPACE}.{record}".encode()),
        ("ce_source", source_of(sender)),
        ("ce_time", instant.encode()),
        *(further or ()),
    ]
    return lambda key: [*common, ("ce_id", key)]
