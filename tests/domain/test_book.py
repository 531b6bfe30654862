"""The book of facts: what a batch changes, of whom, and what there is in all."""

from __future__ import annotations

import random
from collections.abc import Iterable

import pytest

from fokusstrom.domain import book as book_module
from fokusstrom.domain.book import Book
from fokusstrom.domain.facts import FACT_TYPES, FactType
from tests.builders import ANNA, BO, CARL, FactLine, corrected, hours, link, meeting, spell, withdrawn
from tests.domain import folding
from tests.effort import seeds
from tests.histories import random_history
from tests.reference import read_facts
from tests.reference.latest import latest
from tests.reference.persons import smallest_pseudonyms

DORA = "d" * 32
MEETING = meeting("2021-03-01", fact_id="m")


def _stage(book: Book, batch: Iterable[FactLine]) -> list[FactType]:
    """Stage a batch, and give the types of it."""
    book.begin_stage()
    staged: list[FactType] = []
    for fact_type in folding.checked_parts(book, batch):
        book.stage(fact_type)
        staged.append(fact_type)
    return staged


def _touched(held: list[FactLine], *batch: FactLine) -> tuple[int, set[str]]:
    """Give how many facts a batch changes, and the pseudonyms concerned."""
    connection, book = folding.open_book()
    folding.take_in(book, held)
    changed = book.touched(_stage(book, batch))
    named = connection.execute("SELECT pseudonym_text(citizen) FROM touched").fetchall()
    return changed, {name for (name,) in named}


def _meetings(relation: str) -> list[tuple[str, str, int]]:
    """Give citizen, name and version of a relation's meetings."""
    query = f"SELECT pseudonym_text(citizen), fact_id, version FROM {relation} ORDER BY ALL"
    return folding.open_book()[0].execute(query).fetchall()


@pytest.mark.parametrize("together", [1, 3, 1_000])
def test_what_waits_for_company_is_taken_in(monkeypatch: pytest.MonkeyPatch, together: int) -> None:
    """However many records are appended at once, all of them are there."""
    monkeypatch.setattr(book_module, "_APPENDED_AT_ONCE", together)
    facts = [meeting("2021-03-01", fact_id=f"m{number}") for number in range(8)]
    connection, book = folding.open_book()
    folding.take_in(book, [*facts, spell("2020-01-01"), corrected(facts[0], citizen=BO)], batch_size=2)
    assert _meetings("meeting_held") == sorted(
        [(BO, "m0", corrected(facts[0])["version"]), *((ANNA, f"m{number}", 1) for number in range(1, 8))]
    )
    assert connection.execute("SELECT count(*) FROM benefit_spell").fetchone() == (1,)


def test_new_fact() -> None:
    """A new fact touches its citizen, and nobody else."""
    assert _touched([spell("2020-01-01", citizen=BO)], MEETING) == (1, {ANNA})


def test_moved_fact() -> None:
    """A fact that is another citizen's now touches both."""
    assert _touched([MEETING], corrected(MEETING, citizen=BO)) == (1, {ANNA, BO})


@pytest.mark.parametrize("again", [MEETING, MEETING | {"version": 0}, corrected(MEETING, version=0, citizen=BO)])
def test_nothing_new(again: FactLine) -> None:
    """A repeat or an older version changes nothing and touches nobody."""
    assert _touched([MEETING], again) == (0, set())


def test_whole_persons() -> None:
    """Who is touched is touched with every pseudonym of theirs."""
    held = [link(CARL, BO), link(BO, ANNA)]
    assert _touched(held, MEETING | {"citizen": CARL}) == (1, {ANNA, BO, CARL})


def test_links() -> None:
    """A link touches both persons that it joins, its withdrawal all that it parts."""
    first, second = link(ANNA, BO), link(CARL, DORA)
    assert _touched([first, second], link(BO, CARL)) == (1, {ANNA, BO, CARL, DORA})
    assert _touched([first, link(BO, CARL)], withdrawn(first)) == (1, {ANNA, BO, CARL})


def test_singled_out() -> None:
    """The facts of who is touched can be had alone: as they are before a batch, and as they are after it."""
    _, book = folding.open_book()
    folding.take_in(
        book, [MEETING, meeting("2021-04-01", fact_id="of-bo", citizen=BO), meeting("2021-05-01", fact_id="n")]
    )
    staged = _stage(book, [corrected(MEETING, version=2), meeting("2021-06-01", fact_id="new")])
    book.touched(staged)
    book.single_out()
    assert _meetings("theirs_meeting_held") == [(ANNA, "m", 1), (ANNA, "n", 1)]
    book.apply(staged)
    assert _meetings("theirs_meeting_held") == [(ANNA, "m", 2), (ANNA, "n", 1), (ANNA, "new", 1)]


