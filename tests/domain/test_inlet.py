"""Prepared statements over what changes."""

from __future__ import annotations

import duckdb
import pyarrow as pa

from fokusstrom.domain.inlet import Inlet


def test_a_prepared_statement_reads_the_table_of_the_moment() -> None:
    """An inlet's content is its table at the moment when a statement is carried out, however often."""
    with duckdb.connect() as connection:
        inlet = Inlet(connection, "given", pa.table({"number": [1, 2]}))
        connection.execute("PREPARE total AS SELECT sum(number)::BIGINT FROM given")
        assert connection.execute("EXECUTE total").fetchall() == [(3,)]
        inlet.table = pa.table({"number": [10, 20, 30]})
        assert connection.execute("EXECUTE total").fetchall() == [(60,)]
        assert connection.execute("EXECUTE total").fetchall() == [(60,)]
