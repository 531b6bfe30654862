"""A refused record is told of to its sender and kept for operations, and no personal number outlives it there."""

from __future__ import annotations

from typing import cast

import pytest
from confluent_kafka import Message
from hypothesis import given
from hypothesis import strategies as st

from fokusstrom.contracts import records
from fokusstrom.contracts.keys import fact_key
from fokusstrom.contracts.partition import Partition
from fokusstrom.contracts.topics import DEAD_LETTERS, REJECTIONS
from fokusstrom.domain.facts import MEETING_HELD
from fokusstrom.domain.refusals import HINTS, Reason
from fokusstrom.runtime import dead_letters
from fokusstrom.runtime.clock import FixedClock
from fokusstrom.runtime.dead_letters import Refused
from fokusstrom.runtime.publisher import Outgoing
from tests.enrichment.pipeline import CATALOG, NOW, FakeMessage

AT = Partition("meeting-held.v1", 3)
NUMBER = "0102031234"


def _refused(key: bytes | None, value: bytes | None, *headers: tuple[str, bytes], **fact: str | int | None) -> Refused:
    message = cast("Message", FakeMessage(AT, 17, key, value, headers))
    return Refused(message, Reason.BAD_PSEUDONYM, "citizen", "MeetingHeld", **fact)  # type: ignore[arg-type]


def _both(refused: Refused) -> tuple[records.Rejection, Outgoing]:
    rejections, letters = dead_letters.outgoing([refused], CATALOG, FixedClock(NOW))
    assert (rejections.topic, letters.topic) == (REJECTIONS.name, DEAD_LETTERS.name)
    assert list(rejections.keys) == list(letters.keys) == [b"meeting-held.v1/3/17"]
    return records.decode(CATALOG, records.Rejection, rejections.values[0] or b""), letters


def _headers(letters: Outgoing) -> dict[str, bytes]:
    assert letters.headers is not None
    return dict(letters.headers[0])


def test_rejection() -> None:
    """The sender learns where, which fact, why, which field and what to change."""
    rejection, _ = _both(_refused(b"a key", b"a value", source="momentum:751", fact_id="m1", version=2))
    assert rejection == records.Rejection(
        topic=AT.topic, partition=3, offset=17, source="momentum:751", fact_type="MeetingHeld", fact_id="m1",
        version=2, reason="bad_pseudonym", severity=records.Severity.ERROR, field="citizen",
        hint=HINTS[Reason.BAD_PSEUDONYM], rejected_at=NOW,
    )  # fmt: skip


def test_dead_letter() -> None:
    """Operations keep the record itself, with its key and headers, and why it was refused."""
    _, letters = _both(_refused(b"a key", b"\x00a value", ("trace", b"7")))
    assert letters.values == [b"\x00a value"]
    headers = _headers(letters)
    assert headers["dlq.original_key"] == b"a key"
    assert headers["original.trace"] == b"7"
    assert (headers["dlq.reason"], headers["dlq.withheld"]) == (b"bad_pseudonym", b"false")
    assert headers["__connect.errors.topic"] == b"meeting-held.v1"
    assert (headers["__connect.errors.partition"], headers["__connect.errors.offset"]) == (b"3", b"17")


def test_nothing_refused() -> None:
    """Of nothing there is nothing to tell."""
    assert dead_letters.outgoing([], CATALOG, FixedClock(NOW)) == []


def test_without_key_and_value() -> None:
    """A record may lack everything."""
    rejection, letters = _both(_refused(None, None))
    assert (rejection.source, rejection.fact_id, rejection.version) == (None, None, None)
    assert letters.values == [b""]


def _assert_withheld(refused: Refused) -> None:
    rejection, letters = _both(refused)
    told = repr((rejection, letters.values, letters.headers))
    assert NUMBER not in told
    assert _headers(letters)["dlq.withheld"] == b"true"
    assert (letters.values[0] or b"").startswith(b"hmac-sha256:")


_NO_DIGITS = st.binary(max_size=8).filter(lambda some: not set(some) & set(b"0123456789 -"))


