"""One personal number, wherever one could hide: sources of every kind that are full of it, and a search for it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import sqlalchemy as sa

from fokusstrom_connectors.simulators.beskedfordeler import FolderWay, element, envelope, in_base64
from fokusstrom_connectors.simulators.database import OutboxTable
from fokusstrom_connectors.simulators.dfdg import CREATED, DELETED, DfdgSimulator
from fokusstrom_connectors.simulators.jobindsats import COLUMNS, JobindsatsSimulator
from fokusstrom_connectors.simulators.pushing import Pusher
from fokusstrom_connectors.simulators.rest import PATH, RestSimulator, Trouble
from fokusstrom_connectors.simulators.serving import served
from tests.connectors.records import meeting
from tests.connectors.sent_to import free_port
from tests.connectors.sources.test_akasse import of_fund
from tests.connectors.sources.test_beskedfordeler import held
from tests.connectors.sources.test_dfdg import content

CANARY = "1211704321"
"""The number."""
SECRET = "a-secret-that-both-sides-know"  # noqa: S105 - of the tests
_HYPHENED = f"{CANARY[:6]}-{CANARY[6:]}"
_TEXTS = (CANARY, _HYPHENED, f"spoke of {CANARY}.", f"case {CANARY[:6]} {CANARY[6:]}")


class Haunted(NamedTuple):
    """A source that is full of the number: what a connector is told of it."""

    settings: str
    """What stands under `[settings]`."""
    good: str
    """Id of a fact that comes last, and whose citizen has the number."""
    mapping: str = "momentum"
    again: Callable[[], None] = lambda: None
    """Let it say something more, for who looks at it next."""


def rest(stack: ExitStack, _folder: Path) -> Haunted:
    """Give an API whose records, cursors and errors have it."""
    simulator = RestSimulator([*_hiding(), meeting(98, id="good-rest", borger={"cpr": CANARY})])
    simulator.trouble(Trouble.ERROR_BODY, Trouble.FAILS, Trouble.HALF, Trouble.NO_JSON)
    at = stack.enter_context(served(simulator.application))
    url = f'url = "{at}{PATH}"\nrecords = "data"\nparameters = {{ limit = "20", borger = "{CANARY}" }}\n'
    return Haunted(f'{url}error = "error"\npages = {{ kind = "link" }}\n', "good-rest")


def akasse(stack: ExitStack, _folder: Path) -> Haunted:
    """Give the same of a fund."""
    simulator = RestSimulator(of_fund(one) for one in _hiding() if isinstance(one.get("borger"), dict))
    simulator.add(of_fund(meeting(98, borger={"cpr": CANARY}, samtaletype="15")) | {"kontaktnummer": "good-akasse"})
    simulator.trouble(Trouble.ERROR_BODY, Trouble.FAILS)
    at = stack.enter_context(served(simulator.application))
    pages = 'pages = { kind = "cursor", next = "meta.next" }'
    told = f'fund = "3F"\n[settings.rest]\nurl = "{at}{PATH}"\nrecords = "data"\nerror = "error"\n{pages}\n'
    return Haunted(told, "good-akasse", "akasse")


def files(_stack: ExitStack, folder: Path) -> Haunted:
    """Give files with it in their names, their columns and their rows, and one that is none."""
    out = folder / "out"
    out.mkdir()
    (out / f"a-{CANARY}.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in _hiding()) + CANARY, "utf-8")
    (out / f"b-{_HYPHENED}.csv").write_text(f"{CANARY};id\n{CANARY};{CANARY};{CANARY}\n{CANARY};1\n", "utf-8")
    (out / f"c-{CANARY}.parquet").write_bytes(CANARY.encode())
    good = meeting(98, id="good-files", borger={"cpr": CANARY})
    (out / f"d {CANARY}.jsonl").write_text(json.dumps(good), "utf-8")
    return Haunted(f'folder = "{out}"\nsettle = "0s"\n', "good-files")


def outbox(_stack: ExitStack, folder: Path) -> Haunted:
    """Give a table with it in every column."""
    url = f"sqlite:///{folder}/outbox.db"
    table = OutboxTable(sa.create_engine(url, poolclass=sa.NullPool))
    table.add([*_hiding(), meeting(98, id="good-outbox", borger={"cpr": CANARY})])
    return Haunted(f'url = "{url}"\nsettle = "0s"\n', "good-outbox")


def jobindsats(stack: ExitStack, _folder: Path) -> Haunted:
    """Give a table of shares where it stands for areas, groups and shares."""
    simulator = JobindsatsSimulator(COLUMNS)
    rows: list[list[Any]] = [[text, text, "Ydelsesgrupper i alt", 14, 15, text] for text in _TEXTS]
    rows += [["Aarhus", "2021", text, text, 15, 1] for text in (*_TEXTS, int(CANARY))]
    rows += [["Odense", "2021", "Ydelsesgrupper i alt", text, text, 1] for text in (*_TEXTS, int(CANARY))]
    simulator.put("2021QMAT02", [*rows, ["Læsø", "2021", "Ydelsesgrupper i alt", 14, 15, 1]])
    simulator.trouble(Trouble.ERROR_BODY, Trouble.FAILS)
    at = stack.enter_context(served(simulator.application))
    return Haunted(f'url = "{at}/v3"\n', "y30r21/825/2021QMAT02", "jobindsats")


def beskedfordeler(_stack: ExitStack, folder: Path) -> Haunted:
    """Give messages with it in every element, in Base64, and in the names of their files."""
    out = folder / "beskeder"
    out.mkdir()
    way = FolderWay(out)
    at = "2020-03-02T12:00:00"
    fields = ("Id", "Version", "Kommunekode", "Jobcenterkode", "Samtaletype", "Samtaleform", "Afholdelsestidspunkt")
    for text in _TEXTS:
        messages = [envelope(CANARY, at, held(1, **{field: text})) for field in fields]
        messages += [envelope(CANARY, text, held()), envelope(text, at, held(), kle=text), f"<{text}"]
        messages += [envelope(CANARY, at, element("Andet", {f"a{CANARY}": text}))]
        for message in (*messages, envelope(CANARY, at, in_base64(text))):
            way.push(message.encode(), name=f"borger-{CANARY}")
    way.push(envelope(CANARY, at, held(9, Id="good-beskedfordeler", Bemaerkning=_TEXTS[2])).encode())
    told = f'quiet_after = "1s"\n[settings.folder]\npath = "{out}"\nlook_every = "100ms"\n'
    return Haunted(told, "good-beskedfordeler", "beskedfordeler", lambda: way.push(f"<{CANARY}".encode(), CANARY))


def dfdg(stack: ExitStack, _folder: Path) -> Haunted:
    """Give notifications with it, in whatever they lead to, in addresses and in the names of letters."""
    port, entity = free_port(), "AfholdtSamtale"
    pusher = Pusher(f"http://127.0.0.1:{port}/besked", SECRET.encode())
    register = DfdgSimulator(pusher)
    everywhere = dict.fromkeys(("EntitetNavn", "EksternIdentifier", "VersionIdentifier", "Aendringstype"), CANARY)
    letters: list[object] = [everywhere, CANARY, [CANARY], {"EntitetNavn": entity, **everywhere, CANARY: CANARY}]
    for number, told in enumerate(letters):
        pusher.push(json.dumps(told).encode(), name=f"{CANARY}{'x' * number}")
    for number, text in enumerate(_TEXTS):
        register.announce(entity, text, CANARY, CREATED, 1, Note=text)
        register.announce(entity, f"s-{number}", text, DELETED, 1, Body=dict.fromkeys(content(), text))
        register.put(entity, f"t-{number}", CANARY, content(Bemaerkning=text, InterviewDateTime=text))
        register.put(entity, f"u-{number}", CANARY, content(Bemaerkning=text, UnemploymentFundCode=text))
    register.put(entity, "good-dfdg", CANARY, content(Bemaerkning=_TEXTS[2]))
    register.trouble(Trouble.ERROR_BODY, Trouble.FAILS)
    at = stack.enter_context(served(register.application))
    stack.enter_context(pusher.sending())
    entrance = 'entrance = { kind = "signature", secret = "env:SECRET" }'
    told_of = f'content = "data"\nerror = "error"\nquiet_after = "1s"\n[settings.listen]\nport = {port}\n{entrance}\n'
    told_of += f'path = "/besked"\n[settings.fetch]\nurl = "{at}"\n'
    told_of += '[settings.entities]\nAfholdtSamtale = "/api/samtaler/{id}"\n'
    return Haunted(told_of, "good-dfdg", "dfdg", lambda: pusher.push(json.dumps(everywhere).encode(), CANARY))


HAUNTED: dict[str, Callable[[ExitStack, Path], Haunted]] = {
    "rest": rest,
    "akasse": akasse,
    "files": files,
    "outbox": outbox,
    "jobindsats": jobindsats,
    "beskedfordeler": beskedfordeler,
    "dfdg": dfdg,
}


def _hiding() -> Iterator[dict[str, Any]]:
    """Meetings with the number in each field, as a text, amid one, as a number, as a name, as another kind of value."""
    names = [name for name in meeting(0) if name not in {"haendelse", "borger", "id"}]
    yield meeting(1, borger={"cpr": CANARY})
    yield meeting(2, borger={"cpr": _HYPHENED}, note=_TEXTS[2])
    yield from (meeting(3 + number, id=text) for number, text in enumerate(_TEXTS))
    yield meeting(8, borger={"cpr": CANARY}, **dict.fromkeys(names, CANARY))
    yield from (meeting(10 + place, **{name: CANARY}) for place, name in enumerate(names))
    yield from (meeting(30 + place, **{name: int(CANARY)}) for place, name in enumerate(("version", "id", "kommune")))
    yield meeting(60, haendelse=CANARY)
    yield meeting(61, akasse={"navn": CANARY})
    yield meeting(62, **{CANARY: CANARY})
    yield meeting(63, version=[CANARY], borger={"cpr": {"nummer": CANARY}})


def found_in(data: bytes) -> list[str]:
    """Say in which shape the number stands in some bytes; nothing, if it doesn't."""
    return [name for name, shape in _SHAPES.items() if shape in data]


