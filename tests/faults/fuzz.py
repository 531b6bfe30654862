"""Fuzzing of what comes in from the topics: `python -m tests.faults.fuzz -runs=100000`.

It needs atheris, which has wheels for few machines and is therefore no dependency: install it beside the rest.
Whatever the bytes, each record is either taken in with its columns, or refused with a reason; nothing is raised.
`tests/faults/test_poison.py` sends mutants to a real broker without it.
"""

from __future__ import annotations

import importlib
import sys

from fokusstrom.contracts import columns, schemas, wire
from fokusstrom.contracts.topics import FACT_TOPICS, fact_type_on
from fokusstrom.domain.errors import Rejected
from tests.broker.test_bad_input import encoded
from tests.builders import meeting

_CATALOG = schemas.checked_in()
_TYPES = [fact_type_on(topic.name) for topic in FACT_TOPICS]
_GOOD = encoded(meeting("2021-03-03")).value


def one_input(data: bytes) -> None:
    """Take in a fuzzed payload under each type's schema, beside a good record, and the bytes as they are."""
    values = [data, _GOOD, *(wire.header(_CATALOG.latest(one.name).schema_id) + data for one in _TYPES)]
    split = wire.split(values)
    seen = len(split.refused) + len(split.tombstones)
    for group in split.groups:
        seen += len(group.rows)
        try:
            writer = _CATALOG.by_id(group.schema_id)
        except Rejected:
            continue
        decoded = columns.decode(writer, writer, group.payloads)
        if len(decoded.rows) + len(decoded.refused) != len(group.payloads) or decoded.batch.num_rows != len(
            decoded.rows
        ):
            raise AssertionError("a record is neither taken in nor refused")
    if seen != len(values):
        raise AssertionError("a value is neither split off nor refused")


def main() -> None:
    """Fuzz until told to stop, or as often as `-runs` says."""
    atheris = importlib.import_module("atheris")
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
