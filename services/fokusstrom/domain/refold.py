"""The figures under another rule set, from those of the same facts under one: only what can differ is folded.

Theory of operation. `reach` tells which figures can differ, and whose. Figures that can't are the cells that are there.
When only a few persons' can, these are folded twice, and the cells move by the difference, as in a live batch; when
they can be many persons', all are folded once, by the rules that these figures need.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fokusstrom.domain.fold import FIGURES, Figure, Fold, Slice, cell_columns
from fokusstrom.domain.reach import reach

if TYPE_CHECKING:
    import datetime as dt

    import duckdb

    from fokusstrom.domain.rule_set import RuleSet

_FEW = 1 / 3
"""Of all citizens with meetings. Whoever is concerned has more than others: to fold them twice is soon to fold all."""


def refold(connection: duckdb.DuckDBPyConnection, before: RuleSet, after: RuleSet, through: dt.date, of: Slice) -> None:
    """Let `refolded_<figure>` be the cells of every figure under the rule set `after`.

    The connection has a `Book`, and as `cells_<figure>` the cells of its facts under `before`, with the same end date
    and slice. The rule set `after` is in force in it then.
    """
    reached = reach(connection, before, after)
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
    for name, figure in FIGURES.items():
        cells = figure.relation if name not in reached.figures else f"moved_{name}" if are_some else f"folded_{name}"
        connection.execute(f"CREATE OR REPLACE TEMP VIEW refolded_{name} AS FROM {cells}")


def _find_persons(connection: duckdb.DuckDBPyConnection, meetings: str) -> float:
    """Let `reached_persons` be all pseudonyms of who has such a meeting; return about which part of all they are."""
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE reached_persons AS
        WITH persons AS (
            SELECT DISTINCT coalesce(person, citizen) AS person
            FROM meeting_held LEFT JOIN person_of USING (citizen)
            WHERE NOT deleted AND ({meetings})
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
