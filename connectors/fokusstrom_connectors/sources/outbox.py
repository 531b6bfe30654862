"""A table of a database that a system writes its events into (the outbox pattern), with Debezium's columns.

    [settings]
    url = "postgresql+psycopg://fokus@db.example.dk/sager?sslmode=verify-full"
    password = "file:/run/secrets/outbox-password"
    table = "outbox"

A row becomes a record: the payload's own fields, and the row's other columns under `outbox`.

Rows are numbered as they are written, and become visible as their transactions end: a lower number may appear
after a higher one. So a row is taken when `settle` has passed since it, or one of a higher number, was first seen.
As long as transactions that write to the table end within `settle`, none is passed over, and rows come in the order
of their numbers. The greatest number that was delivered is all that is remembered; where delivered rows are deleted,
nothing is: what is there is to be read.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeVar

import sqlalchemy as sa
from pydantic import Field, field_validator
from sqlalchemy import exc
from sqlalchemy.engine import URL, make_url

from fokusstrom.domain.errors import ConfigError
from fokusstrom_connectors.configuration import Duration, Strict
from fokusstrom_connectors.exact_json import object_of
from fokusstrom_connectors.interface import (
    Acknowledge,
    Address,
    Connector,
    Context,
    Page,
    SourceUnavailable,
    State,
    Step,
    nobody_waits,
)
from fokusstrom_connectors.secrets import Secret

_POSITION = "position"
_PARAMETERS = 1_000
"""Of one statement; SQL Server takes 2,100."""
_NOT_LET_IN = re.compile(
    r"authenticat|password|login failed|pg_hba|role .* does not exist|permission|denied", re.IGNORECASE
)
_NO_NAME = re.compile(r"could not translate host name|failed to resolve host|name or service not known", re.IGNORECASE)
_NO_TLS = re.compile(r"certificate|ssl error|ssl was required|support ssl", re.IGNORECASE)
_TOO_MANY = re.compile(r"too many (connections|clients)|connection slots are reserved", re.IGNORECASE)
_TOO_LONG = re.compile(r"statement timeout|timeout expired", re.IGNORECASE)
_NO_TABLE = re.compile(r"does not exist|no such (table|column)|invalid (object|column) name", re.IGNORECASE)

T = TypeVar("T")


class ColumnSettings(Strict):
    """What the table's columns are called."""

    position: str = Field(default="position", description="A whole number that grows with each row: an identity.")
    id: str = "id"
    aggregatetype: str = "aggregatetype"
    aggregateid: str = "aggregateid"
    type: str = "type"
    payload: str = Field(default="payload", description="An object of JSON, as text or as the database's own type.")


class OutboxSettings(Strict):
    """What a source in a database is told."""

    url: str = Field(description="Where the database is, as SQLAlchemy writes it; without the password.")
    password: Secret | None = None
    table: str = Field(default="outbox", min_length=1, max_length=63)
    db_schema: str | None = Field(default=None, alias="schema", description="Of the table, if it isn't the user's.")
    columns: ColumnSettings = ColumnSettings()
    rows: int = Field(default=5_000, ge=1, le=100_000, description="Rows of a page.")
    settle: Duration = Field(
        default="30s",
        description="Longer than any transaction that writes to the table takes: a row is taken so long after it.",
        validate_default=True,
    )
    done: Literal["leave", "delete"] = Field(default="leave", description="What to do with delivered rows.")
    count: bool = Field(
        default=True,
        description="Ask how many rows there are, each time that new ones were read to the end; not of deleted ones.",
    )
    timeout: Duration = Field(default="30s", description="How long a query may take.", validate_default=True)

    @field_validator("url")
    @classmethod
    def _is_known(cls, text: str) -> str:
        try:
            url = make_url(text)
            url.get_dialect()
        except exc.ArgumentError:
            raise ValueError(f"write one such as {_EXAMPLE}") from None
        if url.password is not None or "password" in url.query:
            raise ValueError("take the password out of it, and name it by reference under `password`")
        return text

    def addresses(self) -> Sequence[Address]:
        """Where `check` looks; TLS is agreed within the database's own protocol."""
        url = make_url(self.url)
        return [Address(url.host, url.port or _PORTS.get(url.get_backend_name(), 0), has_tls=False)] if url.host else []


_EXAMPLE = "postgresql+psycopg://fokus@db.example.dk/sager"
_PORTS = {"postgresql": 5432, "mssql": 1433}


