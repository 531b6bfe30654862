"""A case system's database with an outbox, as the connector `outbox` meets it: a real PostgreSQL on loopback.

The programs are Debian's (package postgresql), or any on the PATH. PostgreSQL doesn't run as root: where we are,
it runs as the user that Debian's package makes.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

USER, PASSWORD = "fokus", "a password of a simulator"
_DEBIAN = Path("/usr/lib/postgresql")
_SERVER = "postgres"
_SECONDS = 60.0
_DAEMON_OPTIONS = "-c fsync=off -c full_page_writes=off -c max_connections=40 -c shared_buffers=16MB"


class OutboxTable:
    """An outbox of Debezium's columns, and a number, in any database."""

    def __init__(self, engine: sa.Engine, name: str = "outbox") -> None:
        """Make the table."""
        payload = sa.JSON().with_variant(JSONB(), "postgresql")
        self.engine = engine
        self.table = sa.Table(
            name,
            sa.MetaData(),
            sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
            sa.Column("id", sa.Uuid(as_uuid=False)),
            sa.Column("aggregatetype", sa.String(255), nullable=False),
            sa.Column("aggregateid", sa.String(255), nullable=False),
            sa.Column("type", sa.String(255), nullable=False),
            sa.Column("payload", payload),
        )
        self.table.create(engine)

    def add(self, records: Iterable[Mapping[str, Any]], connection: sa.Connection | None = None) -> None:
        """Write an event for each record; within a transaction of the caller's, if there is one."""
        rows = [
            {
                "id": f"00000000-0000-4000-8000-{number:012}",
                "aggregatetype": "haendelse",
                "aggregateid": str(record.get("id")),
                "type": "aendret",
                "payload": dict(record),
            }
            for number, record in enumerate(records)
        ]
        if rows and connection is not None:
            connection.execute(sa.insert(self.table), rows)
        elif rows:
            with self.engine.begin() as own:
                own.execute(sa.insert(self.table), rows)

    def count(self) -> int:
        """How many rows there are."""
        with self.engine.connect() as connection:
            return int(connection.execute(sa.select(sa.func.count()).select_from(self.table)).scalar_one())


class PostgresSimulator:
    """A PostgreSQL: stop it and start it again."""

    def __init__(self, folder: Path) -> None:
        """Make its files, and start it."""
        self._folder = folder
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = int(free.getsockname()[1])
        self._user = _user()
        if self._user is not None:
            shutil.chown(folder, self._user, self._user)
        password = folder / "password"
        password.write_text(PASSWORD, "utf-8")
        password.chmod(0o644)
        told = ["--auth", "scram-sha-256", "--username", USER, "--pwfile", str(password), "--encoding", "UTF8"]
        self._run("initdb", "--no-sync", "--no-instructions", "--locale", "C", *told, "-D", str(folder / "data"))
        self.start()

    @property
    def url(self) -> str:
        """Its address, as SQLAlchemy writes it, without the password."""
        return f"postgresql+psycopg://{USER}@127.0.0.1:{self.port}/postgres"

    def engine(self) -> sa.Engine:
        """Give a way in, for who writes."""
        return sa.create_engine(sa.make_url(self.url).set(password=PASSWORD), poolclass=sa.NullPool)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = f"-p {self.port} -h 127.0.0.1 -k {self._folder} {_DAEMON_OPTIONS}"
        self._run("pg_ctl", "start", "--wait", "--silent", "--log", str(self._folder / "log"), "-o", options)

    def serve(self, certificate: Path) -> None:
        """Speak TLS under a certificate from now on, to who wants it; the file holds a chain and its key."""
        shown = self._folder / "certificate.pem"
        shown.unlink(missing_ok=True)
        shown.write_bytes(certificate.read_bytes())
        shown.chmod(0o600)
        if self._user is not None:
            shutil.chown(shown, self._user, self._user)
        for setting, value in (("ssl_cert_file", shown), ("ssl_key_file", shown), ("ssl", "on")):
            self.tell(f"ALTER SYSTEM SET {setting} = '{value}'")
        self.tell("SELECT pg_reload_conf()")

    def tell(self, statement: str) -> None:
        """Let it do something, as its owner."""
        with self.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text(statement))

    def stop(self) -> None:
        """Stop it, whoever is connected."""
        self._run("pg_ctl", "stop", "--wait", "--silent", "--mode", "immediate")

    def _run(self, program: str, *arguments: str) -> None:
        data = () if program == "initdb" else ("-D", str(self._folder / "data"))
        subprocess.run(
            [_program(program), *arguments, *data],
            check=True,
            timeout=_SECONDS,
            cwd=self._folder,
            user=self._user,
            group=self._user,
            extra_groups=None if self._user is None else [],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )


@contextmanager
def postgres_served() -> Iterator[PostgresSimulator]:
    """Serve an empty database on loopback."""
    with tempfile.TemporaryDirectory(prefix="fokusstrom-postgres-") as name:
        simulator = PostgresSimulator(Path(name))
        try:
            yield simulator
        finally:
            simulator.stop()


def _program(name: str) -> str:
    newest = sorted(_DEBIAN.glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3].partition(".")[0]))
    found = shutil.which(name) or (str(newest[-1]) if newest else None)
    if found is None:
        raise FileNotFoundError(f"{name} isn't installed; on Debian: apt-get install postgresql")
    return found


def _user() -> str | None:
    """Whom it runs as; None for ourselves."""
    return pwd.getpwnam(_SERVER).pw_name if os.geteuid() == 0 else None
