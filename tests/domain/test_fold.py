"""The fold says what the plain-Python reference says, of any facts."""

from __future__ import annotations

import random
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fokusstrom.domain.fold import Slice
from tests import reference
from tests.builders import FactLine
from tests.domain import folding
from tests.effort import one_in, seeds
from tests.histories import histories, random_history
from tests.reference.case import Case, check_enriched, check_tables
from tests.reference.cases import CASES
from tests.reference.scenarios import SCENARIOS

THROUGH = (date(2021, 12, 31), date(2020, 6, 15), date(2024, 3, 31), date(2026, 3, 31))
"""An ordinary end date, one within a month, and two when other rules are in force."""


@pytest.mark.parametrize("example", CASES, ids=lambda example: f"{example.rule}: {example.says}")
def test_case(example: Case) -> None:
    """The example comes out as its sentence of the specification says."""
    computed = folding.tables(example.facts, example.through)
    check_tables(example, computed)
    assert computed == reference.tables(example.facts, example.through)
    told = folding.enriched()
    check_enriched(example, told)
    assert told == reference.enriched(example.facts, example.through)
    if example.conflicts is not None:
        assert len(folding.open_book()[1].conflicts()) == example.conflicts


@one_in(4)
@given(histories(), st.sampled_from(THROUGH))
def test_drawn_histories(history: list[FactLine], through: date) -> None:
    """Two implementations that share no code read the specification alike."""
    assert folding.tables(history, through) == reference.tables(history, through)
    assert folding.enriched() == reference.enriched(history, through)


@pytest.mark.parametrize("through", THROUGH, ids=str)
@pytest.mark.parametrize("seed", seeds(4))
def test_random_histories(seed: int, through: date) -> None:
    """Late, corrected, moved, tied and withdrawn facts of a country: the same figures, the same meetings."""
    history = random_history(seed, through_year=through.year)
    assert folding.tables(history, through) == reference.tables(history, through)
    assert folding.enriched() == reference.enriched(history, through)


@pytest.mark.parametrize("seed", seeds(3))
def test_order_deliveries_and_batches(seed: int) -> None:
    """The figures depend only on the set of facts, never on their order, number of deliveries or batches."""
    chance = random.Random(seed)
    history = random_history(seed)
    expected = folding.tables(history, THROUGH[0])
    arrived = history + [fact for fact in history if chance.random() < 0.5]
    chance.shuffle(arrived)
    for batch_size in (10 + chance.randrange(20), 100, None):
        assert folding.tables(arrived, THROUGH[0], batch_size) == expected


@pytest.mark.parametrize("count", [2, 3])
def test_slices(count: int) -> None:
    """A slice has the persons with first 8 hex digits modulo N: every person is in exactly one."""
    folding.tables(random_history(3), THROUGH[0])
    whole = _persons()
    parts = []
    for number in range(count):
        folding.fold(THROUGH[0], Slice(number, count))
        assert all(int(person[:8], 16) % count == number for person in _persons())
        parts += _persons()
    assert sorted(parts) == sorted(whole)


def _persons() -> list[str]:
    return [
        person
        for (person,) in folding.open_book()[0]
        .execute("SELECT person::VARCHAR FROM persons WHERE person IS NOT NULL")
        .fetchall()
    ]


def test_no_facts() -> None:
    """Of nothing there are no figures: every table is its header."""
    assert folding.tables([], THROUGH[0]) == {name: f"{columns}\n" for name, columns in reference.COLUMNS.items()}
    assert folding.enriched() == []


@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.parametrize("seed", seeds(2))
def test_scenarios(name: str, seed: int) -> None:
    """Under each scenario that ships the tables are the reference's, which reads the change by itself."""
    history = random_history(seed, citizens=20)
    under = folding.tables(history, THROUGH[0], rules=name)
    assert under == reference.tables(history, THROUGH[0], SCENARIOS[name])
