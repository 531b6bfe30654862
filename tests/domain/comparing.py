"""The specification's tables by hand, as two rule sets give them of the same facts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa

from fokusstrom.domain.rule_set import in_force, shipped
from fokusstrom.domain.scenarios import Comparison, compare

SHARE = pa.decimal128(7, 6)
TEXT, COUNT, FLAG, YEAR = pa.string(), pa.int64(), pa.bool_(), pa.int32()
_MONTHLY = {"municipality": TEXT, "month": TEXT}
_YEARLY = {"municipality": TEXT, "year": YEAR}
SCHEMAS: Mapping[str, pa.Schema] = {
    name: pa.schema(list(fields.items()))
    for name, fields in {
        "focus_meetings": {**_MONTHLY, "persons": COUNT, "not_served": COUNT},
        "focus_offers": {**_MONTHLY, "persons": COUNT, "not_served": COUNT},
        "early_contact": {**_MONTHLY, "chains": COUNT, "not_served": COUNT},
        "focus_average": {**_YEARLY, "target": TEXT, "average_share": SHARE, "met": FLAG},
        "supervision": {**_YEARLY, "status": TEXT, "reasons": TEXT},
        "meetings_held": {**_MONTHLY, "counts": FLAG, "meetings": COUNT},
        "mode_use": {**_MONTHLY, "lawful": FLAG, "assessment_missing": FLAG, "meetings": COUNT},
    }.items()
}


def tables(**rows: list[tuple[Any, ...]]) -> dict[str, pa.Table]:
    """Give every table that is compared, with these rows."""
    return {
        name: pa.Table.from_pylist(
            [dict(zip(schema.names, row, strict=True)) for row in rows.get(name, [])], schema=schema
        )
        for name, schema in SCHEMAS.items()
    }


AGAINST = tables(
    focus_meetings=[("101", "2020-01", 10, 4), ("101", "2020-02", 10, 5), ("751", "2020-01", 20, 1)],
    focus_offers=[("101", "2020-01", 10, 1)],
    focus_average=[
        ("101", 2020, "meetings", Decimal("0.450000"), False),
        ("101", 2020, "offers", Decimal("0.100000"), True),
        ("751", 2020, "meetings", Decimal("0.050000"), True),
    ],
    supervision=[
        ("101", 2021, "SELECTED", "meetings_target_missed;result_worse_than_expected"),
        ("751", 2021, "NOT_SELECTED", ""),
    ],
    meetings_held=[("101", "2020-01", True, 12), ("101", "2020-01", False, 3)],
    mode_use=[
        ("101", "2020-01", False, True, 2),
        ("101", "2020-01", None, False, 7),
        ("101", "2020-01", True, True, 1),
    ],
)
UNDER = tables(
    focus_meetings=[("101", "2020-01", 10, 1), ("101", "2020-02", 10, 1), ("751", "2020-01", 20, 1)],
    focus_offers=[("101", "2020-01", 10, 1)],
    focus_average=[
        ("101", 2020, "meetings", Decimal("0.100000"), True),
        ("101", 2020, "offers", Decimal("0.100000"), True),
        ("751", 2020, "meetings", Decimal("0.050000"), True),
    ],
    supervision=[("101", 2021, "NOT_SELECTED", "result_worse_than_expected"), ("751", 2021, "NOT_SELECTED", "")],
    meetings_held=[("101", "2020-01", True, 15)],
    mode_use=[("101", "2020-01", None, False, 10)],
)


def comparison(against: dict[str, pa.Table] = AGAINST, under: dict[str, pa.Table] = UNDER) -> Comparison:
    """Compare two sets of tables, as if of the rules in force and of remote meetings that count."""
    rules = shipped("remote_meetings_count")
    return compare(duckdb.connect(), (in_force(), against), (rules, under), date(2021, 12, 31))
