"""The figures under another rule set or end date, from those of the same facts: only what can differ is folded.

Theory of operation. `reach` tells which figures can differ, and whose. Figures that can't are the cells that are there.
When only a few persons' can, these are folded twice, and the cells move by the difference, as in a live batch; when
they can be many persons', all are folded once, by the rules that these figures need.

Another end date changes the figures of who has a fact of a day between both, or in a month that is reported at one of
them only, or a spell that runs then. Of all others the fold reads the same facts; and what rules say of a month hangs
on no other month being there, so these could have figures in such a month only: but then they would be met in it, have
a spell that covers its last day, or complete six months on a day of it that a spell covers (R6, R13).
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from fokusstrom.domain import periods
from fokusstrom.domain.cells import Gathering, added, fold_all, gather
from fokusstrom.domain.fold import Fold, Slice
from fokusstrom.domain.reach import reach
from fokusstrom.domain.rules_and_figures import FIGURES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    import duckdb

    from fokusstrom.domain.rule_set import RuleSet

_FEW = 1 / 3
"""Of all citizens with meetings. Whoever is concerned has more than others: to fold them twice is soon to fold all."""
_WAS, _NOW = "was_", "now_"
"""What relations of cells begin with that were gathered before a change and after it."""
_DATED = {
    "meeting_held": "local_date",
    "offer_participation": "starts_on",
    "ordinary_hours": "month",
    "outcome_reached": "reached_on",
}
"""The facts of which the fold reads those of a day up to the end date, besides spells, and what it compares."""


def refold(
    connection: duckdb.DuckDBPyConnection,
    before: RuleSet,
    after: RuleSet,
    through: dt.date,
    of: Slice,
    wanted: Collection[str] = tuple(FIGURES),
) -> tuple[str, ...]:
    """Let `refolded_<figure>` be the cells of each figure that is wanted, under the rule set `after`.

    The connection has a `Book`, and as `cells_<figure>` the cells of its facts under `before`, with the same end date
    and slice. The rule set `after` is in force in it then. Returned are the figures that can differ: the others' cells
    are the same.
    """
    reached = reach(connection, before, after, wanted)
    fold = Fold(connection, after, through, of)
    if reached.meetings is not None and _find_persons(connection, reached.meetings) < _FEW:
        was, now = (Gathering(connection, reached.figures, prefix) for prefix in (_WAS, _NOW))
        for _ in fold.parts("reached_persons", inputs=reached.needed):
            before.install(connection)
            fold.run(reached.figures, reached.needed)
            was.add()
            after.install(connection)
            fold.again(reached.figures, reached.rules)
            now.add()
        _move(connection, reached.figures)
    elif reached.figures:
        fold_all(fold, figures=reached.figures, needed=reached.needed)
    for name in wanted:
        cells = f"folded_{name}" if name in reached.figures else FIGURES[name].relation
        connection.execute(f"CREATE OR REPLACE TEMP VIEW refolded_{name} AS FROM {cells}")
    return reached.figures


def move_end(
    connection: duckdb.DuckDBPyConnection, rules: RuleSet, before: dt.date, after: dt.date, of: Slice
) -> Fold | None:
    """Let `folded_<figure>` be the cells of every figure at the end date `after`; None where many persons' can differ.

    The connection has a `Book`, and as `cells_<figure>` the cells of its facts at `before`, under the same rule set
    and of the same slice. Returned is a fold of who is concerned, at `after`; `touched` names their pseudonyms.
    """
    first, last = sorted((before, after))
    first = periods.reported_to(first)  # what is left of its month is reported later
    dated = [
        f"SELECT citizen FROM {name} WHERE NOT deleted AND {day} > DATE '{first}' AND {day} <= DATE '{last}'"
        for name, day in _DATED.items()
    ]
    spells = (
        f"SELECT citizen FROM benefit_spell WHERE NOT deleted AND starts_on <= DATE '{last}'"
        f" AND (ends_on IS NULL OR ends_on > DATE '{first}')"
    )
    if _find_concerned(connection, " UNION ".join((*dated, spells))) >= _FEW:
        return None
    gather(Fold(connection, rules, before, of), _WAS, "reached_persons")
    fold = Fold(connection, rules, after, of)
    gather(fold, _NOW, "reached_persons")
    _move(connection, FIGURES)
    connection.execute("CREATE OR REPLACE TEMP TABLE touched AS FROM reached_persons")
    return fold


def _find_persons(connection: duckdb.DuckDBPyConnection, meetings: str) -> float:
    """Let `reached_persons` be all pseudonyms of who has such a meeting; return about which part of all they are."""
    return _find_concerned(connection, f"SELECT citizen FROM meeting_held WHERE NOT deleted AND ({meetings})")


def _find_concerned(connection: duckdb.DuckDBPyConnection, citizens: str) -> float:
    """Let `reached_persons` be all pseudonyms of the persons of some; return about which part of all they are."""
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE reached_persons AS
        WITH persons AS (
            SELECT DISTINCT coalesce(person, citizen) AS person
            FROM ({citizens}) AS concerned LEFT JOIN person_of USING (citizen)
        )
        SELECT person AS citizen FROM persons UNION SELECT citizen FROM person_of SEMI JOIN persons USING (person)
    """)
    of_all = "SELECT greatest(approx_count_distinct(citizen), 1) FROM meeting_held"
    ((part,),) = connection.execute(f"SELECT count(*) / ({of_all}) FROM reached_persons").fetchall()
    return float(part)


def _move(connection: duckdb.DuckDBPyConnection, figures: Iterable[str]) -> None:
    """Let `folded_<figure>` be the cells of figures after the difference between what was gathered as both."""
    for name in figures:
        cells = added(FIGURES[name], FIGURES[name].relation, f"{_NOW}{name}", taken=f"{_WAS}{name}")
        connection.execute(f"CREATE OR REPLACE TEMP TABLE folded_{name} AS {cells}")
        connection.execute(f"DROP TABLE {_NOW}{name}; DROP TABLE {_WAS}{name}")
