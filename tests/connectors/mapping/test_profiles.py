"""The profiles that ship: a record of each kind, and the fact that it becomes."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from fokusstrom.domain.refusals import Reason
from fokusstrom_connectors.interface import Page
from fokusstrom_connectors.mapping import rules
from fokusstrom_connectors.mapping.mapper import Mapped, Mapper
from fokusstrom_connectors.personal.pseudonyms import Key, Pseudonyms
from tests.connectors.records import meeting

KEY = Key("k", b"k" * 32)
FIRST, SECOND = KEY.pseudonym("0102031234"), KEY.pseudonym("0202031234")


def mapped(profile: str, *records: dict[str, Any]) -> Mapped:
    """Map records."""
    mapper = Mapper(rules.find(profile), "momentum:751", Pseudonyms(KEY))
    return mapper.map([Page(records, "here")])


def only(profile: str, record: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Give the fact of a record, by its type."""
    found = mapped(profile, record)
    assert not found.refused, [str(one.refusal) for one in found.refused]
    ((name, facts),) = found.facts.items()
    (fact,) = facts.to_pylist()
    return name, fact


def test_records_of_any_depth_and_numbers_of_any_size_stop_nobody() -> None:
    """Nested deeper than can be written, or a number with a billion digits: refused as data, in no time."""
    deep: dict[str, Any] = {}
    for _ in range(2_000):
        deep = {"a": deep}
    found = mapped("momentum", deep, meeting(1, version=Decimal("1E+999999999")), meeting(2))
    assert [one.refusal.reason for one in found.refused] == [Reason.MISTYPED, Reason.NO_RULE]
    assert found.count == 1


def test_a_page_may_be_refused_whole() -> None:
    """Where each record of a type is refused for what it means, there are no facts, and no trouble."""
    found = mapped("momentum", meeting(1, kommune="000"), meeting(2, kommune="999"))
    assert found.facts == {}
    assert [one.refusal.reason for one in found.refused] == [Reason.UNKNOWN_MUNICIPALITY] * 2


def test_a_version_that_looks_personal_is_told_to_nobody() -> None:
    """It is refused, and neither in the refusal nor in the identity that goes with it."""
    (refused,) = mapped("momentum", meeting(1, version="1202701234")).refused
    assert (refused.fact_id, refused.version, refused.refusal.reason) == ("m-00001", None, Reason.PERSONAL_NUMBER)


FASIT = {
    "objekt": {"guid": "7a0e", "type": "Samtale", "senestAendret": "2020-03-02T12:00:00+01:00"},
    "person": {"personnummer": "010203-1234"},
    "organisation": {"kommunekode": 751, "jobcenter": "75100"},
    "samtale": {
        "typekode": 7,
        "starttidspunkt": "02-03-2020 10:00",
        "kontaktform": "VIDEO",
        "udeblevet": False,
        "varighedMinutter": 45,
    },
}
WORKBASE = {
    "POST": "SAM",
    "NOEGLE": "S17",
    "LOEBENR": "3",
    "REGDATO": "20200302120000",
    "CPRNR": "0102031234",
    "SLETTET": "N",
    "AARSAG": "RET",
    "KOMMUNE": "0751",
    "KODE": "04",
    "TIDSPUNKT": "20200302100000",
    "FORM": "T",
    "FREMMOEDE": "N",
}


def test_a_meeting_of_fasits_shape() -> None:
    """Objects within objects, a version made of the time of change."""
    name, fact = only("fasit", FASIT)
    assert name == "MeetingHeld"
    assert fact["version"] == 1_583_146_800_000  # 2 March 2020, 11:00 UTC
    assert fact["held_at"] == datetime(2020, 3, 2, 9, tzinfo=UTC)
    expected = {
        "fact_id": "7a0e",
        "citizen": FIRST,
        "municipality": "751",
        "jobcenter": "75100",
        "interview_type": "JOB",
        "mode": "VIDEO",
        "attendance": "HELD",
        "duration_minutes": 45,
        "mode_chosen_by": "UNKNOWN",
        "deleted": False,
    }
    assert {field: fact[field] for field in expected} == expected


