"""R16, releases: what is published anew, under which revision, status and reason."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fokusstrom.domain import releases, rule_set
from fokusstrom.domain.measures import MEASURES, Cell, Key
from fokusstrom.domain.releases import Change, Confidence, Now, Presence, Published, Reason, Status
from fokusstrom.domain.rule_set import RuleSet

RULES = rule_set.in_force()
MARCH = "2021-03"
SOON, LATER = dt.date(2021, 4, 20), dt.date(2021, 6, 30)
KEY = Key("focus_meetings", "751", MARCH)


def cell(not_served: int, persons: int, key: Key = KEY) -> Cell:
    """Give a focus figure."""
    return Cell(key, not_served, persons, (not_served, persons - not_served, persons))


def judge(
    cells: Iterable[Cell], published: dict[Key, Published], rules: RuleSet, through: dt.date, *missing: Key
) -> list[Change]:
    """Give the changes, where small groups alone are hidden."""
    cells = list(cells)
    hidden = {one.key: Confidence.PRIMARY for one in cells if {1, 2, 3, 4} & set(one.groups)}
    return releases.judge(Now(cells, rules, through, hidden, frozenset(missing)), published)


def after(published: dict[Key, Published], changes: Iterable[Change], rules: RuleSet = RULES) -> dict[Key, Published]:
    """Give what is published once these changes are."""
    new = {
        change.key: Published(
            change.shown, change.status, change.revision, rules.digest, MEASURES[change.key.measure].definition
        )
        for change in changes
    }
    return published | new


def other_rules(old: str, new: str) -> RuleSet:
    """Give the rule set with a text of it replaced."""
    assert old in RULES.text
    return rule_set.parse(RULES.text.replace(old, new))


def test_a_figure_is_published_with_its_share() -> None:
    """The monthly share is not_served / persons."""
    (change,) = judge([cell(10, 40)], {}, RULES, SOON)
    assert (change.shown.value, change.shown.base, change.shown.share_permille) == (10, 40, 250)
    assert (change.status, change.revision, change.reason) == (Status.PRELIMINARY, 0, None)


def test_what_is_unchanged_is_not_published_again() -> None:
    """A release publishes figures whose published form changed since the last."""
    published = after({}, judge([cell(10, 40)], {}, RULES, SOON))
    assert judge([cell(10, 40)], published, RULES, SOON) == []


def test_a_change_inside_a_hidden_cell_is_none() -> None:
    """Only what is published is compared."""
    published = after({}, judge([cell(2, 40)], {}, RULES, SOON))
    assert judge([cell(3, 40)], published, RULES, SOON) == []
    (change,) = judge([cell(5, 40)], published, RULES, SOON)
    assert (change.shown.value, change.revision, change.reason) == (5, 1, Reason.DATA)


@pytest.mark.parametrize(
    ("through", "status"),
    [(dt.date(2021, 5, 14), Status.PRELIMINARY), (dt.date(2021, 5, 15), Status.FINAL)],
)
def test_figures_are_preliminary_for_45_days(through: dt.date, status: Status) -> None:
    """A month's figures are PRELIMINARY until 45 days after its end, then FINAL."""
    (change,) = judge([cell(10, 40)], {}, RULES, through)
    assert change.status is status


def test_becoming_final_is_a_published_change() -> None:
    """A reader is told that a figure is settled, also when its numbers are the same."""
    published = after({}, judge([cell(10, 40)], {}, RULES, SOON))
    (change,) = judge([cell(10, 40)], published, RULES, LATER)
    assert (change.status, change.revision, change.reason) == (Status.FINAL, 1, Reason.DATA)
    assert judge([cell(10, 40)], after(published, [change]), RULES, LATER) == []


def test_a_later_change_revises_and_stays_revised() -> None:
    """A later change makes them REVISED."""
    published = after({}, judge([cell(10, 40)], {}, RULES, LATER))
    (change,) = judge([cell(11, 40)], published, RULES, LATER)
    assert (change.status, change.revision) == (Status.REVISED, 1)
    (again,) = judge([cell(10, 40)], after(published, [change]), RULES, LATER)
    assert (again.status, again.revision) == (Status.REVISED, 2)


