"""An outbox table in a database, against a real PostgreSQL and against SQLite."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import sqlfluff
from sqlalchemy.dialects.mssql import pymssql

from fokusstrom.domain.errors import ConfigError
from fokusstrom.runtime.clock import FixedClock
from fokusstrom_connectors import configuration
from fokusstrom_connectors.interface import Context, Page, Source, SourceUnavailable, State
from fokusstrom_connectors.simulators.database import PASSWORD, OutboxTable, PostgresSimulator, postgres_served
from fokusstrom_connectors.sources.outbox import CONNECTOR, Outbox, OutboxSettings
from tests.connectors.battery import Battery, ids, run_once, run_until, runner
from tests.connectors.certificates import Certificates
from tests.connectors.counting import Counted, Counting
from tests.connectors.outlets import MemoryOutlet
from tests.connectors.records import meeting
from tests.connectors.web_battery import certificates

__all__ = ["certificates"]

_names = itertools.count()
on_postgres = pytest.mark.needs("postgresql")


class OutboxRig(Counting):
    """A table of its own, and the connector."""

    mapping = "momentum"
    is_sent_to = False
    repeats = 50

    def __init__(self, url: str, engine: sa.Engine) -> None:
        """Hold no rows yet."""
        super().__init__()
        self._url = url
        self.outbox = OutboxTable(engine, f"outbox_{next(_names)}")

    def add(self, *records: dict[str, Any]) -> None:
        """As `Rig`."""
        self.outbox.add(records)

    def change(self, place: int, record: dict[str, Any]) -> None:
        """As `Rig`: an edit is another event."""
        del place
        self.add(record)

    def make(self, **changed: Any) -> Source:  # noqa: ANN401 - whatever a setting may be
        """As `Rig`."""
        told = {"url": self._url, "table": self.outbox.table.name, "rows": 50, "settle": "0s", "timeout": "5s"}
        if self._url.startswith("postgresql"):
            told["password"] = "env:PASSWORD"  # noqa: S105 - a reference
        context = Context(FixedClock(datetime(2020, 3, 20, tzinfo=UTC)), {"PASSWORD": PASSWORD, "WRONG": "wrong"})
        return Counted(CONNECTOR.make(OutboxSettings.model_validate(told | changed), context), self)


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresSimulator]:
    """A database for all tests here; each has a table of its own."""
    with postgres_served() as started:
        yield started


@pytest.fixture
def rig(postgres: PostgresSimulator) -> OutboxRig:
    """An empty table of PostgreSQL."""
    return OutboxRig(postgres.url, postgres.engine())


@on_postgres
class TestOutbox(Battery):
    """The battery, on PostgreSQL."""


class TestOutboxOfAnotherDatabase(Battery):
    """The battery where only the URL is another: nothing is PostgreSQL's own."""

    share = 0.2

    @pytest.fixture
    def rig(self, tmp_path: Path) -> OutboxRig:
        """An empty table of SQLite."""
        url = f"sqlite:///{tmp_path}/outbox.db"
        return OutboxRig(url, sa.create_engine(url, poolclass=sa.NullPool))


@on_postgres
def test_a_row_is_the_payload_and_says_where_it_comes_from(rig: OutboxRig) -> None:
    """The payload's fields as they are written, decimals exactly, and the row's columns under `outbox`."""
    rig.add({"id": "t-1", "timer": 37.25, "borger": {"cpr": "0101701234"}})
    (page,) = read_pages(rig, 1)
    (record,) = page.records
    assert isinstance(record, dict)
    assert str(record["timer"]) == "37.25"
    assert record["outbox"] == {
        "position": 1,
        "id": "00000000-0000-4000-8000-000000000000",
        "aggregatetype": "haendelse",
        "aggregateid": "t-1",
        "type": "aendret",
    }


@on_postgres
def test_what_becomes_visible_late_is_not_passed_over(rig: OutboxRig) -> None:
    """Number 1 is written first and committed last: within `settle` it comes all the same, and in its place."""
    outlet = MemoryOutlet()
    with rig.outbox.engine.connect() as slow, slow.begin():
        rig.outbox.add([meeting(1)], slow)
        rig.add(meeting(2))
        rig.on_page(1, slow.commit)
        run_once(runner(rig.make(settle="500ms"), outlet), rig)
    assert outlet.ids == ids([1, 2])


