"""What the reference promises of any history."""

from __future__ import annotations

import itertools
import json
import random
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import FactLine
from tests.histories import bad_lines, histories, random_history, random_through
from tests.reference import (
    COLUMNS,
    Refused,
    enriched,
    parse_line,
    read_facts,
    tables,
    tables_from_lines,
)

THROUGH = date(2021, 12, 31)
_STATUSES = ("SELECTED", "NOT_SELECTED", "POSTPONED", "INSUFFICIENT_DATA", "REGIME_ENDED")
_REASONS = (
    "result_worse_than_expected", "meetings_target_missed", "offers_target_missed", "result_missing", "focus_missing",
    "selection_postponed",
)  # fmt: skip


@settings(deadline=None)
@given(histories(), st.randoms(use_true_random=False))
def test_order_and_repeats(history: list[FactLine], chance: random.Random) -> None:
    """The figures depend only on the set of facts, never on their order or number of deliveries."""
    repeated = history + [fact for fact in history if chance.random() < 0.5]
    chance.shuffle(repeated)
    assert tables(repeated, THROUGH) == tables(history, THROUGH)
    assert enriched(repeated, THROUGH) == enriched(history, THROUGH)


@pytest.mark.parametrize("through_year", [2020, 2021, 2023, 2024, 2026])
@pytest.mark.parametrize("seed", range(10))
def test_order_of_random_histories(seed: int, through_year: int) -> None:
    """Facts arrive late, twice and out of order; the figures do not care."""
    history = random_history(seed, through_year=through_year)
    through = random_through(seed, through_year)
    shuffled = random.Random(seed).sample(history * 2, 2 * len(history))
    assert tables(shuffled, through) == tables(history, through)


@pytest.mark.parametrize("seed", range(20))
def test_histories_are_accepted(seed: int) -> None:
    """Every fact of a random history is one that the specification accepts."""
    assert read_facts(random_history(seed))[1] == []


@settings(deadline=None)
@given(histories())
def test_strategies_are_accepted(history: list[FactLine]) -> None:
    """Every fact of a drawn history is one that the specification accepts."""
    assert read_facts(history)[1] == []


@pytest.mark.parametrize("seed", range(5))
def test_bad_lines(seed: int) -> None:
    """What is refused is refused with its reason."""
    for line, hint in bad_lines(seed):
        with pytest.raises(Refused) as refused:
            parse_line(line)
        assert refused.value.reason in hint.split("|"), line[:500]


def test_refused_is_as_if_never_sent() -> None:
    """Refused lines are as if never sent, and the rest goes on."""
    history = random_history(7)
    lines = [json.dumps(fact).encode() for fact in history]
    bad = [line for line, _ in bad_lines(7)]
    assert tables_from_lines([*bad[:700], *lines, *bad[700:]], THROUGH) == tables(history, THROUGH)


@pytest.mark.parametrize("seed", range(10))
def test_tables_agree(seed: int) -> None:
    """Every meeting is in `meetings_held` once; both focus tables have the same persons."""
    history = random_history(seed)
    computed = {name: _rows(text) for name, text in tables(history, THROUGH).items()}
    told = [meeting for meeting in enriched(history, THROUGH) if meeting["local_date"] <= THROUGH]
    assert sum(int(row[-1]) for row in computed["meetings_held.csv"]) == len(told)
    kept = [meeting for meeting in told if meeting["attendance"] == "HELD" and meeting["duplicate_of"] is None]
    assert sum(int(row[-1]) for row in computed["mode_use.csv"]) == len(kept)
    with_spell = sum(meeting["spell_start"] is not None for meeting in kept)
    assert sum(int(row[7]) for row in computed["transitions.csv"]) == 9 * with_spell
    persons = [[row[:4] for row in computed[name]] for name in ("focus_meetings.csv", "focus_offers.csv")]
    assert persons[0] == persons[1]


def test_what_histories_reach() -> None:
    """Random histories come to every status and reason, to either side of each target, to every outcome and none."""
    found: set[tuple[str, ...]] = set()
    for seed, year in itertools.product(range(8), (2020, 2021, 2026)):
        computed = {
            name: _rows(text)
            for name, text in tables(random_history(seed, through_year=year), date(year, 12, 31)).items()
        }
        found |= {("status", row[2]) for row in computed["supervision.csv"]}
        found |= {("reason", reason) for row in computed["supervision.csv"] for reason in row[5].split(";")}
        found |= {("met", row[2], row[6]) for row in computed["focus_average.csv"]}
        for name in ("focus_meetings.csv", "focus_offers.csv", "early_contact.csv"):
            found |= {(name, "not served") for row in computed[name] if int(row[4]) > 0}
            found |= {(name, "served") for row in computed[name] if int(row[4]) < int(row[3])}
        found |= {("complete", row[9]) for row in computed["transitions.csv"]}
        found |= {(row[5], row[6], str(int(row[8]) > 0)) for row in computed["transitions.csv"]}
    assert found == {
        *(("status", status) for status in _STATUSES),
        *(("reason", reason) for reason in _REASONS),
        *itertools.product(("met",), ("meetings", "offers"), ("true", "false")),
        *itertools.product(("focus_meetings.csv", "focus_offers.csv", "early_contact.csv"), ("served", "not served")),
        *itertools.product(("complete",), ("true", "false")),
        *itertools.product(("3", "6", "12"), ("JOB", "EDUCATION", "FIT"), ("True", "False")),
    }


@pytest.mark.parametrize("seed", range(10))
def test_form_of_the_tables(seed: int) -> None:
    """Header first, rows sorted as text by the columns left to right."""
    for name, text in tables(random_history(seed), THROUGH).items():
        assert text.split("\n", 1)[0] == COLUMNS[name]
        rows = _rows(text)
        assert rows == sorted(rows)
        assert all(len(row) == COLUMNS[name].count(",") + 1 for row in rows)


def _rows(text: str) -> list[list[str]]:
    return [line.split(",") for line in text.splitlines()[1:]]
