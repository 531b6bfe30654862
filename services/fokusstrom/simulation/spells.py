"""Spells: who is on which benefit when, from the stock at the start to what comes after what.

A *course* is what a citizen lives as one time on a benefit: moves and short pauses go on with it. Meetings
and offers follow the course, not the spell.
"""

from __future__ import annotations

import numpy as np

from fokusstrom.domain.facts import BENEFITS
from fokusstrom.simulation import calibration as like
from fokusstrom.simulation.days import Ints, Window, first_day_of
from fokusstrom.simulation.rows import Array, Rows, count, drawn, happens, join, take
from fokusstrom.simulation.world import World

_TRANSITION = BENEFITS.index("TRANSITION")
_UNTIL = 10**6
"""Later than any day: no spell reaches it."""
_END, _MOVE, _PAUSE, _RETURN, _CHANGE = range(5)
_MEDIAN = np.array([benefit.median_months for benefit in like.BENEFIT])
_SPREAD = np.array([benefit.spread for benefit in like.BENEFIT])
_GROUPS = np.array([benefit.groups for benefit in like.BENEFIT])
_FIRST_GROUP = np.array([benefit.first_group for benefit in like.BENEFIT])
_LEADS_TO = tuple(np.array([BENEFITS.index(name) for name in benefit.leads_to]) for benefit in like.BENEFIT)


def spells(rng: np.random.Generator, citizens: Rows, world: World, window: Window) -> Rows:
    """One row a spell that touches the window, in the order of citizens and time.

    `ends_on` is the day on which it ends, be it after the window; `is_last` when nothing follows it.
    """
    now = _first_spells(rng, citizens, window)
    parts = []
    for place in range(like.MOST_SPELLS):
        following = _what_follows(rng, count(now), is_last=place + 1 == like.MOST_SPELLS)
        later = _following(rng, now, following, world)
        begun = later["starts_on"] <= window.last
        now["next_starts_on"] = np.full(count(now), _UNTIL)
        now["next_starts_on"][np.flatnonzero(following != _END)[begun]] = later["starts_on"][begun]
        parts.append(now)
        now = take(later, begun)
    found = join(parts)
    found = take(found, np.lexsort((found["starts_on"], found["citizen"])))
    found["target_group"] = _target_groups(rng, found["benefit"])
    found["is_last"] = found["next_starts_on"] - found["ends_on"] > like.DAYS_A_MONTH * 2
    return found


def _first_spells(rng: np.random.Generator, citizens: Rows, window: Window) -> Rows:
    size = count(citizens)
    in_stock = happens(rng, like.STOCK_MONTHS / (like.STOCK_MONTHS + window.months), size)
    persons = [benefit.persons for benefit in like.BENEFIT]
    arrivals = [benefit.persons / benefit.mean_months for benefit in like.BENEFIT]
    benefit = np.where(in_stock, drawn(rng, persons, size), drawn(rng, arrivals, size))
    length = _lengths(rng, benefit, in_stock)
    age = (rng.random(size) * length).astype(np.int64)
    starts_on = np.where(in_stock, window.first - age, _days_of_arrival(rng, window, size))
    return {
        "citizen": np.arange(size),
        "municipality": citizens["municipality"].astype(np.int64),
        "benefit": benefit.astype(np.int64),
        "starts_on": starts_on,
        "ends_on": starts_on + length - 1,
        "course_starts_on": starts_on.copy(),
        "introduction_programme": (benefit == _TRANSITION) & happens(rng, like.INTRODUCTION_PROGRAMME, size),
    }


def _lengths(rng: np.random.Generator, benefit: Array, in_stock: Array) -> Ints:
    """Days; who is met on a benefit is met on a long spell: there the log-normal moves up by its variance."""
    spread = _SPREAD[benefit]
    months = _MEDIAN[benefit] * np.exp(spread * rng.standard_normal(len(benefit)) + in_stock * spread**2)
    days = months.clip(0.2, like.LONGEST_SPELL_MONTHS) * like.DAYS_A_MONTH
    return np.asarray(days.astype(np.int64))


def _days_of_arrival(rng: np.random.Generator, window: Window, size: int) -> Ints:
    months = np.arange(window.first_month, window.first_month + window.months)
    weights = np.ones(len(months))
    for month, factor in like.UNDER_COVID.items():
        weights[months == np.datetime64(month, "M").astype(np.int64)] = factor
    first = first_day_of(months)
    which = drawn(rng, weights, size)
    days = first_day_of(months + 1) - first
    return np.asarray(first[which] + (rng.random(size) * days[which]).astype(np.int64))


def _what_follows(rng: np.random.Generator, size: int, *, is_last: bool) -> Array:
    if is_last:
        return np.full(size, _END)
    return drawn(rng, list(like.NEXT_SPELL.values()), size)


def _following(rng: np.random.Generator, before: Rows, following: Array, world: World) -> Rows:
    """The next spell of everyone who has one."""
    now = take(before, following != _END)
    kind = following[following != _END]
    size = len(kind)
    moves, changes, returns = kind == _MOVE, kind == _CHANGE, kind == _RETURN
    now["municipality"] = np.where(moves, drawn(rng, world.inhabitants, size), now["municipality"])
    now["benefit"] = np.where(changes, _next_benefit(rng, now["benefit"]), now["benefit"])
    now["starts_on"] = now["ends_on"] + 1 + _gaps(rng, kind)
    now["ends_on"] = now["starts_on"] + _lengths(rng, now["benefit"], np.zeros(size)) - 1
    begins = changes | returns
    now["course_starts_on"] = np.where(begins, now["starts_on"], now["course_starts_on"])
    now["introduction_programme"] = now["introduction_programme"] & moves
    return now


def _next_benefit(rng: np.random.Generator, benefit: Array) -> Array:
    pick = rng.random(len(benefit))
    after = benefit.copy()
    for code, leads_to in enumerate(_LEADS_TO):
        here = benefit == code
        after[here] = leads_to[(pick[here] * len(leads_to)).astype(np.int64)]
    return after


def _gaps(rng: np.random.Generator, kind: Array) -> Ints:
    """Days between a spell and the next; now and then they overlap when the benefit changes."""
    size = len(kind)
    pause, absence = rng.integers(1, 28, size), rng.integers(45, 345, size)
    none, days, overlap = np.zeros(size, np.int64), rng.integers(1, 21, size), np.full(size, -7)
    change = np.choose(drawn(rng, list(like.GAP_AT_CHANGE.values()), size), [none, days, overlap])
    return np.select([kind == _PAUSE, kind == _RETURN, kind == _CHANGE], [pause, absence, change], 0)


def _target_groups(rng: np.random.Generator, benefit: Array) -> Ints:
    second = rng.random(len(benefit)) >= _FIRST_GROUP[benefit]
    return np.asarray(_GROUPS[benefit, second.astype(np.int64)])
