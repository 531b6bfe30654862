"""R1b One person: linked pseudonyms are one person, whose facts up to the end date are gathered here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TypeAlias

from tests.reference.days import local_date, month_of
from tests.reference.exchange import Fact

Key: TypeAlias = tuple[str, str]
"""Source and fact id."""


@dataclass(slots=True)
class Spell:
    """A `BenefitSpell`."""

    key: Key
    municipality: str
    benefit: str
    target_group: int
    starts_on: date
    ends_on: date
    """`date.max` while it runs."""
    introduction_programme: bool

    def covers(self, day: date) -> bool:
        """Say whether the day lies in the spell, first and last day included."""
        return self.starts_on <= day <= self.ends_on


@dataclass(slots=True)
class Meeting:
    """A `MeetingHeld`, and what the rules say of it."""

    key: Key
    version: int
    municipality: str
    reporter: str
    a_kasse: str | None
    """Its own, or what R2 lent it."""
    interview_type: str
    held_at: datetime
    mode: str
    attendance: str
    assessment_documented: bool | None
    local_date: date
    duplicate_of: Key | None = None
    """R2."""
    spell: Spell | None = None
    """R4."""
    reason: str | None = None
    """R7; None when it counts."""
    first: bool = False
    """R14."""

    @property
    def is_kept(self) -> bool:
        """Held, and not set aside by R2."""
        return self.attendance == "HELD" and self.duplicate_of is None


@dataclass(slots=True)
class Offer:
    """An `OfferParticipation`."""

    offer_type: str
    starts_on: date
    ends_on: date


@dataclass(slots=True)
class Hours:
    """An `OrdinaryHours`."""

    month: int
    hours: Decimal


@dataclass(slots=True)
class Outcome:
    """An `OutcomeReached`."""

    outcome: str
    reached_on: date


@dataclass(slots=True)
class Person:
    """Everything that holds about one person, dated no later than the end date."""

    pseudonym: str
    meetings: list[Meeting] = field(default_factory=list)
    spells: list[Spell] = field(default_factory=list)
    offers: list[Offer] = field(default_factory=list)
    hours: list[Hours] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)


def smallest_pseudonyms(holding: Iterable[Fact]) -> dict[str, str]:
    """Give the smallest pseudonym of its group for each pseudonym that a link names."""
    neighbours: dict[str, set[str]] = defaultdict(set)
    for fact in holding:
        if fact.type == "CitizenLink" and fact.citizen is not None:
            neighbours[fact.citizen].add(fact.own["same_as"])
            neighbours[fact.own["same_as"]].add(fact.citizen)
    smallest: dict[str, str] = {}
    for pseudonym in sorted(neighbours):  # the first one met in a group is its smallest
        to_visit = [pseudonym]
        while to_visit:
            visited = to_visit.pop()
            if visited not in smallest:
                smallest[visited] = pseudonym
                to_visit.extend(neighbours[visited])
    return smallest


def persons(holding: Iterable[Fact], through: date) -> list[Person]:
    """Gather the facts that hold by person, leaving out those dated after the end date."""
    holding = list(holding)
    smallest = smallest_pseudonyms(holding)
    found: dict[str, Person] = {}
    for fact in holding:
        own_date = _own_date(fact)
        if fact.citizen is not None and own_date is not None and own_date <= through:
            pseudonym = smallest.get(fact.citizen, fact.citizen)
            _add(found.setdefault(pseudonym, Person(pseudonym)), fact)
    return [found[pseudonym] for pseudonym in sorted(found)]


def _own_date(fact: Fact) -> date | None:
    """Give the date that the end date is compared with; None for types that have none."""
    match fact.type:
        case "MeetingHeld":
            day: date = local_date(fact.own["held_at"])
        case "BenefitSpell" | "OfferParticipation":
            day = fact.own["starts_on"]
        case "OrdinaryHours":
            day = date.fromisoformat(f"{fact.own['month']}-01")
        case "OutcomeReached":
            day = fact.own["reached_on"]
        case _:
            return None
    return day


def _add(person: Person, fact: Fact) -> None:
    own = fact.own
    match fact.type:
        case "MeetingHeld":
            person.meetings.append(_meeting(fact))
        case "BenefitSpell":
            person.spells.append(_spell(fact))
        case "OfferParticipation":
            person.offers.append(Offer(own["offer_type"], own["starts_on"], own["ends_on"] or date.max))
        case "OrdinaryHours":
            month = month_of(date.fromisoformat(f"{own['month']}-01"))
            person.hours.append(Hours(month, own["hours"]))
        case "OutcomeReached":
            person.outcomes.append(Outcome(own["outcome"], own["reached_on"]))


def _meeting(fact: Fact) -> Meeting:
    own = fact.own
    return Meeting(
        key=(fact.source, fact.fact_id),
        version=fact.version,
        municipality=own["municipality"],
        reporter=own["reporter"],
        a_kasse=own["a_kasse"],
        interview_type=own["interview_type"],
        held_at=own["held_at"],
        mode=own["mode"],
        attendance=own["attendance"],
        assessment_documented=own["assessment_documented"],
        local_date=local_date(own["held_at"]),
    )


def _spell(fact: Fact) -> Spell:
    own = fact.own
    return Spell(
        key=(fact.source, fact.fact_id),
        municipality=own["municipality"],
        benefit=own["benefit"],
        target_group=own["target_group"],
        starts_on=own["starts_on"],
        ends_on=own["ends_on"] or date.max,
        introduction_programme=own["introduction_programme"],
    )
