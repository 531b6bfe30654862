"""Folding what a change of the law reaches gives what folding everything gives, for a change of each table of rules."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import json
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest

from fokusstrom.domain import refold, rule_set
from fokusstrom.domain.fold import Fold, Slice
from fokusstrom.domain.reach import changes, reach
from fokusstrom.domain.rule_set import FOREVER, TABLES, RuleSet
from fokusstrom.domain.rules_and_figures import FIGURES, INPUTS
from tests.domain import folding
from tests.effort import seeds
from tests.histories import random_history

THROUGH = dt.date(2021, 12, 31)
IN_FORCE = rule_set.in_force()
_ALWAYS = {"valid_from": dt.date(1900, 1, 1), "valid_to": FOREVER, "reference": "", "provenance": "assumed"}
_SPRING = {**_ALWAYS, "valid_from": dt.date(2020, 3, 20), "valid_to": dt.date(2020, 5, 26)}


def changed(table: str, *rows: Mapping[str, Any]) -> RuleSet:
    """The rule set in force, with other rows of a table."""
    return dataclasses.replace(IN_FORCE, rows={**IN_FORCE.rows, table: rows})


def _but(table: str, **values: object) -> RuleSet:
    """The rule set in force, with other values in all rows of a table."""
    return changed(table, *({**row, **values} for row in IN_FORCE.rows[table]))


CHANGES: Mapping[str, RuleSet] = {
    "another counting mode": changed("counting_modes", *IN_FORCE.rows["counting_modes"], {**_SPRING, "mode": "VIDEO"}),
    "no counting mode": changed("counting_modes"),
    "another reporter": changed(
        "counting_reporters", *IN_FORCE.rows["counting_reporters"], {**_SPRING, "reporter": "A_KASSE"}
    ),
    "no reporter": changed("counting_reporters"),
    "no mode rule": changed("mode_rules"),
    "the mode rules turned round": changed("mode_rules", *reversed(IN_FORCE.rows["mode_rules"])),
    "another mode allowed": _but("mode_rules", allowed=["VIDEO"]),
    "more meetings": _but("focus_targets", min_meetings=6),
    "fewer hours": _but("focus_targets", min_hours=40),
    "a shorter window": _but("focus_targets", window_months=4),
    "less seniority": _but("focus_targets", seniority_months=3, seniority_days=90),
    "other thresholds": _but("focus_targets", meetings_threshold_permille=500, offers_threshold_permille=1),
    "months not left out": changed("excluded_months"),
    "earlier early contact": _but("early_contact", months=2),
    "early contact of others": _but("early_contact", target_groups=[1]),
    "a later selection": _but("selection", first_year=2022),
    "less hidden": _but("suppression", fewest_hidden=1, most_hidden=1),
    "sooner final": _but("release", final_after_days=1),
    "other horizons": _but("evaluation", horizon_months=[2]),
    "fewer months of outcomes": _but("evaluation", outcome_months=1),
    **{name: rule_set.shipped(name) for name in rule_set.scenarios()},
}


def _cells(prefix: str) -> dict[str, Counter[Any]]:
    connection, _ = folding.open_book()
    return {name: Counter(connection.execute(f"FROM {prefix}{name}").fetchall()) for name in FIGURES}


def _fold(rules: RuleSet, of: Slice, through: dt.date = THROUGH) -> dict[str, Counter[Any]]:
    fold = Fold(folding.open_book()[0], rules, through, of)
    fold.begin()
    fold.collect()
    fold.run()
    return _cells("folded_")


def _refolds(before: RuleSet, after: RuleSet, of: Slice) -> None:
    """Check both ways of folding, and that what is not reached is the same."""
    connection, _ = folding.open_book()
    expected, was = _fold(after, of), _fold(before, of)
    for name in FIGURES:
        connection.execute(f"CREATE OR REPLACE TEMP TABLE cells_{name} AS FROM folded_{name}")
    reached = reach(connection, before, after)
    differing = {name for name in FIGURES if expected[name] != was[name]}
    assert differing <= {*reached.figures}
    assert differing or not reached.figures or not any(was.values())  # else the example shows nothing
    for part in (0.0, 2.0):  # of all, none and everyone are few enough to be folded alone
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(refold, "_FEW", part)
            refold.refold(connection, before, after, THROUGH, of)
        assert _cells("refolded_") == expected


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("seed", seeds(1))
def test_same_as_whole(change: str, seed: int) -> None:
    """Whatever changes, what is said of the change is what folding everybody under all rules says.

    And back again, where the change ships as a scenario.
    """
    folding.take_in(folding.open_book()[1], random_history(seed, citizens=40))
    _refolds(IN_FORCE, CHANGES[change], Slice())
    if change in rule_set.scenarios():
        _refolds(CHANGES[change], IN_FORCE, Slice())


def test_same_of_slices() -> None:
    """A slice refolds its own persons."""
    folding.take_in(folding.open_book()[1], random_history(2, citizens=40))
    for number in range(2):
        _refolds(IN_FORCE, CHANGES["remote_meetings_count"], Slice(number, 2))


def test_same_of_nobody() -> None:
    """Without facts there is nothing to fold, and nothing wrong with that."""
    folding.take_in(folding.open_book()[1], [])
    _refolds(IN_FORCE, CHANGES["another counting mode"], Slice())


ENDS = tuple(map(dt.date.fromisoformat, ("2021-12-31", "2021-12-15", "2021-11-30", "2021-11-29", "2021-03-31")))


@pytest.mark.parametrize("seed", seeds(1))
@pytest.mark.parametrize("number", [None, 1])
def test_same_at_another_end_date(seed: int, number: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Forwards and backwards, from amid a month or its end, the cells are those of a fold of everybody."""
    monkeypatch.setattr(refold, "_FEW", 2.0)
    connection, book = folding.open_book()
    folding.take_in(book, random_history(seed, citizens=40))
    of = Slice() if number is None else Slice(number, 2)
    told = {end: _fold(IN_FORCE, of, end) for end in ENDS}
    assert len({str(sorted(cells["meetings_held"].items(), key=str)) for cells in told.values()}) > 1
    forwards = [*itertools.pairwise(reversed(ENDS)), (ENDS[-1], ENDS[0])]
    for before, after in (*forwards, *((after, before) for before, after in forwards[::2])):
        _fold(IN_FORCE, of, before)
        for name in FIGURES:
            connection.execute(f"CREATE OR REPLACE TEMP TABLE cells_{name} AS FROM folded_{name}")
        assert refold.move_end(connection, IN_FORCE, before, after, of) is not None
        assert _cells("folded_") == told[after]


