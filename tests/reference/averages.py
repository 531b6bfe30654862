"""R10 to R12: monthly shares, yearly averages, and supervision."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import TypeAlias

from tests.reference.days import month_text
from tests.reference.exchange import Fact
from tests.reference.rules import RuleSet

MunicipalityYear: TypeAlias = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Average:
    """R11 A municipality's year on one target."""

    months_counted: int
    share: Fraction
    met: bool


def yearly_averages(
    figures: Mapping[tuple[str, int, str], tuple[int, int]], rules: RuleSet, target: str
) -> dict[MunicipalityYear, Average]:
    """R10, R11 From (municipality, month, benefit) -> (persons, not served) to each year's average."""
    monthly: dict[tuple[str, int], list[int]] = defaultdict(lambda: [0, 0])
    for (municipality, month, _), (persons, not_served) in figures.items():
        if month_text(month) not in rules.excluded_months:
            monthly[municipality, month][0] += persons
            monthly[municipality, month][1] += not_served
    shares: dict[MunicipalityYear, list[Fraction]] = defaultdict(list)
    for (municipality, month), (persons, not_served) in monthly.items():
        shares[municipality, month // 12].append(Fraction(not_served, persons))
    return {year: _average(of_year, rules.threshold(target)) for year, of_year in shares.items()}


def _average(shares: list[Fraction], threshold: Fraction) -> Average:
    share = sum(shares, Fraction()) / len(shares)
    return Average(len(shares), share, met=share < threshold)


@dataclass(frozen=True, slots=True)
class Supervision:
    """R12 A municipality's year."""

    status: str
    result_gate: bool | None
    focus_gate: bool | None
    reasons: tuple[str, ...]


def supervision(
    holding: Iterable[Fact],
    meetings: Mapping[MunicipalityYear, Average],
    offers: Mapping[MunicipalityYear, Average],
    through: date,
    rules: RuleSet,
) -> dict[MunicipalityYear, Supervision]:
    """R12 Each municipality and year, up to the end date's, with an average or an expected share."""
    expected = _expected_shares(holding)
    return {
        (municipality, year): _supervision(
            year,
            expected.get((municipality, year)),
            meetings.get((municipality, year)),
            offers.get((municipality, year)),
            rules,
        )
        for municipality, year in expected.keys() | meetings.keys()
        if year <= through.year
    }


def _expected_shares(holding: Iterable[Fact]) -> dict[MunicipalityYear, Fact]:
    """Of several for one municipality and year, the greatest (registered_at, source, fact_id)."""
    shares = [fact for fact in holding if fact.type == "ExpectedBenefitShare"]
    return {
        (fact.own["municipality"], fact.own["assessment_year"]): fact
        for fact in sorted(shares, key=lambda fact: (fact.registered_at, fact.source, fact.fact_id))
    }


def _supervision(
    year: int, expected: Fact | None, meetings: Average | None, offers: Average | None, rules: RuleSet
) -> Supervision:
    result_gate = expected.own["actual_share"] > expected.own["expected_share"] if expected else None
    focus_gate = not (meetings.met and offers.met) if meetings and offers else None
    status = _status(year, result_gate, focus_gate, rules)
    reasons = {
        "result_worse_than_expected": result_gate is True,
        "result_missing": result_gate is None,
        "meetings_target_missed": meetings is not None and not meetings.met,
        "offers_target_missed": offers is not None and not offers.met,
        "focus_missing": focus_gate is None,
        "selection_postponed": status == "POSTPONED",
    }
    given = tuple(sorted(reason for reason, applies in reasons.items() if applies))
    return Supervision(status, result_gate, focus_gate, given)


def _status(year: int, result_gate: bool | None, focus_gate: bool | None, rules: RuleSet) -> str:  # noqa: FBT001
    if year > rules.last_year_of_regime:
        return "REGIME_ENDED"
    if result_gate is None or focus_gate is None:
        return "INSUFFICIENT_DATA"
    if not (result_gate and focus_gate):
        return "NOT_SELECTED"
    return "POSTPONED" if year < rules.first_year_of_selection else "SELECTED"
