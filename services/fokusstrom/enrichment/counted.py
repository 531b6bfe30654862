"""What a slice counts of every area and period: as cells in the ledger, and in memory as it is said.

Theory of operation. A whole fold leaves its cells in `cells_<figure>`, where the folds of a scenario and of another
end date find them. What a small batch adds to them is appended to `cells_since`, encoded like what is said, and what
is then counted of the areas and periods concerned is added up in memory: in the ledger's large relations nothing need
be found or replaced. `gather` brings these up to what is counted, when somebody asks for them, or when much was
appended.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

import duckdb
import numpy as np
import pyarrow as pa

from fokusstrom.contracts.coded import Numbers
from fokusstrom.contracts.schemas import Schema
from fokusstrom.domain.cells import to_keep
from fokusstrom.domain.inlet import Inlet
from fokusstrom.domain.rules_and_figures import FIGURES, Figure, cell_columns
from fokusstrom.enrichment.bodies import TOGETHER, Bodies, Cells

Place = tuple[str, str]
"""Area and period."""

_NOWHERE = "SELECT NULL::VARCHAR AS municipality, NULL::VARCHAR AS period WHERE false"
"""The query for no area and period at all."""
_MUCH = 250_000
"""So many bodies that were appended are gathered: a restart adds them up in memory, some hundred bytes each."""


class Counted:
    """The counts of one worker; see the theory of operation above."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, schema: Schema) -> None:
        """Take the ledger's connection, where the fold leaves its results, and the schema of figures alone."""
        self._connection = connection
        self._bodies = Bodies(schema)
        self._all: dict[Place, bytes] | None = None
        self._reasons: Counter[str | None] = Counter()
        self._gathered = {
            name: Inlet(connection, f"gathered_{name}", _placed([], cells))
            for name, cells in self._bodies.taken_apart([]).items()
        }
        ((self._appended,),) = connection.execute("SELECT count(*) FROM cells_since").fetchall()
        """About how many bodies: also those of transactions that were taken back."""

    @property
    def nothing(self) -> bytes:
        """What is said where nothing is counted."""
        return self._bodies.nothing

    def forget(self) -> None:
        """Forget what is in memory: what it was made from may have been taken back."""
        self._all = None

    def all(self) -> Mapping[Place, bytes]:
        """Give what is said of every place of which anything is counted."""
        return self._known()

    def meetings_by_reason(self) -> Mapping[str | None, int]:
        """Count the meetings of `meetings_held` by the reason why they don't count, None for those that do."""
        self._known()
        return {reason: meetings for reason, meetings in self._reasons.items() if meetings}

    def add(self, figures: Iterable[str]) -> dict[Place, bytes]:
        """Add what was folded of some figures; give what is said now of the places concerned.

        Inside a transaction; `forget` when that is taken back.
        """
        known = self._known()  # without what is appended here
        folded = {name: self._table(_row_of(FIGURES[name], f"folded_{name}")) for name in figures}
        named = {name: _places(table) for name, table in folded.items()}
        number = _numbered({place for places in named.values() for place in places})
        more = {
            name: Cells(_numbers(number, named[name]), _arrays(table))
            for name, table in folded.items()
            if table.num_rows
        }
        self._append(number, self._bodies.added([self.nothing] * len(number), more))
        now = self._add(known, number, more)
        if self._appended > _MUCH:
            self.gather()
        return now

    def let_folded_be_all(self) -> None:
        """Take what was folded of all persons as what is counted; `keep_folded` lets the ledger do so."""
        self._all = self._count("folded_")

    def keep_folded(self) -> None:
        """Let what was folded of all persons be the cells; inside a transaction."""
        for figure in FIGURES.values():
            self._connection.execute(f"DELETE FROM {figure.relation}")
            self._keep(figure, f"folded_{figure.name}")
        self._let_nothing_be_appended()

    def kept_places(self) -> set[Place]:
        """Give the places that the ledger knows of."""
        relations = [*(figure.relation for figure in FIGURES.values()), "cells_since"]
        each = " UNION ".join(f"SELECT municipality, period FROM {relation}" for relation in relations)
        return set(_places(self._table(each)))

    def gather(self) -> None:
        """Let the cells be what is counted; inside a transaction."""
        places = sorted(set(_places(self._table("SELECT municipality, period FROM cells_since"))))
        if not places:
            return
        known = self._known()
        for figure in FIGURES.values():
            self._connection.execute(
                f"DELETE FROM {figure.relation}"
                " WHERE place_code IN (SELECT place_code(municipality, period) FROM cells_since)"
            )
        for first in range(0, len(places), TOGETHER):
            some = places[first : first + TOGETHER]
            for name, cells in self._bodies.taken_apart([known.get(place, self.nothing) for place in some]).items():
                self._gathered[name].table = rows = _placed(some, cells)
                self._keep(FIGURES[name], f"gathered_{name}")
                self._gathered[name].table = rows.slice(0, 0)
        self._let_nothing_be_appended()

    def of_cells(self, prefix: str, figures: Collection[str] = tuple(FIGURES)) -> dict[Place, bytes]:
        """Give what is said of every place that relations of figures that begin so have cells of.

        Of other figures than these nothing is said.
        """
        each = " UNION ALL ".join(f"SELECT municipality, period FROM {prefix}{name}" for name in figures)
        self._connection.execute(f"""
            CREATE OR REPLACE TEMP TABLE places AS
            SELECT *, place_code(municipality, period) AS place_code,
                row_number() OVER (ORDER BY municipality, period) - 1 AS place
            FROM (SELECT DISTINCT * FROM ({each or _NOWHERE}))
        """)
        places = _places(self._table("SELECT municipality, period FROM places ORDER BY place"))
        tables = {name: self._table(_ordered(FIGURES[name], prefix)) for name in figures}
        cells = {name: Cells(table.column("place").to_numpy(), _arrays(table)) for name, table in tables.items()}
        return dict(zip(places, self._bodies.encoded(len(places), cells), strict=True))

    def reasons_of_cells(self, prefix: str) -> dict[str | None, int]:
        """Count the meetings of the relation `<prefix>meetings_held` by the reason why they don't count."""
        reasons = f"SELECT reason, sum(meetings)::BIGINT FROM {prefix}meetings_held GROUP BY reason"
        return dict(self._connection.execute(reasons).fetchall())

    def _known(self) -> dict[Place, bytes]:
        if self._all is None:
            known = self._count("cells_")
            since = self._table("SELECT municipality, period, body FROM cells_since")
            named = _places(since)
            number = _numbered(set(named))
            numbers = _numbers(number, named)
            cells = self._bodies.taken_apart(since.column("body").to_pylist())
            self._add(known, number, {name: Cells(numbers[one.place], one.columns) for name, one in cells.items()})
            self._all = known
        return self._all

    def _count(self, prefix: str) -> dict[Place, bytes]:
        self._reasons = Counter(self.reasons_of_cells(prefix))
        return self.of_cells(prefix)

    def _add(
        self, known: dict[Place, bytes], number: Mapping[Place, int], more: Mapping[str, Cells]
    ) -> dict[Place, bytes]:
        """Add cells, each of a place by its number, to what is known; give what is said of these places then."""
        before = [known.get(place, self.nothing) for place in number]
        now = dict(zip(number, self._bodies.added(before, more), strict=True))
        known.update(now)
        for place in (place for place, body in now.items() if body == self.nothing):
            del known[place]
        if "meetings_held" in more:
            meetings = more["meetings_held"].columns
            for reason, count in zip(meetings["reason"].to_pylist(), meetings["meetings"].to_pylist(), strict=True):
                self._reasons[reason] += count
        return now

    def _append(self, places: Collection[Place], bodies: Sequence[bytes]) -> None:
        if places:
            self._connection.execute(
                "INSERT INTO cells_since SELECT unnest(?), unnest(?), unnest(?)",
                [[area for area, _ in places], [period for _, period in places], list(bodies)],
            )
            self._appended += len(places)

    def _keep(self, figure: Figure, relation: str) -> None:
        # In the order of places DuckDB knows where those that are gathered can't be.
        self._connection.execute(f"INSERT INTO {figure.relation} {to_keep(figure, relation)} ORDER BY place_code")

    def _let_nothing_be_appended(self) -> None:
        self._connection.execute("DELETE FROM cells_since")
        self._appended = 0

    def _table(self, query: str) -> pa.Table:
        return self._connection.execute(query).to_arrow_table()