def test_a_meeting_of_workbases_shape() -> None:
    """Rows of codes; what begins and ends the file is left out."""
    found = mapped("workbase", {"POST": "START"}, WORKBASE, {"POST": "SLUT"})
    (fact,) = found.facts["MeetingHeld"].to_pylist()
    assert (found.records, found.ignored, found.refused) == (3, 2, [])
    assert (fact["interview_type"], fact["mode"], fact["attendance"]) == ("FOLLOW_UP", "PHONE", "NO_SHOW")
    assert (fact["change_reason"], fact["municipality"], fact["citizen"]) == ("CORRECTED", "751", FIRST)


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (
            {"haendelse": "ydelsesforløb", "ydelse": "Kontanthjælp", "maalgruppe": 2, "fra": "2020-01-01"},
            ("BenefitSpell", {"benefit": "CASH", "target_group": 2, "starts_on": date(2020, 1, 1), "ends_on": None}),
        ),
        (
            {"haendelse": "tilbud", "tilbudstype": "Løntilskud", "fra": "2020-01-01", "til": "2020-02-01"},
            ("OfferParticipation", {"offer_type": "WAGE_SUBSIDY", "ends_on": date(2020, 2, 1)}),
        ),
        (
            {"haendelse": "timer", "maaned": "2020-03", "timer": 37.5},
            ("OrdinaryHours", {"month": "2020-03", "hours": 3750}),
        ),
        (
            {"haendelse": "afgang", "afgang_til": "Raskmeldt", "dato": "2020-03-09"},
            ("OutcomeReached", {"outcome": "FIT", "reached_on": date(2020, 3, 9)}),
        ),
        (
            {"haendelse": "nyt personnummer", "borger": {"cpr": "0102031234", "tidligere_cpr": "0202031234"}},
            ("CitizenLink", {"citizen": FIRST, "same_as": SECOND}),
        ),
        (
            {"haendelse": "adressebeskyttelse", "beskyttet": True},
            ("CitizenProtection", {"citizen": FIRST, "protected": True}),
        ),
    ],
    ids=["spell", "offer", "hours", "outcome", "link", "protection"],
)
def test_every_kind_of_fact_of_momentums_shape(record: dict[str, Any], expected: tuple[str, dict[str, Any]]) -> None:
    """A changed personal number is a link, an address protection a protection."""
    common = {
        "id": "x1",
        "version": 1,
        "registreret": "2020-03-10T08:00:00Z",
        "aarsag": "oprettet",
        "borger": {"cpr": "0102031234"},
        "kommune": "751",
    }
    name, fact = only("momentum", common | record)
    assert (name, {field: fact[field] for field in expected[1]}) == expected


def test_a_withdrawal_needs_the_common_fields_only() -> None:
    """What the sender has deleted withdraws the fact."""
    record = {
        "haendelse": "samtale",
        "id": "x1",
        "version": 2,
        "registreret": "2020-03-10T08:00:00Z",
        "aarsag": "fejlregistreret",
        "status": "slettet",
        "borger": {"cpr": "0102031234"},
    }
    name, fact = only("momentum", record)
    assert (name, fact["deleted"], fact["held_at"]) == ("MeetingHeld", True, None)


def test_what_meets_no_rule_is_refused() -> None:
    """Nothing is left out unsaid."""
    (refused,) = mapped("momentum", {"haendelse": "noget andet"}).refused
    assert (refused.refusal.line, refused.refusal.reason.value) == (1, "no_rule")


def test_a_change_of_key_joins_both_pseudonyms() -> None:
    """Facts carry the new key's pseudonym, and a link of the time of the change joins it to the old."""
    old = Key("old", b"o" * 32)
    changed_at = datetime(2026, 1, 1, tzinfo=UTC)
    mapper = Mapper(rules.find("workbase"), "momentum:751", Pseudonyms(KEY, old), changed_at)
    found = mapper.map([Page([WORKBASE], "here")])
    (link,) = found.facts["CitizenLink"].to_pylist()
    assert (link["citizen"], link["same_as"]) == (FIRST, old.pseudonym("0102031234"))
    assert (link["registered_at"], link["version"]) == (changed_at, 0)
    assert not mapper.map([Page([WORKBASE], "here")]).facts.keys() - {"MeetingHeld"}


def test_a_refused_records_digest_is_keyed() -> None:
    """Whoever knows all of a record but its personal number can't find that by trying: the secret key is missing."""
    record = meeting(1, samtaletype="Kaffe")
    written = json.dumps(record, sort_keys=True).encode()
    (refused,) = mapped("momentum", record).refused
    assert refused.digest == hmac.new(KEY.secret, b"record:" + written, "sha256").hexdigest()
    share = {"faktisk_pct": 1}  # of no rule
    without_key = [Mapper(rules.find("jobindsats"), "jobindsats", None) for _ in range(2)]
    digests = {one.map([Page([share], "here")]).refused[0].digest for one in without_key}
    assert len({*digests, hashlib.sha256(json.dumps(share).encode()).hexdigest()}) == 3
