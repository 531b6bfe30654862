"""The files that explanations read with, and what explanations are made of."""

from __future__ import annotations

import datetime as dt
import re
from importlib import resources

import duckdb
import pytest

from fokusstrom.domain import rule_set
from fokusstrom.domain.explain import cell, collect_concerned, rule_row, rule_rows
from fokusstrom.domain.fold import Fold, Slice
from fokusstrom.domain.rules_and_figures import FIGURES, sql_of
from tests.domain import folding
from tests.histories import random_history

_FILES = sorted(
    file.name.removesuffix(".sql") for file in resources.files("fokusstrom.domain").joinpath("explanations").iterdir()
)


@pytest.mark.parametrize("name", _FILES)
def test_opening(name: str) -> None:
    """A file opens with the rules that it reads, or the section it is of, and a sentence."""
    assert re.match(r"-- (R\d+b?|Section \d)(, (R\d+b?))*  +\S.*\w", sql_of("explanations", name))


def test_every_file_is_read() -> None:
    """What lies in the folder is what the modules ask."""
    modules = ("explain.py", "explain_meeting.py", "explain_figure.py")
    text = "".join(resources.files("fokusstrom.domain").joinpath(module).read_text("utf-8") for module in modules)
    assert {name for name in _FILES if f'"{name}"' not in text and f"'{name}'" not in text} == set()


def test_persons_of_a_municipality() -> None:
    """Folding only who has a meeting or a spell in a municipality gives its figures whole, links and moves too."""
    connection, book = folding.open_book()
    folding.take_in(book, random_history(5, citizens=40))
    fold = Fold(connection, rule_set.in_force(), dt.date(2021, 12, 31), Slice())
    fold.begin()
    fold.collect()
    fold.run()
    whole = _cells(connection)
    assert {"751", "101", "259"} <= {municipality for _, municipality, *_ in whole}
    for municipality in ("751", "101", "259"):
        collect_concerned(fold, connection, municipality)
        fold.run()
        expected = [cell for cell in whole if cell[1] == municipality]
        assert [cell for cell in _cells(connection) if cell[1] == municipality] == expected


def _cells(connection: duckdb.DuckDBPyConnection) -> list[tuple[object, ...]]:
    return [
        (name, *row)
        for name in FIGURES
        for row in connection.execute(f"SELECT * FROM folded_{name} ORDER BY ALL").fetchall()
    ]


def test_rows_of_the_rule_set() -> None:
    """A row is told by its number from 1, which is what relations call `row`."""
    rules = rule_set.in_force()
    row = rule_row(rules, "counting_modes", 2)
    assert (row.says, row.valid_to, row.provenance) == ({"mode": "PHONE"}, dt.date(2020, 3, 19), "assumed")
    assert row.holds_on(dt.date(2020, 3, 19))
    assert not row.holds_on(dt.date(2020, 3, 20))
    assert len(rule_rows(rules, "mode_rules")) == 18


def test_cells() -> None:
    """Instants are told in UTC, to the second."""
    assert cell(dt.datetime(2021, 3, 1, 9, tzinfo=dt.UTC)) == "2021-03-01 09:00:00Z"
    assert cell(dt.date(2021, 3, 1)) == "2021-03-01"
    assert cell({"b": 2, "a": 1}) == "a: 1, b: 2"
