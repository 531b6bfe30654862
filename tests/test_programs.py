"""What was left out is never left unsaid."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs import PROGRAMS, made_here, path_of

ROOT = Path(__file__).parents[1]
TESTS = """
import pytest

@pytest.mark.needs("chromium")
def test_page(): pass

@pytest.mark.needs("chromium")
def test_other_page(): pass

def test_figures(): pass
"""


@pytest.fixture
def without_programs(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A test run on a machine that has no further programs."""
    monkeypatch.setenv("PATH", str(pytester.path))
    monkeypatch.delenv("REQUIRE_ALL", raising=False)
    pytester.makeini("[pytest]\nmarkers = needs(program): needs a program\naddopts = -p tests.programs")
    pytester.makepyfile(TESTS)
    return pytester


@pytest.mark.parametrize("processes", ["0", "2"])
def test_the_run_ends_by_naming_what_was_left_out(without_programs: pytest.Pytester, processes: str) -> None:
    """How many tests, for want of which program, and how to get it; whichever process left them out."""
    result = without_programs.runpytest_inprocess("--numprocesses", processes)
    result.assert_outcomes(passed=1, skipped=2)
    result.stdout.fnmatch_lines(["Left out: 2 tests that need chromium; to run them: apt-get install chromium"])


def test_where_everything_is_required_leaving_out_is_failing(
    without_programs: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """REQUIRE_ALL=1 fails what would have been left out."""
    monkeypatch.setenv("REQUIRE_ALL", "1")
    without_programs.runpytest_inprocess().assert_outcomes(passed=1, errors=2)


def test_a_program_is_found_under_any_of_its_names(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Distributions name the same program differently."""
    program = tmp_path / PROGRAMS["chromium"].executables[-1]
    program.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert path_of("chromium") == str(program)


def test_a_program_that_was_built_for_the_tests_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`make helm` puts it into the user's cache, which needs not be on the path."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert path_of("helm4") is None
    program = made_here() / "helm4"
    program.parent.mkdir(parents=True)
    program.touch(mode=0o755)
    assert path_of("helm4") == str(program)


@pytest.mark.parametrize("name", PROGRAMS)
def test_ci_brings_every_program(name: str) -> None:
    """On a clean machine nothing is left out, and so nothing fails for want of a program."""
    run = (ROOT / ".ci" / "run").read_text("utf-8")
    how, *what = PROGRAMS[name].install.rsplit(maxsplit=1)
    if how == "apt-get install":
        assert f"want {PROGRAMS[name].executables[0]} {what[0]}" in run
    else:
        assert PROGRAMS[name].install in run
        assert f"\n.PHONY: {what[0]}\n{what[0]}: " in (ROOT / "Makefile").read_text("utf-8"), "make would do nothing"
