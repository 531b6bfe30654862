"""A release that looks only at what may have changed is the release that looks at everything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fokusstrom.contracts.cuts import Assembly, CompleteCut
from fokusstrom.contracts.national import History
from fokusstrom.contracts.records import FIGURES_CONTRACT, CutMark, MeetingsByReason
from fokusstrom.contracts.schemas import checked_in
from fokusstrom.domain import rule_set, unchanged
from fokusstrom.domain.family import Family, Judgement
from fokusstrom.domain.measures import Key
from fokusstrom.domain.rule_set import RuleSet
from fokusstrom.domain.rules_and_figures import FIGURES
from fokusstrom.domain.unchanged import Basis, opened
from fokusstrom.reporting import releasing
from fokusstrom.reporting.releasing import Heard, Judged, Prepared
from tests.builders import FactLine
from tests.domain.folding import fold, open_book, take_in
from tests.effort import one_in, seeds
from tests.histories.telling import random_history
from tests.reporting.slices import DEPLOYMENT, Rows, answer

CATALOG = checked_in()
RULES = rule_set.in_force()
NOW = datetime(2024, 1, 1, tzinfo=UTC)
ENDS = (date(2021, 9, 30), date(2021, 10, 31), date(2021, 12, 30), date(2021, 12, 31), date(2022, 6, 30))
"""The next month, a day before the year is over, the year's end, and when all of it is settled."""


def rows_of(facts: Sequence[FactLine], through: date, rules: str = "in_force") -> Rows:
    """Fold facts to the cells of all figures."""
    connection, book = open_book()
    take_in(book, facts)
    fold(through, rules=rules)
    rows: dict[tuple[str, str], dict[str, list[dict[str, Any]]]] = {}
    for name in FIGURES:
        for cell in connection.sql(f"FROM folded_{name}").to_arrow_table().to_pylist():
            place = (cell.pop("municipality"), cell.pop("period"))
            rows.setdefault(place, {}).setdefault(name, []).append(cell)
    return rows


def cut_of(rows: Rows, through: date, number: int, rules: RuleSet = RULES) -> CompleteCut:
    """Give a cut that one slice has answered with these cells."""
    mark = CutMark(
        number=number,
        requests=(),
        through=through,
        rule_set=rules.digest,
        rule_set_name=rules.name,
        rule_set_version=rules.version,
        slices=1,
        contract=FIGURES_CONTRACT,
        made_at=NOW,
        topics=(),
    )
    held = Counter[str | None]()
    for cells in rows.values():
        for cell in cells.get("meetings_held", ()):
            held[cell["reason"]] += cell["meetings"]
    by_reason = tuple(MeetingsByReason(reason=reason, meetings=count) for reason, count in held.items())
    assembly = Assembly(CATALOG, mark, DEPLOYMENT)
    for part in answer(CATALOG, mark, 0, rows, meetings_by_reason=by_reason):
        for key, value in zip(part.keys, part.values, strict=True):
            assembly.feed(key, value)
    complete = assembly.complete()
    assert complete is not None
    return complete


class Country:
    """Releases, each judged by what may have changed, and by everything; said once, there is nothing more to say."""

    def __init__(self) -> None:
        """Nothing was released."""
        self.history = History()
        self.basis: Basis | None = None

    def release(self, cut: CompleteCut, rules: RuleSet = RULES, heard: Heard | None = None) -> Judged:
        """Release a cut, and give what was judged."""
        whole, part = (
            releasing.judge(cut, self.history, rules, heard or Heard(), before=before) for before in (None, self.basis)
        )
        assert (whole.contradictions, part.contradictions) == ((), ())
        assert part.changes == whole.changes
        assert part.held_back == whole.held_back
        sent, expected = self._prepared(cut, part), self._prepared(cut, whole)
        assert sent.records == expected.records
        assert sent.states == expected.states
        assert sent.manifest == expected.manifest
        self.history.add(sent.release)
        self.history.states.update(sent.remembered)
        self.basis = part.basis
        for before in (None, self.basis):
            again = releasing.judge(cut, self.history, rules, heard or Heard(), before=before)
            assert (list(again.changes), again.held_back) == ([], part.held_back)
        return part

    def _prepared(self, cut: CompleteCut, judged: Judged) -> Prepared:
        return releasing.prepare(CATALOG, cut, self.history, judged, NOW)


@pytest.mark.parametrize("seed", seeds(1))
def test_what_is_left_out_has_not_changed(seed: int) -> None:
    """Months go by, and facts come late: records, states and manifest are the same."""
    facts, country = random_history(seed, 6), Country()
    for number, through in enumerate((*ENDS[2:], ENDS[2]), 1):
        known = [fact for place, fact in enumerate(facts) if place % 20 != number]
        country.release(cut_of(rows_of(known, through), through, number))


