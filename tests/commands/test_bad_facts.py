"""Files of facts with bad lines: refused with every problem named, or read without them by --skip-bad."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from fokusstrom import cli
from tests.builders import FactLine, hours, meeting, offer, spell

_GOOD = [spell("2020-01-01"), meeting("2020-02-03")]
_BAD: list[tuple[FactLine, str]] = [
    ({"type": "Rumour"}, "type: unknown_type"),
    (hours("2020-02", -1), "hours: out_of_range"),
    (offer("2020-03-02", "2020-03-01"), "ends_on: end_before_start"),
    (spell("2020-04-31"), "starts_on: impossible_date"),
]
"""Each with field and reason of the specification's "Refused"."""
_COMMANDS: Mapping[str, tuple[str, ...]] = {
    "figures": ("figures", "--out"),
    "scenario": ("scenario", "--rules", "no_month_excluded", "--out"),
    "reconcile": ("reconcile", "--municipality", "751"),
    "explain figure": ("explain", "figure", "meetings_held", "751", "2020-02"),
    "explain meeting": ("explain", "meeting", "momentum:751", "m2020-02-03"),
}
"""Each command that reads files, with what it needs besides; the folder comes last."""


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Two files: the first has two bad lines behind two good ones, the second two bad ones, a good one between."""
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    bad = [line for line, _ in _BAD]
    for file, lines in ((first, [*_GOOD, *bad[:2]]), (second, [bad[2], meeting("2020-02-10"), bad[3]])):
        file.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    return first, second


def _run(command: str, files: tuple[Path, ...], *more: str) -> Result:
    given = _COMMANDS[command]
    out = (str(files[0].parent / "out"),) if given[-1] == "--out" else ()
    facts = ("--facts", *map(str, files), "--through", "2020-12-31", *more)
    return CliRunner().invoke(cli.fokusstrom, (*given, *out, *facts))


@pytest.mark.parametrize("command", _COMMANDS)
def test_refused(command: str, files: tuple[Path, Path]) -> None:
    """All problems are listed by file, line and field; nothing is made, and the exit code is 1."""
    result = _run(command, files)
    assert result.exit_code == 1
    places = (f"{files[0]}:3", f"{files[0]}:4", f"{files[1]}:1", f"{files[1]}:3")
    named = [line.partition(" - ")[0] for line in result.stderr.splitlines() if "jsonl" in line]
    assert named == [f"{place}: {problem}" for place, (_, problem) in zip(places, _BAD, strict=True)]
    assert "4 lines are bad, and nothing was made" in result.stderr
    assert not (files[0].parent / "out").exists()
    assert result.stdout == ""


@pytest.mark.parametrize("command", _COMMANDS)
def test_skipped(command: str, files: tuple[Path, Path]) -> None:
    """--skip-bad goes on without them and counts them; the good lines are all in the figures."""
    result = _run(command, files, "--skip-bad")
    assert result.exit_code == 0
    assert "4 bad lines were left out" in result.stderr
    if not (files[0].parent / "out").exists():
        assert command == "reconcile" or "2 of 2" in result.stdout or "counts" in result.stdout
        return
    (table,) = (files[0].parent / "out").rglob(
        "against/meetings_held.csv" if command == "scenario" else "meetings_held.csv"
    )
    assert table.read_text("utf-8").splitlines()[1:] == ["751,2020-02,CASH,JOB,PHYSICAL,false,true,,2"]


def test_all_problems_of_a_line(tmp_path: Path) -> None:
    """A line with several problems is one bad line, and each of its problems is listed with its field."""
    file = tmp_path / "facts.jsonl"
    meaning = spell("2020-03-02", "2020-03-01", target_group=14, municipality="999")
    shape = spell("2020-04-31", introduction_programme="no")
    file.write_text("".join(f"{json.dumps(line)}\n" for line in (meaning, shape)), encoding="utf-8")
    result = _run("figures", (file,))
    assert [line.partition(" - ")[0] for line in result.stderr.splitlines() if "jsonl" in line] == [
        f"{file}:1: municipality: unknown_municipality",
        f"{file}:1: target_group: out_of_range",
        f"{file}:1: ends_on: end_before_start",
        f"{file}:2: starts_on: impossible_date",
        f"{file}:2: introduction_programme: mistyped",
    ]
    assert "2 lines are bad" in result.stderr


def test_rows_of_parquet(tmp_path: Path) -> None:
    """In Parquet a row's number is its line, and files of both kinds can be given at once."""
    file = tmp_path / "facts.parquet"
    rows = [hours("2020-02", 10.0), hours("2020-03", -1.0), hours("2020-04", 745.0)]
    pq.write_table(pa.Table.from_pylist(rows), file)
    result = _run("figures", (file,))
    assert result.exit_code == 1
    assert [line.partition(" - ")[0] for line in result.stderr.splitlines()[:-1] if "parquet" in line] == [
        f"{file}:2: hours: out_of_range",
        f"{file}:3: hours: out_of_range",
    ]


def test_good_files(tmp_path: Path) -> None:
    """Where no line is bad, nothing is said of bad lines, with --skip-bad or without."""
    file = tmp_path / "facts.jsonl"
    file.write_text("".join(f"{json.dumps(line)}\n" for line in _GOOD), encoding="utf-8")
    for more in ((), ("--skip-bad",)):
        result = _run("figures", (file,), *more)
        assert result.exit_code == 0
        assert "bad" not in result.stderr