@given(_NO_DIGITS, _NO_DIGITS)
def test_number_in_a_value(before: bytes, after: bytes) -> None:
    """Where a personal number is suspected, only digest and position are kept."""
    _assert_withheld(_refused(b"", before + NUMBER.encode() + after))


@pytest.mark.parametrize("before", [b"", b"4", b"x", b"\x14"])
@pytest.mark.parametrize("after", [b"", b"2", b"x", b"\x00"])
def test_number_beside_a_length(before: bytes, after: bytes) -> None:
    """The length of a text in an Avro record may look like a digit: the number is seen all the same."""
    _assert_withheld(_refused(b"", b"\x00\x00" + before + NUMBER.encode() + after + b"\x00"))
    _, letters = _both(_refused(b"", b"\x00\x00" + before + b"010203-1234" + after))
    assert _headers(letters)["dlq.withheld"] == b"true"


def test_number_in_a_key() -> None:
    """Neither does a key, a header or the identity of the fact repeat it."""
    _assert_withheld(_refused(f"MeetingHeld/s/{NUMBER}/1/{'a' * 16}".encode(), b"", source="s", fact_id=NUMBER))
    _assert_withheld(_refused(b"", b"", ("citizen", NUMBER.encode())))
    _assert_withheld(_refused(b"", b"", (NUMBER, b"")))


def test_number_as_a_version() -> None:
    """A version that looks like one is left out."""
    version = 3112991234
    rejection, letters = _both(_refused(f"MeetingHeld/s/i/{version}/{'a' * 16}".encode(), b"", version=version))
    assert rejection.version is None
    assert _headers(letters)["dlq.withheld"] == b"true"


def test_the_fact_is_masked() -> None:
    """In a rejection what looks like a number is masked, the rest stays."""
    rejection, _ = _both(_refused(b"", b"", source="momentum:751", fact_id=f"m-{NUMBER}-2"))
    assert (rejection.source, rejection.fact_id) == ("momentum:751", "m-[personal number]-2")


@pytest.mark.parametrize("citizen", ["0102031234" * 3 + "ab", "31129912340102031234567890123456"])
def test_pseudonyms_are_none(citizen: str) -> None:
    """Hex digits of a pseudonym or a digest that look like one are none: the letter is kept."""
    value = b"\x00\x00\x00\x00\x07" + citizen.encode()
    _, letters = _both(_refused(fact_key(MEETING_HELD, "momentum:751", "m1", 1, value), value))
    assert letters.values == [value]
    _, letters = _both(_refused(b"MeetingHeld/momentum%3A751/m1/1/0102031234abcdef", b"x"))
    assert letters.values == [b"x"]


def test_reading_a_dead_letter_back() -> None:
    """A dead letter is read as the record that it was: key, value, headers, where and why."""
    _, letters = _both(_refused(b"a key", b"\x00a value", ("trace", b"7")))
    letter = dead_letters.read(_as_message(letters))
    assert letter is not None
    assert (letter.key, letter.value, letter.headers) == (b"a key", b"\x00a value", [("trace", b"7")])
    assert (letter.where, letter.topic, letter.reason) == ("meeting-held.v1/3/17", "meeting-held.v1", "bad_pseudonym")
    assert not letter.is_withheld


def test_reading_what_is_withheld() -> None:
    """Of a record that may hold a personal number nothing comes back but that it is withheld."""
    _, letters = _both(_refused(b"a key", NUMBER.encode()))
    letter = dead_letters.read(_as_message(letters))
    assert letter is not None
    assert letter.is_withheld
    assert letter.value.startswith(b"hmac-sha256:")


def test_reading_something_else() -> None:
    """What others have put on the topic is no dead letter."""
    assert dead_letters.read(cast("Message", FakeMessage(AT, 0, b"a key", b"a value", ()))) is None


def _as_message(letters: Outgoing) -> Message:
    assert letters.headers is not None
    at = Partition(DEAD_LETTERS.name, 0)
    return cast("Message", FakeMessage(at, 0, letters.keys[0], letters.values[0], tuple(letters.headers[0])))
