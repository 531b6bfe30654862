"""The guide's example is a connector: it passes the whole battery, and is as short as the guide says."""

from __future__ import annotations

import re
import sys
import types
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fokusstrom.runtime.clock import FixedClock
from fokusstrom_connectors.interface import Context, Source
from fokusstrom_connectors.simulators.rest import PATH
from fokusstrom_connectors.simulators.tokens import CLIENT
from tests.connectors.certificates import Certificates
from tests.connectors.sources.test_rest import RestRig
from tests.connectors.web_battery import WebBattery, certificates

__all__ = ["certificates"]

GUIDE = Path(__file__).parents[2] / "docs" / "connectors" / "writing.md"


def example() -> types.ModuleType:
    """Give the guide's example as a module."""
    found = re.search(r"^```python\n(.*?)^```", GUIDE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert found is not None
    module = types.ModuleType("diary_of_the_guide")
    sys.modules[module.__name__] = module
    exec(compile(found[1], str(GUIDE), "exec"), module.__dict__)  # noqa: S102 - the guide is ours
    assert found[1].count("\n") < 100
    return module


class DiaryRig(RestRig):
    """The guide's example, before the simulator of a REST API."""

    def make(self) -> Source:  # type: ignore[override]  # a diary has no look-back
        """As `Rig`."""
        told: dict[str, Any] = {
            "url": self.at + PATH,
            "timeout": "2s",
            "tls": {"ca_file": self._certificates.ca_file},
            "auth": {
                "kind": "oauth2",
                "token_url": f"{self.at}/token",
                "client_id": CLIENT[0],
                "client_secret": "env:CLIENT",
            },
        }
        connector = example().CONNECTOR
        context = Context(FixedClock(datetime(2020, 3, 20, tzinfo=UTC)), {"CLIENT": CLIENT[1]})
        made: Source = connector.make(connector.settings.model_validate(told), context)
        return made


class TestDiary(WebBattery):
    """The battery."""

    @pytest.fixture
    def rig(self, certificates: Certificates) -> Iterator[DiaryRig]:
        """Serve the simulator."""
        with ExitStack() as stack:
            yield DiaryRig("cursor", certificates, stack)
