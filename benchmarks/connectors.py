"""Connectors: each kind with its simulator, from the source to confirmed facts on a real broker, as it is run.

Each is run twice, with a tenth and with all: a rate is of what the nine tenths between them took, so that starting a
process costs nothing of it. What it held in its second and its last quarter says whether memory grows with the feed.
The limit of REST in the same run: a process that asks the same server for the same pages, and parses them; where the
server has each page at once, as no case system has, and where it takes 5, 10 and 20 ms. Aims (two cores shared with
the broker and the simulators): 100,000 facts a second from files, 90 % of the plain loop over REST, memory that
doesn't grow.

Who is sent to answers when the brokers confirmed: twenty senders push, each one letter after the other.

`BENCH_KINDS=rest,plain` measures only these, to see what a change does: nothing to be kept.
"""

from __future__ import annotations

import functools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.charts import bars
from benchmarks.processes import Used, fokusstrom, python
from fokusstrom.domain.facts import municipality_names
from fokusstrom.runtime import kafka, topic_admin
from fokusstrom.runtime.config import Settings
from fokusstrom.runtime.local_broker import LocalBroker, free_ports
from fokusstrom_connectors.simulators.beskedfordeler import element, envelope
from fokusstrom_connectors.simulators.database import PASSWORD, OutboxTable, postgres_served
from fokusstrom_connectors.simulators.dfdg import DfdgSimulator
from fokusstrom_connectors.simulators.jobindsats import TABLE as SHARES
from fokusstrom_connectors.simulators.jobindsats import JobindsatsSimulator
from fokusstrom_connectors.simulators.pushing import Pusher
from fokusstrom_connectors.simulators.rest import PATH, RestSimulator
from fokusstrom_connectors.simulators.serving import served

FACTS = {
    "files": 1_000_000,
    "rest": 200_000,
    "akasse": 200_000,
    "outbox": 200_000,
    "jobindsats": 78_400,
    "dfdg": 10_000,
    "beskedfordeler": 10_000,
}
"""How many facts of each kind are read at scale 1."""
_PAGE = 1_000
_MILLISECONDS = (5, 10, 20)
"""How long a case system that is not on the same machine takes for a page: each is quick for one."""
_SENDERS = 20
_FIRST_YEAR = 1901
_BEGIN = datetime(2020, 1, 1, tzinfo=UTC)
_SECRET = "a secret of the benchmark that is none"  # noqa: S105 - of loopback alone
_KEYS = {"KEY": "a key of the benchmark, which is no secret", "SECRET": _SECRET}
_CURSOR = 'records = "data"\nparameters = {{ limit = "{limit}" }}\npages = {{ kind = "cursor", next = "meta.next" }}\n'


