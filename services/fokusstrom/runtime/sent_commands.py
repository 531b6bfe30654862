"""Commands that were sent to control.v1, read from there: for who may have missed some."""

from __future__ import annotations

from fokusstrom.contracts import records
from fokusstrom.contracts.records import ControlCommand
from fokusstrom.contracts.schemas import SchemaCatalog
from fokusstrom.contracts.topics import CONTROL
from fokusstrom.domain.errors import Rejected, Unavailable
from fokusstrom.runtime.config import Settings
from fokusstrom.runtime.log_ends import read_whole
from fokusstrom.runtime.waiting import keep_trying


class SentCommands:
    """Reads the topic, which keeps commands for days."""

    def __init__(self, settings: Settings, catalog: SchemaCatalog) -> None:
        """Take how to reach the topic."""
        self._settings = settings
        self._catalog = catalog

    def all(self) -> list[ControlCommand]:
        """Return every command that is there and can be read, in order; waits for brokers."""
        return [command for value in keep_trying(Unavailable, self._read) if (command := self._command(value))]

    def _read(self) -> list[bytes]:
        return [message.value() or b"" for message in read_whole(self._settings, CONTROL.name)]

    def _command(self, value: bytes) -> ControlCommand | None:
        try:
            return records.decode(self._catalog, ControlCommand, value)
        except Rejected:  # whoever hears commands says so
            return None
