"""Random histories: how sources came to tell what is true, and the order in which it arrives.

Versions, corrections, withdrawals, moves to other citizens and back, ties and repeats; what is true is
drawn by `life.Life`.
"""

from __future__ import annotations

import calendar
import random
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from typing import TypeAlias

from tests.builders import FactLine
from tests.histories.life import Life


def random_history(seed: int, citizens: int = 8, *, through_year: int = 2021) -> list[FactLine]:
    """Make a history of so many citizens around the three years before the end of `through_year`.

    The same arguments give the same history. Every fact in it is one that the specification accepts.
    """
    chance = random.Random(f"{seed}/{citizens}/{through_year}")
    life = Life(chance, through_year, citizens)
    facts = life.everything()
    told = [version for fact in facts for version in _told(fact, life)]
    return _arrived(told, chance)


def random_through(seed: int, through_year: int = 2021) -> date:
    """Give an end date in the year for the history of the same seed; mostly the last day of a month."""
    chance = random.Random(f"through/{seed}/{through_year}")
    month = chance.choice((12, 12, 12, 2, 6, chance.randint(1, 12)))
    end = date(through_year, month, calendar.monthrange(through_year, month)[1])
    return end - timedelta(days=chance.choice((0, 0, 0, 1, 15)))


_Telling: TypeAlias = Callable[[FactLine, Life], list[FactLine]]


def _corrected(fact: FactLine, life: Life) -> list[FactLine]:
    """What was said first was something else."""
    return [life.changed(fact), _later(fact, 1)]


def _withdrawn(fact: FactLine, life: Life) -> list[FactLine]:
    return [fact, _withdrawal(fact, 1, life)]


def _said_again(fact: FactLine, life: Life) -> list[FactLine]:
    """Withdrawn, and said again."""
    return [fact, _withdrawal(fact, 1, life), _later(fact, 2)]


def _withdrawn_before(fact: FactLine, life: Life) -> list[FactLine]:
    """A withdrawal of an older version arrives."""
    return [_withdrawal(fact, 0, life), _later(fact, 1)]


def _moved_and_back(fact: FactLine, life: Life) -> list[FactLine]:
    """Registered on another citizen for a time."""
    other = fact | {"citizen": fact["citizen"] and life.chance.choice(life.pseudonyms)}
    if other.get("same_as") == other["citizen"] and other["citizen"]:
        other = life.changed(fact)
    return [fact, _later(other, 1), _later(fact, 3)]


def _tied(fact: FactLine, life: Life) -> list[FactLine]:
    """The same version at the same instant says something else."""
    return [fact, life.changed(fact)]


def _tied_with_withdrawal(fact: FactLine, life: Life) -> list[FactLine]:
    return [fact, _withdrawal(fact, 0, life)]


def _registered_at_another_time(fact: FactLine, life: Life) -> list[FactLine]:
    """The same version, registered earlier or later, says something else."""
    other = life.chance.choice(("2010-12-31T23:00:00.001Z", "2030-01-01T00:00:00+01:00"))
    return [fact, life.changed(fact) | {"registered_at": other}]


def _spelled_otherwise(fact: FactLine, life: Life) -> list[FactLine]:
    """The same content, with its instants written in another way."""
    return [
        fact,
        fact | {
            name: life.written(datetime.fromisoformat(fact[name]))
            for name in ("registered_at", "held_at")
            if name in fact
        },
    ]  # fmt: skip


_TELLINGS: tuple[tuple[int, _Telling], ...] = (
    (55, lambda fact, _: [fact]),
    (12, _corrected),
    (5, _withdrawn),
    (4, _said_again),
    (3, _withdrawn_before),
    (6, _moved_and_back),
    (6, _tied),
    (2, _tied_with_withdrawal),
    (4, _registered_at_another_time),
    (3, _spelled_otherwise),
)
"""Ways of telling a fact, with their weights."""


def _told(fact: FactLine, life: Life) -> list[FactLine]:
    """Give the versions in which a source told the fact; what holds of them need not be the last one."""
    weights, tellings = zip(*_TELLINGS, strict=True)
    (telling,) = life.chance.choices(tellings, weights)
    return list(telling(fact, life))


def _later(fact: FactLine, by: int) -> FactLine:
    return fact | {"version": fact["version"] + by}


def _withdrawal(fact: FactLine, later_by: int, life: Life) -> FactLine:
    """Withdraw a fact: with the common fields only, with all, or with some that are nonsense."""
    gone = {"version": fact["version"] + later_by, "deleted": True}
    if life.chance.random() < 0.5:
        common = ("type", "source", "fact_id", "registered_at", "change_reason", "citizen")
        return {key: fact[key] for key in common} | gone
    own = {"municipality": "000", "ends_on": "1000-01-01", "mode": "SMOKE", "hours": -1, "same_as": "nobody"}
    nonsense = {key: value for key, value in own.items() if key in fact and life.chance.random() < 0.3}
    return fact | nonsense | gone


def _arrived(told: Iterable[FactLine], chance: random.Random) -> list[FactLine]:
    """Give an order of arrival, with repeats."""
    arrived = list(told)
    arrived += chance.sample(arrived, len(arrived) // 10)
    order = chance.randrange(3)
    if order == 0:
        arrived.reverse()
    elif order == 1:
        chance.shuffle(arrived)
    return arrived
