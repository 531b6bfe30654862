"""Facts in the exchange format through the fold of the services, told as the reference tells them."""

from __future__ import annotations

import functools
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa

from fokusstrom.contracts.csv_tables import write_csv
from fokusstrom.contracts.exchange_lines import read_lines
from fokusstrom.domain import rule_set
from fokusstrom.domain.book import Book
from fokusstrom.domain.facts import FACT_TYPES, FactType
from fokusstrom.domain.fold import Fold, Slice
from fokusstrom.domain.rules_and_figures import FIGURES, figures_of
from fokusstrom.domain.tables import Tables
from tests.builders import FactLine


@functools.cache
def open_book() -> tuple[duckdb.DuckDBPyConnection, Book]:
    """Give a connection with a book, shared by tests: `take_in` begins it anew."""
    connection = duckdb.connect(config={"threads": 1})
    return connection, Book(connection)


def checked_parts(book: Book, facts: Iterable[FactLine], batch_size: int | None = None) -> Iterable[FactType]:
    """Check facts batch by batch, and give the type of each part that `checked` holds then."""
    lines = [json.dumps(fact).encode() for fact in facts]
    size = batch_size or len(lines) or 1
    for start in range(0, len(lines), size):
        for name, part in read_lines(lines[start : start + size], "-", start + 1).facts.items():
            book.check(FACT_TYPES[name], part.columns)
            yield FACT_TYPES[name]


def take_in(book: Book, facts: Iterable[FactLine], batch_size: int | None = None) -> None:
    """Let the book hold these facts, as from files; those of before are forgotten."""
    for fact_type in checked_parts(book, facts, batch_size):
        book.append(fact_type)
    book.keep_latest()


def apply(book: Book, facts: Sequence[FactLine], batch_size: int) -> None:
    """Add facts to what the book holds, batch by batch, as they arrive live."""
    for start in range(0, len(facts), batch_size):
        book.begin_stage()
        staged: list[FactType] = []
        for fact_type in checked_parts(book, facts[start : start + batch_size]):
            book.stage(fact_type)
            staged.append(fact_type)
        book.touched(staged)
        book.apply(staged)


@functools.lru_cache(1)  # making one takes as long as folding: examples in a row mostly share theirs
def _fold(through: date, of: Slice, rules: str) -> Fold:
    return Fold(open_book()[0], rule_set.shipped(rules), through, of)


def fold(through: date, of: Slice | None = None, rules: str = "in_force") -> None:
    """Fold all that the shared book holds, under a rule set that ships."""
    whole = _fold(through, of or Slice(), rules)
    whole.begin()
    whole.collect()
    whole.run()
    whole.enrich()


def tables(
    facts: Iterable[FactLine], through: date, batch_size: int | None = None, rules: str = "in_force"
) -> dict[str, str]:
    """Compute the tables of the specification as CSV text, by file name, as `tests.reference.tables` does."""
    connection, book = open_book()
    take_in(book, facts, batch_size)
    fold(through, rules=rules)
    sums = {name: figures_of(connection, figure, f"folded_{name}") for name, figure in FIGURES.items()}
    return as_csv(sums, through, rules)


def as_csv(sums: Mapping[str, pa.Table], through: date, rules: str = "in_force") -> dict[str, str]:
    """Write the tables that these sums make as the specification's section 5 says."""
    connection = _for_tables()
    made = Tables(connection, sums, rule_set.shipped(rules), through).all()
    return {f"{name}.csv": csv_text(table) for name, table in made.items()}


def csv_text(table: pa.Table) -> str:
    """Give what is written of a table."""
    written = io.BytesIO()
    write_csv(table, written)
    return written.getvalue().decode()


@functools.cache
def _for_tables() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"threads": 1})


def enriched() -> list[dict[str, Any]]:
    """Tell the enriched meetings that were folded last as `tests.reference.enriched` does."""
    connection, _ = open_book()
    told = connection.sql("""
        SELECT pseudonym_text(person) AS citizen, source, fact_id, version, municipality::VARCHAR AS own_municipality,
            spell_municipality::VARCHAR AS municipality, benefit::VARCHAR AS benefit, target_group, spell_start,
            local_date, interview_type::VARCHAR AS interview_type, mode::VARCHAR AS mode,
            attendance::VARCHAR AS attendance, reporter::VARCHAR AS reporter, a_kasse, counts, reason,
            CASE WHEN duplicate_of_source IS NOT NULL
                 THEN {'source': duplicate_of_source, 'fact_id': duplicate_of_fact_id} END AS duplicate_of,
            first, mode_lawful, mode_rule, assessment_missing, outcome::VARCHAR AS outcome, outcome_on,
            outcome_days AS days_to_outcome
        FROM enriched_meetings JOIN persons USING (citizen)
    """)
    return [in_reference_form(row) for row in sorted(told.to_arrow_table().to_pylist(), key=_identity)]


def in_reference_form(row: dict[str, Any]) -> dict[str, Any]:
    """Name the record that a meeting is a duplicate of by its key alone."""
    kept = row["duplicate_of"]
    return row | {"duplicate_of": kept and (kept["source"], kept["fact_id"])}


def _identity(row: Mapping[str, Any]) -> tuple[str, str]:
    return row["source"], row["fact_id"]
