"""Each example of the rules, worked out by hand, on the reference."""

from __future__ import annotations

import dataclasses
import random

import pytest

from tests.builders import hours, meeting, spell
from tests.reference import SHIPPED, Counts, enriched, read_facts, tables
from tests.reference.case import Case, check_enriched, check_tables
from tests.reference.cases import CASES
from tests.reference.exchange import parse_line
from tests.reference.latest import canonical_json, latest


@pytest.mark.parametrize("example", CASES, ids=lambda example: f"{example.rule}: {example.says}")
def test_case(example: Case) -> None:
    """The example comes out as its sentence of the specification says."""
    check_tables(example, tables(example.facts, example.through))
    check_enriched(example, enriched(example.facts, example.through))
    if example.conflicts is not None:
        assert len(latest(read_facts(example.facts)[0])[1]) == example.conflicts


@pytest.mark.parametrize("example", CASES, ids=lambda example: f"{example.rule}: {example.says}")
def test_case_in_another_order(example: Case) -> None:
    """The figures depend only on the set of facts."""
    shuffled = random.Random(1).sample(example.facts * 2, 2 * len(example.facts))
    check_tables(example, tables(shuffled, example.through))
    check_enriched(example, enriched(shuffled, example.through))


def test_facts_of_cases_are_meant() -> None:
    """No example rests on a fact that is refused, or on two that are one, by mistake."""
    refused = [example.rule for example in CASES if read_facts(example.facts)[1]]
    in_conflict = [example.rule for example in CASES if latest(read_facts(example.facts)[0])[1]]
    assert refused == ["Refused"]
    assert in_conflict == [example.rule for example in CASES if example.conflicts]


def test_canonical_json() -> None:
    """Keys sorted, absent ones null, no spaces, instants in UTC, numbers without trailing zeros."""
    line = (
        b'{"type": "OrdinaryHours", "source": "\xc3\xa6\\u00f8\\"", "fact_id": "1", "version": 2,'
        b' "month": "2021-02", "registered_at": "2021-03-01T00:30:00.5+01:00", "citizen": "'
        + b"a" * 32
        + b'", "hours": 37.500}'
    )
    assert canonical_json(parse_line(line)).decode() == (
        '{"change_reason":null,"citizen":"' + "a" * 32 + '","deleted":false,"fact_id":"1","hours":37.5,'
        '"month":"2021-02","registered_at":"2021-02-28T23:30:00.500Z","source":"æø\\"","type":"OrdinaryHours",'
        '"version":2}'
    )


@pytest.mark.parametrize(("worked", "written"), [("100", "100"), ("1E+2", "100"), ("0.10", "0.1"), ("-0.0", "0")])
def test_canonical_numbers(worked: str, written: str) -> None:
    """Hours are numbers without trailing zeros, however they were sent."""
    line = str(hours("2021-02", 99)).replace("'", '"').replace("False", "false").replace(": 99", f": {worked}")
    assert f'"hours":{written},'.encode() in canonical_json(parse_line(line))


def test_another_rule_set() -> None:
    """Rules that the law changes are data: a scenario in which phone counted all the time."""
    through = CASES[0].through
    facts = [spell("2020-01-01"), meeting("2020-04-01", mode="PHONE")]
    scenario = dataclasses.replace(SHIPPED, counting_modes=(*SHIPPED.counting_modes, Counts("PHONE")))
    assert [told["counts"] for told in enriched(facts, through)] == [False]
    assert [told["counts"] for told in enriched(facts, through, scenario)] == [True]
