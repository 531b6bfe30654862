"""Certificates of an authority of the tests' own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import trustme


class Certificates:
    """Files with certificates for localhost."""

    def __init__(self, folder: Path) -> None:
        """Write them."""
        self._authority = trustme.CA()
        self._folder = folder
        self.ca_file = folder / "ca.pem"
        self._authority.cert_pem.write_to_path(str(self.ca_file))
        self.good = self.issued("good")
        """A chain and its key."""
        self.expired = self.issued("expired", datetime(2021, 1, 1, tzinfo=UTC))

    def issued(
        self, name: str, until: datetime | None = None, names: Sequence[str] = ("localhost", "127.0.0.1")
    ) -> Path:
        """Issue a certificate: a file with chain and key."""
        issued = self._authority.issue_cert(*names, not_after=until)
        file = self._folder / f"{name}.pem"
        issued.private_key_and_cert_chain_pem.write_to_path(str(file))
        return file