def test_a_status_never_steps_back() -> None:
    """An earlier end date doesn't unsettle what was settled."""
    published = after({}, judge([cell(10, 40)], {}, RULES, LATER))
    assert judge([cell(10, 40)], published, RULES, SOON) == []


def test_another_rule_set_is_the_reason_of_what_it_changes() -> None:
    """Every published change has a reason: RULES when the rule set differs."""
    published = after({}, judge([cell(10, 40)], {}, RULES, SOON))
    other = other_rules("min_meetings = 4\nmin_hours", "min_meetings = 3\nmin_hours")
    assert judge([cell(10, 40)], published, other, SOON) == []
    (change,) = judge([cell(9, 40)], published, other, SOON)
    assert change.reason is Reason.RULES


def test_a_cell_that_is_no_more_becomes_an_explicit_zero() -> None:
    """A cell once published never just disappears."""
    published = after({}, judge([cell(10, 40)], {}, RULES, SOON))
    (change,) = judge([], published, RULES, SOON)
    assert (change.shown.value, change.shown.base, change.shown.share_permille) == (0, 0, None)
    assert judge([], after(published, [change]), RULES, SOON) == []


def test_months_beyond_the_end_date_are_not_spoken_of() -> None:
    """In every table a month is reported when its last day is no later than the end date."""
    published = after({}, judge([cell(10, 40)], {}, RULES, SOON))
    assert judge([], published, RULES, dt.date(2021, 3, 30)) == []


@pytest.mark.parametrize(("through", "frozen"), [(dt.date(2024, 3, 31), False), (dt.date(2024, 4, 1), True)])
def test_months_older_than_the_closing_horizon_are_frozen(
    through: dt.date,
    frozen: bool,  # noqa: FBT001 - an expectation
) -> None:
    """Months published once and older than 36 months stay as they are, and are not added to."""
    published = after({}, judge([cell(10, 40)], {}, RULES, LATER))
    new = cell(10, 40, Key("focus_meetings", "101", MARCH))
    assert (judge([cell(12, 40), new], published, RULES, through) == []) is frozen


def test_a_month_never_published_is_published_however_old() -> None:
    """Only months published once are frozen."""
    assert len(judge([cell(10, 40)], {}, RULES, dt.date(2030, 1, 1))) == 1


def test_observations_are_provisional_first_then_say_what_is_assumed() -> None:
    """P while preliminary, then E when the figure rests on an assumed row, else A."""
    by_mode = Cell(
        Key("meetings_by_mode", "DK", MARCH, (("interview_type", "JOB"), ("mode", "PHONE"))), 80, None, (50,)
    )
    early = {change.key.measure: change.observation for change in judge([cell(10, 40), by_mode], {}, RULES, SOON)}
    late = {change.key.measure: change.observation for change in judge([cell(10, 40), by_mode], {}, RULES, LATER)}
    assert early == {"focus_meetings": "P", "meetings_by_mode": "P"}
    assert late == {"focus_meetings": "E", "meetings_by_mode": "A"}


def test_a_rule_row_counts_while_its_window_reaches_it() -> None:
    """Figures that rest on an assumed row say so: any row valid in one of the twelve months ending with theirs."""
    text = RULES.text.replace('provenance = "assumed"', 'provenance = "sourced"')
    row = '\n[[counting_modes]]\nmode = "OTHER"\nfrom = 2020-05-01\nto = 2020-05-31\nreference = "?"\nprovenance = '
    rules = rule_set.parse(text + row + '"assumed"\n')
    focus = MEASURES["focus_meetings"]
    assert [focus.rests_on_assumed(rules, month) for month in ("2020-04", "2020-05", "2021-04", "2021-05")] == [
        False,
        True,
        True,
        False,
    ]


