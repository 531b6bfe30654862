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
from fokusstrom.domain.fold import FIGURES, Figure, Fold, Slice, cell_columns
from fokusstrom.domain.reach import reach

if TYPE_CHECKING:
    from collections.abc import Collection

    import duckdb

    from fokusstrom.domain.rule_set import RuleSet

_FEW = 1 / 3
"""Of all citizens with meetings. Whoever is concerned has more than others: to fold them twice is soon to fold all."""
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
    are_some = reached.meetings is not None and _find_persons(connection, reached.meetings) < _FEW
    first = Fold(connection, before if are_some else after, through, of)
    first.begin()
    first.collect("reached_persons" if are_some else None, inputs=reached.needed)
    first.run(reached.figures, reached.needed)
    if are_some:
        for name in reached.figures:
            connection.execute(f"CREATE OR REPLACE TEMP TABLE before_{name} AS FROM folded_{name}")
        Fold(connection, after, through, of).again(reached.figures, reached.rules)
        for name in reached.figures:
            connection.execute(f"CREATE OR REPLACE TEMP TABLE moved_{name} AS {_moved(FIGURES[name])}")
    for name in wanted:
        made = f"moved_{name}" if are_some else f"folded_{name}"
        cells = made if name in reached.figures else FIGURES[name].relation
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
    if first != periods.last_day(first):
        first = first.replace(day=1) - dt.timedelta(days=1)  # its month is reported later
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
    _fold_reached(connection, rules, before, of)
    for name in FIGURES:
        connection.execute(f"CREATE OR REPLACE TEMP TABLE before_{name} AS FROM folded_{name}")
    fold = _fold_reached(connection, rules, after, of)
    for name, figure in FIGURES.items():
        connection.execute(f"CREATE OR REPLACE TEMP TABLE moved_{name} AS {_moved(figure)}")
        connection.execute(f"DROP TABLE before_{name}; DROP TABLE folded_{name}")
        connection.execute(f"ALTER TABLE moved_{name} RENAME TO folded_{name}")
    connection.execute("CREATE OR REPLACE TEMP TABLE touched AS FROM reached_persons")
    return fold


def _fold_reached(connection: duckdb.DuckDBPyConnection, rules: RuleSet, through: dt.date, of: Slice) -> Fold:
    fold = Fold(connection, rules, through, of)
    fold.begin()
    fold.collect("reached_persons")
    fold.run()
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


def _moved(figure: Figure) -> str:
    """Give the query for a figure's cells after the difference between `folded_` and `before_`."""
    keys = ", ".join(name for name in cell_columns(figure) if name not in figure.measures)
    sums = ", ".join(f"sum({name})::BIGINT AS {name}" for name in figure.measures)
    taken = ", ".join(f"-{name} AS {name}" for name in figure.measures)
    nothing = " AND ".join(f"{name} = 0" for name in figure.measures)
    return (
        f"SELECT {keys}, {sums} FROM (FROM {figure.relation} UNION ALL BY NAME FROM folded_{figure.name}"
        f" UNION ALL BY NAME SELECT {keys}, {taken} FROM before_{figure.name})"
        f" GROUP BY ALL HAVING NOT ({nothing})"
    )
