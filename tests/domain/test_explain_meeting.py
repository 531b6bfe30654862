"""The way of a meeting through the rules, as it is explained: worked out by hand from the rule set in force."""

from __future__ import annotations

import pytest

from fokusstrom.domain.explain import Explanation
from tests.builders import (
    ANNA,
    BO,
    FactLine,
    corrected,
    joint,
    link,
    meeting,
    outcome,
    protection,
    spell,
    withdrawn,
)
from tests.domain import explaining
from tests.domain.explaining import decided, rows, step, steps, way

_SPELL = spell("2018-01-01")


def test_a_meeting_that_counts() -> None:
    """It counts by a row of counting_reporters and one of counting_modes; the mode is judged by one of mode_rules."""
    asked = meeting("2021-03-01")
    found = way([_SPELL, asked, outcome("2021-04-01")], asked)
    assert found.outcome == "counts"
    assert [one.rule for one in found.steps] == [
        "R1", "R1b", "R3", "R2", "R4", "R7", "R8", "R14", "R15", "Section 4",
    ]  # fmt: skip
    # JOBCENTER is the first of counting_reporters, PHYSICAL of counting_modes; March 2021 is BEK 113/2021, the ninth
    # row of mode_rules.
    assert decided(found, "R7") == [("counting_reporters", 1), ("counting_modes", 1)]
    assert decided(found, "R15") == [("mode_rules", 9)]
    assert step(found, "R15").rows[0].reference == "BEK 113/2021"
    assert all(holds for _, _, holds in rows(found, "R7"))
    assert "JOB followed on 2021-04-01, 31 days later" in step(found, "Section 4").finding


def test_months_that_it_serves_in() -> None:
    """A meeting serves in the twelve months whose window its date lies in, as far as they are reported."""
    asked = meeting("2021-03-01")
    found = way([_SPELL, asked], asked, "2021-06-30")
    # In scope since December 2018, the month in which twelve months are reached. One meeting is not four.
    assert rows(found, "R8") == [
        ("2021-03", "751", "CASH", "2020-04-01", False),
        ("2021-04", "751", "CASH", "2020-05-01", False),
        ("2021-05", "751", "CASH", "2020-06-01", False),
        ("2021-06", "751", "CASH", "2020-07-01", False),
    ]


_REASONS: list[tuple[str, FactLine, list[FactLine]]] = [
    ("no_show", meeting("2021-03-01", attendance="NO_SHOW"), [_SPELL]),
    ("type_not_counted", meeting("2021-03-01", interview_type="CV"), [_SPELL]),
    ("unconfirmed_joint", joint("2021-03-01", "A_KASSE"), [_SPELL]),
    ("reported_by_a_kasse", meeting("2021-03-01", reporter="A_KASSE", source="akasse:3f"), [_SPELL]),
    ("mode_not_counted", meeting("2020-04-01", mode="PHONE"), [_SPELL]),
    ("no_spell", meeting("2021-03-01"), [spell("2021-03-02")]),
]


@pytest.mark.parametrize(("reason", "asked", "others"), _REASONS, ids=[reason for reason, _, _ in _REASONS])
def test_a_meeting_that_does_not_count(reason: str, asked: FactLine, others: list[FactLine]) -> None:
    """The reason is R7's, in a sentence; R8 isn't asked."""
    found = way([*others, asked], asked)
    assert found.outcome == reason
    assert step(found, "R7").finding.startswith(f"It does not count: {reason}, as ")
    assert steps(found, "R8") == []


def test_rows_that_would_have_counted() -> None:
    """Where no row holds on the date, those of the same code are shown: until 19 March and from 27 May 2020."""
    asked = meeting("2020-04-01", mode="PHONE")
    found = way([_SPELL, asked], asked)
    shown = [(row.says["mode"], str(row.valid_from), str(row.valid_to)) for row in step(found, "R7").rows]
    assert shown == [("PHONE", "1900-01-01", "2020-03-19"), ("PHONE", "2020-05-27", "9999-12-31")]
    assert decided(found, "R15") == [("mode_rules", 3)]
    assert "PHONE was lawful by '2020-03 suspension'" in step(found, "R15").finding


def test_versions() -> None:
    """All records that were taken in are shown, each once, with why it doesn't hold (R1)."""
    first = meeting("2021-03-01", fact_id="m")
    late = corrected(first, 1, registered_at="2021-03-02T00:00:00Z", mode="PHONE")
    tie = corrected(first, 2, registered_at="2021-03-03T00:00:00Z", mode="PHONE")
    # "VIDEO" is greater than "PHONE" as bytes, and all before it in the canonical JSON is the same.
    winner = tie | {"mode": "VIDEO"}
    found = way([winner, first, first, late, tie, _SPELL], first)
    told = [(version, times, why) for version, _, _, _, _, times, why in rows(found, "R1")]
    assert told == [
        (2, 1, "holds"),
        (2, 1, "a tie with other content: the other's canonical JSON is greater (conflict)"),
        (1, 1, "version 2 is greater"),
        (1, 2, "version 2 is greater"),
    ]
    assert "4 different records were taken in; version 2 holds" in step(found, "R1").finding


