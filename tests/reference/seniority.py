"""R5 Seniority and R6 In scope: chains of spells, and who counts where in a month."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from tests.reference.days import ONE_DAY, add_months, last_day, month_of
from tests.reference.persons import Person, Spell
from tests.reference.rules import RuleSet


@dataclass(slots=True)
class Chain:
    """Spells of one benefit that belong together."""

    benefit: str
    spells: list[Spell] = field(default_factory=list)
    starts_on: date = date.max
    """Its first spell's start, or that of the TRANSITION chain which it took over."""

    @property
    def latest_end(self) -> date:
        """The latest last day; `date.max` while a spell runs."""
        return max(spell.ends_on for spell in self.spells)

    def has_seniority_on(self, day: date, rules: RuleSet) -> bool:
        """Say whether 12 months on the benefit are reached on the day."""
        if self.benefit == "UNEMPLOYMENT":
            return self._days_until(day) >= rules.focus_seniority_days_of_unemployment
        return add_months(self.starts_on, rules.focus_seniority_months) <= day + ONE_DAY

    def _days_until(self, day: date) -> int:
        """Count the distinct days on the benefit up to and with the day."""
        days, counted_to = 0, date.min
        for spell in self.spells:  # in order of their starts
            begins = max(spell.starts_on, counted_to + ONE_DAY)
            ends = min(spell.ends_on, day)
            if begins <= ends:
                days += (ends - begins).days + 1
                counted_to = ends
        return days


def chains(person: Person) -> list[Chain]:
    """R5 Join the person's spells to chains."""
    by_benefit: dict[str, list[Spell]] = defaultdict(list)
    for spell in person.spells:
        if not spell.introduction_programme:
            by_benefit[spell.benefit].append(spell)
    joined = [chain for benefit, spells in by_benefit.items() for chain in _joined(benefit, spells)]
    transitions = [chain for chain in joined if chain.benefit == "TRANSITION"]
    for chain in joined:
        if chain.benefit in {"CASH", "EDUCATION"}:
            _take_over(chain, transitions)
    return joined


def _joined(benefit: str, spells: Iterable[Spell]) -> list[Chain]:
    joined: list[Chain] = []
    for spell in sorted(spells, key=lambda spell: (spell.starts_on, spell.key)):
        if not joined or _begins_a_chain(spell, joined[-1]):
            joined.append(Chain(benefit, starts_on=spell.starts_on))
        joined[-1].spells.append(spell)
    return joined


def _begins_a_chain(spell: Spell, current: Chain) -> bool:
    """A whole calendar month without the benefit breaks; sickness always does, unemployment never."""
    if spell.benefit == "SICKNESS":
        return True
    if spell.benefit == "UNEMPLOYMENT":
        return False
    return month_of(spell.starts_on) - month_of(current.latest_end) >= 2


def _take_over(chain: Chain, transitions: Iterable[Chain]) -> None:
    """Take over the start of a TRANSITION chain that ended before, by at most one month number.

    At most one such chain can exist: a whole month lies between two of them.
    """
    own_start = chain.starts_on
    for transition in transitions:
        ended = transition.latest_end
        if ended < own_start and month_of(own_start) - month_of(ended) <= 1:
            chain.starts_on = transition.starts_on


def choose(covering: Iterable[Spell]) -> Spell | None:
    """Of several spells: the latest `starts_on`, then the smallest (`source`, `fact_id`)."""
    return min(covering, key=lambda spell: (-spell.starts_on.toordinal(), spell.key), default=None)


@dataclass(slots=True)
class InScope:
    """One person in scope in one month, under the spell that covers its last day."""

    month: int
    spell: Spell
    chain: Chain


def in_scope(person_chains: Iterable[Chain], through: date, rules: RuleSet) -> list[InScope]:
    """R6 The months, reported by the end date, in which the person is in scope."""
    covering: dict[int, list[tuple[Spell, Chain]]] = defaultdict(list)
    for chain in person_chains:
        for spell in chain.spells:
            month = month_of(spell.starts_on)
            while last_day(month) <= min(spell.ends_on, through):
                covering[month].append((spell, chain))
                month += 1
    found: list[InScope] = []
    for month, candidates in sorted(covering.items()):
        chosen = choose(spell for spell, _ in candidates)
        for spell, chain in candidates:
            if spell is chosen and chain.has_seniority_on(last_day(month), rules):
                found.append(InScope(month, spell, chain))
    return found
