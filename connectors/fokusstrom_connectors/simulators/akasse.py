"""An unemployment fund, as the connector `akasse` meets it: one feed of meetings, asked for over HTTP or as files.

Over HTTP it is paged like any other API (`simulators.rest`); as files it is CSV as Danish systems write it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from fokusstrom_connectors.simulators.rest import RestSimulator

COLUMNS = (
    "kontaktnummer", "version", "registreret", "aarsag", "status", "cpr", "tidligere_cpr", "kommune", "samtaletype",
    "deltagelse", "afholdt", "form", "fremmoede", "varighed", "valgt_af",
)  # fmt: skip
"""Of a file; a record over HTTP has those that it has something to say in."""


class AkasseSimulator:
    """The fund: what it has registered, it gives both ways."""

    def __init__(self, folder: Path, *, token_seconds: int | None = None) -> None:
        """Put files into a folder; over HTTP, tokens are asked for as `RestSimulator` says."""
        self.rest = RestSimulator(token_seconds=token_seconds)
        self._folder = folder
        self._files = 0

    def add(self, records: Iterable[Mapping[str, Any]]) -> Path:
        """Register meetings: they are on the feed, and in a file of their own."""
        told = list(records)
        self.rest.add(*told)
        self._files += 1
        written = self._folder / f".samtaler-{self._files:04}.csv"
        with written.open("w", encoding="iso-8859-1", newline="") as file:
            rows = csv.DictWriter(file, COLUMNS, delimiter=";", extrasaction="ignore")
            rows.writeheader()
            rows.writerows(told)
        return written.rename(self._folder / written.name.removeprefix("."))
