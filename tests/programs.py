"""Programs that pip can't bring: a test that needs one says so, and the run ends by naming what was left out.

    @pytest.mark.needs("chromium")
    def test_the_page() -> None: ...

With REQUIRE_ALL=1 leaving out is failing. Kafka isn't among them: pip brings it.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Program:
    """A program, the names it may have, and how to get it."""

    executables: Sequence[str]
    install: str


PROGRAMS: Mapping[str, Program] = {
    "chromium": Program(("chromium", "chromium-browser", "google-chrome"), "apt-get install chromium"),
    "kcat": Program(("kcat",), "apt-get install kcat"),
    "postgresql": Program(("initdb",), "apt-get install postgresql"),
    "helm3": Program(("helm3",), "make helm"),
    "helm4": Program(("helm4",), "make helm"),
}
"""Every program that a test may need."""

_OF_DEBIAN = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
"""Where Debian puts programs that it keeps several versions of."""

_LEFT_OUT = "left out for want of"
"""The property of a test's report that names the program; reports come from every process of a run."""


def path_of(name: str) -> str | None:
    """Where a program of the table is, or None when it isn't here."""
    places = os.pathsep.join([os.environ.get("PATH", os.defpath), str(made_here()), *map(str, _OF_DEBIAN)])
    found = (shutil.which(executable, path=places) for executable in PROGRAMS[name].executables)
    return next((path for path in found if path is not None), None)


def made_here() -> Path:
    """Where the Makefile puts programs that it builds."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "fokusstrom", "bin")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Leave a test out when a program is missing, or fail it where everything is required."""
    for name in _needed(item):
        if path_of(name) is None:
            item.user_properties.append((_LEFT_OUT, name))
            if os.environ.get("REQUIRE_ALL") == "1":
                pytest.fail(f"{name} is missing and REQUIRE_ALL=1: {PROGRAMS[name].install}", pytrace=False)
            pytest.skip(f"{name} is missing")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name what was left out, and how to get it."""
    for name, count in sorted(_left_out(terminalreporter).items()):
        tests = "1 test" if count == 1 else f"{count} tests"
        terminalreporter.write_line(
            f"Left out: {tests} that need {name}; to run them: {PROGRAMS[name].install}", yellow=True
        )


def _left_out(terminalreporter: pytest.TerminalReporter) -> Counter[str]:
    """Count the tests that were left out by the program that they need."""
    reports = [report for outcome in ("skipped", "error") for report in terminalreporter.stats.get(outcome, ())]
    return Counter(
        name
        for report in reports
        if report.when == "setup"
        for what, name in report.user_properties
        if what == _LEFT_OUT
    )


def _needed(item: pytest.Item) -> Iterator[str]:
    for mark in item.iter_markers("needs"):
        yield from mark.args
