"""Every file of rules and figures: declared as it is, in the codes of the lists, without numbers of the law."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

import duckdb
import pytest

from fokusstrom.domain import rule_set
from fokusstrom.domain.book import CODE_LISTS
from fokusstrom.domain.rules_and_figures import FIGURES, RULES, cell_columns, sql_of
from fokusstrom.domain.tables import FROM_SUMS, Tables
from tests.domain.rules.tables import THROUGH, declared, folded, no_sums

_FILES = [
    *(("rules", name) for name in RULES),
    *(("figures", name) for name in FIGURES),
    *(("from_sums", name) for name in FROM_SUMS),
]
_OTHER_TEXTS = {
    # R7's reasons, as the specification writes them
    "duplicate", "no_show", "type_not_counted", "unconfirmed_joint", "reported_by_a_kasse", "mode_not_counted",
    "no_spell",
    # the area of the whole country
    "DK",
    # R11's targets; R12's statuses, reasons and what joins them
    "meetings", "offers", "REGIME_ENDED", "INSUFFICIENT_DATA", "NOT_SELECTED", "POSTPONED", "SELECTED",
    "result_worse_than_expected", "meetings_target_missed", "offers_target_missed", "result_missing", "focus_missing",
    "selection_postponed", ";",
    # R15: what a mode was, as the nation gets it; R7: a meeting that has no reason
    "LAWFUL", "UNLAWFUL", "NO_RULE", "counts",
    # section 6: the parts of a figure that has several
    "all", "reason", "lawful", "assessment_missing", "first", "reached", "scope", "interval", "duration",
}  # fmt: skip
_NUMBERS = {
    "0": "nothing",
    "1": "one of something, one day, or one month number: the next one",
    "2": "R5: month numbers 2 apart have a whole month between them",
    "3": "the third of the outcomes, in their order",
}
"""Numbers that are no law: what they say in the files."""


def _without_comments(sql: str) -> str:
    return re.sub("--[^\n]*", "", sql)


def _texts(sql: str) -> set[str]:
    return set(re.findall("'([^']*)'", _without_comments(sql)))


@pytest.mark.parametrize("name", RULES)
def test_declared_columns(name: str) -> None:
    """Every rule binds, and gives the columns and types that are declared."""
    connection = folded()
    connection.execute(f"CREATE OR REPLACE TEMP TABLE as_declared ({RULES[name]})")
    given = connection.execute(f"DESCRIBE ({sql_of('rules', name)})").fetchall()
    expected = connection.execute("DESCRIBE as_declared").fetchall()
    assert [row[:2] for row in given] == [row[:2] for row in expected]


@pytest.mark.parametrize("name", FIGURES)
def test_columns_of_figures(name: str) -> None:
    """Every figure binds, and gives citizen, area, month, dimensions and measures; cells have declared types."""
    figure = FIGURES[name]
    given = [row[0] for row in folded().execute(f"DESCRIBE ({sql_of('figures', name)})").fetchall()]
    assert given == ["citizen", *figure.columns]
    assert declared()[f"folded_{name}"] == dict(cell_columns(figure))


@pytest.mark.parametrize("name", FROM_SUMS)
def test_columns_from_sums(name: str) -> None:
    """What is made of the sums of figures binds, and gives the columns and types that are declared."""
    connection = duckdb.connect()
    Tables(connection, no_sums(), rule_set.in_force(), THROUGH).all()
    connection.execute(f"CREATE TEMP TABLE as_declared ({FROM_SUMS[name]})")
    given = connection.execute(f"DESCRIBE ({sql_of('from_sums', name)})").fetchall()
    expected = connection.execute("DESCRIBE as_declared").fetchall()
    assert [row[:2] for row in given] == [row[:2] for row in expected]


def test_order_of_rules() -> None:
    """Each rule needs only inputs and earlier rules, so that they can be read from the top."""
    for place, name in enumerate(RULES):
        used = set(re.findall(r"\b(?:FROM|JOIN) (\w+)", _without_comments(sql_of("rules", name))))
        assert used & set(list(RULES)[place:]) == set(), name


def test_every_file_is_run() -> None:
    """What lies in the folders is what the fold and the tables run."""
    for folder, known in (("rules", RULES), ("figures", FIGURES), ("from_sums", FROM_SUMS)):
        files = resources.files("fokusstrom.domain").joinpath(folder).iterdir()
        assert {file.name for file in files} == {f"{name}.sql" for name in known}


@pytest.mark.parametrize(("folder", "name"), _FILES)
def test_opening(folder: str, name: str) -> None:
    """A file opens with its rule's number, or the section it is of, and a sentence."""
    assert re.match(r"-- (R\d+b?|Section \d)(, (R\d+b?))*  +\S.*\w", sql_of(folder, name))


@pytest.mark.parametrize(("folder", "name"), _FILES)
def test_codes(folder: str, name: str) -> None:
    """Every code in quotes is in a code list."""
    codes = {code for codes in CODE_LISTS.values() for code in codes}
    assert _texts(sql_of(folder, name)) <= codes | _OTHER_TEXTS


@pytest.mark.parametrize(("folder", "name"), _FILES)
def test_numbers(folder: str, name: str) -> None:
    """What the law may change is a row of the rule set, never a number here."""
    bare = re.sub("'[^']*'", "", _without_comments(sql_of(folder, name)))
    assert set(re.findall(r"(?<![\w.])\d+(?:\.\d+)?", bare)) <= _NUMBERS.keys()


def test_every_text_is_used() -> None:
    """A text that is no code is listed above because a file says it."""
    said = {text for folder, name in _FILES for text in _texts(sql_of(folder, name))}
    assert said - {code for codes in CODE_LISTS.values() for code in codes} == _OTHER_TEXTS


def test_every_rule_has_examples() -> None:
    """Every rule is worked out by hand on small tables."""
    here = {file.name for file in Path(__file__).parent.glob("test_*.py")}
    assert {f"test_{name}.py" for name in RULES} <= here
