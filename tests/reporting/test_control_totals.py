"""Control totals from source to figure add up, or there is no release."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime

import pytest

from fokusstrom.contracts.cuts import Assembly, CompleteCut
from fokusstrom.contracts.records import FIGURES_CONTRACT, ControlTotal, CutMark, MeetingsByReason
from fokusstrom.contracts.schemas import checked_in
from fokusstrom.domain import rule_set
from fokusstrom.reporting import control_totals, releasing
from tests.reporting.slices import DEPLOYMENT, Rows, answer, focus, held, modes

CATALOG = checked_in()
RULES = rule_set.in_force()
MARK = CutMark(
    number=1,
    requests=(),
    through=date(2021, 12, 31),
    rule_set=RULES.digest,
    rule_set_name=RULES.name,
    rule_set_version=RULES.version,
    slices=1,
    contract=FIGURES_CONTRACT,
    made_at=datetime(2022, 1, 1, tzinfo=UTC),
    topics=(),
)
MARCH: Rows = {
    ("751", "2021-03"): {**focus(40, 10), **held(PHONE=(50, 20))},
    ("DK", "2021-03"): modes(PHONE=(50, 20)),
}


def cut(rows: Rows, **changed: object) -> CompleteCut:
    """Give a cut that one slice has answered."""
    assembly = Assembly(CATALOG, MARK, DEPLOYMENT)
    for part in answer(CATALOG, MARK, 0, rows, **changed):
        for key, value in zip(part.keys, part.values, strict=True):
            assembly.feed(key, value)
    complete = assembly.complete()
    assert complete is not None
    return complete


def test_facts_are_meetings_in_figures_or_beyond_them() -> None:
    """MeetingHeld facts that hold = meetings that count or don't + those beyond the end date: 60 = 50 + 10."""
    complete = cut(MARCH)
    by_reason = control_totals.meetings_by_reason(complete.statuses)
    beyond = control_totals.meetings_beyond(complete.statuses)
    assert ([one.meetings for one in by_reason], [one.meetings for one in beyond]) == ([50], [10])
    assert control_totals.adds_up(complete.statuses[0].totals, by_reason, beyond)
    assert control_totals.contradictions(complete) == []


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (
            {**MARCH, ("DK", "2021-03"): modes(PHONE=(49, 20))},
            ["meetings held, kept and of a type that counts are 50, those by mode of the country are 49"],
        ),
        (
            {**MARCH, ("101", "2021-03"): {"focus_offers": focus(8, 8)["focus_offers"]}},
            ["persons in scope for meetings are 40, those for offers are 48"],
        ),
    ],
)
def test_figures_that_disagree_are_named(rows: Rows, said: list[str]) -> None:
    """Figures that count the same must be the same."""
    assert control_totals.contradictions(cut(rows)) == said


def test_meetings_that_are_lost_on_the_way_are_named() -> None:
    """A meeting that is neither in a figure nor beyond the end date is missing somewhere."""
    complete = cut(MARCH, meetings_by_reason=(MeetingsByReason(reason=None, meetings=49),))
    assert control_totals.contradictions(complete) == [
        "MeetingHeld facts that hold are 60, meetings in figures and beyond them are 59",
        "meetings by reason are 49, those of meetings_held are 50",
        "meetings held, kept and of a type that counts are 49, those by mode of municipalities are 50",
        "meetings held, kept and of a type that counts are 49, those by mode of the country are 50",
    ]


def test_facts_are_never_fewer_but_for_those_that_were_erased() -> None:
    """Of each type and source there are as many as when last released, or a release is refused with the numbers."""
    before = [ControlTotal(type="MeetingHeld", source="momentum:751", holding=40, deleted=2, in_conflict=0)]
    now = [dataclasses.replace(before[0], holding=38)]
    said = ["MeetingHeld of momentum:751: 42 before, 41 now, those erased included"]
    assert releasing.lost_facts(before, now, {("MeetingHeld", "momentum:751"): 1}) == said
    assert releasing.lost_facts(before, now, {("MeetingHeld", "momentum:751"): 2}) == []
    (gone,) = releasing.lost_facts(before, [], {})
    assert "42 before, 0 now" in gone
