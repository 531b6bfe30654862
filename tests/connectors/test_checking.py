"""What `check` says of an address, with real TLS servers on loopback."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from fokusstrom.runtime.clock import SystemClock
from fokusstrom_connectors import checking
from fokusstrom_connectors.checking import Checked
from fokusstrom_connectors.interface import Address, Step
from tests.connectors.certificates import Certificates
from tests.connectors.web_battery import certificates

__all__ = ["certificates"]

_NOW = SystemClock().now()


@contextlib.contextmanager
def _served(certificate: Path | None) -> Iterator[int]:
    """Greet one caller, by TLS or in clear; give the port."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def greet() -> None:
            with contextlib.suppress(OSError):
                caller, _ = server.accept()
                with caller:
                    if certificate is None:
                        caller.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                        return
                    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                    context.load_cert_chain(certificate)
                    with context.wrap_socket(caller, server_side=True) as wrapped:
                        wrapped.recv(1)

        thread = threading.Thread(target=greet)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            thread.join(10)


def _tls(certificate: Path | None, ca_file: Path | None) -> Checked:
    with _served(certificate) as port:
        address = Address("localhost", port, has_tls=True, ca_file=None if ca_file is None else str(ca_file))
        name, tls = checking.reached(address, _NOW)
    assert (name.step, name.is_well) == (Step.NAME, True)
    assert tls.step is Step.TLS
    return tls


@pytest.mark.parametrize(("days", "hint"), [(60, ""), (20, "; have it renewed")])
def test_days(certificates: Certificates, days: int, hint: str) -> None:
    """A certificate's days are counted, and one that ends within three weeks is to be renewed."""
    until = _NOW + timedelta(days=days, hours=12)
    found = _tls(certificates.issued(f"for-{days}", until), certificates.ca_file)
    assert found.is_well
    assert found.text == f"localhost: its certificate holds {days} more days{hint}"


def test_expired(certificates: Certificates) -> None:
    """One that has ended is a fault that is named."""
    found = _tls(certificates.expired, certificates.ca_file)
    assert (found.is_well, "expired" in found.text) == (False, True)


def test_unknown_authority(certificates: Certificates) -> None:
    """So is one of an authority that we were not told of."""
    found = _tls(certificates.good, None)
    assert (found.is_well, "certificate" in found.text) == (False, True)


def test_no_tls(certificates: Certificates) -> None:
    """A server that speaks no TLS is told from one that isn't there."""
    assert _tls(None, certificates.ca_file).text == "localhost: no connection (SSLError)"


def test_unknown_name() -> None:
    """A name that nobody knows ends the way there."""
    (found,) = checking.reached(Address("no-such-name.invalid", 443, has_tls=True), _NOW)
    assert (found.step, found.is_well) == (Step.NAME, False)
    assert "check the address" in found.text