def test_registered_later() -> None:
    """Of two records of the same version, the one registered later holds."""
    first = meeting("2021-03-01", fact_id="m")
    later = corrected(first, 1, registered_at="2021-03-02T00:00:00Z")
    assert [row[-1] for row in rows(way([first, later, _SPELL], first), "R1")] == [
        "holds",
        "the other of this version was registered later",
    ]


def test_moved_to_another_citizen() -> None:
    """A version can name another citizen: the meeting is only the one's that holds, and R1 says so."""
    first = meeting("2021-03-01", fact_id="m")
    found = way([first, corrected(first, citizen=BO), _SPELL], first)
    assert (found.outcome, rows(found, "R1")[0][4]) == ("no_spell", BO)
    assert "They name different citizens" in step(found, "R1").finding


def test_withdrawn() -> None:
    """A meeting whose record that holds is deleted is no fact: the way ends there."""
    asked = meeting("2021-03-01")
    found = way([asked, withdrawn(asked), _SPELL], asked)
    assert (found.outcome, [one.rule for one in found.steps]) == ("withdrawn", ["R1", "R1b", "R1"])


def test_after_the_end_date() -> None:
    """A meeting after the end date is ignored (section 5)."""
    asked = meeting("2021-03-01")
    assert way([asked, _SPELL], asked, "2021-02-28").outcome == "after the end date"


def test_nobody_knows_it() -> None:
    """Of a meeting of which no record was taken in, there is nothing to explain."""
    assert explaining.meeting([_SPELL], meeting("2021-03-01")) is None


def test_one_person() -> None:
    """Facts of all pseudonyms that links join belong to the smallest (R1b): Bo's meeting has Anna's spell."""
    asked = meeting("2021-03-01", citizen=BO)
    found = way([_SPELL, asked, link(BO, ANNA)], asked)
    assert found.outcome == "counts"
    assert f"It names {BO}; links join 2 pseudonyms to one person, {ANNA}." == step(found, "R1b").finding
    assert rows(found, "R1b") == [("momentum:751", "lba", BO, ANNA)]


def test_reported_twice() -> None:
    """A record set aside by R2 says for which and by which step; the kept one says for which it stands."""
    kept, other = joint("2021-03-01 09:00"), joint("2021-03-01 13:00", "A_KASSE")
    found = way([_SPELL, kept, other], other)
    assert found.outcome == "duplicate"
    assert rows(found, "R2") == [("momentum:751", "m2021-03-01 09:00")]
    assert "(b) joint meetings of one day" in step(found, "R2").finding
    assert "not judged" in step(found, "R15").finding
    found = way([_SPELL, kept, other], kept)
    assert rows(found, "R2") == [("akasse:3f", "m2021-03-01 13:00", "A_KASSE", "3F")]
    assert "takes the a-kasse 3F" in step(found, "R2").finding
    same = meeting("2021-03-01 10:00", fact_id="other")
    found = way([_SPELL, meeting("2021-03-01 10:00", fact_id="kept"), same], same)
    assert "(a) same citizen, interview type and minute" in step(found, "R2").finding


def test_spells() -> None:
    """R4 names the spell it chose of several; without one, the spells that don't cover the date."""
    asked = meeting("2021-03-01")
    both = [_SPELL, spell("2021-01-01", benefit="SICKNESS")]
    assert "SICKNESS in municipality 751 from 2021-01-01" in step(way([*both, asked], asked), "R4").finding
    assert [row[-1] for row in rows(way([*both, asked], asked), "R4")] == [True, True]
    early = [spell("2018-01-01", "2018-12-31"), asked]
    assert rows(way(early, asked), "R4") == [
        ("momentum:751", "s2018-01-01", "751", "CASH", "2018-01-01", "2018-12-31", False)
    ]


def _instants(found: Explanation) -> str:
    return str([*rows(found, "R1"), step(found, "R3").finding])


def test_protected_citizens() -> None:
    """R18: instants of a protected citizen are cut to the date, unless the reader has the logged right."""
    asked = meeting("2021-03-01", registered_at="2021-03-01T11:22:33Z")
    facts = [_SPELL, asked, protection()]
    found = explaining.meeting(facts, asked)
    assert found is not None
    assert (found.hidden, found.shown) == (1, 0)
    assert "11:22" not in _instants(found)
    assert "09:00" not in _instants(found)
    assert "2021-03-01" in _instants(found)
    by_right = explaining.meeting(facts, asked, with_protected=True)
    assert by_right is not None
    assert (by_right.hidden, by_right.shown) == (0, 1)
    assert "11:22" in _instants(by_right)
    assert "09:00" in _instants(by_right)
