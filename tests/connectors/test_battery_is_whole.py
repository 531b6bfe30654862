"""The table of the battery: each clause has an entry for each transport, and each entry a test or a reason."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from fokusstrom_connectors.kinds import KINDS
from fokusstrom_connectors.simulators.rest import Trouble
from tests.connectors import test_receiver
from tests.connectors.battery import Battery
from tests.connectors.sources import (
    test_akasse,
    test_beskedfordeler,
    test_dfdg,
    test_files,
    test_jobindsats,
    test_outbox,
    test_rest,
)
from tests.connectors.web_battery import EXPECTED

PAGE = Path(__file__).parents[2] / "docs" / "connectors" / "battery.md"
CLAUSES = (
    "ordered delivery",
    "refused acknowledgement leads to redelivery",
    "resume after kill",
    "duplicate page",
    "page that changes while it is read",
    "429 with Retry-After",
    "503 with Retry-After",
    "time-outs",
    "half a response",
    "wrong content type",
    "expired token refreshed",
    "expired certificate",
    "200 with an error body",
    "a record that can't be mapped",
    "broker away",
)
"""What every connector is held to."""
_HTTP = (test_receiver,)
_FILES = (test_files.TestFiles, test_files)
_FUNDS_FILES = (test_akasse.TestAkasseFiles, test_files)
WHERE: dict[str, tuple[object, ...]] = {
    "rest": (test_rest.TestRest,),
    "akasse over REST": (test_akasse.TestAkasseOverHttp,),
    "akasse from a folder": _FUNDS_FILES,
    "akasse over SFTP": _FUNDS_FILES,
    "jobindsats": (test_jobindsats.TestJobindsats,),
    "dfdg fetching": (test_dfdg.TestDfdg,),
    "dfdg notified": (test_dfdg.TestDfdg, test_dfdg, *_HTTP),
    "beskedfordeler over HTTP": (test_beskedfordeler.TestBeskedfordeler, test_beskedfordeler, *_HTTP),
    "beskedfordeler from a folder": (test_beskedfordeler.TestBeskedfordeler, test_beskedfordeler),
    "files from a folder": _FILES,
    "files over SFTP": _FILES,
    "outbox": (test_outbox.TestOutbox, test_outbox),
}
"""Where the tests of a transport are: those of its own class, of the module, and of what it is built of."""


class Entry(NamedTuple):
    """A line of the table, for one transport."""

    clause: str
    transport: str
    meaning: str
    tests: tuple[str, ...]


def entries() -> Iterator[Entry]:
    """Read the table."""
    for line in PAGE.read_text("utf-8").splitlines():
        if not line.startswith("| ") or line.startswith("| Clause"):
            continue
        clause, transports, meaning, tests = (cell.strip() for cell in line.strip("|").split("|"))
        for transport in WHERE if transports == "all" else transports.split(", "):
            yield Entry(clause, transport, meaning, tuple(re.findall(r"`(test_\w+)`", tests)))


def test_each_clause_has_one_entry_for_each_transport() -> None:
    """None is left out, none is there twice; and every kind of connector has a transport."""
    found = Counter((one.clause, one.transport) for one in entries())
    assert found == Counter((clause, transport) for clause in CLAUSES for transport in WHERE)
    assert {transport.split(" ")[0] for transport in WHERE} == set(KINDS)


def test_each_entry_has_a_test_that_runs_or_says_why_it_cannot_occur() -> None:
    """The test is one that the transport's own tests have."""
    for one in entries():
        assert bool(one.tests) != one.meaning.startswith("can't occur: "), one
        for name in one.tests:
            assert any(callable(getattr(place, name, None)) for place in WHERE[one.transport]), (one, name)


@pytest.mark.parametrize(
    "where", list(dict.fromkeys(places[0] for places in WHERE.values())), ids=lambda one: one.__name__
)
def test_nobody_leaves_out_a_trouble(where: type[Battery]) -> None:
    """Whoever asks over HTTP has a sentence for each of the simulator's troubles."""
    assert issubclass(where, Battery)
    assert set(getattr(where, "expected", EXPECTED)) == set(Trouble) - {Trouble.EXPIRED}
