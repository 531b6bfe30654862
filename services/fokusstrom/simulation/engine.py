"""The simulation: settings in, chunks of facts out, as Arrow tables.

    for tables in simulate(Settings(20_000, seed=1, first_month="2019-01", last_month="2021-12")):
        tables["MeetingHeld"].num_rows

Citizens come in chunks of fixed size, each with random numbers of its own (spawned from the seed by the
chunk's place), so the facts depend on the settings alone: not on threads, memory or the machine. A country
is never in memory at once. A chunk's tables are each sorted by `registered_at`; `arrival` sorts the whole.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from fokusstrom.domain.facts import FACT_TYPES, FactType, Kind
from fokusstrom.simulation import offers as happenings
from fokusstrom.simulation import persons as register
from fokusstrom.simulation import texts
from fokusstrom.simulation.ahead import ahead
from fokusstrom.simulation.citizens import citizens as drawn_citizens
from fokusstrom.simulation.days import Window
from fokusstrom.simulation.errors_made import Errors
from fokusstrom.simulation.meetings import meetings
from fokusstrom.simulation.registration import Persons, Spoil, registered
from fokusstrom.simulation.rows import NO_DAY, NULL, Array, Rows, count, take
from fokusstrom.simulation.settings import Settings
from fokusstrom.simulation.spells import spells as drawn_spells
from fokusstrom.simulation.world import world

CHUNK = 20_000
"""Citizens of a chunk; part of what a seed means."""

Tables = dict[str, pa.Table]
"""A table for every fact type by name, with the type's `arrow_schema`."""
Progress = Callable[[str, int, int], None]
"""Called with a step's name, how much of it is done, and of how much."""
Naming = Callable[[int, npt.NDArray[np.int64]], texts.Letters]
"""What citizens are called: from the seed and their numbers to a text of the same length for each."""

_LETTERS = {
    "MeetingHeld": "m", "BenefitSpell": "s", "OfferParticipation": "o", "OrdinaryHours": "h",
    "OutcomeReached": "u", "CitizenLink": "l", "CitizenProtection": "p", "ExpectedBenefitShare": "e",
}  # fmt: skip
"""First letter of the type's fact ids."""
_LISTED = (Kind.CODE, Kind.MUNICIPALITY, Kind.JOBCENTER, Kind.TEXT)
"""Kinds whose columns are numbers into a list of texts."""


def silent(step: str, done: int, of: int) -> None:
    """Progress that nobody watches."""


