"""Polling a REST API, against the simulator of one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from fokusstrom.runtime.clock import FixedClock
from fokusstrom_connectors.interface import Context, Source
from fokusstrom_connectors.simulators.rest import CLIENT, PATH, RestSimulator, Trouble
from fokusstrom_connectors.simulators.serving import served
from fokusstrom_connectors.sources.rest import CONNECTOR, RestSettings
from tests.connectors.certificates import Certificates
from tests.connectors.web_battery import WebBattery, certificates

__all__ = ["certificates"]

PAGES: dict[str, dict[str, Any]] = {
    "cursor": {"pages": {"kind": "cursor", "next": "meta.next"}},
    "number": {"pages": {"kind": "number"}},
    "link": {"pages": {"kind": "link"}},
    "since": {"since": {"parameter": "since", "field": "registreret"}, "pages": {"kind": "number"}},
}


class RestRig:
    """The simulator behind HTTP, and the connector."""

    mapping = "momentum"
    is_sent_to = False

    def __init__(self, pages: str, certificates: Certificates, stack: ExitStack) -> None:
        """Serve no records yet."""
        self.simulator = RestSimulator(token_seconds=3600)
        self.simulator.wait_seconds = 3.0
        self._certificates = certificates
        self._pages = PAGES[pages]
        self.repeats = 300 if pages == "number" else 100
        self._stack = stack
        self._serving = stack.enter_context(ExitStack())
        self._at = self._serving.enter_context(served(self.simulator.application))

    def add(self, *records: dict[str, Any]) -> None:
        """As `Rig`."""
        self.simulator.add(*records)

    def change(self, place: int, record: dict[str, Any]) -> None:
        """As `Rig`."""
        self.simulator.change(place, record)

    def on_page(self, number: int, does: Callable[[], None]) -> None:
        """As `Rig`."""
        self.simulator.on_request(number, does)

    def pages_given(self) -> int:
        """As `Rig`."""
        return self.simulator.requests

    def trouble(self, *troubles: Trouble) -> None:
        """As `WebRig`."""
        self.simulator.trouble(*troubles)

    def tokens_given(self) -> int:
        """As `WebRig`."""
        return self.simulator.tokens_given

    def serve(self, certificate: Path | None) -> None:
        """As `WebRig`."""
        port = 0 if self._at.startswith("http:") else urlsplit(self._at).port
        self._serving.close()
        self._at = self._serving.enter_context(
            served(self.simulator.application, certificate=certificate, port=port or 0)
        )

    def make(self, look_back: timedelta = timedelta(0)) -> Source:
        """As `Rig`."""
        settings = RestSettings.model_validate(
            {
                "url": self._at + PATH,
                "records": "data",
                "error": "error",
                "holds": "meta.total",
                "timeout": "2s",
                "tls": {"ca_file": self._certificates.ca_file},
                "auth": {
                    "kind": "oauth2",
                    "token_url": f"{self._at}/token",
                    "client_id": CLIENT[0],
                    "client_secret": "env:CLIENT",
                },
                **self._pages,
            }
        )
        context = Context(FixedClock(datetime(2020, 3, 20, tzinfo=UTC)), {"CLIENT": CLIENT[1]}, look_back)
        return CONNECTOR.make(settings, context)


class TestRest(WebBattery):
    """The battery, for each way of going from page to page."""

    @pytest.fixture(params=PAGES)
    def rig(self, request: pytest.FixtureRequest, certificates: Certificates) -> Iterator[RestRig]:
        """Serve the simulator."""
        with ExitStack() as stack:
            yield RestRig(request.param, certificates, stack)
