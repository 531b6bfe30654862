"""Offers, ordinary hours and outcomes: what happens on a spell besides meetings, and at its end."""

from __future__ import annotations

import numpy as np

from fokusstrom.domain.facts import OFFER_TYPES
from fokusstrom.simulation import calibration as like
from fokusstrom.simulation.days import DAY, Ints, Window, first_day_of, month_of, number_of
from fokusstrom.simulation.rows import NO_DAY, Rows, count, drawn, happens, repeated, take

_OFFER_WEIGHTS = [like.OFFER_TYPE[name] for name in OFFER_TYPES]
_OFFER_DAYS = np.array([like.OFFER_DAYS[name] for name in OFFER_TYPES])
_OFFERS = np.array([benefit.offers for benefit in like.BENEFIT])
_OUTCOMES = np.cumsum([benefit.outcomes for benefit in like.BENEFIT], axis=1)
_SUSPENDED = tuple(number_of(day) for day in like.SUSPENDED)


def offers(rng: np.random.Generator, citizens: Rows, spells: Rows, window: Window) -> Rows:
    """One row an offer that begins in the window, now and then through a course, for those who get any.

    It runs, without an end, when it ends after the window.
    """
    given = take(spells, citizens["gets_offers"][spells["citizen"]])
    interval = citizens["offer_interval"][given["citizen"]] / _OFFERS[given["benefit"]]
    begins = given["course_starts_on"]
    first = ((np.maximum(given["starts_on"], window.first) - begins) // interval).astype(np.int64)
    last = ((np.minimum(given["ends_on"], window.last) - begins) // interval).astype(np.int64)
    spell, turn = repeated(last - first + 1)
    start = (first[spell] + turn + 0.2 + 0.6 * rng.random(len(spell))) * interval[spell]
    starts_on = begins[spell] + start.astype(np.int64)
    kind = drawn(rng, _OFFER_WEIGHTS, len(spell))
    length = 7 + rng.exponential(1.0, len(spell)) * (_OFFER_DAYS[kind] - 7)
    ends_on = np.minimum(starts_on + length.astype(np.int64), given["ends_on"][spell])
    suspended = (starts_on >= _SUSPENDED[0]) & (starts_on <= _SUSPENDED[1])
    of_spell = (starts_on >= given["starts_on"][spell]) & (starts_on <= given["ends_on"][spell])
    found = {
        "citizen": given["citizen"][spell],
        "source": given["municipality"][spell],
        "municipality": given["municipality"][spell],
        "offer_type": kind,
        "starts_on": starts_on,
        "ends_on": _as_known(ends_on, window),
        "known_at": starts_on * DAY,
    }
    return take(found, of_spell & window.holds(starts_on) & ~suspended)


def ordinary_hours(rng: np.random.Generator, citizens: Rows, spells: Rows, window: Window) -> Rows:
    """One row a month of the window with ordinary hours beside the benefit; no month twice."""
    works = take(spells, citizens["works"][spells["citizen"]])
    first = month_of(np.maximum(works["starts_on"], window.first))
    last = month_of(np.minimum(works["ends_on"], window.last))
    spell, turn = repeated(last - first + 1)
    month = first[spell] + turn
    kept = happens(rng, like.WORKS_IN_MONTH, len(spell))
    hours = rng.gamma(like.HOURS_SHAPE, like.HOURS_MEAN / like.HOURS_SHAPE, len(spell)).clip(0.25, 160)
    quarters = np.round(hours * 4) * 25
    hundredths = np.where(happens(rng, like.TO_THE_MINUTE, len(spell)), np.round(hours * 100), quarters)
    found = {
        "citizen": works["citizen"][spell],
        "source": works["municipality"][spell],
        "month": month,
        "hours": hundredths.astype(np.int64),
        "known_at": (first_day_of(month + 1) + 8) * DAY,
    }
    found = take(found, kept)
    _, once = np.unique(found["citizen"] * 10_000 + found["month"], return_index=True)
    return take(found, once)


def outcomes(rng: np.random.Generator, spells: Rows, window: Window) -> Rows:
    """One row a leaving that is known, within three weeks of the end of a spell that nothing follows."""
    size = count(spells)
    pick = rng.random(size)
    kinds = _OUTCOMES[spells["benefit"]]
    outcome = (pick[:, None] >= kinds).sum(axis=1)
    reached_on = spells["ends_on"] + 1 + rng.integers(0, 21, size)
    left = spells["is_last"] & (outcome < kinds.shape[1]) & happens(rng, like.LEAVES_KNOWN, size)
    found = {
        "citizen": spells["citizen"],
        "source": spells["municipality"],
        "outcome": outcome,
        "reached_on": reached_on,
        "known_at": reached_on * DAY,
    }
    return take(found, left & window.holds(reached_on))


def grants(spells: Rows, window: Window) -> Rows:
    """The spells as facts: running, without an end, when they end after the window."""
    names = ("citizen", "municipality", "benefit", "target_group", "starts_on", "introduction_programme")
    return {name: spells[name] for name in names} | {
        "source": spells["municipality"],
        "ends_on": _as_known(spells["ends_on"], window),
        "known_at": spells["starts_on"] * DAY,
    }


def _as_known(ends_on: Ints, window: Window) -> Ints:
    """What runs beyond the window has no end yet."""
    return np.where(ends_on > window.last, NO_DAY, ends_on)
