"""Figure tables as CSV, byte for byte."""

from __future__ import annotations

from decimal import Decimal
from unittest import mock

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fokusstrom.contracts import csv_tables
from tests.domain.folding import csv_text

ROW = st.tuples(
    st.text("aB9-_æø.", max_size=3),
    st.none() | st.integers(-5, 10**12),
    st.none() | st.booleans(),
    st.none() | st.integers(0, 10**7).map(lambda millionths: Decimal(millionths).scaleb(-6)),
)


def _table(rows: list[tuple[str, int | None, bool | None, Decimal | None]]) -> pa.Table:
    types = {"name": pa.string(), "number": pa.int64(), "met": pa.bool_(), "share": pa.decimal128(18, 6)}
    columns = list(zip(*rows, strict=True)) or [(), (), (), ()]
    return pa.table({name: pa.array(column, kind) for (name, kind), column in zip(types.items(), columns, strict=True)})


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        return f"{value:.6f}"
    return "" if value is None else str(value)


@given(st.lists(ROW, max_size=12), st.sampled_from([1, 20, csv_tables._MOST_PLACES]))
def test_tables_are_written_as_the_specification_says(
    rows: list[tuple[str, int | None, bool | None, Decimal | None]], most_places: int
) -> None:
    """Header, comma, no quotes, null as nothing, rows sorted as text by the columns left to right.

    Also where a number can't tell apart all rows that there could be.
    """
    expected = sorted(tuple(map(_cell, row)) for row in rows)
    lines = [",".join(cells) for cells in [("name", "number", "met", "share"), *expected]]
    with mock.patch.object(csv_tables, "_MOST_PLACES", most_places):
        assert csv_text(_table(rows)) == ("\n".join(lines) + "\n")


def test_shares_have_six_decimals() -> None:
    """Shares and thresholds have exactly 6 decimals."""
    assert csv_text(_table([("a", 10, False, Decimal("0.2"))])) == ("name,number,met,share\na,10,false,0.200000\n")


@pytest.mark.parametrize("text", ["a,b", 'a"b', "a\nb", "a\rb", "a\0b"])
def test_text_that_would_need_quotes_is_an_error(text: str) -> None:
    """There are no quotes."""
    with pytest.raises(ValueError, match="no text with commas"):
        csv_text(_table([(text, 1, None, None)]))


@pytest.mark.parametrize("kind", [pa.float64(), pa.decimal128(18, 5), pa.date32()])
def test_other_columns_are_an_error(kind: pa.DataType) -> None:
    """A share comes from an exact fraction, never from a float."""
    with pytest.raises(ValueError, match="column share"):
        csv_text(pa.table({"share": pa.nulls(1, kind)}))
