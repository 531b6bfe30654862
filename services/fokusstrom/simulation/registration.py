"""How what happened becomes records: registered late, wrong at first, moved, withdrawn, sent again.

The truth goes in, records come out. Errors are put *before* the truth: a corrected fact was first sent wrong,
a withdrawn one never was; so the facts that hold by R1 are the truth whatever the rates.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from fokusstrom.domain.facts import CHANGE_REASONS
from fokusstrom.simulation.days import DAY, HOUR, MINUTE, Ints
from fokusstrom.simulation.rows import NO_DAY, NULL, Array, Rows, chosen, count, happens, join, take
from fokusstrom.simulation.settings import Rates

_CREATED, _DELAYED, _CORRECTED, _BY_MISTAKE = (
    CHANGE_REASONS.index(name) for name in ("CREATED", "DELAYED", "CORRECTED", "REGISTERED_BY_MISTAKE")
)
_USUAL_DELAY, _LONG_DELAY, _CORRECTION_DELAY = 20 * HOUR, 20 * DAY, 12 * DAY
"""Means, in milliseconds."""
_LONG_FROM = 3 * DAY
_REASON_UNSAID = 0.03
_BLANK = 0.5
"""Share of withdrawals that carry no more than the common fields."""

Spoil = Callable[[np.random.Generator, Rows], None]
"""Makes something of each row wrong, in place, within what a sender may send."""


@dataclass(frozen=True)
class Persons:
    """Whom facts can be about."""

    size: int
    """Citizens of the chunk; number `size + n` is citizen n after a change of personal number."""
    changed_on: Ints
    """Day of that change, or NO_DAY."""


def registered(
    rng: np.random.Generator, facts: Rows, rates: Rates, persons: Persons, spoil: Spoil | None = None
) -> Rows:
    """The records of these facts, in no order; `known_at` becomes `registered_at`."""
    truth = _first_registered(rng, facts, rates)
    earlier = []
    if "ends_on" in truth:
        earlier.append(_sent_as_running(rng, truth, rates))
    if spoil is not None:
        earlier.append(_sent_wrong(rng, truth, rates, spoil))
    earlier.append(_sent_of_another(rng, truth, rates, persons))
    records = join([truth, *earlier, *_sent_by_mistake(rng, truth, rates, spoil)])
    if spoil is not None:
        records = join([records, _conflicting(rng, records, rates, spoil)])
    records["citizen"] = _as_called(records, persons)
    return join([records, take(records, _some(rng, records, rates.redelivered))])


def _first_registered(rng: np.random.Generator, facts: Rows, rates: Rates) -> Rows:
    size = count(facts)
    delay = rng.exponential(_USUAL_DELAY, size) % _LONG_FROM
    late = np.flatnonzero(happens(rng, rates.delayed, size))
    delay[late] = _LONG_FROM + rng.exponential(_LONG_DELAY, len(late))
    reason = np.full(size, _CREATED)
    reason[late] = _DELAYED
    reason[happens(rng, _REASON_UNSAID, size)] = NULL
    truth = {name: column for name, column in facts.items() if name != "known_at"}
    return truth | {
        "number": np.arange(size),
        "version": np.zeros(size, np.int64),
        "deleted": np.zeros(size, np.bool_),
        "blank": np.zeros(size, np.bool_),
        "registered_at": facts["known_at"] + delay.astype(np.int64),
        "change_reason": reason,
    }


def _sent_as_running(rng: np.random.Generator, truth: Rows, rates: Rates) -> Rows:
    """First records without an end; the truth becomes the version that brings it."""
    ended = truth["ends_on"] != NO_DAY
    which = _some(rng, truth, rates.closed_later, ended)
    running = take(truth, which)
    running["ends_on"][:] = NO_DAY
    known = truth["ends_on"][which] * DAY + rng.exponential(_USUAL_DELAY, len(which)).astype(np.int64)
    _supersede(truth, which, np.maximum(known - running["registered_at"], HOUR), NULL)
    return running


def _sent_wrong(rng: np.random.Generator, truth: Rows, rates: Rates, spoil: Spoil) -> Rows:
    """First records with an error; now and then the old version is the one that arrives last."""
    which = _some(rng, truth, rates.corrected, truth["version"] == 0)
    wrong = take(truth, which)
    spoil(rng, wrong)
    _supersede(truth, which, rng.exponential(_CORRECTION_DELAY, len(which)), _CORRECTED)
    overtaken = np.flatnonzero(happens(rng, rates.overtaken, len(which)))
    late = truth["registered_at"][which[overtaken]]
    truth["registered_at"][which[overtaken]] = wrong["registered_at"][overtaken]
    wrong["registered_at"][overtaken] = late
    return wrong


def _sent_of_another(rng: np.random.Generator, truth: Rows, rates: Rates, persons: Persons) -> Rows:
    """First records that name another citizen."""
    which = _some(rng, truth, rates.moved, truth["version"] == 0)
    elsewhere = take(truth, which)
    if persons.size > 1:
        distance = rng.integers(1, persons.size, len(which))
        elsewhere["citizen"] = (elsewhere["citizen"] + distance) % persons.size
    _supersede(truth, which, rng.exponential(_CORRECTION_DELAY, len(which)), _CORRECTED)
    return elsewhere


def withdrawals(rng: np.random.Generator, records: Rows) -> Rows:
    """A withdrawal of each record, some time later; half of them without the type's own fields."""
    withdrawal = take(records, np.arange(count(records)))
    withdrawal["deleted"][:] = True
    withdrawal["blank"] = happens(rng, _BLANK, count(records))
    delay = rng.exponential(_CORRECTION_DELAY, count(records))
    _supersede(withdrawal, np.arange(count(records)), delay, _BY_MISTAKE)
    return withdrawal


def _sent_by_mistake(rng: np.random.Generator, truth: Rows, rates: Rates, spoil: Spoil | None) -> list[Rows]:
    """Facts that never were, although much like one that was, and their withdrawal."""
    mistake = take(truth, _some(rng, truth, rates.withdrawn))
    size = count(mistake)
    mistake["number"] = count(truth) + np.arange(size)
    mistake["version"][:] = 0
    mistake["change_reason"][:] = _CREATED
    mistake["registered_at"] += rng.integers(MINUTE, 3 * DAY, size)
    if spoil is not None:
        spoil(rng, mistake)
    return [mistake, withdrawals(rng, mistake)]


def _conflicting(rng: np.random.Generator, records: Rows, rates: Rates, spoil: Spoil) -> Rows:
    """Second records under a version that stands already."""
    other = take(records, _some(rng, records, rates.conflicting, ~records["deleted"]))
    spoil(rng, other)
    return other


def _supersede(rows: Rows, which: Array, delay: Array, reason: int) -> None:
    rows["version"][which] += 1
    rows["registered_at"][which] += np.maximum(delay, HOUR).astype(np.int64)
    rows["change_reason"][which] = reason


def _as_called(records: Rows, persons: Persons) -> Ints:
    """Who was registered after a change of personal number is called by the new one."""
    citizen = records["citizen"]
    changed_on = persons.changed_on[citizen]
    changed = (changed_on != NO_DAY) & (records["registered_at"] >= changed_on * DAY)
    return np.where(changed, citizen + persons.size, citizen)


def _some(rng: np.random.Generator, rows: Rows, rate: float, among: Array | None = None) -> Array:
    return chosen(rng, np.full(count(rows), fill_value=True) if among is None else among, rate)