def simulate(settings: Settings, progress: Progress = silent, called: Naming = texts.pseudonyms) -> Iterator[Tables]:
    """The records, chunk after chunk; equal settings give equal tables in equal order.

    With `called` citizens have other names than pseudonyms, such as `texts.personal_numbers`, as sources know them.
    Expected shares, which are about municipalities, come with the first chunk.
    """
    chunks = -(-settings.citizens // CHUNK)
    made = ahead(functools.partial(chunk, settings, called=called), range(chunks))
    for done, tables in enumerate(made, start=1):
        progress("simulate", done, chunks)
        yield tables


def chunk(settings: Settings, place: int, called: Naming = texts.pseudonyms) -> Tables:
    """The records of the chunk's citizens."""
    first = place * CHUNK
    size = min(CHUNK, settings.citizens - first)
    numbers = np.arange(first, first + size)
    named = np.concatenate([called(settings.seed, 2 * numbers + new) for new in (0, 1)])
    records = _records(settings, place, size)
    return {name: _table(FACT_TYPES[name], records[name], place, named) for name in FACT_TYPES}


def _records(settings: Settings, place: int, size: int) -> dict[str, Rows]:
    """Records of each type; every step has random numbers of its own."""
    seeds = np.random.SeedSequence(settings.seed, spawn_key=(place,)).spawn(16)
    streams = iter(np.random.Generator(np.random.PCG64(seed)) for seed in seeds)
    window, rates, here = Window.of(settings), settings.rates, world()
    citizens = drawn_citizens(next(streams), size, here, window, rates)
    spells = drawn_spells(next(streams), citizens, here, window)
    persons = Persons(size, citizens["changed_on"])
    errors = Errors(here)
    facts: dict[str, tuple[Rows, Spoil]] = {
        "MeetingHeld": (meetings(next(streams), citizens, spells, here, window, rates), errors.in_meeting),
        "BenefitSpell": (happenings.grants(spells, window), errors.in_spell),
        "OfferParticipation": (happenings.offers(next(streams), citizens, spells, window), errors.in_offer),
        "OrdinaryHours": (
            happenings.ordinary_hours(next(streams), citizens, spells, window), errors.in_hours
        ),
        "OutcomeReached": (happenings.outcomes(next(streams), spells, window), errors.in_outcome),
    }  # fmt: skip
    records = {name: registered(next(streams), rows, rates, persons, spoil) for name, (rows, spoil) in facts.items()}
    records["CitizenLink"] = register.links(next(streams), persons, here, rates)
    records["CitizenProtection"] = register.protections(next(streams), persons, here, window, rates)
    shares = register.expected_shares(next(streams), here, window, rates)
    records["ExpectedBenefitShare"] = shares if place == 0 else _none_of(shares)
    return records


def _none_of(rows: Rows) -> Rows:
    return {name: column[:0] for name, column in rows.items()}


# --- rows become tables ----------------------------------------------------------------------------


def _table(fact_type: FactType, rows: Rows, place: int, named: texts.Letters) -> pa.Table:
    rows = take(rows, np.argsort(rows["registered_at"], kind="stable"))
    ids = texts.column(texts.fact_ids(_LETTERS[fact_type.name], place, rows["number"]))
    columns = {"fact_id": ids}
    own = {field.name for field in fact_type.own_fields}
    for field in fact_type.fields:
        if field.name not in columns:
            blank = rows["blank"] if field.name in own else None
            columns[field.name] = _column(fact_type, field.name, field.kind, rows, blank, named)
    return pa.table([columns[field.name] for field in fact_type.fields], schema=fact_type.arrow_schema)


def _column(
    fact_type: FactType, name: str, kind: Kind, rows: Rows, blank: Array | None, named: texts.Letters
) -> pa.Array:
    arrow = fact_type.arrow_schema.field(name).type
    if name == "citizen" and not fact_type.about_citizen:
        return pa.nulls(count(rows), arrow)
    values = rows[name]
    absent = _absent(kind, values)
    if blank is not None and blank.any():
        absent = absent | blank
    if kind is Kind.PSEUDONYM:
        texts_named = texts.column(named[values])
        return texts_named if not absent.any() else pa.compute.if_else(pa.array(~absent), texts_named, None)
    if kind in _LISTED:
        numbers = pa.array(values.astype(np.int16), mask=absent)
        return pa.DictionaryArray.from_arrays(numbers, world().texts(fact_type, name)).dictionary_decode()
    if kind is Kind.MONTH:
        listed = pa.array(np.arange(12 * 200).astype("datetime64[M]").astype(str))
        return listed.take(pa.array(values, mask=absent))
    return _plain(kind, values, absent, arrow)


def _absent(kind: Kind, values: Array) -> Array:
    if kind is Kind.DATE:
        return np.asarray(values == NO_DAY)
    if kind in (Kind.INSTANT, Kind.PSEUDONYM) or values.dtype == np.bool_:
        return np.zeros(len(values), np.bool_)
    return np.asarray(values == NULL)


def _plain(kind: Kind, values: Array, absent: Array, arrow: pa.DataType) -> pa.Array:
    if kind is Kind.DATE:
        return pa.array(values.astype(np.int32), pa.int32(), mask=absent).cast(arrow)
    if kind is Kind.BOOLEAN:
        return pa.array(values.astype(np.bool_), arrow, mask=absent)
    return pa.array(values.astype(np.int64), pa.int64(), mask=absent).cast(arrow)
