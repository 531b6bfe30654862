"""R1: which record of a fact holds, and the canonical JSON that settles ties."""

from __future__ import annotations

import json
import random
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fokusstrom.domain.facts import FACT_TYPES, Kind
from fokusstrom.domain.latest import canonical_json_sql
from tests.builders import (
    ANNA,
    BO,
    FactLine,
    corrected,
    expected_share,
    hours,
    link,
    meeting,
    offer,
    outcome,
    protection,
    spell,
    withdrawn,
)
from tests.domain import folding
from tests.effort import one_in, seeds
from tests.histories import histories, random_history
from tests.reference import read_facts
from tests.reference.exchange import read_fact
from tests.reference.latest import canonical_json, latest

ODD_TEXTS = (
    'a "quoted" text', "back\\slash", "/", "'", "line\nfeed\r\ttab", "\x00", "\x1f\x01", "\x7f", "æøå Ærø",
    "\u2028\u2029", "\U0001f600", "\ufffe", "%2F", "null", "{}", " ", "\\u00e6",
)  # fmt: skip

ONE_OF_EACH = (
    meeting("2021-03-01T09:00:00.5Z", planned_mode="VIDEO", jobcenter="00123", duration_minutes=0),
    meeting("1900-01-01T00:00:00Z", assessment_documented=False, mode="UNKNOWN", change_reason=None),
    spell("1900-01-01", "2100-12-31", introduction_programme=True),
    spell("2021-02-28"),
    offer("2021-02-28", "2021-02-28"),
    hours("2021-02", 0),
    hours("2021-12", 37.5),
    hours("2021-12", 744),
    hours("1900-01", 0.01),
    hours("2100-12", 100),
    outcome("2021-12-31", "FIT"),
    link(ANNA, BO),
    protection(protected=False),
    expected_share(2021, 0.1, 1),
    expected_share(1900, 0.000001, 0),
    expected_share(2100, 0.123456, 0.5),
    withdrawn(meeting("2021-03-01"), 2**63 - 1),
    withdrawn(expected_share(2021, 0.1, 1)),
)


def _canonical(fact: FactLine) -> bytes:
    """Give the canonical JSON of the services, of a fact that the book holds."""
    connection, book = folding.open_book()
    folding.take_in(book, [fact])
    fact_type = FACT_TYPES[fact["type"]]
    ((text,),) = connection.execute(f"SELECT {canonical_json_sql(fact_type)} FROM {fact_type.relation}").fetchall()
    return _with_small_digits(str(text))


def _with_small_digits(text: str) -> bytes:
    """Write escapes with small hex digits: JSON knows both, and which it is never decides between two texts."""
    return re.sub(r"(?<!\\)((?:\\\\)*\\u00)([0-9A-F]{2})", lambda f: f[1] + f[2].lower(), text).encode()


@pytest.mark.parametrize("fact", ONE_OF_EACH, ids=lambda fact: f"{fact['type']} {fact['fact_id']}")
def test_canonical_json(fact: FactLine) -> None:
    """Absent ones null, keys sorted, no spaces, instants in UTC, numbers without trailing zeros."""
    assert _canonical(fact) == canonical_json(read_fact(fact))


@pytest.mark.parametrize("text", ODD_TEXTS, ids=repr)
def test_canonical_text(text: str) -> None:
    """UTF-8 without escapes beyond JSON's need."""
    fact = meeting("2021-03-01", source=text, fact_id=text, a_kasse=text)
    assert _canonical(fact) == canonical_json(read_fact(fact))
    assert json.loads(_canonical(fact))["source"] == text


@one_in(4)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=4), min_size=2, max_size=4))
def test_ties_of_texts(texts: list[str]) -> None:
    """If versions tie and the content differs, the greatest canonical JSON as bytes holds."""
    facts = [meeting("2021-03-01", a_kasse=text) for text in texts]
    connection, book = folding.open_book()
    folding.take_in(book, facts)
    (held,), conflicts = latest(read_facts(facts)[0])
    assert connection.execute("SELECT a_kasse FROM meeting_held").fetchall() == [(held.own["a_kasse"],)]
    assert book.conflicts() == conflicts


def test_conflicts() -> None:
    """The conflict is counted and listed: of the greatest version only, and not of repeats."""
    tied = meeting("2021-03-01", fact_id="tied")
    settled = meeting("2021-03-01", fact_id="settled")
    facts = [tied, tied | {"mode": "PHONE"}, settled, settled | {"mode": "PHONE"}, corrected(settled)]
    facts += [spell("2021-01-01"), spell("2021-01-01", target_group=3), hours("2021-01", 1), hours("2021-01", 1.0)]
    _, book = folding.open_book()
    folding.take_in(book, facts)
    expected = [("BenefitSpell", "momentum:751", "s2021-01-01"), ("MeetingHeld", "momentum:751", "tied")]
    assert book.conflicts() == expected
    totals = {(one.type, one.in_conflict) for one in book.totals()}
    assert totals == {("BenefitSpell", 1), ("MeetingHeld", 1), ("OrdinaryHours", 0)}


def _holding() -> dict[str, list[dict[str, Any]]]:
    """Give every relation of the book."""
    connection, _ = folding.open_book()
    relations = [fact_type.relation for fact_type in FACT_TYPES.values()] + ["person_of"]
    return {name: connection.sql(f"FROM {name} ORDER BY ALL").to_arrow_table().to_pylist() for name in relations}


def _assert_applied_is_appended(history: list[FactLine], chance: random.Random) -> None:
    _, book = folding.open_book()
    folding.take_in(book, history)
    appended = _holding()
    arrived = history + chance.sample(history, len(history) // 3)
    chance.shuffle(arrived)
    folding.take_in(book, [])
    folding.apply(book, arrived, chance.choice((1, 3, 10)) if len(history) < 50 else 60)
    assert _holding() == appended


@one_in(10)
@given(histories(), st.randoms(use_true_random=False))
def test_batches_of_drawn_histories(history: list[FactLine], chance: random.Random) -> None:
    """What holds is a function of the set of records: batch by batch and all at once give the same."""
    _assert_applied_is_appended(history, chance)


@pytest.mark.parametrize("seed", seeds(2))
def test_batches_of_random_histories(seed: int) -> None:
    """So it is over a history of a country."""
    _assert_applied_is_appended(random_history(seed), random.Random(seed))


@pytest.mark.parametrize("seed", seeds(3))
def test_what_holds(seed: int) -> None:
    """The record with the greatest version holds, as the reference has it."""
    history = random_history(seed)
    connection, book = folding.open_book()
    folding.take_in(book, history)
    holding, conflicts = latest(read_facts(history)[0])
    ours = {
        (name, *row)
        for name, fact_type in FACT_TYPES.items()
        for row in connection.execute(
            f"SELECT source, fact_id, version FROM {fact_type.relation} WHERE NOT deleted"
        ).fetchall()
    }
    assert ours == {(*fact.identity, fact.version) for fact in holding}
    assert book.conflicts() == conflicts


def test_every_kind_is_tried() -> None:
    """Canonical JSON is compared for every kind of field."""
    tried = {fact["type"] for fact in ONE_OF_EACH}
    assert tried == FACT_TYPES.keys()
    assert {field.kind for fact_type in FACT_TYPES.values() for field in fact_type.fields} == set(Kind)
