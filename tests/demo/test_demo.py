"""The demo as a whole: it runs to its end without anyone watching, shows the figures, and leaves no process."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import httpx
import pytest

from fokusstrom.commands._folding import Given
from fokusstrom.commands.demo import _line
from fokusstrom.domain import rule_set
from fokusstrom.domain.fold import Fold, Slice
from fokusstrom.domain.rules_and_figures import FIGURES, figures_of
from fokusstrom.monitor.country import summed
from fokusstrom.simulation import arrival
from fokusstrom.simulation.settings import Settings

pytestmark = [pytest.mark.slow, pytest.mark.broker, pytest.mark.timeout(600)]

SMALL = ("--citizens", "300", "--from", "2020-03", "--to", "2020-05")
MONTHS = ["2020-03", "2020-04", "2020-05"]


def _environment() -> dict[str, str]:
    """Ours without any setting: the demo starts a Kafka of its own."""
    return {name: text for name, text in os.environ.items() if not name.startswith("FOKUSSTROM_")}


_STARTED: list[subprocess.Popen[str]] = []


@pytest.fixture(autouse=True)
def _none_is_left() -> Iterator[None]:
    """A test that fails leaves no demo behind for the tests after it."""
    yield
    while _STARTED:
        with _STARTED.pop() as demo:
            demo.kill()


def _start(folder: Path, *options: str) -> subprocess.Popen[str]:
    demo = subprocess.Popen(
        [sys.executable, "-m", "fokusstrom.cli", "demo", "--data", str(folder), *SMALL, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=_environment(),
    )
    _STARTED.append(demo)
    return demo


def _left(folder: Path) -> list[str]:
    """Processes that have to do with the folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            told = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        except OSError:  # it has just ended
            continue
        if str(folder).encode() in told:
            found.append(f"{process.name}: {told[:200]!r}")
    return found


def test_it_runs_to_its_end_unattended(tmp_path: Path) -> None:
    """With --exit the demo ends by itself with code 0: the figures of its facts, lag by group, no process left."""
    demo = _start(tmp_path / "demo", "--exit")
    told, progress = demo.communicate(timeout=500)
    assert demo.returncode == 0, progress
    assert re.findall(r"^(20\d\d-\d\d) +\d+\.\d(?: +\d+\.\d){5}$", told, re.MULTILINE) == MONTHS
    assert [line for line in told.splitlines() if re.match(r"20\d\d-\d\d ", line)] == _of_files(tmp_path)
    assert _left(tmp_path / "demo") == []
    assert len(re.findall(r"^fokusstrom-\S+ .* up to date$", told, re.MULTILINE)) == 3
    assert "month 3/3" in progress


def _of_files(folder: Path) -> list[str]:
    """Give the table of the same citizens, of their facts in a file: without any source, connector or broker."""
    _, citizens, _, first, _, last = SMALL
    arrival.write(Settings(int(citizens), 1, first, last), folder / "facts.parquet")
    connection = Given((folder / "facts.parquet",), skip_bad=False).read().connection
    fold = Fold(connection, rule_set.in_force(), date(2020, 5, 31), Slice())
    fold.begin()
    fold.collect()
    fold.run(["focus_meetings", "mode_persons"])
    rows = [figures_of(connection, FIGURES[name], f"folded_{name}") for name in ("focus_meetings", "mode_persons")]
    months = summed(*(table.to_pylist() for table in rows))
    return [_line(month) for month in months if month.month >= date(2020, 3, 1)]


def _wait_for(demo: subprocess.Popen[str], pattern: str) -> re.Match[str]:
    assert demo.stdout is not None
    for line in demo.stdout:
        found = re.search(pattern, line)
        if found:
            return found
    pytest.fail(f"it ended without {pattern}: {demo.stderr.read() if demo.stderr else ''}")


def _settled(address: str, sign: str) -> str:
    """What is at the address once it has the sign, or after a minute."""
    deadline = time.monotonic() + 60
    text = httpx.get(address, timeout=60).text
    while sign not in text and time.monotonic() < deadline:
        time.sleep(0.5)
        text = httpx.get(address, timeout=60).text
    return text


def test_it_serves_the_figures_until_it_is_interrupted(tmp_path: Path) -> None:
    """The page shows what the terminal showed; Ctrl-C stops everything in order; a second start begins anew."""
    demo = _start(tmp_path / "demo")
    address = _wait_for(demo, r"The same as charts: (\S+)")[1]
    metrics = _settled(f"{address}metrics", "fokusstrom_monitor_release_newest 4.0")
    assert "fokusstrom_monitor_cut_complete 4.0" in metrics
    assert "fokusstrom_monitor_topics_differing 0.0" in metrics
    page = _settled(f"{address}?lang=en", "3 of 3 groups are up to date")
    for month in ("March 2020", "April 2020", "May 2020"):
        assert f'<th scope="row">{month}</th>' in page
    assert "3 of 3 groups are up to date" in page
    demo.send_signal(signal.SIGINT)
    _, progress = demo.communicate(timeout=120)
    assert demo.returncode == 0, progress
    assert _left(tmp_path / "demo") == []


@pytest.mark.fault
def test_a_service_that_dies_ends_the_demo(tmp_path: Path) -> None:
    """When a service dies, the demo says which, shows its last lines, stops all else, and exits with 1."""
    demo = _start(tmp_path / "demo")
    _wait_for(demo, r"The same as charts")
    (pid,) = [line.split(":")[0] for line in _left(tmp_path / "demo") if "reporting" in line and "_tether" not in line]
    os.kill(int(pid), signal.SIGKILL)
    _, progress = demo.communicate(timeout=120)
    assert demo.returncode == 1
    assert "reporting has ended with code" in progress
    assert "reporting.log" in progress
    assert _left(tmp_path / "demo") == []
