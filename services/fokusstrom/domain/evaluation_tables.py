"""R14 and section 6, evaluation: the tables, as CSV files take them, live here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pyarrow as pa

from fokusstrom.domain import confidence
from fokusstrom.domain.confidence import Interval
from fokusstrom.domain.evaluation import ELSEWHERE, RESTRICTED, Contact, Evaluation, Followed, days_of
from fokusstrom.domain.rule_set import RuleSet

_PLACES = 6
_DECIMAL = pa.decimal128(18, _PLACES)
_SHARE = {"share": _DECIMAL, "low": _DECIMAL, "high": _DECIMAL}
_SIDE = {
    "meetings": pa.int64(), "citizens": pa.int64(), "independent": _DECIMAL, "reached": pa.int64(), **_SHARE,
}  # fmt: skip
_ASKED = {"part": pa.string(), "code": pa.string(), "mode": pa.string(), "horizon": pa.int32(), "outcome": pa.string()}
_TRANSITIONS = pa.schema(list({**_ASKED, **_SIDE}.items()))
_COMPARED = pa.schema(
    [
        *{
            **dict.fromkeys(("rule", "first_day", "last_day"), pa.string()),
            **{name: sql for name, sql in _ASKED.items() if name != "code"},
        }.items(),
        *((f"{side}_{name}", sql) for side in (ELSEWHERE, RESTRICTED) for name, sql in _SIDE.items()),
        *((f"difference{end}", _DECIMAL) for end in ("", "_low", "_high")),
    ]
)
_CONTACT = pa.schema(
    {
        "municipality": pa.string(), "period": pa.string(), "mode": pa.string(), "person_months": pa.int64(),
        "meetings": pa.int64(), "meetings_per_person_month": _DECIMAL, "intervals": pa.int64(),
        "days_between": _DECIMAL, "timed_meetings": pa.int64(), "minutes": _DECIMAL,
    }.items()
)  # fmt: skip


def tables_of(evaluation: Evaluation, rules: RuleSet) -> dict[str, pa.Table]:
    """Give the tables by their names, as the project's CSV files take them."""
    return {
        "transitions_by_mode": pa.Table.from_pylist(list(_transition_rows(evaluation)), schema=_TRANSITIONS),
        "natural_experiment": pa.Table.from_pylist(list(_compared_rows(evaluation, rules)), schema=_COMPARED),
        "contact": pa.Table.from_pylist([_contact_row(contact) for contact in evaluation.contact], schema=_CONTACT),
    }


def _transition_rows(evaluation: Evaluation) -> Iterator[Mapping[str, object]]:
    for one, interval in zip(evaluation.followed, confidence.of_shares(evaluation.followed), strict=True):
        asked = {name: getattr(one, name) for name in _ASKED}
        yield {**asked, **_side(one, interval)}


def _compared_rows(evaluation: Evaluation, rules: RuleSet) -> Iterator[Mapping[str, object]]:
    regional = {row["name"]: row for row in rules.rows["mode_rules"]}
    differences = iter(confidence.of_differences([pair for one in evaluation.compared if (pair := one.pair)]))
    of_sides = iter(confidence.of_shares([side for one in evaluation.compared for side in one.sides]))
    for one in evaluation.compared:
        row = {name: getattr(one.sides[0], name) for name in _ASKED if name != "code"}
        row |= _stretch(regional[one.sides[0].rule], one.sides[0].part)
        for side in one.sides:
            row |= {f"{side.code}_{key}": cell for key, cell in _side(side, next(of_sides)).items()}
        if one.pair:
            row |= {"difference": _exact(one.difference), **_ends(next(differences), "difference_")}
        yield row


def _stretch(rule: Mapping[str, Any], part: str) -> Mapping[str, str]:
    first, last = days_of(rule, part)
    # a CSV table holds no commas
    return {"rule": rule["name"].replace(",", ""), "first_day": f"{first}", "last_day": f"{last}"}


def _side(one: Followed, interval: Interval) -> Mapping[str, object]:
    return {
        "meetings": one.meetings,
        "citizens": one.citizens,
        "independent": _exact(one.independent),
        "reached": one.reached,
        "share": _exact(one.share),
        **_ends(interval),
    }


def _ends(interval: Interval, before: str = "") -> Mapping[str, object]:
    return {f"{before}low": _rounded(interval.low), f"{before}high": _rounded(interval.high)}


def _contact_row(contact: Contact) -> Mapping[str, object]:
    return {
        "municipality": contact.municipality,
        "period": contact.period,
        "mode": contact.mode,
        "person_months": contact.scope.counted,
        "meetings": contact.meetings.counted,
        "meetings_per_person_month": _exact(contact.rate),
        "intervals": contact.intervals.counted,
        "days_between": _exact(contact.intervals.mean),
        "timed_meetings": contact.durations.counted,
        "minutes": _exact(contact.durations.mean),
    }


def _exact(number: Fraction | None) -> Decimal | None:
    return None if number is None else Decimal(round(number * 10**_PLACES)).scaleb(-_PLACES)


def _rounded(number: float) -> Decimal:
    """Statistics are floats: what is written of them is what every machine agrees on."""
    return Decimal(f"{number:.{_PLACES}f}")
