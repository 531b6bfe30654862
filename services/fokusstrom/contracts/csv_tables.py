"""Figure tables as CSV, byte for byte as the specification's section 5 says.

UTF-8, header, comma, a line feed after each line, no quotes, null as nothing, rows sorted as text by the
columns left to right, booleans `true` and `false`, shares and thresholds with exactly 6 decimals.
"""

from __future__ import annotations

import duckdb
import pyarrow as pa

from fokusstrom.contracts.texts import bytes_of

SHARE_DECIMALS = 6
# Less than any character that a cell may hold: lines so joined sort as their cells do, in half the time.
_BETWEEN = b"\x01"
_BETWEEN_SQL = "chr(1)"


def csv_bytes(connection: duckdb.DuckDBPyConnection, table: pa.Table) -> bytes:
    """The table as CSV. Columns are text, integers, booleans, or shares.

    A share is a decimal with 6 places, already rounded half to even from the exact fraction
    (`pa.decimal128(p, 6)`). `ValueError` for other columns, and for text that would need quotes.
    """
    cells = ", ".join(_cell_sql(field) for field in table.schema)
    rows = connection.from_arrow(table).project(f"concat_ws({_BETWEEN_SQL}, {cells}) || chr(10) AS line").order("line")
    header = _BETWEEN.join(name.encode() for name in table.schema.names) + b"\n"
    text = b"".join([header, *map(bytes_of, rows.to_arrow_table().column("line").chunks)])
    _without_quotes(text, len(table.schema), table.num_rows)
    return text.replace(_BETWEEN, b",")


def _cell_sql(field: pa.Field) -> str:
    """SQL for the text of a cell; a null is an empty text, which also sorts first."""
    kinds = (pa.types.is_string, pa.types.is_large_string, pa.types.is_integer, pa.types.is_boolean)
    is_share = pa.types.is_decimal(field.type) and field.type.scale == SHARE_DECIMALS
    if not is_share and not any(kind(field.type) for kind in kinds):
        raise ValueError(f"column {field.name}: a CSV table holds no {field.type}")
    return f"coalesce(CAST(\"{field.name}\" AS VARCHAR), '')"


def _without_quotes(text: bytes, columns: int, rows: int) -> None:
    """A text with a comma, a quote, a line's end or our own mark in it would shift all that follows."""
    marks = (columns - 1) * (rows + 1)
    is_foreign = any(mark in text for mark in (b",", b'"', b"\r", b"\0"))
    if is_foreign or text.count(b"\n") != rows + 1 or text.count(_BETWEEN) != marks:
        raise ValueError("a CSV table holds no text with commas, quotes or line ends")
