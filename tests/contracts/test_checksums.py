"""What proves that records arrived whole."""

from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from fokusstrom.contracts.checksums import checksum


def test_it_is_what_the_contract_says() -> None:
    """SHA-256 over each key, a zero byte and the digest of its value, in the order of keys: anyone can check it."""
    by_hand = hashlib.sha256()
    for key, value in ((b"a", b"1"), (b"b", b"2")):
        by_hand.update(key + b"\0" + hashlib.sha256(value).digest())
    assert checksum({b"b": b"2", b"a": b"1"}.items()) == by_hand.hexdigest()


@given(st.dictionaries(st.binary(max_size=3), st.binary(max_size=3)), st.randoms())
def test_the_order_of_arrival_is_no_matter(records: dict[bytes, bytes], random: object) -> None:
    """The same records have the same checksum, others another."""
    shuffled = list(records.items())
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis' Random
    assert checksum(shuffled) == checksum(records.items())
    assert checksum([*records.items(), (b"more", b"")]) != checksum(records.items())
