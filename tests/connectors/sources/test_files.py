"""Files from a folder and over SFTP, CSV, JSON Lines and Parquet: all of them pass the battery."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fokusstrom.runtime.clock import FixedClock
from fokusstrom_connectors.interface import Context, Source
from fokusstrom_connectors.simulators.sftp import USER, SftpSimulator, sftp_served
from fokusstrom_connectors.sources.files import CONNECTOR, FilesSettings
from tests.connectors.battery import Battery, ids, run_once, runner
from tests.connectors.counting import Counted, Counting
from tests.connectors.outlets import MemoryOutlet
from tests.connectors.records import meeting
from tests.connectors.sftp_battery import SftpBattery
from tests.connectors.web_battery import listen_to_failures


def flat(record: Mapping[str, Any]) -> dict[str, Any]:
    """Give a record as a row: objects within by their path."""
    row: dict[str, Any] = {}
    for name, value in record.items():
        row |= {f"{name}.{inner}": one for inner, one in value.items()} if isinstance(value, dict) else {name: value}
    return row


def as_csv(records: list[dict[str, Any]]) -> bytes:
    """Write records as Danish systems do."""
    rows = [flat(record) for record in records]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(dict.fromkeys(name for row in rows for name in row)), delimiter=";")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("utf-8-sig")


def as_json_lines(records: list[dict[str, Any]]) -> bytes:
    """Write a line for each."""
    return "".join(f"{json.dumps(record, ensure_ascii=False)}\n" for record in records).encode()


def as_parquet(records: list[dict[str, Any]]) -> bytes:
    """Write a table."""
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([flat(record) for record in records]), sink)
    return sink.getvalue()


KINDS: dict[str, tuple[str, Callable[[list[dict[str, Any]]], bytes]]] = {
    "csv": (".csv", as_csv),
    "jsonl": (".jsonl.gz", lambda records: gzip.compress(as_json_lines(records))),
    "parquet": (".parquet", as_parquet),
    "sftp": (".csv", as_csv),
}


def sftp_settings(machine: SftpSimulator) -> dict[str, Any]:
    """Give what a connector is told of a machine."""
    return {
        "host": "127.0.0.1",
        "port": machine.port,
        "user": USER,
        "known_hosts": machine.known_hosts,
        "key_file": machine.key_file,
        "timeout": "1s",
    }


class FilesRig(Counting):
    """A folder, and the connector."""

    mapping = "momentum"
    is_sent_to = False
    repeats = 100

    def __init__(self, kind: str, folder: Path, stack: ExitStack) -> None:
        """Hold no files yet."""
        super().__init__()
        self.ending, self._write = KINDS[kind]
        self.folder = folder / "out"
        self.folder.mkdir()
        self._files = 0
        self._sftp: dict[str, Any] | None = None
        if kind == "sftp":
            self.machine = stack.enter_context(sftp_served(self.folder, folder))
            self._sftp = sftp_settings(self.machine)

    def add(self, *records: dict[str, Any]) -> None:
        """As `Rig`: a file of its own."""
        self.drop(self._write(list(records)))

    def drop(self, content: bytes, ending: str | None = None) -> Path:
        """Put a file there, whole at once."""
        self._files += 1
        name = f"momentum-{self._files:03}{ending or self.ending}"
        (self.folder / f".{name}").write_bytes(content)
        return (self.folder / f".{name}").rename(self.folder / name)

    def change(self, place: int, record: dict[str, Any]) -> None:
        """As `Rig`: an edit comes in another file."""
        del place
        self.add(record)

    def make(self, **changed: Any) -> Source:  # noqa: ANN401 - whatever a setting may be
        """As `Rig`."""
        told = {
            "folder": "/" if self._sftp else str(self.folder),
            "sftp": self._sftp,
            "pattern": "momentum-*",
            "rows": 100,
            "settle": "0s",
        }
        context = Context(FixedClock(datetime(2020, 3, 20, tzinfo=UTC)), {})
        return Counted(CONNECTOR.make(FilesSettings.model_validate(told | changed), context), self)


class TestFiles(SftpBattery, Battery):
    """The battery, for each format and place; and that of another machine."""

    @pytest.fixture
    def sftp_rig(self, tmp_path: Path) -> Iterator[FilesRig]:
        """A folder of another machine."""
        with ExitStack() as stack:
            yield FilesRig("sftp", tmp_path, stack)

    @pytest.fixture(params=KINDS)
    def rig(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[FilesRig]:
        """Make the folder."""
        with ExitStack() as stack:
            yield FilesRig(request.param, tmp_path, stack)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[FilesRig]:
    """A folder of CSV files."""
    with ExitStack() as stack:
        yield FilesRig("csv", tmp_path, stack)


def test_the_same_file_is_not_read_twice(rig: FilesRig) -> None:
    """The ledger knows files by their content: a copy under another name is left, a changed one is read."""
    rig.add(meeting(1))
    outlet = MemoryOutlet()
    run_once(runner(rig.make(), outlet), rig)
    rig.add(meeting(1))
    run_once(runner(rig.make(), outlet), rig)
    assert outlet.ids == ids([1])
    rig.add(meeting(1), meeting(2))
    run_once(runner(rig.make(), outlet), rig)
    assert outlet.ids == ids([1, 1, 2])


def test_errors_name_the_row_as_a_spreadsheet_shows_it(rig: FilesRig) -> None:
    """The header is row 1; rows with too many or too few values are named, and the others go on."""
    lines = as_csv([meeting(number) for number in range(5)]).splitlines(keepends=True)
    bad = as_csv([meeting(9, samtaletype="Kaffe")]).splitlines(keepends=True)[1]
    rig.drop(b"".join([*lines[:3], b"only;three;values\r\n", lines[3], bad, *lines[4:]]))
    outlet = MemoryOutlet()
    run_once(runner(rig.make(), outlet), rig)
    assert outlet.ids == ids(range(5))
    told = [(one.refusal.file, one.refusal.line, one.refusal.reason.value) for one in outlet.refused]
    assert sorted(told) == [("momentum-001.csv", 4, "unreadable"), ("momentum-001.csv", 6, "unmapped_code")]


def test_latin_1_and_decimal_commas_are_read(rig: FilesRig, tmp_path: Path) -> None:
    """Files of ISO-8859-1, with Danish numbers and dates, give exact values."""
    mapping = tmp_path / "hours.toml"
    mapping.write_text(
        """
        name = "hours"
        zone = "Europe/Copenhagen"
        [[facts]]
        type = "OrdinaryHours"
        [facts.fields]
        fact_id = "nøgle"
        version = { value = 1 }
        registered_at = { from = "dato", format = "%d-%m-%Y %H:%M" }
        citizen = "cpr"
        month = { from = "måned", format = "%d-%m-%Y" }
        hours = { from = "timer", decimal = "," }
        """,
        "utf-8",
    )
    text = 'nøgle;cpr;måned;timer;dato\r\n"a";010170-1234;01-03-2020;"1.037,25";02-03-2020 08:15\r\n'
    rig.drop((text + "b;0101701234;01-04-2020;37,5;02-04-2020 08:15\r\n").encode("iso-8859-1"))
    outlet = MemoryOutlet()
    source = rig.make(format={"kind": "csv", "encoding": "iso-8859-1"})
    run_once(runner(source, outlet, mapping=str(mapping)), rig)
    ((_, fact),) = outlet.facts
    assert (fact["fact_id"], fact["month"], fact["hours"]) == ("b", "2020-04", 3750)
    assert fact["registered_at"] == datetime(2020, 4, 2, 6, 15, tzinfo=UTC)
    (refused,) = outlet.refused
    assert (refused.refusal.field, refused.refusal.reason.value) == ("hours", "out_of_range")


def test_a_file_that_is_being_written_waits(rig: FilesRig) -> None:
    """Names that say so are passed over, and a file that still changes isn't taken."""
    (rig.folder / "momentum-001.csv.part").write_bytes(as_csv([meeting(1)])[:50])
    (rig.folder / ".momentum-002.csv").write_bytes(as_csv([meeting(2)])[:50])
    rig.add(meeting(3))
    outlet = MemoryOutlet()
    run_once(runner(rig.make(), outlet), rig)
    assert outlet.ids == ids([3])