def _in_base64(before: int) -> bytes:
    """The part of its Base64 that is the same whatever stands around it, after so many bytes of a group of three."""
    encoded = base64.b64encode(b"\0" * before + CANARY.encode())
    return encoded[4 if before else 0 : len(encoded) // 4 * 4 - 4]


def _avro(number: int) -> bytes:
    """A whole number as Avro writes one."""
    number, written = number << 1, bytearray()
    while number > 0x7F:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*written, number])


_SHAPES = {
    "digits": CANARY.encode(),
    "with a hyphen": _HYPHENED.encode(),
    "with a space": f"{CANARY[:6]} {CANARY[6:]}".encode(),
    "UTF-16": CANARY.encode("utf-16-le"),
    "hexadecimal": CANARY.encode().hex().encode(),
    "a whole number of Avro": _avro(int(CANARY)),
    "a whole number of 8 bytes": int(CANARY).to_bytes(8, "little"),
    **{f"Base64, {before} bytes on": _in_base64(before) for before in range(3)},
}


def values_of(ledger: Path) -> tuple[int, bytes]:
    """Give how many rows a DuckDB file has in all, and their values, however it compresses them."""
    with duckdb.connect(str(ledger), read_only=True) as opened:
        tables = opened.execute("SELECT table_schema, table_name FROM information_schema.tables").fetchall()
        rows = [row for schema, name in tables for row in opened.execute(f'FROM "{schema}"."{name}"').fetchall()]
    return len(rows), repr(rows).encode()