@on_postgres
def test_numbers_that_were_rolled_back_hold_nothing_up(rig: OutboxRig) -> None:
    """Holes among the numbers are left behind."""
    rig.add(meeting(1))
    with rig.outbox.engine.connect() as broken:
        rig.outbox.add([meeting(2)], broken)
        broken.rollback()
    rig.add(meeting(3))
    outlet = MemoryOutlet()
    run_once(runner(rig.make(), outlet), rig)
    assert outlet.ids == ids([1, 3])
    assert outlet.state["position"] == 3


@on_postgres
def test_delivered_rows_are_deleted_when_they_are_confirmed(rig: OutboxRig) -> None:
    """`done` deletes what the brokers have confirmed, not before, and not what came since."""
    rig.add(*map(meeting, range(120)))
    outlet = MemoryOutlet()
    outlet.failures = 1
    run_until(runner(rig.make(done="delete"), outlet), rig, lambda: bool(outlet.ids))
    assert rig.outbox.count() >= 120 - len(outlet.ids)
    run_once(runner(rig.make(done="delete"), outlet), rig)
    assert set(outlet.ids) == set(ids(range(120)))
    rig.add(meeting(120))
    run_once(runner(rig.make(done="delete"), outlet), rig)
    assert (outlet.ids[-1], rig.outbox.count()) == ("m-00120", 0)


@pytest.mark.parametrize(
    ("changed", "expected"), [({}, 7), ({"count": False}, None), ({"done": "delete"}, None)], ids=["yes", "no", "gone"]
)
def test_how_many_rows_there_are_is_declared(tmp_path: Path, changed: dict[str, Any], expected: int | None) -> None:
    """Of all that were read, holes not counted, over restarts; not where counting is off, or rows are deleted."""
    url = f"sqlite:///{tmp_path}/outbox.db"
    rig = OutboxRig(url, sa.create_engine(url, poolclass=sa.NullPool))
    rig.add(*map(meeting, range(5)))
    outlet = MemoryOutlet()
    run_once(runner(rig.make(), outlet), rig)
    assert [told.holds for told in outlet.declared.values()] == [5]
    rig.add(*map(meeting, range(5, 8)))
    with rig.outbox.engine.begin() as connection:
        connection.execute(sa.delete(rig.outbox.table).where(rig.outbox.table.c.position == 6))
    outlet = MemoryOutlet()
    run_once(runner(rig.make(**changed), outlet), rig)
    assert [told.holds for told in outlet.declared.values()] == [expected]


def test_everything_asked_is_sql_of_sql_server_too(tmp_path: Path) -> None:
    """Each statement, compiled for its dialect, is T-SQL by the grammar; reserved words are quoted, numbers are not.

    It was compiled, and not run: there is no SQL Server here.
    """
    asked = {done: statements(tmp_path / done, done) for done in ("leave", "delete")}
    # As it finds SQL Server from 2012 on.
    dialect = pymssql.dialect(deprecate_large_types=True)  # type: ignore[no-untyped-call]  # as SQLAlchemy has it
    written = [
        str(one.compile(dialect=dialect, compile_kwargs={"literal_binds": True})).replace("\n", "")
        for each in asked.values()
        for one in each
    ]
    for text in written:
        sqlfluff.parse(f"{text}\n", dialect="tsql")
    texts = "CAST(main.[user].id AS NVARCHAR(max)) AS id"
    assert any(text.startswith("SELECT max(anon_1.position)") for text in written)
    assert any(text.startswith("SELECT count(*)") and "[user].[key] AS position" in text for text in written)
    assert any(text.startswith("SELECT TOP 2 anon_1.position") and texts in text for text in written)
    assert any(
        text.endswith("anon_1.position <= 5 AND anon_1.position > 2 ORDER BY anon_1.position") for text in written
    )
    assert "DELETE FROM main.[user] WHERE main.[user].[key] IN (1, 2)" in written
    assert not [text for text in written if "LIMIT" in text]