def test_few_are_folded_for_a_month_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has no fact of the month, and no spell in it, isn't folded; and when most have, everybody is."""
    connection, book = folding.open_book()
    ended = [fact for fact in random_history(5, citizens=40) if "2021-1" not in json.dumps(fact)]
    folding.take_in(book, ended)
    _fold(IN_FORCE, Slice(), ENDS[2])
    for name in FIGURES:
        connection.execute(f"CREATE OR REPLACE TEMP TABLE cells_{name} AS FROM folded_{name}")
    monkeypatch.setattr(refold, "_FEW", 2.0)
    refold.move_end(connection, IN_FORCE, ENDS[2], ENDS[0], Slice())
    of_all = "SELECT count(*), count(*) FILTER (citizen IN (SELECT citizen FROM touched)) FROM who"
    ((concerned, named),) = connection.execute(of_all).fetchall()
    ((everybody,),) = connection.execute("SELECT count(DISTINCT citizen) FROM meeting_held").fetchall()
    assert concerned == named < everybody
    monkeypatch.setattr(refold, "_FEW", 0.0)
    assert refold.move_end(connection, IN_FORCE, ENDS[2], ENDS[0], Slice()) is None


def test_every_date_that_a_fold_compares_is_known() -> None:
    """An input that is cut off at the end date is one of those that another end date is looked for in."""
    cut_off = {name: text for name, text in INPUTS.items() if "{through}" in text and name != "spells"}
    for text in cut_off.values():
        relation = re.search(r"FROM \{theirs\}(\w+)", text)
        compared = re.search(r"AND (\w+) <= \{through\}", text)
        assert relation is not None
        assert compared is not None
        assert refold._DATED[relation[1]] == compared[1]
    assert len(cut_off) == len(refold._DATED)


def test_every_table_is_changed() -> None:
    """The examples above change each table of rules."""
    assert {change.table for rules in CHANGES.values() for change in changes(IN_FORCE, rules)} == {*TABLES}
