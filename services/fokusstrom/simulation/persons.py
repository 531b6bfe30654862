"""What is said about citizens and municipalities as such: new numbers, protection, expected shares."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np

from fokusstrom.domain.facts import SCALE, Kind
from fokusstrom.simulation import calibration as like
from fokusstrom.simulation.days import DAY, Window, number_of
from fokusstrom.simulation.registration import Persons, registered, withdrawals
from fokusstrom.simulation.rows import NO_DAY, Rows, chosen, happens, join, take
from fokusstrom.simulation.settings import Rates
from fokusstrom.simulation.world import World

_MILLION = SCALE[Kind.SHARE]
_PUBLISHED = (10, 29)
"""Month and day on which expected shares come out (table Y30R21, 29 October 2021)."""


def links(rng: np.random.Generator, persons: Persons, world: World, rates: Rates) -> Rows:
    """The records that join a citizen's old and new pseudonym, in either direction; a few withdrawn again."""
    changed = np.flatnonzero(persons.changed_on != NO_DAY)
    new_first = happens(rng, like.LINK_NAMES_NEW, len(changed))
    facts = {
        "citizen": np.where(new_first, changed + persons.size, changed),
        "same_as": np.where(new_first, changed, changed + persons.size),
        "source": np.full(len(changed), world.source_of_register("cpr:changes")),
        "known_at": persons.changed_on[changed] * DAY,
    }
    both = Persons(2 * persons.size, np.full(2 * persons.size, NO_DAY))
    records = registered(rng, facts, dataclasses.replace(rates, moved=0.0, withdrawn=0.0), both)
    which = chosen(rng, records["version"] == 0, rates.links_withdrawn)
    return join([records, withdrawals(rng, take(records, which))])


def protections(rng: np.random.Generator, persons: Persons, world: World, window: Window, rates: Rates) -> Rows:
    """The records of citizens with a protected address, and of some for whom it ended before."""
    citizen = np.flatnonzero(happens(rng, rates.protected, persons.size))
    facts = {
        "citizen": citizen,
        "protected": happens(rng, like.STILL_PROTECTED, len(citizen)),
        "source": np.full(len(citizen), world.source_of_register("cpr:protections")),
        "known_at": rng.integers(window.first, window.last + 1, len(citizen)) * DAY,
    }
    return registered(rng, facts, rates, persons)


def expected_shares(rng: np.random.Generator, world: World, window: Window, rates: Rates) -> Rows:
    """The records of each municipality's actual and expected share on benefits, a year of the window each."""
    first, last = (_year_of(day) for day in (window.first, window.last))
    size = len(world.municipalities)
    municipality = np.tile(np.arange(size), last - first + 1)
    year = np.repeat(np.arange(first, last + 1), size)
    expected = world.expected_share[municipality] + 0.003 * rng.standard_normal(len(year))
    actual = expected + like.UNEXPECTED * rng.standard_normal(len(year))
    published = np.array([number_of(dt.date(y, *_PUBLISHED)) for y in range(first, last + 1)])
    facts = {
        "citizen": np.zeros(len(year), np.int64),
        "municipality": municipality,
        "assessment_year": year,
        "actual_share": np.round(actual.clip(0.02, 0.3) * _MILLION).astype(np.int64),
        "expected_share": np.round(expected.clip(0.02, 0.3) * _MILLION).astype(np.int64),
        "source": np.full(len(year), world.source_of_register("jobindsats:y30r21")),
        "known_at": np.minimum(published, window.last)[year - first] * DAY,
    }
    nobody = Persons(1, np.array([NO_DAY]))
    return registered(rng, facts, dataclasses.replace(rates, moved=0.0), nobody)


def _year_of(day: int) -> int:
    return (dt.date(1970, 1, 1) + dt.timedelta(days=day)).year
