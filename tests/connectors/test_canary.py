"""Known personal numbers in every field where one could hide: none of them comes out of a run, whatever goes wrong.

The same on a real broker, over all topics, logs and pages, is in `test_running.py`.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import logging
from pathlib import Path
from typing import Any

import pytest

from fokusstrom.runtime.config import LogFormat
from fokusstrom.runtime.logs import configure_logs
from fokusstrom_connectors.simulators.rest import RestSimulator, Trouble
from fokusstrom_connectors.simulators.serving import served
from tests.connectors.battery import runner
from tests.connectors.outlets import MemoryOutlet
from tests.connectors.records import meeting
from tests.connectors.sources.test_files import FilesRig, as_csv
from tests.connectors.sources.test_rest import PAGES, made

CANARY = "1211704321"
HYPHENED = "121170-4321"


def records() -> list[dict[str, Any]]:
    """Give records with canaries everywhere: in values, in names, in free text, in ids."""
    names = [name for name in meeting(0) if name not in {"haendelse", "borger"}]
    return [
        meeting(1, borger={"cpr": CANARY}),
        meeting(2, borger={"cpr": HYPHENED}, note=f"spoke of {CANARY}"),
        *(meeting(3 + place, **{name: CANARY}) for place, name in enumerate(names)),
        *(meeting(30 + place, **{name: f"x {HYPHENED} y"}) for place, name in enumerate(names)),
        *(meeting(60 + place, **{name: {"inner": CANARY}}) for place, name in enumerate(names)),
        meeting(90, haendelse=CANARY),
        meeting(91, **{CANARY: CANARY}),
        {CANARY: None},
    ]


def everything(outlet: MemoryOutlet) -> str:
    """Give all that left, as text."""
    told = [*outlet.refused, *outlet.said, outlet.state, *outlet.declared.values()]
    return "\n".join([json.dumps(outlet.facts, default=str), *map(repr, told), *map(str, told)])


@pytest.fixture
def log() -> io.StringIO:
    """The log as a service writes it."""
    stream = io.StringIO()
    configure_logs(LogFormat.JSON, stream=stream, level=logging.DEBUG)
    return stream


def test_no_canary_comes_out_of_a_rest_source(log: io.StringIO) -> None:
    """In records, in a cursor, in the body of an error, in half an answer, and when the brokers take nothing."""
    simulator = RestSimulator(records())
    simulator.trouble(Trouble.ERROR_BODY, Trouble.HALF, Trouble.NO_JSON)
    outlet = MemoryOutlet()
    outlet.failures = 1
    with served(simulator.application) as at:
        settings = {**PAGES["cursor"], "error": "error", "parameters": {"note": CANARY}}
        one = runner(made(at, settings), outlet)
        asyncio.run(one.run(once=True))
    assert len(outlet.facts) >= 2
    for canary in (CANARY, HYPHENED):
        assert canary not in everything(outlet)
        assert canary not in log.getvalue()
        assert canary not in repr(one.__dict__)


def test_no_canary_comes_out_of_files(log: io.StringIO, tmp_path: Path) -> None:
    """In rows, in headers, in a file's name, and in a file that can't be read."""
    with contextlib.ExitStack() as stack:
        rig = FilesRig("csv", tmp_path, stack)
        plain = [record for record in records() if CANARY not in record and "haendelse" in record]
        (rig.folder / f"momentum-{CANARY}.csv").write_bytes(as_csv(plain))
        (rig.folder / f"momentum-{HYPHENED}.csv").write_bytes(as_csv([meeting(1)]).replace(b"afholdt", CANARY.encode()))
        (rig.folder / f"momentum-x{CANARY}.parquet").write_bytes(b"PAR1" + CANARY.encode())
        outlet = MemoryOutlet()
        asyncio.run(runner(rig.make(), outlet).run(once=True))
    assert len(outlet.facts) >= 2
    for canary in (CANARY, HYPHENED):
        assert canary not in everything(outlet)
        assert canary not in log.getvalue()


def test_a_pseudonym_is_all_that_is_said_of_a_citizen() -> None:
    """Both ways of writing a number give one pseudonym."""
    outlet = MemoryOutlet()
    with served(RestSimulator(records()[:2]).application) as at:
        asyncio.run(runner(made(at, PAGES["cursor"]), outlet).run(once=True))
    assert len({fact["citizen"] for _, fact in outlet.facts}) == 1
