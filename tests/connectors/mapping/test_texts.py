"""Fields as columns of text: however they are taken out of the records, they are the same."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from fokusstrom_connectors.mapping.texts import Objects

PATHS = ("id", "borger.cpr", "borger", "none", "none.at.all", "id.within", "a.b.c", "..id")
RECORDS: dict[str, list[Mapping[str, Any]]] = {
    "texts": [{"id": "1", "borger": {"cpr": "x"}}, {"id": "", "borger": None}, {"id": None}, {}],
    "a number amid them": [{"id": "1"}, {"id": 2}, {"id": Decimal("3.50")}, {"id": True}],
    "whole numbers": [{"id": 1}, {"id": -2}, {"id": None}, {}],
    "very great numbers": [{"id": 1}, {"id": 2**63}, {"id": 10**30}],
    "true among numbers": [{"id": 1}, {"id": True}],
    "nested where texts were": [{"id": "1", "borger": {"cpr": "x"}}, {"id": {"within": "y"}, "borger": {"cpr": ["z"]}}],
    "texts where nested were": [{"borger": {"cpr": "x"}}, {"borger": "x"}, {"borger": [["cpr", "x"]]}],
    "no letters": [{"id": "1"}, {"id": "\ud800"}],
    "deep": [{"a": {"b": {"c": "1"}}}, {"a": {"b": None}}, {"a": {"b": {"c": ""}}}],
    "none": [],
}


@pytest.mark.parametrize("records", RECORDS.values(), ids=RECORDS.keys())
def test_fields_that_are_expected_are_the_same_as_those_that_are_not(records: list[Mapping[str, Any]]) -> None:
    """All at once or one by one: the same texts, and the same rows whose value is none; also of some records only."""
    one_by_one, together = Objects(records), Objects(records)
    together.expect(PATHS)
    some = np.arange(len(records))[1:]
    for path in PATHS:
        assert _said(together, path) == _said(one_by_one, path), path
        assert _said(together.taken(some), path) == _said(Objects(records[1:]), path), path


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, -2, None], ["1", "-2", None]),
        ([1, 2**63, 10**30], ["1", "9223372036854775808", "1" + 30 * "0"]),
        ([1, True, Decimal("2.50")], ["1", "true", "2.50"]),
    ],
)
def test_numbers_are_texts_of_their_digits(values: list[Any], expected: list[str | None]) -> None:
    """Whole numbers of any size, with true and false beside them, are as the sender wrote them."""
    assert _said(Objects([{"id": value} for value in values]), "id") == (expected, [])


def _said(texts: Objects, path: str) -> tuple[list[str | None], list[int]]:
    column, nested = texts.column(path)
    return column.to_pylist(), list(nested)
