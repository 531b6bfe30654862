"""The lists for municipal IT: which meetings, why, and what is said of protected citizens; worked out by hand."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from importlib import resources

import pytest

from fokusstrom.domain.reconciliation import COLUMNS, WHAT_TO_DO, Reconciled, reconcile
from fokusstrom.domain.rules_and_figures import sql_of
from tests.builders import AARHUS, BO, KOEGE, FactLine, corrected, joint, meeting, meetings, protection, spell
from tests.domain import folding

_SPELL = spell("2018-01-01")


def _lists(facts: Iterable[FactLine], municipality: str = AARHUS) -> dict[str, Reconciled]:
    connection, book = folding.open_book()
    folding.take_in(book, facts)
    folding.fold(date(2021, 12, 31))
    return {one.name: one for one in reconcile(connection, municipality)}


def _found(facts: Iterable[FactLine], name: str, municipality: str = AARHUS) -> list[tuple[object, object, object]]:
    """Give fact id, reason and the other meeting's fact id of a list's rows."""
    places = [COLUMNS.index(column) for column in ("fact_id", "reason", "other_fact_id")]
    fact_id, reason, other = places
    return [(row[fact_id], row[reason], row[other]) for row in _lists(facts, municipality)[name].rows]


def test_a_whole_row() -> None:
    """A row says which meeting it is, why it is there and what to do; it names no citizen."""
    (row,) = _lists([meeting("2021-03-01", fact_id="m", version=3)])["without_spell"].rows
    assert dict(zip(COLUMNS, row, strict=True)) == {
        "reason": "no_spell",
        "source": "momentum:751",
        "fact_id": "m",
        "version": 3,
        "held_on": "2021-03-01",
        "municipality": "751",
        "reporter": "JOBCENTER",
        "interview_type": "JOB",
        "mode": "PHYSICAL",
        "other_source": None,
        "other_fact_id": None,
        "what_to_do": "check person and date, and whether a benefit spell (ydelsesforløb) is missing or ends too early",
    }


def test_joint_meetings_that_only_the_a_kasse_knows() -> None:
    """A joint meeting that only an a-kasse reported is listed; one that the jobcentre reported that day is not."""
    alone, both = joint("2021-03-01", "A_KASSE", fact_id="alone"), joint("2021-04-01", "A_KASSE", fact_id="both")
    facts = [_SPELL, alone, both, joint("2021-04-01 14:00")]
    assert _found(facts, "joint_only_a_kasse") == [("alone", "only_a_kasse", None)]


def test_meetings_without_a_spell() -> None:
    """Held and kept on a date without a spell; a no-show without one is nothing to look at."""
    facts = [
        spell("2021-01-01", "2021-01-31"),
        meeting("2021-01-31", fact_id="in"),
        meeting("2021-02-01", fact_id="out"),
        meeting("2021-02-02", fact_id="no-show", attendance="NO_SHOW"),
    ]
    assert _found(facts, "without_spell") == [("out", "no_spell", None)]


def test_missing_assessments() -> None:
    """Under the ordinary rules a phone meeting needs one; in March 2021 one should be documented."""
    facts = [
        _SPELL,
        meeting("2021-03-01", fact_id="expected", mode="PHONE"),
        meeting("2021-09-01", fact_id="required", mode="PHONE"),
        meeting("2021-10-01", fact_id="there", mode="PHONE", assessment_documented=True),
        meeting("2021-11-01", fact_id="physical"),
    ]
    assert _found(facts, "assessment_missing") == [
        ("expected", "assessment_expected", None),
        ("required", "assessment_required", None),
    ]


def test_the_same_meeting_twice() -> None:
    """What R2 set aside, with the record that was kept: one registered twice, one reported by both."""
    facts = [
        _SPELL,
        *meetings("2021-03-01 10:00", fact_id="a"),
        *meetings("2021-03-01 10:00", fact_id="b"),
        joint("2021-04-01 09:00", fact_id="ours"),
        joint("2021-04-01 09:00", "A_KASSE", fact_id="theirs"),
    ]
    assert _found(facts, "reported_twice") == [("b", "same_minute", "a"), ("theirs", "joint_by_both", "ours")]


def _at(registered: str, held: str, fact_id: str, **changed: object) -> FactLine:
    return meeting(held, fact_id=fact_id, registered_at=f"{registered}T12:00:00Z", **changed)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param(
            [_at("2021-03-02", "2021-03-01 10:00", "a"), _at("2021-03-03", "2021-03-01 10:00", "b")],
            [("b", "same_type_and_time", "a")],
            id="same type and time: the one registered later",
        ),
        pytest.param(
            [
                _at("2021-03-02", "2021-03-01 10:00", "a"),
                _at("2021-03-03", "2021-03-01 10:00", "b", interview_type="FOLLOW_UP"),
                _at("2021-03-03", "2021-03-01 10:00", "cv", interview_type="CV"),
            ],
            [("b", "same_time", "a")],
            id="two resetting meetings at one time; a CV meeting resets nothing",
        ),
        pytest.param(
            [_at("2021-03-02", "2021-03-01 10:00", "a"), _at("2021-03-03", "2021-03-01 10:01", "b")],
            [],
            id="one minute apart is fine",
        ),
        pytest.param(
            [
                _at("2021-03-10", "2021-03-09", "second"),
                _at("2021-03-11", "2021-03-01", "first"),
                _at("2021-03-12", "2021-03-02", "cv", interview_type="CV"),
                corrected(_at("2021-03-12", "2021-03-03", "corrected"), 2),
            ],
            [("first", "registered_too_late", "second")],
            id="registered after one that was held later; not of a correction",
        ),
        pytest.param(
            [_at("2021-03-02", "2021-03-01", "no-show", attendance="NO_SHOW"), _at("2021-03-03", "2021-03-01", "m")],
            [],
            id="only meetings that were held are registered as such",
        ),
    ],
)
def test_what_dfdg_would_refuse(facts: list[FactLine], expected: list[tuple[str, str, str | None]]) -> None:
    """The rules of DFDG's CreateInterview that facts can be held against."""
    assert _found([_SPELL, *facts], "refused_by_dfdg") == expected


def test_citizens_of_another_municipality() -> None:
    """A jobcentre may only register for its own: both municipalities see the meeting, others don't."""
    facts = [spell("2018-01-01", municipality=KOEGE), meeting("2021-03-01", fact_id="m")]
    for municipality in (AARHUS, KOEGE):
        assert _found(facts, "refused_by_dfdg", municipality) == [("m", "not_attached", None)]
    assert _found(facts, "refused_by_dfdg", "101") == []


def test_protected_citizens() -> None:
    """R18: a protected citizen's meetings are in no list; how many were left out is said."""
    facts = [meeting("2021-03-01", fact_id="anna"), meeting("2021-03-01", fact_id="bo", citizen=BO), protection(BO)]
    found = _lists(facts)["without_spell"]
    assert ([row[COLUMNS.index("fact_id")] for row in found.rows], found.protected) == (["anna"], 1)


def test_every_file_is_a_list() -> None:
    """What lies in the folder is what is listed; each opens with where it is from, and says each reason it gives."""
    files = resources.files("fokusstrom.domain").joinpath("reconciliation").iterdir()
    assert {file.name for file in files} == {f"{name}.sql" for name in WHAT_TO_DO}
    for name, reasons in WHAT_TO_DO.items():
        sql = sql_of("reconciliation", name)
        assert re.match(r"-- (R\d+b?|Section \d)  +\S.*\w", sql)
        assert {reason for reason in reasons if f"'{reason}'" not in sql} == set()
