"""How prepared statements read what changes: an Arrow table under a fixed name in a connection lives here."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa


class Inlet:
    """A relation of a connection whose content is `table`, whatever that is when a statement is carried out.

    A table that is registered anew under a name is *not* seen by statements prepared before: they go on reading
    the earlier one. An inlet is registered once, and asked for its rows each time.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, name: str, table: pa.Table) -> None:
        """Make the relation; every later table has the columns of this one."""
        self.table = table
        connection.register(name, self)

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Give the rows, as DuckDB asks for them (Arrow's PyCapsule interface)."""
        return self.table.__arrow_c_stream__(requested_schema)

    def __arrow_c_schema__(self) -> object:
        """Give the columns, as DuckDB asks for them (Arrow's PyCapsule interface)."""
        return self.table.schema.__arrow_c_schema__()
