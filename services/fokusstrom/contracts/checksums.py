"""What proves that records arrived whole: the checksum of a slice's cut, and of a release, is defined here."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable


def checksum(records: Iterable[tuple[bytes, bytes]]) -> str:
    """SHA-256, in hex digits, over keys and values in the order of the keys' bytes.

    Each record adds its key, a zero byte, and the SHA-256 digest of its whole value (header included). The
    order in which the records are given doesn't matter; keys must differ.

    >>> checksum([(b"b", b"2"), (b"a", b"1")]) == checksum([(b"a", b"1"), (b"b", b"2")])
    True
    """
    total = hashlib.sha256()
    for key, value in sorted(records):
        total.update(key + b"\0" + hashlib.sha256(value).digest())
    return total.hexdigest()