def test_a_month_more_looks_at_little() -> None:
    """Of three years and some months, those of the last year are read, and what is settled or reported since."""
    facts, country = random_history(7, 12), Country()
    for number, through in enumerate(ENDS[:2], 1):
        judged = country.release(cut_of(rows_of(facts, through), through, number))
    assert judged.groups is not None
    focus = {period for family, period in judged.groups if family == "focus"}
    modes = {period for family, period in judged.groups if family == "modes"}
    assert {month[:4] for month in focus} == {"2021"}
    assert {"2021-10"} <= modes < {period for family, period in country.history.timings if family == "modes"}


def test_nothing_is_left_out_when_the_rules_are_others() -> None:
    """Every figure may be another then."""
    facts, country, other = random_history(7, 4), Country(), rule_set.shipped("remote_meetings_count")
    country.release(cut_of(rows_of(facts, ENDS[0]), ENDS[0], 1))
    rows = rows_of(facts, ENDS[0], "remote_meetings_count")
    assert country.release(cut_of(rows, ENDS[0], 2, other), other).groups is None


def focus_of(month: str, meetings: Mapping[str, int], offers: Mapping[str, int]) -> Rows:
    """Give a month in which 60 persons are in scope in each municipality, and so many not served."""
    told = {"focus_meetings": meetings, "focus_offers": offers}
    return {
        (area, month): {name: [{"benefit": "CASH", "persons": 60, "not_served": of[area]}] for name, of in told.items()}
        for area in meetings
    }


@pytest.mark.parametrize("looks_at_all", [True, False])
def test_what_was_held_back_stays_so_until_it_can_be_protected(
    monkeypatch: pytest.MonkeyPatch,
    looks_at_all: bool,  # noqa: FBT001 - a case
) -> None:
    """That nothing has changed since it was held back doesn't mean that it was said."""
    really = Family.judge

    def judge(family: Family) -> Judgement:
        if family.name == ("focus", "2021-03") and family.past.published and not family.is_as_before:
            return Judgement(held_back=frozenset(family.keys))
        return really(family)

    monkeypatch.setattr(Family, "judge", judge)
    served = {"101": 12, "461": 20, "751": 10, "851": 15}
    april, march = focus_of("2021-04", served, served), focus_of("2021-03", served, served)
    country = Country()
    country.release(cut_of({**april, **march}, ENDS[0], 1))
    changed = focus_of("2021-03", {**served, "101": 13}, served)
    for number in (2, 3, 4):
        country.basis = None if looks_at_all else country.basis
        judged = country.release(cut_of({**april, **changed}, ENDS[0], number))
        assert (list(judged.changes), {key.period for key in judged.held_back}) == ([], {"2021-03", "2021"})


def test_what_was_held_back_is_known_of_what_is_not_judged() -> None:
    """A month of 2021 is other than it was: its year's averages are judged, and what followed its meetings isn't."""
    march, april = (unchanged.Rows("focus_meetings", date(2021, month, 1)) for month in (3, 4))
    average, transitions = Key("focus_offers_average", "751", "2021"), Key("transitions", "751", "2021")
    before = Basis({march: 3, april: 4}, RULES, ENDS[0], {average, average._replace(period="2020"), transitions})
    after = Basis({march: 5, april: 4}, RULES, ENDS[0])
    found = opened(before, after, {})
    assert found is not None
    assert found.held_back == {average._replace(period="2020"), transitions}
    assert found.years == {"2021"}
    assert ("contact_meetings", "2021-Q1") in found.groups


AREAS = ("101", "751")
MONTHS = ("2020-11", "2020-12", "2021-01", "2021-02")
COUNTS = st.sampled_from([(60, 12), (60, 3), (40, 12), (8, 2), (60, 57)])
"""Persons in scope and those not served: some groups are small."""
PLACES = st.dictionaries(st.sampled_from([(area, month) for area in AREAS for month in MONTHS]), COUNTS)


@given(
    st.lists(
        st.tuples(PLACES, st.sampled_from((date(2020, 12, 31), date(2021, 1, 31), date(2021, 2, 28)))),
        min_size=2,
        max_size=4,
    )
)
@one_in(20)
def test_any_releases_may_follow_each_other(told: list[tuple[dict[tuple[str, str], tuple[int, int]], date]]) -> None:
    """End dates go back, figures come and go, are held back, and may be missing."""
    country, now = Country(), dict.fromkeys([(area, month) for area in AREAS for month in MONTHS], (60, 12))
    for number, (changed, through) in enumerate(told, 1):
        now = {**now, **changed}
        rows: dict[tuple[str, str], dict[str, list[dict[str, Any]]]] = {}
        for (area, month), (persons, missed) in now.items():
            if month > through.isoformat():  # there are no figures beyond the end date
                continue
            cells = [{"benefit": "CASH", "persons": persons, "not_served": missed}]
            rows[area, month] = {"focus_meetings": cells, "focus_offers": cells}
        expected = ("momentum:751", "momentum:101") if len(changed) % 4 == 1 else ()
        country.release(cut_of(rows, through, number), heard=Heard(expected))
