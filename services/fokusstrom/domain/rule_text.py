"""A whole rule set as TOML text: what is sent and digested of a scenario that is written as changes."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fokusstrom.domain.rule_tables import TABLES, columns_in_toml


def written(heads: Mapping[str, Any], tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """Write a rule set whole: the same content gives the same text, whatever its file looked like."""
    return "\n".join(_lines(heads, tables)) + "\n"


def _lines(heads: Mapping[str, Any], tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[str]:
    for key, value in heads.items():
        yield f"{key} = {_value(value)}"
    for table in TABLES:
        if not tables[table]:
            yield f"{table} = []"
    for table in TABLES:
        for row in tables[table]:
            yield f"\n[[{table}]]"
            for key in columns_in_toml(table):
                if key in row:
                    yield f"{key} = {_value(row[key])}"


def _value(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_value(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list):
        return f"[{', '.join(_value(one) for one in value)}]"
    if isinstance(value, dt.date):
        return value.isoformat()
    # JSON writes text, numbers and booleans as TOML does, but for one control character.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
