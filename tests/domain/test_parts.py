"""Parts of many persons: each person is in one, and they are about as many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fokusstrom.domain import parts
from fokusstrom.domain.parts import Part, divided

PSEUDONYMS = st.lists(st.uuids().map(lambda one: one.hex), unique=True, max_size=30)


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """Give one for all examples."""
    with duckdb.connect() as opened:
        yield opened


@given(named=PSEUDONYMS, together=st.integers(1, 40))
def test_everybody_is_in_one_part(connection: duckdb.DuckDBPyConnection, named: list[str], together: int) -> None:
    """Whoever there is is in exactly one part, nobody's in the first, and no part is much greater than it may be."""
    connection.execute("CREATE OR REPLACE TABLE persons AS SELECT unnest(?::UUID[]) AS person", [named])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "TOGETHER", together)
        found = divided(connection, "persons")
    members = [_members(connection, part) for part in found]
    assert Counter(one for part in members for one in part) == Counter(named)
    assert all(len(part) <= together + 1 for part in members)
    assert [part.holds("NULL::UUID") for part in found].count("true") == (len(found) == 1)
    nobody = [connection.execute(f"SELECT {part.holds('NULL::UUID')}").fetchall() == [(True,)] for part in found]
    assert nobody == [True] + [False] * (len(found) - 1)


def test_of_who_has_no_fact_any_more() -> None:
    """Parts are bounds and no lists: who isn't there when they are made belongs to one of them all the same."""
    first, last = Part(None, "8" * 32), Part("8" * 32, None)
    assert first.holds("person") == f"(person < '{'8' * 32}' OR person IS NULL)"
    assert last.holds("person") == f"person >= '{'8' * 32}'"
    assert Part("1" * 32, "2" * 32).holds("person") == f"person >= '{'1' * 32}' AND person < '{'2' * 32}'"


def _members(connection: duckdb.DuckDBPyConnection, part: Part) -> list[str]:
    rows = connection.execute(
        f"SELECT replace(person::VARCHAR, '-', '') FROM persons WHERE {part.holds('person')}"
    ).fetchall()
    return [person for (person,) in rows]
