"""Services as processes: who ends is noticed, and stopping leaves nobody."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from fokusstrom.demo.processes import ServiceEnded, Services


def test_a_service_that_ends_is_named_with_the_end_of_its_log(tmp_path: Path) -> None:
    """When a service has ended, the error says which, and shows its last lines."""
    with Services(tmp_path, os.environ) as services:
        services.start("oddly-named", ["no-such-command"])
        services._running["oddly-named"].wait(30)
        with pytest.raises(ServiceEnded) as ended:
            services.check()
    assert "oddly-named has ended with code 2" in str(ended.value)
    assert "No such command 'no-such-command'" in str(ended.value)


@pytest.mark.slow
def test_stopping_stops_all(tmp_path: Path) -> None:
    """A stopped service ends in order: it is asked, and its log says so."""
    with Services(tmp_path, os.environ) as services:
        services.start("monitor", ["monitor"], BOOTSTRAP="127.0.0.1:1", PORT="0")
        deadline = time.monotonic() + 30
        while "listens" not in (tmp_path / "monitor.log").read_text() and time.monotonic() < deadline:
            time.sleep(0.1)
        services.check()
        (process,) = services._running.values()
    assert process.returncode == 0
