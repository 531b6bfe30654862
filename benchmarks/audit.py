"""Audit: the attack on everything that the nation gets of one month, with its quarter and its year (R17).

Aim at scale 1 (the citizens of 2 million facts in three years): under 60 s. What is attacked is what a first release
would publish, beside the year's averages and the months that they are of. Beside the attack, choosing what to hide is
timed, and the number of records that it hides is set against a number that no choice can go below: sums that a small
record by itself gives away, and of which no two could be kept by hiding the same record.
"""

from __future__ import annotations

import datetime as dt
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from fokusstrom.commands import _files
from fokusstrom.domain import audit, audit_averages, relations, releases, rule_set, yearly
from fokusstrom.domain.averages import Year
from fokusstrom.domain.book import Book
from fokusstrom.domain.fold import Fold, Slice
from fokusstrom.domain.measures import COUNTED, Cell, Key, cells_of
from fokusstrom.domain.past import Past
from fokusstrom.domain.publication import Publication
from fokusstrom.domain.releases import Confidence, Now
from fokusstrom.domain.rules_and_figures import FIGURES, figures_of
from fokusstrom.domain.small_cells import Suppression
from fokusstrom.domain.tables import Tables
from fokusstrom.simulation import arrival
from fokusstrom.simulation.settings import Settings

CITIZENS = 153_500
"""So many give 2 million facts in three years."""
_FIRST, _LAST, _THROUGH = "2020-01", "2020-12", dt.date(2020, 12, 31)
_PERIODS = frozenset(("2020-10", "2020-Q4", "2020"))
"""The month, and the quarter and the year whose figures hang together with it."""
_RULES = rule_set.in_force()
_TARGETS = ("focus_meetings", "focus_offers")


def run(scale: float, say: Callable[[str], None]) -> dict[str, Any]:
    """Measure; seconds are of wall clock, and of processor: a crowded machine's clock tells little."""
    with tempfile.TemporaryDirectory(prefix="fokusstrom-bench-") as folder:
        say("simulating")
        file = Path(folder) / "facts.parquet"
        arrival.write(Settings(int(CITIZENS * scale), 1, _FIRST, _LAST), file)
        say("folding")
        figures = _figures(file)
    every = list(cells_of({name: figures[name].to_pylist() for name in COUNTED}))
    cells = [cell for cell in every if relations.family_of(cell.key)[1] in _PERIODS]
    say("choosing what to hide")
    begun = _Clocks()
    judgement = Publication(cells, Past(), _RULES, _THROUGH).judge()
    hiding = begun.seconds()
    assert not judgement.held_back
    changes = releases.judge(Now(cells, _RULES, _THROUGH, judgement.hidden), {})
    say("averages of the year")
    published = {change.key: change.shown for change in changes} | _averages(every, _years(figures))
    say("attacking")
    begun = _Clocks()
    suppression, stands = Suppression.of(_RULES), list(audit.stands([(1, published)], _RULES))
    averages = audit_averages.Attack([(1, published)], _RULES, stands)
    of_month = [averages.narrowed(stand) for stand in stands if stand.period in _PERIODS]
    found = [audit.besiege(stand, suppression, show=3) for stand in of_month]
    across = averages.across(suppression)
    attacking = begun.seconds()
    wrong = [(one.stand.family, one.contradiction, one.exposed) for one in found if one.exposed or one.contradiction]
    assert not wrong, wrong
    assert not across, across
    return {
        "seconds": {"attack": attacking, "hiding": hiding},
        "records": len(changes),
        "quantities": sum(one.quantities for one in found),
        "sums": sum(one.sums for one in found),
        "primary": sum(change.shown.confidence is Confidence.PRIMARY for change in changes),
        "secondary": sum(change.shown.confidence is Confidence.SECONDARY for change in changes),
        "secondary_at_least": _at_least(cells),
    }


def table(result: dict[str, Any]) -> str:
    """Show a result for people."""
    seconds = result["seconds"]
    lines = (
        f"a month's publication, {result['records']:,} records, on {result['machine']['cores']} cores",
        f"  attack             {_both(seconds['attack'])}",
        f"    unknown numbers  {result['quantities']:>8,} in {result['sums']:,} sums",
        f"  choosing           {_both(seconds['hiding'])}",
        f"  hidden as small    {result['primary']:>8,}",
        f"  hidden besides     {result['secondary']:>8,}, at least {result['secondary_at_least']:,} by any choice",
    )
    return "\n".join(lines)


def _both(seconds: dict[str, float]) -> str:
    return f"{seconds['wall']:>8.1f} s, {seconds['processor']:.1f} s of processor"


class _Clocks:
    """The time since it was made."""

    def __init__(self) -> None:
        self._wall, self._processor = time.perf_counter(), time.process_time()

    def seconds(self) -> dict[str, float]:
        """Give it of both clocks."""
        return {
            "wall": time.perf_counter() - self._wall,
            "processor": time.process_time() - self._processor,
        }


def _figures(file: Path) -> dict[str, pa.Table]:
    connection = duckdb.connect()
    book = Book(connection)
    refusals: list[Any] = []
    _files.take_in(book, (file,), refusals.append, book.append, lambda _: None)
    assert not refusals
    book.keep_latest()
    fold = Fold(connection, _RULES, _THROUGH, Slice())
    fold.begin()
    fold.collect()
    fold.run()
    return {name: figures_of(connection, of, f"folded_{name}") for name, of in FIGURES.items()}


def _years(figures: Mapping[str, pa.Table]) -> list[Year]:
    averages = Tables(duckdb.connect(), figures, _RULES, _THROUGH).averages
    return [year for year in yearly.years_of(averages) if year.key.period == str(_THROUGH.year)]


def _averages(cells: Sequence[Cell], years: Sequence[Year]) -> dict[Key, releases.Shown]:
    """Give the averages of both targets as they are published, with all their months: they tell of hidden ones."""
    of_year = [cell for cell in cells if cell.key.measure in _TARGETS and cell.key.period[:4] == str(_THROUGH.year)]
    judgement = Publication(of_year, Past(), _RULES, _THROUGH).judge(years)
    assert not judgement.held_back
    now = Now([*of_year, *yearly.average_cells(years)], _RULES, _THROUGH, judgement.hidden)
    return {change.key: change.shown for change in releases.judge(now, {})}


def _at_least(cells: Sequence[Cell]) -> int:
    """Count sums with one hidden quantity each, no two of which share a record that could be hidden besides."""
    families: dict[tuple[str, str], list[Cell]] = defaultdict(list)
    for cell in cells:
        families[relations.family_of(cell.key)].append(cell)
    return sum(map(_at_least_of, families.values()))


def _at_least_of(cells: Sequence[Cell]) -> int:
    related, groups = relations.relate(cells), Suppression.of(_RULES)
    small = {cell.key for cell in cells if any(map(groups.is_small, cell.groups))}
    shown_by: dict[relations.Quantity, list[Key]] = defaultdict(list)
    for key, quantities in related.shows.items():
        for quantity in quantities:
            shown_by[quantity].append(key)
    taken: set[Key] = set()
    count = 0
    for one in related.sums:
        unknown = [quantity for quantity in one.keys if small.issuperset(shown_by[quantity])]
        is_given_away = len(unknown) == 1 and shown_by[unknown[0]] and unknown[0] not in related.zeros
        choice = {key for quantity in one.keys for key in shown_by[quantity]} - small
        if is_given_away and not choice & taken:
            taken |= choice
            count += 1
    return count