def _numbered(places: Iterable[Place]) -> dict[Place, int]:
    """Number places in their order."""
    return {place: number for number, place in enumerate(sorted(places))}


def _numbers(number: Mapping[Place, int], places: Sequence[Place]) -> Numbers:
    return np.array([number[place] for place in places], np.int64)


def _places(table: pa.Table) -> list[Place]:
    return list(zip(table.column("municipality").to_pylist(), table.column("period").to_pylist(), strict=True))


def _arrays(table: pa.Table) -> dict[str, pa.Array]:
    return {name: table.column(name).combine_chunks() for name in table.schema.names}


def _placed(places: Sequence[Place], cells: Cells) -> pa.Table:
    """Give cells as rows with the names of their places."""
    named = {
        name: pa.array([place[at] for place in places], pa.string())
        for at, name in enumerate(("municipality", "period"))
    }
    where = pa.array(cells.place)
    return pa.table({name: names.take(where) for name, names in named.items()} | dict(cells.columns))


def _row(figure: Figure) -> tuple[str, ...]:
    return (*figure.dimensions, *figure.measures)


def _row_of(figure: Figure, relation: str) -> str:
    """Give the query for the cells of a relation."""
    return f"SELECT municipality, period, {', '.join(_row(figure))} FROM {relation}"


def _ordered(figure: Figure, prefix: str) -> str:
    """Give the query for a figure's rows of `places`, each with its place, in the order of both."""
    texts = {name for name, sql in cell_columns(figure).items() if sql == "VARCHAR"}
    row = ", ".join(f"cell.{name}::VARCHAR AS {name}" if name in texts else f"cell.{name}" for name in _row(figure))
    order = ", ".join(f"{name} NULLS FIRST" for name in figure.dimensions or figure.measures)
    where = "(place_code)" if prefix == "cells_" else "(municipality, period)"
    return (
        f"SELECT place, {row} FROM {prefix}{figure.name} AS cell JOIN places USING {where}"
        f" WHERE {figure.base} > 0 ORDER BY place, {order}"
    )