@dataclass(frozen=True)
class Measured:
    """What a connector used for a tenth of the facts, and for all of them."""

    facts: int
    tenth: Used
    all: Used

    @property
    def rate(self) -> float:
        """Facts a second, once it runs."""
        return (self.facts - self.facts // 10) / max(self.all.seconds - self.tenth.seconds, 0.001)

    @property
    def cpu(self) -> float:
        """Microseconds of processor for each fact, once it runs."""
        return (self.all.cpu - self.tenth.cpu) / (self.facts - self.facts // 10) * 1e6


Once = Callable[[Path, int, Mapping[str, str]], Used]
"""Runs a connector: in a folder, on so many facts, in an environment."""


def run(scale: float, say: Callable[[str], None]) -> dict[str, Any]:
    """Measure."""
    with tempfile.TemporaryDirectory(prefix="fokusstrom-bench-") as name, LocalBroker(Path(name) / "broker") as broker:
        environ = {"FOKUSSTROM_BOOTSTRAP": broker.bootstrap, "FOKUSSTROM_PORT": "0", **_KEYS}
        settings = Settings.from_environment({"FOKUSSTROM_BOOTSTRAP": broker.bootstrap})
        topic_admin.apply(kafka.admin(settings))
        found = {}
        for kind in _kinds():
            say(kind)
            size = max(100, int(FACTS.get(kind, FACTS["rest"]) * scale))
            parts = []
            for part, facts in (("tenth", size // 10), ("all", size)):
                folder = Path(name) / kind / part
                folder.mkdir(parents=True)
                parts.append(_RUNS[kind](folder, facts, environ))
                shutil.rmtree(folder)
            found[kind] = Measured(size, *parts)
    return {
        "facts": {kind: one.facts for kind, one in found.items()},
        "rates": {kind: one.rate for kind, one in found.items()},
        "microseconds_of_cpu": {kind: one.cpu for kind, one in found.items()},
        "seconds": {kind: one.all.seconds for kind, one in found.items()},
        "peak_gib": {kind: one.all.peak_gib for kind, one in found.items()},
        "early_gib": {kind: one.all.early_gib for kind, one in found.items()},
        "late_gib": {kind: one.all.late_gib for kind, one in found.items()},
    }


def table(result: dict[str, Any]) -> str:
    """Show a result for people."""
    rates = result["rates"]
    lines = [f"{'':20}{'facts':>10}{'a second':>10}{'cpu, us':>9}{'peak GiB':>10}{'early':>8}{'late':>8}"]
    for kind, facts in result["facts"].items():
        held = f"{result['peak_gib'][kind]:>10.2f}{result['early_gib'][kind]:>8.2f}{result['late_gib'][kind]:>8.2f}"
        lines.append(f"{kind:20}{facts:>10,}{rates[kind]:>10,.0f}{result['microseconds_of_cpu'][kind]:>9.1f}{held}")
    for kind in ("", *map(_after, _MILLISECONDS)):
        if {f"rest{kind}", f"plain{kind}"} <= rates.keys():
            share = rates[f"rest{kind}"] / rates[f"plain{kind}"]
            lines.append(f"REST reaches {share:.0%} of what a plain loop does where pages come{kind or ' at once'}")
    return "\n".join([*lines, *([bars({"files": rates["files"], "aim": 100_000.0})] if "files" in rates else [])])


def _after(milliseconds: int) -> str:
    return f" after {milliseconds} ms"


def _kinds() -> list[str]:
    """Which kinds to measure: all of them, where none are named."""
    named = os.environ.get("BENCH_KINDS")
    return list(_RUNS) if named is None else named.split(",")


# --- sources that are asked ------------------------------------------------------------------------


def _files(folder: Path, facts: int, environ: Mapping[str, str]) -> Used:
    out = folder / "out"
    out.mkdir()
    with (out / "momentum.csv").open("w", encoding="utf-8") as file:
        file.write(";".join(_flat(_meeting(0))) + "\n")
        file.writelines(";".join(map(str, _flat(_meeting(number)).values())) + "\n" for number in range(facts))
    return _connector("files", "momentum", folder, f'folder = "{out}"\nsettle = "0s"\n', environ)


def _rest(folder: Path, facts: int, environ: Mapping[str, str], after: float = 0.0) -> Used:
    with _case_system(facts, after) as at:
        told = f'url = "{at}{PATH}"\n' + _CURSOR.format(limit=_PAGE)
        return _connector("rest", "momentum", folder, told, environ)


def _plain(_folder: Path, facts: int, _environ: Mapping[str, str], after: float = 0.0) -> Used:
    with _case_system(facts, after) as at:
        return python("benchmarks.plain", at + PATH, str(_PAGE))


@contextmanager
def _case_system(facts: int, after: float) -> Iterator[str]:
    simulator = RestSimulator(map(_meeting, range(facts)))
    simulator.answers_after = after
    with served(simulator.application) as at:
        yield at


def _akasse(folder: Path, facts: int, environ: Mapping[str, str]) -> Used:
    with served(RestSimulator(map(_of_fund, range(facts))).application) as at:
        told = f'fund = "3F"\n[settings.rest]\nurl = "{at}{PATH}"\n' + _CURSOR.format(limit=_PAGE)
        return _connector("akasse", "akasse", folder, told, environ)


def _outbox(folder: Path, facts: int, environ: Mapping[str, str]) -> Used:
    with postgres_served() as database:
        outbox = OutboxTable(database.engine())
        for first in range(0, facts, 10_000):
            outbox.add(map(_meeting, range(first, min(facts, first + 10_000))))
        password = folder / "password"
        password.write_text(PASSWORD, "utf-8")
        told = f'url = "{database.url}"\npassword = "file:{password}"\nsettle = "0s"\n'
        return _connector("outbox", "momentum", folder, told, environ)


def _jobindsats(folder: Path, facts: int, environ: Mapping[str, str]) -> Used:
    simulator = JobindsatsSimulator()
    names = list(municipality_names().values())
    for number in range(max(1, facts // len(names))):
        period = f"{_FIRST_YEAR + number // 4}QMAT0{number % 4 + 1}"
        simulator.put(period, [[name, period, "Ydelsesgrupper i alt", 12.5, 12.25, 1] for name in names])
    with served(simulator.application) as at:
        told = f'url = "{at}/v3"\ntable = "{SHARES}"\nendings = []\n'
        return _connector("jobindsats", "jobindsats", folder, told, environ)


# --- sources that are sent to ----------------------------------------------------------------------


def _beskedfordeler(folder: Path, facts: int, environ: Mapping[str, str]) -> Used:
    (port,) = free_ports(1)
    with _pushing(port, "application/xml") as pushers:
        for number in range(facts):
            pushers[number % _SENDERS].push(_message(number))
        return _connector("beskedfordeler", "beskedfordeler", folder, _listening(port), environ)


def _dfdg(folder: Path, facts: int, environ: Mapping[str, str]) -> Used:
    (port,) = free_ports(1)
    with _pushing(port, "application/json") as pushers, ExitStack() as stack:
        registers = [DfdgSimulator(pusher) for pusher in pushers]
        urls = [stack.enter_context(served(registers[0].application))]
        for number in range(facts):
            # Announced by one of many senders, and held where it is fetched.
            registers[0].hold(f"d-{number}", _content(number))
            registers[number % _SENDERS].announce("AfholdtSamtale", f"d-{number}", _cpr(number), 1, 1)
        told = f'content = "data"\nerror = "error"\n{_listening(port)}[settings.fetch]\nurl = "{urls[0]}/api"\n'
        told += '[settings.entities]\nAfholdtSamtale = "/samtaler/{id}"\n'
        return _connector("dfdg", "dfdg", folder, told, environ)


@contextmanager
def _pushing(port: int, content_type: str) -> Iterator[list[Pusher]]:
    """Senders that begin when the connector listens."""
    url = f"http://127.0.0.1:{port}/besked"
    pushers = [Pusher(url, _SECRET.encode(), content_type) for _ in range(_SENDERS)]
    with ExitStack() as stack:
        for one in pushers:
            stack.enter_context(one.sending())
        yield pushers


def _listening(port: int) -> str:
    entrance = 'entrance = { kind = "signature", secret = "env:SECRET" }'
    return f'quiet_after = "2s"\n[settings.listen]\nport = {port}\npath = "/besked"\n{entrance}\n'


# --- running ---------------------------------------------------------------------------------------


def _connector(kind: str, mapping: str, folder: Path, told: str, environ: Mapping[str, str]) -> Used:
    """Run a connector until its source has no more."""
    name = "-".join(("benchmark", *folder.parts[-2:])).replace(" ", "-")
    configuration = (
        f'name = "{name}"\nsource = "{kind}:benchmark"\nmapping = "{mapping}"\n'
        '[personal_numbers]\nkey = "env:KEY"\nkey_id = "benchmark"\n[settings]\n'
    )
    file = folder / f"{kind}.toml"
    file.write_text(configuration + told, "utf-8")
    return fokusstrom("connector", kind, "run", "--once", "--config", str(file), environ=environ)


# --- what the sources hold -------------------------------------------------------------------------


def _meeting(number: int) -> dict[str, Any]:
    """A meeting, Momentum-shaped."""
    return {
        "haendelse": "samtale",
        "id": f"m-{number}",
        "version": 1,
        "registreret": _registered(number),
        "aarsag": "oprettet",
        "borger": {"cpr": _cpr(number)},
        "kommune": "751",
        "samtaletype": "Jobsamtale",
        "afholdt": "2020-03-02 10:00",
        "form": "Telefon",
        "fremmoede": "Mødt",
    }


def _of_fund(number: int) -> dict[str, Any]:
    """A meeting as an unemployment fund says it."""
    return {
        "kontaktnummer": f"a-{number}",
        "version": 1,
        "registreret": _registered(number),
        "aarsag": "oprettet",
        "cpr": _cpr(number),
        "kommune": "751",
        "samtaletype": "15",
        "afholdt": "2020-03-02 10:00",
        "form": "Telefon",
        "fremmoede": "Mødt",
    }


def _content(number: int) -> dict[str, Any]:
    """What a notification of DFDG's shape leads to; no two meetings are at one time, which would be flagged."""
    return {
        "VersionIdentifier": 1,
        "InterviewTypeIdentifier": 7,
        "InterviewContactTypeIdentifier": "TELEFON",
        "InterviewDateTime": (_BEGIN + timedelta(minutes=number)).strftime("%Y-%m-%dT%H:%M:%S"),
        "MunicipalityCode": "751",
        "InterviewWithMoreAuthorities": False,
    }


def _message(number: int) -> bytes:
    """A message of Beskedfordeler about a meeting."""
    fields = {
        "Id": f"b-{number}",
        "Version": 1,
        "Kommunekode": "751",
        "Samtaletype": "Jobsamtale",
        "Afholdelsestidspunkt": "2020-03-02T10:00:00",
        "Samtaleform": "Telefon",
        "Fremmoede": "Mødt",
    }
    return envelope(_cpr(number), _registered(number), element("SamtaleAfholdt", fields)).encode()


def _registered(number: int) -> str:
    return (_BEGIN + timedelta(seconds=number)).isoformat()


def _cpr(number: int) -> str:
    return f"{number % 28 + 1:02}0170{number % 10_000:04}"


def _flat(record: Mapping[str, Any]) -> dict[str, Any]:
    """An object as a row: `borger.cpr` is a column."""
    return dict(_pairs(record))


def _pairs(record: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in record.items():
        if isinstance(value, dict):
            yield from ((f"{name}.{inner}", one) for inner, one in value.items())
        else:
            yield name, value


_RUNS: Mapping[str, Once] = {
    "files": _files,
    "rest": _rest,
    "plain": _plain,
    **{
        f"{name}{_after(milliseconds)}": functools.partial(run_it, after=milliseconds / 1000)
        for milliseconds in _MILLISECONDS
        for name, run_it in (("rest", _rest), ("plain", _plain))
    },
    "akasse": _akasse,
    "outbox": _outbox,
    "jobindsats": _jobindsats,
    "dfdg": _dfdg,
    "beskedfordeler": _beskedfordeler,
}