def statements(folder: Path, done: str) -> list[sa.ClauseElement]:
    """Give everything that the connector asks of a table of five rows, whose names are words of SQL."""
    folder.mkdir()
    url = f"sqlite:///{folder}/outbox.db"
    names = "id, aggregatetype, aggregateid, type, payload"
    with sa.create_engine(url, poolclass=sa.NullPool).begin() as connection:
        connection.execute(sa.text(f'CREATE TABLE "user" ("key" INTEGER PRIMARY KEY, {names})'))
        for _ in range(5):
            connection.execute(sa.text('INSERT INTO "user" (id, payload) VALUES (1, NULL)'))
    told = {"url": url, "table": "user", "schema": "main", "columns": {"position": "key"}, "rows": 2, "done": done}
    settings = OutboxSettings.model_validate({**told, "settle": "0s"})
    source = Outbox(settings, Context(FixedClock(datetime(2020, 3, 20, tzinfo=UTC)), {}))
    asked: list[sa.ClauseElement] = []

    def listen(_connection: object, statement: sa.ClauseElement, *_more: object) -> None:
        asked.append(statement)

    sa.event.listen(source._engine, "before_execute", listen)

    async def read() -> None:
        await source.connect({})
        while not (page := await source.read()).caught_up:
            await page.acknowledge(None)
        await source.close()

    asyncio.run(read())
    return asked


@on_postgres
def test_a_payload_that_is_no_object_is_refused_by_its_number(rig: OutboxRig) -> None:
    """The others go on; a payload that is null has the row's columns alone."""
    rig.add(meeting(1), meeting(2), meeting(3))
    payload = rig.outbox.table.c.payload
    with rig.outbox.engine.begin() as connection:
        connection.execute(sa.text(f"UPDATE {rig.outbox.table.name} SET payload = '[1]' WHERE position = 2"))
        connection.execute(
            sa.update(rig.outbox.table).where(rig.outbox.table.c.position == 3).values({payload: sa.null()})
        )
    outlet = MemoryOutlet()
    run_once(runner(rig.make(), outlet), rig)
    assert outlet.ids == ids([1])
    told = {(one.refusal.line, one.refusal.reason.value) for one in outlet.refused}
    assert told == {(2, "unreadable"), (3, "no_rule")}


@on_postgres
def test_a_table_that_begins_anew_is_named(rig: OutboxRig) -> None:
    """Numbers below what was read before are never passed over in silence."""
    rig.add(meeting(1))
    with pytest.raises(SourceUnavailable, match="page: the table's numbers began anew"):
        read_pages(rig, 1, {"position": 17})


@on_postgres
def test_a_database_that_is_away_is_waited_for(rig: OutboxRig, postgres: PostgresSimulator) -> None:
    """It is named, and when it is back reading goes on by itself."""
    rig.add(meeting(1))
    outlet = MemoryOutlet()
    one = runner(rig.make(), outlet)
    postgres.stop()
    try:
        run_until(one, rig, lambda: str(one.trouble).startswith("connection: the database doesn't answer"))
    finally:
        postgres.start()
    run_until(one, rig, lambda: outlet.ids == ids([1]))


class Blocked:
    """A table that somebody has locked: whoever asks waits, until it is let go."""

    def __init__(self, rig: OutboxRig) -> None:
        """Lock it."""
        self._holding = rig.outbox.engine.connect()
        self._holding.execute(sa.text(f"LOCK TABLE {rig.outbox.table.name} IN ACCESS EXCLUSIVE MODE"))

    def mend(self) -> None:
        """Let it go."""
        self._holding.close()


TERMINATE = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"


@on_postgres
@pytest.mark.parametrize(
    ("meanwhile", "expected"),
    [
        ("SELECT 1", "page: the database didn't answer within `timeout`"),
        (TERMINATE, "connection: the database doesn't answer; check `url`, and that it is up"),
    ],
    ids=["no answer for long", "cut amid a query"],
)
def test_an_answer_that_does_not_come_whole_is_asked_for_again(
    rig: OutboxRig, postgres: PostgresSimulator, meanwhile: str, expected: str
) -> None:
    """The step is named, and when it answers again everything arrives."""
    rig.add(*map(meeting, range(10)))
    outlet = MemoryOutlet()
    one = runner(rig.make(timeout="1s"), outlet)
    blocked = Blocked(rig)

    def named() -> bool:
        postgres.tell(meanwhile)
        return one.trouble == expected

    try:
        run_until(one, rig, named)
    finally:
        blocked.mend()
    run_once(one, rig)
    assert outlet.ids == ids(range(10))


def _reader(rig: OutboxRig, postgres: PostgresSimulator, let_in: str) -> str:
    """Let somebody else read the table, who is let in as told; give their name."""
    name = f"reader_{rig.outbox.table.name}"
    postgres.tell(f"CREATE ROLE {name} LOGIN {let_in}")
    postgres.tell(f"GRANT SELECT ON {rig.outbox.table.name} TO {name}")
    return name


