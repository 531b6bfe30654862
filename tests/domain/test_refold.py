"""Folding what a change of the law reaches gives what folding everything gives, for a change of each table of rules."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest

from fokusstrom.domain import refold, rule_set
from fokusstrom.domain.fold import FIGURES, Fold, Slice
from fokusstrom.domain.reach import changes, reach
from fokusstrom.domain.rule_set import FOREVER, TABLES, RuleSet
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


def _fold(rules: RuleSet, of: Slice) -> dict[str, Counter[Any]]:
    fold = Fold(folding.open_book()[0], rules, THROUGH, of)
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
    """Whatever changes, what is said of the change is what folding everybody under all rules says; and back again."""
    folding.take_in(folding.open_book()[1], random_history(seed, citizens=40))
    _refolds(IN_FORCE, CHANGES[change], Slice())
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


def test_every_table_is_changed() -> None:
    """The examples above change each table of rules."""
    assert {change.table for rules in CHANGES.values() for change in changes(IN_FORCE, rules)} == {*TABLES}