def test_a_folder_that_is_away_is_waited_for(rig: FilesRig) -> None:
    """A network drive that isn't there: the step and what to change; it goes on when it is back."""
    rig.add(meeting(1))
    elsewhere = rig.folder.rename(rig.folder.with_name("elsewhere"))
    outlet = MemoryOutlet()
    one = runner(rig.make(), outlet)
    said: list[str] = []

    def back(text: str) -> None:
        said.append(text)
        elsewhere.rename(rig.folder)

    listen_to_failures(one, back)
    run_once(one, rig)
    assert said == ["page: the folder can't be used (No such file or directory); check `folder`"]
    assert outlet.ids == ids([1])


def test_a_folder_that_hangs_is_waited_for(rig: FilesRig) -> None:
    """A network drive whose server is gone, so that opening a file never ends: it goes on when it is back."""
    rig.add(meeting(1))
    rig.add(meeting(2))
    second, aside = rig.folder / "momentum-002.csv", rig.folder.with_name("aside")

    def hang() -> None:
        second.rename(aside)
        os.mkfifo(second)

    def back(text: str) -> None:
        said.append(text)
        second.open("wb").close()  # ends the waiting of who opened it to read
        aside.replace(second)

    rig.on_page(1, hang)
    outlet = MemoryOutlet()
    one = runner(rig.make(timeout="200ms"), outlet)
    said: list[str] = []
    listen_to_failures(one, back)
    run_once(one, rig)
    assert said == [
        "page: the folder didn't answer within `timeout`; if it is on a network drive, check that its server is up"
    ]
    assert outlet.ids == ids([1, 2])


