"""Figure tables as CSV, byte for byte as the specification's section 5 says.

UTF-8, header, comma, a line feed after each line, no quotes, null as nothing, rows sorted as text by the
columns left to right, booleans `true` and `false`, shares and thresholds with exactly 6 decimals.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from fokusstrom.contracts.coded import Numbers, places

SHARE_DECIMALS = 6
_MOST_PLACES = 2**62
"""A number can tell so many rows apart."""
_AS_IT_IS = csv.WriteOptions(include_header=False, quoting_style="none")
_NEEDS_QUOTES = r"[,\"\r\n\x00]"


def write_csv(table: pa.Table, file: BinaryIO) -> None:
    """Write the table as CSV. Columns are text, integers, booleans, or shares.

    A share is a decimal with 6 places, already rounded half to even from the exact fraction
    (`pa.decimal128(p, 6)`). `ValueError` for other columns, and for text that would need quotes.
    """
    for field in table.schema:
        _may_be_written(field)
    file.write((",".join(table.schema.names) + "\n").encode())
    if table.num_rows:
        # Of each column there are few values: rows are ordered, and brought into order, by the values' numbers.
        coded = [column.dictionary_encode("encode").combine_chunks() for column in table.columns]
        _without_quotes(coded)
        ordered = pa.table(coded, names=table.schema.names).take(_order(coded))
        csv.write_csv(ordered, file, _AS_IT_IS)


def _may_be_written(field: pa.Field) -> None:
    kinds = (_is_text, pa.types.is_integer, pa.types.is_boolean)
    is_share = pa.types.is_decimal(field.type) and field.type.scale == SHARE_DECIMALS
    if not is_share and not any(kind(field.type) for kind in kinds):
        raise ValueError(f"column {field.name}: a CSV table holds no {field.type}")


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _without_quotes(columns: Sequence[pa.DictionaryArray]) -> None:
    """A text with a comma, a quote or a line's end in it would shift all that follows."""
    texts = (column.dictionary for column in columns if _is_text(column.dictionary.type))
    if any(pc.any(pc.match_substring_regex(values, _NEEDS_QUOTES)).as_py() for values in texts):
        raise ValueError("a CSV table holds no text with commas, quotes or line ends")


def _order(columns: Sequence[pa.DictionaryArray]) -> Numbers:
    """Give the rows' numbers in the order of their cells' texts: of these, only each column's values are sorted."""
    key, size = np.zeros(1, np.int64), 1
    for column in columns:
        # a null is an empty text
        of_cells = places(pc.fill_null(column.dictionary.cast(pa.string()), ""), column.indices)
        count = len(column.dictionary) + 1
        if size * count > _MOST_PLACES:
            rows_apart, key = np.unique(key, return_inverse=True)
            size = len(rows_apart)
        key = key * count + of_cells
        size *= count
    return np.argsort(key, kind="stable")
