"""The figures contract: what a cut's records hold, and how the records of all slices are summed.

The contract has a version: slices of two versions can't be summed, so a cut names it, a worker of another
one publishes nothing for that cut, and reporting makes a new cut when it differs from the newest mark's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import duckdb
import pyarrow as pa

from fokusstrom.contracts.columns import arrow_schema, decode
from fokusstrom.contracts.records import FIGURES_CONTRACT
from fokusstrom.contracts.schemas import SchemaCatalog
from fokusstrom.contracts.wire import split
from fokusstrom.domain.errors import Rejected
from fokusstrom.domain.fold import FIGURES, Figure, cell_columns, figures_of
from fokusstrom.domain.refusals import HINTS

__all__ = ["COUNTRY", "FIGURES_CONTRACT", "summed"]

COUNTRY = "DK"
"""The area of figures of the whole country; every other area is a municipality's code."""


def summed(catalog: SchemaCatalog, values: Iterable[bytes]) -> Mapping[str, pa.Table]:
    """Sum partial figures: each figure's rows where its base is above 0, by the figure's name.

    Columns are those of `Figure.columns`. `Rejected` when a value is no partial figure.
    """
    partials = _partials(catalog, list(values))
    connection = duckdb.connect(":memory:", config={"threads": 1})
    try:
        connection.execute("SET TimeZone = 'UTC'")
        connection.register("partials", partials)
        return {figure.name: _sum(connection, figure) for figure in FIGURES.values()}
    finally:
        connection.close()


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


def _sum(connection: duckdb.DuckDBPyConnection, figure: Figure) -> pa.Table:
    types = cell_columns(figure)
    keys = [f"cell.{name}::{types[name]} AS {name}" for name in figure.dimensions]
    sums = [f"sum(cell.{name})::BIGINT AS {name}" for name in figure.measures]
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE {figure.relation} AS
        WITH cells AS (SELECT area, period, unnest({figure.name}) AS cell FROM partials)
        SELECT area AS municipality, period, {", ".join(keys + sums)}
        FROM cells GROUP BY ALL HAVING {" OR ".join(f"sum(cell.{name}) <> 0" for name in figure.measures)}
    """)
    return figures_of(connection, figure, figure.relation)