class Outbox:
    """The source."""

    def __init__(self, settings: OutboxSettings, context: Context) -> None:
        """Take where and how; nothing is asked yet. `ConfigError` when the database's driver isn't installed."""
        self._settings = settings
        self._environ = context.environ
        self._rows = _table(settings)
        self._at: int | None = None
        self._seen: deque[tuple[float, int]] = deque()
        self._counted: tuple[int | None, int | None] = (None, None)
        """Up to which number rows were counted, and how many there were."""
        self._trouble: SourceUnavailable | None = None
        url = make_url(settings.url)
        try:
            # A connection for each query: a thread whose reader was stopped lets go of it by itself.
            self._engine = sa.create_engine(
                url, connect_args=_limits(url, settings), hide_parameters=True, poolclass=sa.NullPool
            )
        except ImportError as error:
            raise ConfigError(f"settings.url: {url.drivername} needs the package {error.name}: install it") from None
        sa.event.listen(self._engine, "do_connect", self._with_password)

    async def connect(self, state: State) -> None:
        """As `Source`."""
        self._at = None if self._settings.done == "delete" else state.get(_POSITION)
        self._seen.clear()
        self._trouble = None

    async def close(self) -> None:
        """As `Source`: each query has let go already."""

    async def read(self) -> Page:
        """As `Source`."""
        if self._trouble is not None:
            raise self._trouble
        newest = await self._asked(self._newest)
        if newest is not None and self._at is not None and newest < self._at:
            raise SourceUnavailable(Step.PAGE, "the table's numbers began anew; if that is right, use `state reset`")
        settled = self._settled(newest)
        if settled is None or settled == self._at:
            return await self._waited(newest)
        rows = await self._asked(lambda: self._between(self._at, settled))
        return self._page(rows, settled)

    def _settled(self, newest: int | None) -> int | None:
        """Up to which number the table doesn't change any more, as far as is known."""
        now, settle = time.monotonic(), self._settings.settle.total_seconds()
        if newest is not None and (not self._seen or newest > self._seen[-1][1]):
            self._seen.append((now, newest))
        while len(self._seen) > 1 and now - self._seen[1][0] >= settle:
            self._seen.popleft()
        return self._seen[0][1] if self._seen and now - self._seen[0][0] >= settle else self._at

    async def _waited(self, newest: int | None) -> Page:
        """Nothing, now; while rows wait to settle, wait with them."""
        if newest is None or newest == self._at:
            return Page([], self._settings.table, caught_up=True, holds=await self._holds())
        since = next((at for at, number in self._seen if self._at is None or number > self._at), time.monotonic())
        await asyncio.sleep(max(0.0, since + self._settings.settle.total_seconds() - time.monotonic()))
        return Page([], self._settings.table)

    async def _holds(self) -> int | None:
        """How many rows there are up to the last that was read: asked anew when that is another."""
        if not self._settings.count or self._settings.done == "delete":
            return None
        if self._at is not None and self._counted[0] != self._at:
            self._counted = self._at, await self._asked(lambda: self._count(self._at))
        return 0 if self._at is None else self._counted[1]

    def _page(self, rows: Sequence[Mapping[str, Any]], settled: int) -> Page:
        """What was read, and that all up to its last number was."""
        self._at = int(rows[-1][_POSITION]) if len(rows) == self._settings.rows else settled
        found = [(int(row[_POSITION]), _record(row)) for row in rows]
        return Page(
            [record for _, record in found if record is not None],
            self._settings.table,
            numbers=[number for number, record in found if record is not None],
            unreadable=[number for number, record in found if record is None],
            state={_POSITION: self._at},
            acknowledge=self._deleting([number for number, _ in found]),
        )

    def _deleting(self, numbers: Sequence[int]) -> Acknowledge:
        """Delete rows when they are delivered: those, and none that came between them since."""
        if self._settings.done == "leave":
            return nobody_waits

        async def delete(error: Exception | None) -> None:
            try:
                if error is None:
                    await self._asked(lambda: self._delete(numbers))
            except SourceUnavailable as trouble:
                self._trouble = trouble  # the next to be read says it, where it is heard

        return delete

    def _newest(self) -> int | None:
        with self._engine.connect() as connection:
            found = connection.execute(sa.select(sa.func.max(self._rows.c.position))).scalar()
        return None if found is None else int(found)

    def _count(self, last: int | None) -> int:
        asked = sa.select(sa.func.count()).select_from(self._rows).where(self._rows.c.position <= last)
        with self._engine.connect() as connection:
            return int(connection.execute(asked).scalar_one())

    def _between(self, after: int | None, last: int) -> Sequence[Mapping[str, Any]]:
        number = self._rows.c.position
        asked = sa.select(self._rows).where(number <= last).order_by(number).limit(self._settings.rows)
        with self._engine.connect() as connection:
            found = connection.execute(asked if after is None else asked.where(number > after))
            return [dict(row) for row in found.mappings()]

    def _delete(self, numbers: Sequence[int]) -> None:
        number: sa.ColumnClause[int] = sa.column(self._settings.columns.position)
        table = sa.table(self._settings.table, number, schema=self._settings.db_schema)
        with self._engine.begin() as connection:
            for start in range(0, len(numbers), _PARAMETERS):
                some = numbers[start : start + _PARAMETERS]
                connection.execute(sa.delete(table).where(number.in_(some)))

    async def _asked(self, question: Callable[[], T]) -> T:
        """Ask in a thread; raises `SourceUnavailable`, with the step that failed and none of the database's texts."""
        try:
            async with asyncio.timeout(self._settings.timeout.total_seconds()):
                return await asyncio.to_thread(question)
        except TimeoutError:
            raise SourceUnavailable(Step.PAGE, "the database didn't answer within `timeout`") from None
        except ConfigError as error:  # a secret that isn't there any more
            raise SourceUnavailable(Step.AUTHENTICATION, "; ".join(error.problems)) from None
        except ValueError:
            raise SourceUnavailable(Step.PAGE, "`columns.position` holds no whole numbers") from None
        except (exc.SQLAlchemyError, OSError) as error:
            raise _told_apart(str(getattr(error, "orig", None) or error)) from None

    def _with_password(self, _dialect: Any, _record: Any, _args: Any, told: dict[str, Any]) -> None:  # noqa: ANN401
        """Read the password for each new connection: one that was replaced counts at once."""
        if self._settings.password is not None:
            told["password"] = self._settings.password.read(self._environ)


