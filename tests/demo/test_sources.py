"""The demo's systems: what each says in its own words becomes the simulated facts again."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest

from fokusstrom.demo.sources import KINDS, Exports, Shares, facts_of, message, sender
from fokusstrom.domain.facts import COMMON_FIELDS, EXPECTED_BENEFIT_SHARE, FACT_TYPES
from fokusstrom.simulation import texts
from fokusstrom.simulation.engine import Tables, simulate
from fokusstrom.simulation.settings import Rates, Settings
from fokusstrom_connectors.interface import Page
from fokusstrom_connectors.mapping.mapper import Mapper
from fokusstrom_connectors.personal.pseudonyms import Key, Pseudonyms
from fokusstrom_connectors.simulators.jobindsats import JobindsatsSimulator
from fokusstrom_connectors.sources._beskedfordeler.messages import records
from fokusstrom_connectors.sources._files.formats import FormatSettings, parts

KEY = Key("demo", b"the key of these tests is no secret at all")
DIRTY = Rates(corrected=0.1, withdrawn=0.1, moved=0.02, conflicting=0.02, changed_numbers=0.1, protected=0.3)
_COMMON = [field.name for field in COMMON_FIELDS]


def under_key(seed: int, numbers: npt.NDArray[np.int64]) -> texts.Letters:
    """Name citizens as connectors do, from the personal numbers that the systems know."""
    known = texts.column(texts.personal_numbers(seed, numbers)).to_pylist()
    named = b"".join(KEY.pseudonym(one).encode() for one in known)
    return np.frombuffer(named, np.uint8).reshape(-1, 32)


@functools.cache
def simulated(*, as_known: bool) -> Tables:
    """Give the same citizens' facts, by personal numbers or by pseudonyms."""
    (tables,) = simulate(
        Settings(250, 1, "2020-01", "2020-09", DIRTY), called=texts.personal_numbers if as_known else under_key
    )
    return tables


def pages_of(name: str, folder: Path) -> Iterator[Page]:
    """Give what a system's connector reads of it."""
    facts, speaks = facts_of(name, simulated(as_known=True)), sender(name)
    if name == "workbase":
        Exports(speaks, folder).register(facts)
        for part in parts(next(folder.iterdir()), "csv", FormatSettings(), 50_000):
            yield Page(part.records, "file", numbers=part.numbers, unreadable=part.unreadable)
        return
    for fact_type, batch in facts.items():
        told = speaks.records(FACT_TYPES[fact_type], batch)
        yield Page([one for each in told for one in records(message(each))] if name == "registers" else told, "page")


def rows_of(batch: pa.RecordBatch) -> list[dict[str, Any]]:
    """Give facts in an order of their own; of withdrawn ones what all facts have."""
    rows = [{name: row[name] for name in _COMMON} if row["deleted"] else row for row in batch.to_pylist()]
    return sorted(rows, key=str)


@pytest.mark.parametrize("name", [name for name in KINDS if name != "jobindsats"])
def test_what_a_system_says_is_what_was_simulated(name: str, tmp_path: Path) -> None:
    """Every fact of its sources comes out of its connector's mapping, none is refused or odd, and no field is lost."""
    mapper = Mapper(sender(name).mapping, "platform", Pseudonyms(KEY, accepts_replacements=True))
    mapped = mapper.map(list(pages_of(name, tmp_path)))
    assert [str(one.refusal) for one in (*mapped.refused, *mapped.flagged)] == []
    expected = facts_of(name, simulated(as_known=False))
    assert mapped.facts.keys() == expected.keys()
    for fact_type, batch in expected.items():
        assert rows_of(mapped.facts[fact_type]) == rows_of(batch)


def test_every_simulated_fact_is_some_systems() -> None:
    """Systems share the facts among them, and none is two systems'."""
    tables = simulated(as_known=True)
    shared = [facts_of(name, tables) for name in KINDS]
    for fact_type, table in tables.items():
        assert sum(each[fact_type].num_rows for each in shared if fact_type in each) == table.num_rows > 0


def shares(*rows: tuple[str, str, int, int, bool]) -> dict[str, pa.RecordBatch]:
    """Give facts of 2020: id, municipality, actual and expected share in millionths, and whether it is withdrawn."""
    named = ("fact_id", "municipality", "actual_share", "expected_share", "deleted")
    told = [{**dict(zip(named, row, strict=True)), "assessment_year": 2020} for row in rows]
    return {"ExpectedBenefitShare": pa.RecordBatch.from_pylist(told, EXPECTED_BENEFIT_SHARE.arrow_schema)}


def test_jobindsats_publishes_a_year_whole_when_something_of_it_changed() -> None:
    """Shares in per cent; what is said again is no change, and what was sent by mistake is taken off the table."""
    simulator = JobindsatsSimulator()
    system = Shares(simulator)
    first = ("e-1", "751", 123_400, 120_050, False)
    assert system.register({}) == 0
    assert system.register(shares(first, ("e-2", "101", 100_000, 100_001, False))) == 2
    assert system.register(shares(first)) == 0
    assert system.register(shares(("e-2", "101", 0, 0, True))) == 1
    (row,) = simulator.published("2020QMAT02")
    assert row == ["Aarhus", "2020QMAT02", "Ydelsesgrupper i alt", 12.005, 12.34, None]
