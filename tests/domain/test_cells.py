"""Cells of all persons are the sums of the parts' cells, however many persons are a part."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any

import pytest

from fokusstrom.domain import parts, rule_set
from fokusstrom.domain.cells import added, fold_all, kept_columns, to_keep
from fokusstrom.domain.fold import Fold, Slice
from fokusstrom.domain.reach import needed_of_meetings
from fokusstrom.domain.rules_and_figures import FIGURES, OF_MEETINGS, cell_columns
from tests.domain import folding
from tests.effort import seeds
from tests.histories import random_history

THROUGH = dt.date(2021, 12, 31)


def _fold(of: Slice) -> Fold:
    return Fold(folding.open_book()[0], rule_set.in_force(), THROUGH, of)


def _cells() -> dict[str, Counter[Any]]:
    connection, _ = folding.open_book()
    return {name: Counter(connection.execute(f"FROM folded_{name}").fetchall()) for name in FIGURES}


def _meetings() -> list[Any]:
    connection, _ = folding.open_book()
    return connection.execute(
        "SELECT person, meeting.* EXCLUDE (citizen) FROM enriched_meetings AS meeting JOIN persons USING (citizen)"
    ).fetchall()


@pytest.mark.parametrize(("of", "together"), [(Slice(), 1), (Slice(1, 2), 3), (Slice(), 10)], ids=str)
@pytest.mark.parametrize("seed", seeds(1))
def test_same_in_parts(seed: int, of: Slice, together: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Persons with links between their pseudonyms too: figures and meetings are those of a fold of all at once."""
    connection, book = folding.open_book()
    folding.take_in(book, random_history(seed, citizens=25))
    whole = _fold(of)
    whole.begin()
    whole.collect()
    whole.run()
    whole.enrich()
    cells, meetings = _cells(), Counter(_meetings())
    monkeypatch.setattr(parts, "TOGETHER", together)
    fold = _fold(of)
    fold_all(fold)
    assert _cells() == cells
    told: Counter[Any] = Counter()
    count = 0
    for _ in fold.enriched_parts(needed_of_meetings(connection)):
        told.update(_meetings())
        count += 1
    assert count > 1
    assert told == meetings
    fold_all(fold, at_once=True)
    assert _cells() == cells


def test_meetings_need_no_figure() -> None:
    """What enriched meetings need is told from the rules' files: not all rules, and those that they begin with."""
    needed = needed_of_meetings(folding.open_book()[0])
    assert {"meetings", "told_meetings", "judged_meetings", "mode_of_meeting", "outcomes"} <= needed
    assert not needed & {"in_scope", "served_with_offers", "hours", *OF_MEETINGS[-1:]}


def test_taken_away() -> None:
    """What is taken away and added again is as if nothing had been; what comes to nothing is no cell."""
    connection, _ = folding.open_book()
    figure = FIGURES["mode_persons"]
    for name, rows in {"more": "('DK', '2020-01', 'PHONE', 3, 2), ('DK', '2020-02', 'PHONE', 1, 1)"}.items():
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {name} AS FROM (VALUES {rows}) AS cells({', '.join(cell_columns(figure))})"
        )
    assert connection.execute(added(figure, "more", "more", taken="more")).fetchall() == _rows("more")
    assert connection.execute(added(figure, "more", taken="more")).fetchall() == []


def _rows(name: str) -> list[Any]:
    return folding.open_book()[0].execute(f"FROM {name}").fetchall()


@pytest.mark.parametrize("name", FIGURES)
def test_kept_columns(name: str) -> None:
    """What is to be kept of a figure has the columns that a ledger keeps."""
    connection, book = folding.open_book()
    folding.take_in(book, random_history(1, citizens=5))
    fold_all(_fold(Slice()))
    described = connection.execute(f"DESCRIBE {to_keep(FIGURES[name], f'folded_{name}')}").fetchall()
    enums = {f"{column}_code" for column in ("benefit", "interview_type", "mode", "outcome", "reason")}
    kept = kept_columns(FIGURES[name])
    assert [column for column, *_ in described] == [*kept]
    assert all(
        sql == kept[column] or (sql.startswith("ENUM(") and kept[column] in enums) for column, sql, *_ in described
    )
