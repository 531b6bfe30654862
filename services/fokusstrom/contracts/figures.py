"""The figures contract: what a cut's records hold, and how the records of all slices are summed.

The contract has a version: slices of two versions can't be summed, so a cut names it, a worker of another
one publishes nothing for that cut, and reporting makes a new cut when it differs from the newest mark's.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Collection, Iterable, Iterator, Mapping

import duckdb
import pyarrow as pa

from fokusstrom.contracts.columns import arrow_schema, decode
from fokusstrom.contracts.records import FIGURES_CONTRACT
from fokusstrom.contracts.schemas import SchemaCatalog
from fokusstrom.contracts.wire import split
from fokusstrom.domain.errors import Rejected
from fokusstrom.domain.refusals import HINTS
from fokusstrom.domain.rules_and_figures import FIGURES, Figure, cell_columns, figures_of

__all__ = ["COUNTRY", "FIGURES_CONTRACT", "Sums"]

COUNTRY = "DK"
"""The area of figures of the whole country; every other area is a municipality's code."""


class Sums(Mapping[str, pa.Table]):
    """The sums of partial figures: of each figure the rows where its base is above 0, by the figure's name.

    Columns are those of `Figure.columns`. A figure is summed when it is first asked for: all of them take seconds
    for the country, and few need all.
    """

    def __init__(
        self, catalog: SchemaCatalog, values: Iterable[bytes], figures: Collection[str] = tuple(FIGURES)
    ) -> None:
        """Take partial figures, and which figures these have: no others are here; `Rejected` when a value is none."""
        self._partials = _partials(catalog, list(values))
        self._figures = figures
        self._sums: dict[str, pa.Table] = {}

    def __getitem__(self, name: str) -> pa.Table:
        """Give the rows of a figure."""
        if name not in self._figures:
            raise KeyError(name)
        if name not in self._sums:
            self._sums[name] = self._sum(FIGURES[name])
        return self._sums[name]

    def __contains__(self, name: object) -> bool:
        """Tell whether a figure is here, without adding it up."""
        return name in self._figures

    def __iter__(self) -> Iterator[str]:
        """Name every figure."""
        return iter(self._figures)

    def __len__(self) -> int:
        """Count the figures."""
        return len(self._figures)

    def total(self, name: str, measure: str, where: str = "true") -> int:
        """Add up a measure of a figure over its cells where that holds: SQL of its dimensions and of `area`."""
        cells = f"SELECT area, unnest({name}, recursive := true) FROM partials"
        with self._connected() as connection:
            found = connection.sql(f"SELECT sum({measure}) FROM ({cells}) AS cells WHERE {where}").fetchone()
        return int(found[0] or 0) if found else 0

    def _sum(self, figure: Figure) -> pa.Table:
        types = cell_columns(figure)
        keys = [f"cell.{name}::{types[name]} AS {name}" for name in figure.dimensions]
        if self._is_told_once:  # a record has each cell once: there is nothing to add up
            measures, grouped = [f"cell.{name} AS {name}" for name in figure.measures], ""
        else:
            measures, grouped = [f"sum(cell.{name})::BIGINT AS {name}" for name in figure.measures], "GROUP BY ALL"
        with self._connected() as connection:
            return figures_of(connection, figure, f"""(
                WITH cells AS (SELECT area, period, unnest({figure.name}) AS cell FROM partials)
                SELECT area AS municipality, period, {", ".join(keys + measures)} FROM cells {grouped}
            )""")  # fmt: skip

    @functools.cached_property
    def _is_told_once(self) -> bool:
        """Whether no two records are of the same area and period, as of one slice."""
        places = self._partials.select(["area", "period"]).group_by(["area", "period"]).aggregate([])
        return bool(places.num_rows == self._partials.num_rows)

    @contextlib.contextmanager
    def _connected(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with duckdb.connect(":memory:", config={"threads": 1}) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            connection.register("partials", self._partials)
            yield connection


def _partials(catalog: SchemaCatalog, values: list[bytes]) -> pa.Table:
    reader = catalog.latest("PartialFigures")
    parts = split(values)
    batches = []
    refused = set(parts.refused.values())
    for group in parts.groups:
        decoded = decode(catalog.by_id(group.schema_id), reader, group.payloads)
        refused |= set(decoded.refused.values())
        batches.append(decoded.batch)
    if refused:
        reason = min(refused)
        raise Rejected(reason, None, HINTS[reason])
    return pa.Table.from_batches(batches, schema=arrow_schema(reader))