@on_postgres
def test_a_database_that_takes_no_more_of_us_is_waited_for(rig: OutboxRig, postgres: PostgresSimulator) -> None:
    """Too many connections are the database's way to say: not now."""
    rig.add(meeting(1))
    reader = _reader(rig, postgres, f"PASSWORD '{PASSWORD}' CONNECTION LIMIT 0")
    outlet = MemoryOutlet()
    one = runner(rig.make(url=postgres.url.replace("fokus@", f"{reader}@")), outlet)
    run_until(one, rig, lambda: one.trouble == "connection: the database takes no more connections; it is asked again")
    postgres.tell(f"ALTER ROLE {reader} CONNECTION LIMIT 1")
    run_once(one, rig)
    assert outlet.ids == ids([1])


@on_postgres
def test_a_password_that_was_changed_counts_at_once(
    rig: OutboxRig, postgres: PostgresSimulator, tmp_path: Path
) -> None:
    """Until the new one is there it is named; then it goes on without a restart."""
    rig.add(meeting(1))
    reader, password = _reader(rig, postgres, "PASSWORD 'the next'"), tmp_path / "password"
    password.write_text("the one of before", "utf-8")
    outlet = MemoryOutlet()
    url = postgres.url.replace("fokus@", f"{reader}@")
    one = runner(rig.make(url=url, password=f"file:{password}"), outlet)
    run_until(one, rig, lambda: str(one.trouble).startswith("authentication: the database doesn't let us in"))
    password.write_text("the next", "utf-8")
    run_once(one, rig)
    assert outlet.ids == ids([1])


@on_postgres
def test_an_expired_certificate_is_named_and_waited_for(
    rig: OutboxRig, postgres: PostgresSimulator, certificates: Certificates
) -> None:
    """No row is asked for under it; when it is renewed reading goes on: no restart."""
    rig.add(meeting(1))
    postgres.serve(certificates.expired)
    url = f"{postgres.url.replace('127.0.0.1', 'localhost')}?sslmode=verify-full&sslrootcert={certificates.ca_file}"
    outlet = MemoryOutlet()
    one = runner(rig.make(url=url), outlet)
    run_until(one, rig, lambda: str(one.trouble).startswith("TLS: no agreement about TLS"))
    postgres.serve(certificates.good)
    run_once(one, rig)
    assert outlet.ids == ids([1])


@on_postgres
@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"password": "env:WRONG"}, "authentication: the database doesn't let us in"),
        ({"password": "env:NOWHERE"}, "authentication: env:NOWHERE: the variable is not set"),
        ({"table": "no_such_table"}, "page: there is no such database, table or column"),
        ({"columns": {"payload": "indhold"}}, "page: there is no such database, table or column"),
        ({"columns": {"position": "aggregateid"}}, "page: `columns.position` holds no whole numbers"),
    ],
    ids=["password", "no secret", "table", "column", "no number"],
)
def test_the_step_that_fails_is_named(rig: OutboxRig, changed: dict[str, Any], expected: str) -> None:
    """With what to change, and without anything that the database says."""
    rig.add(meeting(1))
    with pytest.raises(SourceUnavailable) as refused:
        read_pages(rig, 1, **changed)
    assert str(refused.value).startswith(expected)
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"url": "not a url"}, "settings: url: write one such as postgresql+psycopg://fokus@db.example.dk/sager"),
        ({"url": "oracel://x/y"}, "settings: url: write one such as postgresql+psycopg://fokus@db.example.dk/sager"),
        ({"url": "postgresql+psycopg://me:hush@x/y"}, "settings: url: take the password out of it"),
    ],
    ids=["none", "unknown", "password"],
)
def test_a_bad_url_is_refused_without_being_shown(told: dict[str, Any], expected: str) -> None:
    """A password has no place in it."""
    with pytest.raises(ConfigError) as refused:
        configuration.checked(OutboxSettings, told, "settings")
    assert str(refused.value).startswith(expected)
    assert "hush" not in str(refused.value)


def read_pages(rig: OutboxRig, pages: int, state: State | None = None, **changed: Any) -> list[Page]:  # noqa: ANN401
    """Read so many pages."""

    async def reading() -> list[Page]:
        source = rig.make(**changed)
        await source.connect(state or {})
        try:
            return [await source.read() for _ in range(pages)]
        finally:
            await source.close()

    return asyncio.run(reading())
