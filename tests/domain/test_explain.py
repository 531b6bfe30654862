"""The files that explanations read with, and what explanations are made of."""

from __future__ import annotations

import datetime as dt
import re
from importlib import resources

import pytest

from fokusstrom.domain import rule_set
from fokusstrom.domain.explain import cell, rule_row, rule_rows
from fokusstrom.domain.fold import sql_of

_FILES = sorted(
    file.name.removesuffix(".sql") for file in resources.files("fokusstrom.domain").joinpath("explanations").iterdir()
)


@pytest.mark.parametrize("name", _FILES)
def test_opening(name: str) -> None:
    """A file opens with the rules that it reads, or the section it is of, and a sentence."""
    assert re.match(r"-- (R\d+b?|Section \d)(, (R\d+b?))*  +\S.*\w", sql_of("explanations", name))


def test_every_file_is_read() -> None:
    """What lies in the folder is what the modules ask."""
    modules = ("explain_meeting.py", "explain_figure.py")
    text = "".join(resources.files("fokusstrom.domain").joinpath(module).read_text("utf-8") for module in modules)
    assert {name for name in _FILES if f'"{name}"' not in text} == set()


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
