"""Facts in JSON Lines: lines with the same keys are gathered, and become columns together."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from fokusstrom.contracts.exchange_batches import Batch, Gathered, shown
from fokusstrom.contracts.exchange_json import pairs_of
from fokusstrom.contracts.exchange_values import typed
from fokusstrom.domain.errors import Rejected
from fokusstrom.domain.facts import FACT_TYPES
from fokusstrom.domain.refusals import Reason

_MISTYPED = object()
"""Stands for every `type` that isn't text."""


def read_lines(lines: Sequence[bytes], file: str = "-", first: int = 1) -> Batch:
    """The facts of these lines, the first of which is line `first`."""
    gathered = Gathered(file)
    alike: dict[tuple[str, ...], tuple[list[int], list[tuple[Any, ...]]]] = {}
    for number, line in enumerate(lines, first):
        try:
            pairs = pairs_of(line)
        except Rejected as rejected:
            gathered.refuse(number, Reason(rejected.reason), None)
            continue
        keys, values = zip(*pairs, strict=True) if pairs else ((), ())
        found = alike.get(keys)
        if found is None:
            found = alike[keys] = ([], [])
        found[0].append(number)
        found[1].append(values)
    for keys, (numbers, rows) in alike.items():
        _gather(keys, numbers, rows, gathered)
    return gathered.batch(len(lines))


def _gather(keys: tuple[str, ...], lines: list[int], rows: list[tuple[Any, ...]], gathered: Gathered) -> None:
    """Lines with the same keys in the same order: what is wrong with the keys is wrong with all."""
    twice = [key for key in keys if keys.count(key) > 1]
    if twice:
        gathered.refuse_all(lines, Reason.DUPLICATE_KEY, shown(twice[0]))
        return
    columns = dict(zip(keys, zip(*rows, strict=True), strict=True))
    kinds = columns.pop("type", (None,) * len(lines))
    by_kind: dict[Hashable, list[int]] = {}
    for row, kind in enumerate(kinds):
        by_kind.setdefault(kind if kind is None or isinstance(kind, str) else _MISTYPED, []).append(row)
    for kind, where in by_kind.items():
        some = columns
        if len(by_kind) > 1:
            some = {name: tuple(column[row] for row in where) for name, column in columns.items()}
        _gather_type(kind, [lines[row] for row in where], some, gathered)


def _gather_type(kind: Hashable, lines: list[int], columns: Mapping[str, Sequence[Any]], gathered: Gathered) -> None:
    """Lines with the same keys and the same type."""
    fact_type = FACT_TYPES.get(kind) if isinstance(kind, str) else None
    if fact_type is None:
        reason = Reason.MISTYPED if kind is _MISTYPED else Reason.UNKNOWN_TYPE
        gathered.refuse_all(lines, Reason.MISSING if kind is None else reason, "type")
        return
    fields = {field.name: field for field in fact_type.fields}
    unknown = [name for name in columns if name not in fields]
    if unknown:
        gathered.refuse_all(lines, Reason.UNKNOWN_FIELD, shown(unknown[0]))
        return
    columns = {"deleted": (False,) * len(lines), **columns}
    gathered.add(fact_type, lines, {name: typed(fields[name], column) for name, column in columns.items()})