def test_a_new_definition_is_a_break() -> None:
    """A change of definition or method is marked as a break, with the reason METHOD, also with the same numbers."""
    (old,) = after({}, judge([cell(10, 40)], {}, RULES, LATER)).values()
    (change,) = judge([cell(10, 40)], {KEY: old._replace(definition="urn:fokusstrom:measure:old:1")}, RULES, LATER)
    assert (change.reason, change.observation, change.revision) == (Reason.METHOD, "B", 1)


def test_missing_is_not_zero() -> None:
    """A figure without its sources is marked so; when they are heard, it is revised."""
    (missing,) = judge([], {}, RULES, LATER, KEY)
    assert (missing.shown.value, missing.shown.presence, missing.observation) == (None, Presence.MISSING, "M")
    published = after({}, [missing])
    assert judge([], published, RULES, LATER, KEY) == []
    (change,) = judge([cell(10, 40)], published, RULES, LATER)
    assert (change.shown.value, change.revision, change.observation) == (10, 1, "E")


def test_a_status_that_is_no_more_is_withdrawn() -> None:
    """What isn't a count becomes no zero."""
    key = Key("supervision", "751", "2020")
    published = after({}, judge([Cell(key, None, details=(("code", "SELECTED"),))], {}, RULES, LATER))
    (change,) = judge([], published, RULES, LATER)
    assert (change.shown.value, change.shown.presence, change.observation) == (None, Presence.WITHDRAWN, "M")


def test_what_looks_ahead_is_told_when_its_horizon_has_passed() -> None:
    """A quarter with a horizon of 3 months is told 3 months after it, and PRELIMINARY for 45 days from there."""
    dimensions = (("benefit", "CASH"), ("first", False), ("horizon", 3), ("mode", "PHONE"), ("outcome", "JOB"))
    of_quarter = [Cell(Key("transitions", "DK", "2021-Q1", dimensions), 20, 50, (20, 30, 50))]
    assert judge(of_quarter, {}, RULES, dt.date(2021, 6, 29)) == []
    told = [judge(of_quarter, {}, RULES, day)[0].status for day in (dt.date(2021, 6, 30), dt.date(2021, 8, 14))]
    assert told == [Status.PRELIMINARY, Status.FINAL]


def test_a_year_is_told_while_it_runs() -> None:
    """Averages and supervision use what months of a year are reported."""
    average = [Cell(Key("focus_meetings_average", "751", "2021"), 250, 1)]
    assert judge(average, {}, RULES, dt.date(2021, 1, 30)) == []
    (change,) = judge(average, {}, RULES, dt.date(2021, 1, 31))
    assert change.status is Status.PRELIMINARY


_keys = st.builds(
    Key, st.just("focus_meetings"), st.sampled_from(["751", "101"]), st.sampled_from([MARCH, "2021-04"]), st.just(())
)


@st.composite
def _cells(draw: st.DrawFn) -> list[Cell]:
    found = {}
    for key in draw(st.lists(_keys, unique=True)):
        persons = draw(st.integers(1, 30))
        found[key] = cell(draw(st.integers(0, persons)), persons, key)
    return list(found.values())


_runs = st.lists(
    st.tuples(_cells(), st.sampled_from([SOON, dt.date(2021, 5, 20), LATER, dt.date(2024, 4, 1)])), max_size=6
)


@given(runs=_runs)
def test_histories_of_releases_keep_their_promises(runs: list[tuple[list[Cell], dt.date]]) -> None:
    """No release shows 1 to 4; revisions rise by one; the same again is empty; nothing published disappears."""
    published: dict[Key, Published] = {}
    for cells, through in runs:
        changes = judge(cells, published, RULES, through)
        for change in changes:
            shown, before = change.shown, published.get(change.key)
            if shown.value is not None and shown.base is not None:
                assert not {1, 2, 3, 4} & {shown.value, shown.base, shown.base - shown.value}
            assert shown.is_hidden == (shown.value is None)
            assert change.revision == (before.revision + 1 if before else 0)
            assert change.is_new == (before is None)
        published = after(published, changes)
        assert judge(cells, published, RULES, through) == []
