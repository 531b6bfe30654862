"""Random columns of facts, as a sender might fill them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

from fokusstrom.domain.facts import COMMON_FIELDS, FACT_TYPES, FactType, Field, Kind

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_FIRST = datetime(1900, 1, 1, tzinfo=UTC)
_VALUES: dict[Kind, st.SearchStrategy[Any]] = {
    Kind.TEXT: _TEXT,
    Kind.PSEUDONYM: _TEXT,
    Kind.MUNICIPALITY: _TEXT,
    Kind.JOBCENTER: _TEXT,
    Kind.MONTH: _TEXT,
    Kind.INSTANT: st.integers(0, 6_000_000_000_000).map(lambda ms: _FIRST + timedelta(milliseconds=ms)),
    Kind.DATE: st.dates(date(1900, 1, 1), date(2100, 12, 31)),
    Kind.INTEGER: st.integers(-(2**63), 2**63 - 1),
    Kind.BOOLEAN: st.booleans(),
    Kind.HOURS: st.integers(0, 74_400),
    Kind.SHARE: st.integers(0, 1_000_000),
}

FACT_TYPE = st.sampled_from(list(FACT_TYPES.values()))


def values_of(fact_type: FactType, field: Field) -> st.SearchStrategy[Any]:
    """Values that the field's Avro schema takes."""
    values = st.sampled_from(field.codes) if field.kind is Kind.CODE else _VALUES[field.kind]
    needed = field in COMMON_FIELDS and not field.optional
    if needed and (field.name != "citizen" or fact_type.about_citizen):
        return values
    return st.none() | values


@st.composite
def facts(draw: st.DrawFn, most: int = 5) -> tuple[FactType, pa.RecordBatch]:
    """A type and a batch of its facts."""
    fact_type = draw(FACT_TYPE)
    row = st.fixed_dictionaries({field.name: values_of(fact_type, field) for field in fact_type.fields})
    rows = draw(st.lists(row, max_size=most))
    return fact_type, pa.RecordBatch.from_pylist(rows, schema=fact_type.arrow_schema)
