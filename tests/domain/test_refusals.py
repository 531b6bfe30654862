"""What the specification refuses is refused for its reason, and nothing else is."""

from __future__ import annotations

import json
import re

import pytest

from fokusstrom.contracts.exchange_lines import read_lines
from fokusstrom.domain.facts import FACT_TYPES
from fokusstrom.domain.refusals import HINTS, Reason
from tests.domain import folding
from tests.effort import seeds
from tests.histories import bad_lines, random_history


def _reasons(lines: list[bytes]) -> dict[int, str]:
    """Give the reason of each refused line, by its number: of its shape, or of what it means."""
    batch = read_lines(lines)
    _, book = folding.open_book()
    found = {refusal.line: refusal.reason.value for refusal in batch.refusals}
    for name, part in batch.facts.items():
        numbers = part.lines.to_pylist()
        found |= {numbers[row]: reason for row, reason, _ in book.check(FACT_TYPES[name], part.columns)}
    return found


@pytest.mark.parametrize("seed", seeds(2))
def test_bad_lines(seed: int) -> None:
    """Every kind of bad line is refused with its reason, whatever stands beside it."""
    bad = bad_lines(seed)
    found = _reasons([line for line, _ in bad])
    wrong = [
        (line[:300], hint, found.get(number))
        for number, (line, hint) in enumerate(bad, 1)
        if found.get(number) not in hint.split("|")
    ]
    assert wrong == []


@pytest.mark.parametrize("seed", seeds(3))
def test_good_lines(seed: int) -> None:
    """No fact that the specification accepts is refused."""
    assert _reasons([json.dumps(fact).encode() for fact in random_history(seed)]) == {}


def test_bad_beside_good() -> None:
    """What is refused is as if never sent, and the rest goes on."""
    good = [json.dumps(fact).encode() for fact in random_history(1)]
    bad = [line for line, _ in bad_lines(1)]
    assert _reasons([*bad[:500], *good, *bad[500:]]).keys() == {
        *range(1, 501),
        *range(501 + len(good), len(bad) + len(good) + 1),
    }


def test_field_at_fault() -> None:
    """A refusal names the field at fault, in the order of the fields."""
    facts = [fact | {"municipality": "999", "source": ""} for fact in random_history(1) if "municipality" in fact]
    part = read_lines([json.dumps(fact).encode() for fact in facts if fact["type"] == "BenefitSpell"])
    _, book = folding.open_book()
    faults = book.check(FACT_TYPES["BenefitSpell"], part.facts["BenefitSpell"].columns)
    assert {(reason, field) for _, reason, field in faults} == {("out_of_range", "source")}


def test_hints() -> None:
    """Every reason has a sentence that says what to change, and no value."""
    assert HINTS.keys() == set(Reason)
    assert all(re.fullmatch("[a-z][^{}]+", hint) for hint in HINTS.values())
