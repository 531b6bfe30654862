"""Facts in the exchange format, from what an example wants to say of them and defaults for the rest.

    >>> meeting("2021-03-01", mode="PHONE")["held_at"]
    '2021-03-01T10:00:00+01:00'

Times without an offset are of Copenhagen, a date alone is ten in the morning. A fact id that is not
given is made of the type and the date, so that two facts of one type and day need ids of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

FactLine: TypeAlias = dict[str, Any]
"""One parsed line of the exchange format."""

ANNA = "a" * 32
BO = "b" * 32
CARL = "c" * 32

AARHUS, KOEBENHAVN, KOEGE = "751", "101", "259"
"""In Midtjylland, Hovedstaden and Sjælland."""

_COPENHAGEN = ZoneInfo("Europe/Copenhagen")


def instant(at: str) -> str:
    """Give an instant with its offset: `2021-03-01`, `2021-03-01 23:30` (Copenhagen), or as it stands."""
    if re.search(r"T.*(Z|[+-]\d\d:?\d\d)$", at):
        return at
    local = datetime.fromisoformat(at if len(at) > len("2021-03-01") else f"{at} 10:00")
    return local.replace(tzinfo=_COPENHAGEN).isoformat()


def _fact(kind: str, fact_id: str, own: FactLine, changed: FactLine) -> FactLine:
    common = {
        "source": "momentum:751",
        "fact_id": fact_id,
        "version": 1,
        "deleted": False,
        "registered_at": "2020-01-01T00:00:00Z",
        "change_reason": "CREATED",
        "citizen": ANNA,
    }
    return {"type": kind, **common, **own, **changed}


def meeting(at: str, **changed: Any) -> FactLine:  # noqa: ANN401 - whatever a field may hold
    """Give a physical job interview that the jobcentre of Aarhus held with Anna."""
    own = {
        "municipality": AARHUS,
        "jobcenter": None,
        "reporter": "JOBCENTER",
        "a_kasse": None,
        "interview_type": "JOB",
        "held_at": instant(at),
        "mode": "PHYSICAL",
        "planned_mode": None,
        "attendance": "HELD",
        "duration_minutes": None,
        "mode_chosen_by": "UNKNOWN",
        "assessment_documented": None,
    }
    return _fact("MeetingHeld", f"m{at}", own, changed)


def joint(at: str, reporter: str = "JOBCENTER", **changed: Any) -> FactLine:  # noqa: ANN401
    """Give a joint meeting; an a-kasse reports under its own name."""
    own: FactLine = {"interview_type": "JOINT", "reporter": reporter}
    if reporter == "A_KASSE":
        own |= {"source": "akasse:3f", "a_kasse": "3F"}
    return meeting(at, **(own | changed))


def meetings(*at: str, **changed: Any) -> list[FactLine]:  # noqa: ANN401
    """Give one meeting for each time."""
    return [meeting(each, **changed) for each in at]


def spell(starts_on: str, ends_on: str | None = None, **changed: Any) -> FactLine:  # noqa: ANN401
    """Give a spell on cash benefit of Anna in Aarhus, target group 2."""
    own = {
        "municipality": AARHUS,
        "benefit": "CASH",
        "target_group": 2,
        "starts_on": starts_on,
        "ends_on": ends_on,
        "introduction_programme": False,
    }
    return _fact("BenefitSpell", f"s{starts_on}", own, changed)


def offer(starts_on: str, ends_on: str | None = None, **changed: Any) -> FactLine:  # noqa: ANN401
    """Give an internship of Anna."""
    own = {"municipality": AARHUS, "offer_type": "INTERNSHIP", "starts_on": starts_on, "ends_on": ends_on}
    return _fact("OfferParticipation", f"o{starts_on}", own, changed)


def hours(month: str, worked: float, **changed: Any) -> FactLine:  # noqa: ANN401
    """Give Anna's ordinary hours of a month."""
    return _fact("OrdinaryHours", f"h{month}", {"month": month, "hours": worked}, changed)


def outcome(reached_on: str, kind: str = "JOB", **changed: Any) -> FactLine:  # noqa: ANN401
    """Give an outcome that Anna reached."""
    return _fact("OutcomeReached", f"u{reached_on}{kind}", {"outcome": kind, "reached_on": reached_on}, changed)


def link(citizen: str, same_as: str, **changed: Any) -> FactLine:  # noqa: ANN401
    """Say that two pseudonyms are one person."""
    return _fact("CitizenLink", f"l{citizen[0]}{same_as[0]}", {"same_as": same_as, "citizen": citizen}, changed)


def protection(citizen: str = ANNA, *, protected: bool = True, **changed: Any) -> FactLine:  # noqa: ANN401
    """Say that a citizen's address is protected."""
    return _fact("CitizenProtection", f"p{citizen[0]}", {"protected": protected, "citizen": citizen}, changed)


def expected_share(year: int, actual: float, expected: float, **changed: Any) -> FactLine:  # noqa: ANN401
    """Give the actual and the expected share of Aarhus."""
    own = {
        "citizen": None,
        "municipality": AARHUS,
        "assessment_year": year,
        "actual_share": actual,
        "expected_share": expected,
    }
    return _fact("ExpectedBenefitShare", f"e{year}", own, changed)


def withdrawn(fact: FactLine, version: int = 2) -> FactLine:
    """Give the withdrawal of a fact: a deleted version with the common fields only."""
    common = ("type", "source", "fact_id", "registered_at", "citizen")
    return {key: fact[key] for key in common} | {"version": version, "deleted": True}


def corrected(fact: FactLine, version: int = 2, **changed: Any) -> FactLine:  # noqa: ANN401
    """Give a corrected version of a fact."""
    return fact | {"version": version, "change_reason": "CORRECTED"} | changed


def crowd(size: int, facts: Iterable[FactLine]) -> list[FactLine]:
    """Give the same facts for so many citizens, each under a pseudonym and fact ids of their own."""
    facts = list(facts)
    return [
        fact | {"citizen": f"{number:032x}", "fact_id": f"{fact['fact_id']}/{number}"}
        for number in range(1, size + 1)
        for fact in facts
    ]


def day_after(day: str, days: int = 1) -> str:
    """Give the date so many days later."""
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()
