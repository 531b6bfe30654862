"""A system that says facts in its own words: a mapping, read backwards.

    Sender(rules.find("momentum")).records(MEETING_HELD, facts)    # [{"haendelse": "samtale", "id": "m-1", ...}, ...]

What the mapping makes of the records are the facts again; `citizen` and `same_as` of the facts given hold personal
numbers, as such a system knows them. A fact with a value that the system has no word for is a `KeyError`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from fokusstrom.domain.facts import SCALE, FactType, Field, Kind
from fokusstrom_connectors.mapping.rules import Mapping as FieldMapping
from fokusstrom_connectors.mapping.rules import Rule, Take

_UNLISTED = "(andet)"
"""A code that no mapping lists: what `otherwise` stands for."""


class Sender:
    """Speaks as one mapping understands it."""

    def __init__(self, mapping: FieldMapping) -> None:
        """Take the mapping; of several rules for a type the first is used that does more than withdraw."""
        self.mapping = mapping
        """That understands it."""
        self._rules: dict[str, Rule] = {}
        for rule in mapping.facts:
            if mapping.takes(rule).get("deleted", Take()).value is not True:
                self._rules.setdefault(rule.type, rule)

    def records(self, fact_type: FactType, facts: pa.RecordBatch) -> list[dict[str, Any]]:
        """Say the facts as objects of JSON."""
        return _objects(self._columns(fact_type, facts))

    def table(self, fact_type: FactType, facts: pa.RecordBatch) -> pa.Table:
        """Say the facts as rows of a file: every value is a text."""
        return pa.table({path: column.cast(pa.string()) for path, column in self._columns(fact_type, facts).items()})

    def _columns(self, fact_type: FactType, facts: pa.RecordBatch) -> dict[str, pa.Array]:
        """What is said, by the path of each field."""
        rule = self._rules[fact_type.name]
        told = {one.field: pa.repeat(one.is_[0], facts.num_rows) for one in rule.when if one.is_}
        takes = self.mapping.takes(rule)
        for field in fact_type.fields:
            take = takes.get(field.name, Take())
            if take.from_ is not None and not take.instant:  # a time that makes a version is said as a time
                told[take.from_] = self._said(field, take, facts.column(field.name))
        return told

    def _said(self, field: Field, take: Take, column: pa.Array) -> pa.Array:
        if take.codes is not None:
            return _by_codes(take, column)
        if field.kind is Kind.INSTANT:
            return self._instants(take, column)
        if field.kind is Kind.DATE:
            return pc.strftime(column, take.format or "%Y-%m-%d")
        if field.kind is Kind.MONTH and take.format is not None:
            return pc.strftime(pc.binary_join_element_wise(column, "-01", "").cast(pa.date32()), take.format)
        if field.kind in SCALE:
            return _decimals(take, column, SCALE[field.kind] // (100 if take.percent else 1))
        return column

    def _instants(self, take: Take, column: pa.Array) -> pa.Array:
        if take.format is None:
            return pc.strftime(column, "%Y-%m-%dT%H:%M:%SZ")
        return pc.strftime(column.cast(pa.timestamp("s", self.mapping.zone), safe=False), take.format)


def _by_codes(take: Take, column: pa.Array) -> pa.Array:
    """The first code that stands for each value."""
    words: dict[Any, str | None] = {None: None}
    for code, value in (take.codes or {}).items():
        words.setdefault(value, code)
    if take.otherwise is not None:
        words.setdefault(take.otherwise, _UNLISTED)
    each = column.dictionary_encode()
    return pa.array([words[value] for value in each.dictionary.to_pylist()], pa.string()).take(each.indices)


def _decimals(take: Take, column: pa.Array, scale: int) -> pa.Array:
    """Scaled whole numbers as texts with decimals; none of them is negative."""
    places = len(str(scale)) - 1
    texts = [
        None if number is None else f"{number // scale}{take.decimal}{number % scale:0{places}}"
        for number in column.to_pylist()
    ]
    return pa.array(texts, pa.string())


def _objects(columns: Mapping[str, pa.Array]) -> list[dict[str, Any]]:
    """Rows of columns as objects; a dot in a column's path leads into an object within."""
    values: dict[str, list[Any]] = {}
    within: dict[str, dict[str, pa.Array]] = {}
    for path, column in columns.items():
        name, _, rest = path.partition(".")
        if rest:
            within.setdefault(name, {})[rest] = column
        else:
            values[name] = column.to_pylist()
    values |= {name: _objects(each) for name, each in within.items()}
    return [dict(zip(values, row, strict=True)) for row in zip(*values.values(), strict=True)]