def test_a_file_that_is_changed_while_it_is_read_is_read_again(rig: FilesRig) -> None:
    """No half of the old one and half of the new counts as delivered: the new one is read from its beginning."""
    rig.add(*map(meeting, range(250)))
    changed = as_csv([meeting(number, version=2) for number in range(251)])

    def change() -> None:
        (rig.folder / "momentum-001.csv").write_bytes(changed)

    rig.on_page(1, change)
    outlet = MemoryOutlet()
    one = runner(rig.make(), outlet)
    said: list[str] = []
    listen_to_failures(one, said.append)
    run_once(one, rig)
    assert said == ["page: a file was changed while it was read; it is read again"]
    assert [fact["fact_id"] for _, fact in outlet.facts if fact["version"] == 2] == ids(range(251))


def test_half_a_file_is_refused_as_a_whole(rig: FilesRig) -> None:
    """A compressed file that was cut off: what could be read is delivered, the rest is said to be missing."""
    whole = gzip.compress(as_json_lines([meeting(number) for number in range(200)]), mtime=0)
    rig.drop(whole[: len(whole) // 2], ".jsonl.gz")
    outlet = MemoryOutlet()
    run_once(runner(rig.make(), outlet), rig)
    assert outlet.ids == ids(range(len(outlet.ids)))
    assert [(one.refusal.line, one.refusal.reason.value) for one in outlet.refused] == [(0, "unreadable")]


def test_a_file_that_cannot_be_read_is_set_aside(rig: FilesRig) -> None:
    """It is refused as a whole, others go on, and it isn't tried again."""
    rig.drop(b"\x89PNG\x00", ".parquet")
    rig.drop(as_csv([meeting(1)])[3:].replace("Mødt".encode(), b"M\xf8dt"))
    rig.add(meeting(2))
    outlet = MemoryOutlet()
    run_once(runner(rig.make(), outlet), rig)
    run_once(runner(rig.make(), outlet), rig)
    assert outlet.ids == ids([2])
    assert [(one.refusal.file, one.refusal.line) for one in outlet.refused] == [
        ("momentum-001.parquet", 0),
        ("momentum-002.csv", 0),
    ]


def test_a_column_that_is_missing_is_named_once(rig: FilesRig) -> None:
    """A file without a column that its facts need is refused as a whole, by the column's name."""
    rig.drop(as_csv([{**meeting(number), "afholdt": None} for number in range(9)]).replace(b"afholdt", b"holdt"))
    outlet = MemoryOutlet()
    run_once(runner(rig.make(), outlet), rig)
    assert [(one.refusal.line, one.refusal.field) for one in outlet.refused] == [(0, "afholdt")]


@pytest.mark.parametrize("kind", ["csv", "sftp"])
def test_delivered_files_are_moved_when_they_are_confirmed(tmp_path: Path, kind: str) -> None:
    """`done` puts a file away after the brokers have confirmed all of it, not before."""
    with ExitStack() as stack:
        rig = FilesRig(kind, tmp_path, stack)
        rig.add(meeting(1))
        outlet = MemoryOutlet()
        outlet.failures = 1
        source = rig.make(done="move", done_folder="done")
        run_once(runner(source, outlet), rig)
        assert outlet.ids == ids([1])
        assert sorted(one.name for one in rig.folder.rglob("*.csv")) == ["momentum-001.csv"]
        assert (rig.folder / "done" / "momentum-001.csv").is_file()


def test_a_personal_number_in_a_files_name_is_masked(rig: FilesRig) -> None:
    """What is remembered and what is refused never shows it."""
    (rig.folder / "momentum-0102031234.csv").write_bytes(as_csv([meeting(1, samtaletype="Kaffe")]))
    outlet = MemoryOutlet()
    run_once(runner(rig.make(), outlet), rig)
    assert "0102031234" not in repr((outlet.state, outlet.refused))
    assert outlet.refused[0].refusal.file == "momentum-[personal number].csv"


def test_a_file_that_settles_is_not_looked_at_without_end(rig: FilesRig) -> None:
    """While nothing else is to be had, the connector waits with it."""
    rig.add(meeting(1))
    outlet = MemoryOutlet()
    run_once(runner(rig.make(settle="200ms"), outlet), rig)
    assert outlet.ids == ids([1])
    assert rig.pages_given() <= 5
