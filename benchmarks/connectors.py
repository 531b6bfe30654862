"""Connectors: files and REST, from the source to confirmed facts on a real broker, by `fokusstrom connector`.

The limit of REST in the same run: a loop that asks for the same pages and does nothing with them. Aims (2 cores
shared with the broker and the simulator): 100,000 facts a second from files, 90 % of the plain loop over REST, and
memory that doesn't grow with the length of the feed.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from benchmarks.charts import bars
from benchmarks.processes import Used, fokusstrom
from fokusstrom.runtime import kafka, topic_admin
from fokusstrom.runtime.config import Settings
from fokusstrom.runtime.local_broker import LocalBroker
from fokusstrom_connectors.simulators.rest import PATH, RestSimulator
from fokusstrom_connectors.simulators.serving import served

_ROWS = 1_000_000
_RECORDS = 100_000
_PAGE = 1_000
_BEGIN = datetime(2020, 1, 1, tzinfo=UTC)
_KEY = "a key of the benchmark, which is no secret"
_CONFIGURATION = """
name = "benchmark-{kind}-{part}"
source = "momentum:751"
mapping = "momentum"
[personal_numbers]
key = "env:KEY"
key_id = "benchmark"
[settings]
"""


def run(scale: float, say: Callable[[str], None]) -> dict[str, Any]:
    """Measure; rates are facts a second of wall clock, of the whole process from its start to its end."""
    rows, records = int(_ROWS * scale), int(_RECORDS * scale)
    with tempfile.TemporaryDirectory(prefix="fokusstrom-bench-") as name, LocalBroker(Path(name) / "broker") as broker:
        folder = Path(name)
        environ = {"FOKUSSTROM_BOOTSTRAP": broker.bootstrap, "KEY": _KEY}
        settings = Settings.from_environment({"FOKUSSTROM_BOOTSTRAP": broker.bootstrap})
        topic_admin.apply(kafka.admin(settings))
        say("files")
        tenth = _files(folder, "tenth", rows // 10, environ)
        files = _files(folder, "all", rows, environ)
        say("REST")
        plain, rest = _rest(folder, records, environ)
    return {
        "rows": rows,
        "records": records,
        "rates": {"files": rows / files.seconds, "rest": records / rest.seconds, "rest_plain": plain},
        "cpu_seconds": {"files": files.cpu, "rest": rest.cpu},
        "peak_gib": {"files": files.peak_gib, "files_a_tenth": tenth.peak_gib, "rest": rest.peak_gib},
    }


def table(result: dict[str, Any]) -> str:
    """Show a result for people."""
    rates, peak = result["rates"], result["peak_gib"]
    lines = (
        f"{result['rows']:,} rows of CSV and {result['records']:,} records over REST, to confirmed facts",
        f"  memory, files           {peak['files']:>10.2f} GiB; of a tenth of them {peak['files_a_tenth']:.2f} GiB",
        f"  memory, REST            {peak['rest']:>10.2f} GiB",
        bars({"files": rates["files"], "aim": 100_000.0}),
        bars({"REST": rates["rest"], "a plain loop": rates["rest_plain"]}),
    )
    return "\n".join(lines)


def _files(folder: Path, part: str, rows: int, environ: Mapping[str, str]) -> Used:
    out = folder / part
    out.mkdir()
    with (out / "momentum.csv").open("w", encoding="utf-8") as file:
        file.write(";".join(_flat(_record(0))) + "\n")
        file.writelines(";".join(map(str, _flat(_record(number)).values())) + "\n" for number in range(rows))
    configuration = _configuration("files", part) + f'folder = "{out}"\nsettle = "0s"\n'
    return _connector("files", folder, configuration, environ)


def _rest(folder: Path, records: int, environ: Mapping[str, str]) -> tuple[float, Used]:
    simulator = RestSimulator(map(_record, range(records)))
    pages = 'pages = { kind = "cursor", next = "meta.next" }'
    with served(simulator.application) as at:
        begun = time.monotonic()
        asyncio.run(_plain(at + PATH))
        plain = records / (time.monotonic() - begun)
        told = f'url = "{at}{PATH}"\nrecords = "data"\nparameters = {{ limit = "{_PAGE}" }}\n{pages}\n'
        return plain, _connector("rest", folder, _configuration("rest", "all") + told, environ)


async def _plain(url: str) -> None:
    """Ask for all pages, one after the other, and read them as JSON."""
    cursor: str | None = "0"
    async with httpx.AsyncClient() as client:
        while cursor is not None:
            answer = await client.get(url, params={"cursor": cursor, "limit": str(_PAGE)})
            cursor = answer.json()["meta"]["next"]


def _connector(kind: str, folder: Path, configuration: str, environ: Mapping[str, str]) -> Used:
    file = folder / f"{kind}.toml"
    file.write_text(configuration, "utf-8")
    return fokusstrom("connector", kind, "run", "--once", "--config", str(file), environ=environ)


def _configuration(kind: str, part: str) -> str:
    return _CONFIGURATION.format(kind=kind, part=part)


def _record(number: int) -> dict[str, Any]:
    at = _BEGIN + timedelta(seconds=number)
    return {
        "haendelse": "samtale",
        "id": f"m-{number}",
        "version": 1,
        "registreret": at.isoformat(),
        "aarsag": "oprettet",
        "borger": {"cpr": f"{number % 28 + 1:02}0170{number % 10_000:04}"},
        "kommune": "751",
        "samtaletype": "Jobsamtale",
        "afholdt": "2020-03-02 10:00",
        "form": "Telefon",
        "fremmoede": "Mødt",
    }


def _flat(record: Mapping[str, Any]) -> dict[str, Any]:
    return dict(_pairs(record))


def _pairs(record: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in record.items():
        if isinstance(value, dict):
            yield from ((f"{name}.{inner}", one) for inner, one in value.items())
        else:
            yield name, value