def test_names_of_one_hash() -> None:
    """A fact is told by its name: others whose names have the same hash stay as they are."""
    connection, book = folding.open_book()
    folding.take_in(book, [MEETING, meeting("2021-04-01", fact_id="other", citizen=BO)])
    book.learn_names()
    connection.execute(
        "INSERT INTO names_of_meeting_held SELECT one.name_hash, other.citizen"
        " FROM names_of_meeting_held AS one, names_of_meeting_held AS other"
    )
    staged = _stage(book, [corrected(MEETING, version=2)])
    assert book.touched(staged) == 1
    book.apply(staged)
    assert _meetings("meeting_held") == [(ANNA, "m", 2), (BO, "other", 1)]


def test_moved_and_moved_back() -> None:
    """A fact is found under whichever pseudonym it was told of last, one after the other."""
    connection, book = folding.open_book()
    folding.take_in(book, [MEETING, meeting("2021-04-01", fact_id="of-carl", citizen=CARL)])
    for version, citizen in enumerate((BO, ANNA, CARL, CARL, BO), start=2):
        staged = _stage(book, [corrected(MEETING, version=version, citizen=citizen)])
        assert book.touched(staged) == 1
        book.apply(staged)
        assert _meetings("meeting_held") == sorted([(CARL, "of-carl", 1), (citizen, "m", version)])
    known = connection.execute("SELECT count(*), count(DISTINCT citizen) FROM names_of_meeting_held")
    assert known.fetchall() == [(6, 3)]


def test_nobody() -> None:
    """A fact about a municipality touches no person, and an empty batch nothing."""
    assert _touched([]) == (0, set())
    assert _touched([], *[fact for fact in random_history(1) if fact["type"] == "ExpectedBenefitShare"])[1] == set()


@pytest.mark.parametrize("seed", seeds(2))
def test_persons(seed: int) -> None:
    """`person_of` names the smallest pseudonym of each that a link names, also when links came one by one."""
    history = random_history(seed)
    links = [fact for fact in history if fact["type"] == "CitizenLink"]
    connection, book = folding.open_book()
    folding.take_in(book, [])
    folding.apply(book, random.Random(seed).sample(links, len(links)), 1)
    rows = connection.execute("SELECT pseudonym_text(citizen), pseudonym_text(person) FROM person_of").fetchall()
    assert dict(rows) == smallest_pseudonyms(latest(read_facts(links)[0])[0])
    assert len(rows) == len(dict(rows))


def test_totals() -> None:
    """Control totals are of the set of facts, by type and source: holding, deleted, in conflict."""
    facts = [MEETING, MEETING, meeting("2021-03-02", source="fasit:101"), spell("2020-01-01")]
    facts += [withdrawn(spell("2020-01-01")), hours("2021-01", 1), hours("2021-01", 2)]
    _, book = folding.open_book()
    folding.take_in(book, facts)
    assert [tuple(row) for row in book.totals()] == [
        ("BenefitSpell", "momentum:751", 0, 1, 0),
        ("MeetingHeld", "fasit:101", 1, 0, 0),
        ("MeetingHeld", "momentum:751", 1, 0, 0),
        ("OrdinaryHours", "momentum:751", 1, 0, 1),
    ]


@pytest.mark.parametrize("seed", seeds(2))
def test_totals_after_batches(seed: int) -> None:
    """Totals that batches have changed are those of a book that counts anew."""
    history = random_history(seed, citizens=6)
    _, book = folding.open_book()
    folding.take_in(book, history[: len(history) // 2])
    assert book.totals()
    told = random.Random(seed).sample(history, len(history))
    folding.apply(book, [*told, *map(withdrawn, told[:5])], 7)
    kept = book.totals()
    book.forget()
    assert kept == book.totals()
    assert any(one.deleted for one in kept)


@pytest.mark.parametrize("name", FACT_TYPES)
def test_accepted(name: str) -> None:
    """What is accepted comes out as columns, in the order it came in; nonsense of deleted records is null."""
    facts = [fact for fact in random_history(2) if fact["type"] == name]
    _, book = folding.open_book()
    for _ in folding.checked_parts(book, facts):
        accepted = book.accepted(FACT_TYPES[name])
        assert accepted.schema == FACT_TYPES[name].arrow_schema
        assert accepted.column("fact_id").to_pylist() == [fact["fact_id"] for fact in facts]
    if name == "MeetingHeld":
        assert "SMOKE" not in accepted.column("mode").to_pylist()


def test_order_of_codes() -> None:
    """Codes are sorted as texts are, wherever DuckDB sorts them."""
    connection, _ = folding.open_book()
    listed = connection.execute(
        "SELECT type_name, labels FROM duckdb_types() WHERE logical_type = 'ENUM' AND type_name LIKE '%_code'"
    ).fetchall()
    assert {"benefit_code", "municipality_code", "reason_code"} <= {name for name, _ in listed}
    for name, labels in listed:
        assert labels == sorted(labels), name
