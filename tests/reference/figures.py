"""Sections 4 and 5: the enriched meetings and the eight tables, from facts in the exchange format."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from fractions import Fraction
from typing import Any, TypeAlias

from tests.reference.averages import Average, MunicipalityYear, supervision, yearly_averages
from tests.reference.days import last_day, month_of, month_text
from tests.reference.early_contact import early_contacts
from tests.reference.exchange import Fact, read_facts, read_lines
from tests.reference.focus import is_served_with_meetings, is_served_with_offers
from tests.reference.following import HORIZONS, OUTCOMES, first_outcome, is_complete, reached
from tests.reference.latest import latest
from tests.reference.meetings import judge
from tests.reference.mode_in_force import is_assessment_missing, is_lawful, rule_in_force, told_by
from tests.reference.persons import Meeting, Person, persons
from tests.reference.rules import SHIPPED, RuleSet
from tests.reference.seniority import chains, in_scope

COLUMNS = {
    "meetings_held.csv": ("municipality,month,benefit,interview_type,mode,a_kasse,counts,reason,meetings"),
    "focus_meetings.csv": "municipality,month,benefit,persons,not_served",
    "focus_offers.csv": "municipality,month,benefit,persons,not_served",
    "focus_average.csv": "municipality,year,target,months_counted,average_share,threshold,met",
    "early_contact.csv": "municipality,month,benefit,chains,not_served",
    "transitions.csv": "municipality,month,benefit,mode,first,horizon,outcome,meetings,reached,complete",
    "mode_use.csv": "municipality,month,interview_type,mode,first,lawful,assessment_missing,meetings",
    "supervision.csv": "municipality,year,status,result_gate,focus_gate,reasons",
}
"""The header of each table."""

_Cell: TypeAlias = str | int | bool | Fraction | None
_Row: TypeAlias = tuple[_Cell, ...]
_Pairs: TypeAlias = dict[tuple[str, int, str], tuple[int, int]]
"""(municipality, month, benefit) -> (all, not served)."""


def tables(facts: Iterable[Mapping[str, Any]], through: date, rules: RuleSet = SHIPPED) -> dict[str, str]:
    """Compute every table as CSV text, by file name, from parsed lines of the exchange format.

    What the specification refuses is as if never sent.
    """
    return _tables(read_facts(facts)[0], through, rules)


def tables_from_lines(lines: Iterable[bytes | str], through: date, rules: RuleSet = SHIPPED) -> dict[str, str]:
    """Compute the same from lines; bad ones are refused and the rest goes on."""
    return _tables(read_lines(lines)[0], through, rules)


def enriched(facts: Iterable[Mapping[str, Any]], through: date, rules: RuleSet = SHIPPED) -> list[dict[str, Any]]:
    """Give section 4's enriched meetings, sorted by source and fact id.

    Of a meeting not held or not kept, `first` and `assessment_missing` are false, `mode_lawful` and
    `mode_rule` null: R14 and R15 speak of the others only.
    """
    holding, _ = latest(read_facts(facts)[0])
    told = []
    for person in persons(holding, through):
        judge(person, rules)
        told += [_enriched(person, meeting, rules) for meeting in person.meetings]
    return sorted(told, key=lambda meeting: (meeting["source"], meeting["fact_id"]))


def _enriched(person: Person, meeting: Meeting, rules: RuleSet) -> dict[str, Any]:
    rule = rule_in_force(meeting, rules)
    outcome = first_outcome(meeting.local_date, person.outcomes)
    spell = meeting.spell
    return {
        "citizen": person.pseudonym,
        "source": meeting.key[0],
        "fact_id": meeting.key[1],
        "version": meeting.version,
        "own_municipality": meeting.municipality,
        "municipality": spell.municipality if spell else None,
        "benefit": spell.benefit if spell else None,
        "target_group": spell.target_group if spell else None,
        "spell_start": spell.starts_on if spell else None,
        "local_date": meeting.local_date,
        "interview_type": meeting.interview_type,
        "mode": meeting.mode,
        "attendance": meeting.attendance,
        "reporter": meeting.reporter,
        "a_kasse": meeting.a_kasse,
        "counts": meeting.reason is None,
        "reason": meeting.reason,
        "duplicate_of": meeting.duplicate_of,
        "first": meeting.first,
        "mode_lawful": is_lawful(meeting, rule),
        "mode_rule": rule.name if rule else None,
        "assessment_missing": is_assessment_missing(meeting, rule),
        "outcome": outcome.outcome if outcome else None,
        "outcome_on": outcome.reached_on if outcome else None,
        "days_to_outcome": (outcome.reached_on - meeting.local_date).days if outcome else None,
    }


class _Counts:
    """What is counted, person by person."""

    def __init__(self, through: date, rules: RuleSet) -> None:
        self.through = through
        self.rules = rules
        self.meetings_held: Counter[_Row] = Counter()
        self.mode_use: Counter[_Row] = Counter()
        self.followed: Counter[_Row] = Counter()
        self.reached: Counter[_Row] = Counter()
        self.persons: Counter[tuple[str, int, str]] = Counter()
        self.without_meetings: Counter[tuple[str, int, str]] = Counter()
        self.without_offers: Counter[tuple[str, int, str]] = Counter()
        self.chains: Counter[tuple[str, int, str]] = Counter()
        self.late_chains: Counter[tuple[str, int, str]] = Counter()

    def add(self, person: Person) -> None:
        """Count one person in."""
        judge(person, self.rules)
        for meeting in person.meetings:
            if last_day(month_of(meeting.local_date)) <= self.through:
                self._add_meeting(person, meeting)
        self._add_chains(person)

    def _add_meeting(self, person: Person, meeting: Meeting) -> None:
        month = month_text(month_of(meeting.local_date))
        spell, told, kind, mode = meeting.spell, told_by(meeting), meeting.interview_type, meeting.mode
        benefit = spell.benefit if spell else None
        counts = meeting.reason is None
        self.meetings_held[told, month, benefit, kind, mode, meeting.a_kasse is not None, counts, meeting.reason] += 1
        if meeting.is_kept:
            rule = rule_in_force(meeting, self.rules)
            lawful, missing = is_lawful(meeting, rule), is_assessment_missing(meeting, rule)
            self.mode_use[told, month, kind, mode, meeting.first, lawful, missing] += 1
            if spell:
                self._add_what_followed(person, meeting, (told, month, benefit, mode, meeting.first))

    def _add_what_followed(self, person: Person, meeting: Meeting, cell: _Row) -> None:
        for horizon in HORIZONS:
            complete = is_complete(month_of(meeting.local_date), horizon, self.through)
            for kind in OUTCOMES:
                row = (*cell, horizon, kind, complete)
                self.followed[row] += 1
                self.reached[row] += reached(meeting.local_date, horizon, kind, person.outcomes)

    def _add_chains(self, person: Person) -> None:
        own_chains = chains(person)
        counting = sorted(meeting.local_date for meeting in person.meetings if meeting.reason is None)
        for scope in in_scope(own_chains, self.through, self.rules):
            cell = (scope.spell.municipality, scope.month, scope.spell.benefit)
            with_offers = is_served_with_offers(scope, person.offers, person.hours, self.rules)
            self.persons[cell] += 1
            self.without_meetings[cell] += not is_served_with_meetings(scope, counting, self.rules)
            self.without_offers[cell] += not with_offers
        for contact in early_contacts(own_chains, counting, self.through, self.rules):
            cell = (contact.spell.municipality, contact.month, contact.spell.benefit)
            self.chains[cell] += 1
            self.late_chains[cell] += not contact.served


def _tables(facts: Iterable[Fact], through: date, rules: RuleSet) -> dict[str, str]:
    holding, _ = latest(facts)
    counts = _Counts(through, rules)
    for person in persons(holding, through):
        counts.add(person)
    meetings = _pairs(counts.persons, counts.without_meetings)
    offers = _pairs(counts.persons, counts.without_offers)
    averages = {
        target: yearly_averages(figures, rules, target)
        for target, figures in (("meetings", meetings), ("offers", offers))
    }
    supervised = supervision(holding, averages["meetings"], averages["offers"], through, rules)
    rows: dict[str, Iterable[_Row]] = {
        "meetings_held.csv": _counted(counts.meetings_held),
        "mode_use.csv": _counted(counts.mode_use),
        "focus_meetings.csv": _monthly(meetings),
        "focus_offers.csv": _monthly(offers),
        "focus_average.csv": _average_rows(averages, rules),
        "early_contact.csv": _monthly(_pairs(counts.chains, counts.late_chains)),
        "transitions.csv": [
            (*cell[:-1], meetings, counts.reached[cell], cell[-1]) for cell, meetings in counts.followed.items()
        ],
        "supervision.csv": [
            (*key, row.status, row.result_gate, row.focus_gate, ";".join(row.reasons))
            for key, row in supervised.items()
        ],
    }
    return {name: _csv(header, rows[name]) for name, header in COLUMNS.items()}


def _pairs(everyone: Mapping[tuple[str, int, str], int], some: Mapping[tuple[str, int, str], int]) -> _Pairs:
    return {cell: (number, some[cell]) for cell, number in everyone.items()}


def _counted(counter: Counter[_Row]) -> list[_Row]:
    return [(*cell, number) for cell, number in counter.items()]


def _monthly(pairs: _Pairs) -> list[_Row]:
    return [(cell[0], month_text(cell[1]), cell[2], *numbers) for cell, numbers in pairs.items()]


def _average_rows(averages: Mapping[str, Mapping[MunicipalityYear, Average]], rules: RuleSet) -> list[_Row]:
    return [
        (*key, target, average.months_counted, average.share, rules.threshold(target), average.met)
        for target, of_target in averages.items()
        for key, average in of_target.items()
    ]


def _csv(header: str, rows: Iterable[_Row]) -> str:
    """Write the rows sorted as text, column by column."""
    written = sorted(tuple(_text(cell) for cell in row) for row in rows)
    return "".join(f"{line}\n" for line in (header, *(",".join(row) for row in written)))


def _text(cell: _Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, Fraction):
        return _six_decimals(cell)
    return str(cell)


def _six_decimals(share: Fraction) -> str:
    """Round half to even, from the exact fraction."""
    millionths = round(share * 1_000_000)
    return f"{millionths // 1_000_000}.{millionths % 1_000_000:06d}"
