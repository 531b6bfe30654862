"""Confluent's wire format."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fokusstrom.contracts import wire
from fokusstrom.domain.errors import Rejected
from fokusstrom.domain.refusals import Reason

VALUES = st.one_of(
    st.none(),
    st.binary(max_size=7),
    st.builds(lambda schema_id, rest: wire.header(schema_id) + rest, st.integers(0, 3), st.binary(max_size=3)),
)


def test_the_header_is_a_zero_byte_and_the_id() -> None:
    """A value is a zero byte, the schema's id in four bytes, and the record."""
    assert wire.header(258) == b"\x00\x00\x00\x01\x02"
    assert wire.unframe(b"\x00\x00\x00\x01\x02record") == (258, b"record")


@pytest.mark.parametrize(
    ("value", "reason"),
    [(b"", Reason.TRUNCATED), (b"\x00\x00\x00\x01", Reason.TRUNCATED), (b"{json}", Reason.UNDECODABLE)],
)
def test_values_without_header_are_refused(value: bytes, reason: Reason) -> None:
    """A truncated or garbage value is refused with its reason."""
    with pytest.raises(Rejected) as refused:
        wire.unframe(value)
    assert refused.value.reason == reason
    assert wire.split([value]).refused == {0: reason}


def test_a_batch_of_nothing_is_nothing() -> None:
    """An empty batch has no groups."""
    assert wire.split([]) == wire.Split()


@given(st.lists(VALUES, max_size=20))
def test_every_row_of_a_batch_is_in_one_place(values: list[bytes | None]) -> None:
    """Everything is a record of a schema, a tombstone or refused, and nothing is lost."""
    split = wire.split(values)
    places = [row for group in split.groups for row in group.rows] + split.tombstones + list(split.refused)
    assert sorted(places) == list(range(len(values)))
    for group in split.groups:
        for row, payload in zip(group.rows, group.payloads, strict=True):
            assert values[row] == wire.header(group.schema_id) + payload
    assert all(values[row] is None for row in split.tombstones)
