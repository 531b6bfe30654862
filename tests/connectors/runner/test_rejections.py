"""What was refused is told back until it is corrected."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fokusstrom.contracts.records import Rejection, Severity
from fokusstrom.domain.errors import Unavailable
from fokusstrom_connectors.interface import Page
from fokusstrom_connectors.mapping import rules
from fokusstrom_connectors.mapping.mapper import Mapped, Mapper
from fokusstrom_connectors.personal.pseudonyms import Key, Pseudonyms
from fokusstrom_connectors.runner.rejections import CORRECTED, Corrections, still_open
from tests.connectors.records import KEY, meeting

AT = datetime(2020, 3, 20, 12, tzinfo=UTC)
BY_A_WORKER = Rejection(
    topic="meeting-held.v1",
    partition=0,
    offset=17,
    source="momentum:751",
    fact_type="MeetingHeld",
    fact_id="m-00001",
    version=1,
    reason="out_of_range",
    severity=Severity.ERROR,
    field="duration_minutes",
    hint="send a value within the field's bounds",
    rejected_at=AT,
)


def mapped(*records: dict[str, Any]) -> Mapped:
    """Map records of the momentum profile."""
    mapper = Mapper(rules.find("momentum"), "momentum:751", Pseudonyms(Key("k", KEY.encode())))
    return mapper.map([Page(records, "here")])


@pytest.mark.parametrize(("version", "clears"), [(0, False), (1, True), (2, True)])
def test_a_fact_that_is_sent_again_clears_its_rejection(version: int, clears: bool) -> None:  # noqa: FBT001 - the table's
    """In the same version, which was never there, or in a later one; an older one corrects nothing."""
    corrections = Corrections("test", lambda: [BY_A_WORKER])
    said = corrections.made_by(mapped(meeting(1, version=version)), AT + timedelta(hours=1))
    assert [(one.reason, one.fact_id, one.severity) for one in said] == (
        [(CORRECTED, "m-00001", Severity.INFO)] if clears else []
    )
    left = still_open([BY_A_WORKER, *said], "test", ["momentum:751"])
    assert left == ([] if clears else [BY_A_WORKER])
    assert corrections.made_by(mapped(meeting(1, version=version)), AT) == [], "it is said once"


def test_a_rejection_after_the_correction_is_a_new_one() -> None:
    """What a worker refuses again is open again; what it sends again of before stays cleared."""
    corrections = Corrections("test", lambda: [BY_A_WORKER])
    said = corrections.made_by(mapped(meeting(1, version=2)), AT + timedelta(hours=1))
    again = dataclasses.replace(BY_A_WORKER, offset=18, version=2, rejected_at=AT + timedelta(hours=2))
    assert still_open([BY_A_WORKER, *said, again], "test", ["momentum:751"]) == [again]


def test_a_later_version_clears_whenever_it_came() -> None:
    """A page with a fact as it was and as it is, told in the same millisecond; and the older one sent once more."""
    corrections = Corrections("test", lambda: [BY_A_WORKER])
    said = corrections.made_by(mapped(meeting(1, version=2)), AT)
    again = dataclasses.replace(BY_A_WORKER, offset=18, rejected_at=AT + timedelta(hours=2))
    assert still_open([BY_A_WORKER, *said, again], "test", ["momentum:751"]) == []


def test_what_was_known_stays_while_no_broker_answers() -> None:
    """What is open can't be read anew: a correction is said all the same."""
    asked: list[int] = []

    def find() -> list[Rejection]:
        asked.append(1)
        if len(asked) > 1:
            raise Unavailable("no Kafka broker answers")
        return [BY_A_WORKER]

    corrections = Corrections("test", find)
    corrections.look()
    assert [one.reason for one in corrections.made_by(mapped(meeting(1)), AT)] == [CORRECTED]


def test_only_the_connectors_own_are_told() -> None:
    """Of facts of its source, and what it refused itself; nobody else's."""
    own = dataclasses.replace(BY_A_WORKER, connector="test", source=None, fact_id=None)
    others = dataclasses.replace(BY_A_WORKER, source="akasse:3f")
    assert still_open([BY_A_WORKER, own, others], "test", ["momentum:751"]) == [BY_A_WORKER, own]


def test_what_the_connector_refuses_is_cleared_when_it_can_be_mapped() -> None:
    """Without a look at the topic in between."""
    corrections = Corrections("test")
    assert corrections.made_by(mapped(meeting(1, samtaletype="Kaffe")), AT) == []
    (said,) = corrections.made_by(mapped(meeting(1)), AT)
    assert (said.reason, said.fact_id, said.connector) == (CORRECTED, "m-00001", "test")