def _table(settings: OutboxSettings) -> sa.Subquery:
    """The table, its columns by our names and as texts: so a payload's numbers stay as they are written."""
    names = settings.columns.model_dump()
    table = sa.table(settings.table, *map(sa.column, dict.fromkeys(names.values())), schema=settings.db_schema)
    columns = [
        (table.c[name] if ours == _POSITION else sa.cast(table.c[name], sa.UnicodeText)).label(ours)
        for ours, name in names.items()
    ]
    return sa.select(*columns).subquery()


def _limits(url: URL, settings: OutboxSettings) -> dict[str, Any]:
    """Time limits that the driver keeps itself, where we know how it is told."""
    seconds = max(1, int(settings.timeout.total_seconds()))
    if url.drivername != "postgresql+psycopg":
        return {}
    return {"connect_timeout": seconds, "options": f"-c statement_timeout={seconds * 1000}"}


def _record(row: Mapping[str, Any]) -> dict[str, Any] | None:
    """The payload's fields, and the row's under `outbox`; None when the payload is no object.

    >>> _record({"position": 7, "type": "deleted", "payload": None})
    {'outbox': {'position': 7, 'type': 'deleted'}}
    """
    told = {name: value for name, value in row.items() if name != "payload"}
    payload = {} if row["payload"] is None else object_of(row["payload"])
    return None if payload is None else {**payload, "outbox": told}


def _told_apart(text: str) -> SourceUnavailable:
    """Which step failed, by the driver's text, which goes nowhere."""
    for pattern, step, what in _STEPS:
        if pattern.search(text):
            return SourceUnavailable(step, what)
    return SourceUnavailable(Step.CONNECTION, "the database doesn't answer; check `url`, and that it is up")


_STEPS = (
    (_NO_NAME, Step.NAME, "the host's name isn't known; check `url`"),
    (_NO_TLS, Step.TLS, "no agreement about TLS; check `sslmode` and the certificates in `url`"),
    (_TOO_MANY, Step.CONNECTION, "the database takes no more connections; it is asked again"),
    (_TOO_LONG, Step.PAGE, "the database didn't answer within `timeout`"),
    (
        _NOT_LET_IN,
        Step.AUTHENTICATION,
        "the database doesn't let us in; check the user in `url`, `password`, and the right to read the table",
    ),
    (_NO_TABLE, Step.PAGE, "there is no such database, table or column; check `url`, `schema`, `table` and `columns`"),
)


CONNECTOR = Connector(
    "outbox",
    "reads an outbox table of a database",
    OutboxSettings,
    Outbox,
    addresses=OutboxSettings.addresses,
)
"""What the registry of connectors finds."""
