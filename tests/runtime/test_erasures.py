"""What was erased is known by keyed hashes, and nothing else is said of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from fokusstrom.runtime.erasures import Erased, erased_by, hashed

AT = datetime(2024, 5, 1, 12, tzinfo=UTC)
SALT = b"s" * 32
FACT = b"MeetingHeld/momentum%3A751/m-1"
RECORD = FACT + b"/2/ba7816bf8f01cfea"
ENTRY = {"type": "MeetingHeld", "source": "momentum:751", "erased_at": AT.isoformat(), "is_fact": True}


def erased(*named: bytes, is_fact: bool = True) -> Erased:
    """Give what the topic says when these are erased."""
    value = json.dumps(ENTRY | {"is_fact": is_fact}).encode()
    return erased_by([(b"salt/1", SALT.hex().encode()), *((hashed(SALT, one), value) for one in named)])


def test_an_entry_is_a_keyed_hash() -> None:
    """BLAKE2b of the fact's identity under the cluster's salt, 256 bits as hex digits."""
    # as `openssl mac -macopt size:32 BLAKE2BMAC` gives it, with 32 times the letter s as its key
    assert hashed(SALT, FACT) == b"1442f21cf18b9a56a208c0e948424747c2f7c2b96b427397fefe00ae6831553f"
    assert SALT.hex() not in repr(erased(FACT))


def test_a_fact_is_erased_with_all_its_records() -> None:
    """Whatever version, whatever content; other facts of the source aren't."""
    found = erased(FACT)
    assert found.has(RECORD)
    assert found.has(FACT + b"/3/0000000000000000")
    assert not found.has(b"MeetingHeld/momentum%3A751/m-2/2/ba7816bf8f01cfea")
    assert not found.has(b"OrdinaryHours/momentum%3A751/m-1/2/ba7816bf8f01cfea")
    assert not found.has(b"cut/7")
    assert not found.has(None)
    assert found.has_enriched(b"17/" + FACT)
    assert not found.has_enriched(b"17/MeetingHeld/momentum%3A751/m-2")


def test_one_record_may_be_erased_of_a_fact_that_stays() -> None:
    """The record alone, and the fact doesn't count as gone."""
    found = erased(RECORD, is_fact=False)
    assert found.has(RECORD)
    assert not found.has(FACT + b"/3/0000000000000000")
    assert not found.has_enriched(b"17/" + FACT)
    assert found.facts_since(AT) == {}


def test_of_two_salts_the_first_holds() -> None:
    """Two erasures that began at once hash alike."""
    other = (b"salt/2", b"00" * 32)
    told = [(b"salt/1", SALT.hex().encode()), other, (hashed(SALT, FACT), json.dumps(ENTRY).encode()), (None, None)]
    assert erased_by(told).has(RECORD)


def test_facts_are_counted_by_source_since_a_time() -> None:
    """What was erased before a release is fewer in it already."""
    found = erased(FACT, FACT + b"2")
    assert found.facts_since(AT) == {("MeetingHeld", "momentum:751"): 2}
    assert found.facts_since(AT + timedelta(seconds=1)) == {}
    assert not Erased()
