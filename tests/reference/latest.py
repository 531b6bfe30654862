"""R1 Latest version: of all records of a fact the one that holds, and the conflicts."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import TypeAlias

from tests.reference.exchange import Fact

Identity: TypeAlias = tuple[str, str, str]


def canonical_json(fact: Fact) -> bytes:
    """Give the content as bytes: the type, the common and the type's fields, keys sorted, no spaces."""
    content = {
        "type": fact.type,
        "source": fact.source,
        "fact_id": fact.fact_id,
        "version": fact.version,
        "deleted": fact.deleted,
        "registered_at": fact.registered_at,
        "change_reason": fact.change_reason,
        "citizen": fact.citizen,
        **fact.own,
    }
    written = ",".join(f'"{key}":{_written(content[key])}' for key in sorted(content))
    return f"{{{written}}}".encode()


def _written(value: object) -> str:
    if isinstance(value, datetime):
        return f'"{value:%Y-%m-%dT%H:%M:%S}.{value.microsecond // 1000:03d}Z"'
    if isinstance(value, date):
        return f'"{value.isoformat()}"'
    if isinstance(value, Decimal):
        return f"{value:f}"
    return json.dumps(value, ensure_ascii=False)


def latest(facts: Iterable[Fact]) -> tuple[list[Fact], list[Identity]]:
    """Give the facts that hold, and the identities of those in conflict, sorted."""
    candidates: dict[Identity, list[Fact]] = defaultdict(list)
    for fact in facts:
        candidates[fact.identity].append(fact)
    holding: list[Fact] = []
    conflicts: list[Identity] = []
    for identity, records in candidates.items():
        greatest = max((record.version, record.registered_at) for record in records)
        tied = [record for record in records if (record.version, record.registered_at) == greatest]
        contents = {canonical_json(record): record for record in tied} if len(tied) > 1 else {b"": tied[0]}
        if len(contents) > 1:
            conflicts.append(identity)
        held = contents[max(contents)]
        if not held.deleted:
            holding.append(held)
    return holding, sorted(conflicts)
