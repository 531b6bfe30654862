"""`fokusstrom reconcile`: the lists as CSV, on stdout or as files."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from click.testing import CliRunner, Result

from fokusstrom import cli
from tests.builders import BO, FactLine, joint, meeting, protection, spell

# Without a spell: Anna's in 2017, named with a comma; Bo's, who is protected.
_FACTS: list[FactLine] = [
    spell("2018-01-01"),
    meeting("2017-03-01", fact_id="2017, the first"),
    meeting("2021-03-02", fact_id="bo", citizen=BO),
    protection(BO),
    joint("2021-03-01", "A_KASSE", fact_id="theirs"),
]


def _run(folder: Path, *more: str) -> Result:
    file = folder / "facts.jsonl"
    file.write_text("".join(f"{json.dumps(fact)}\n" for fact in _FACTS), encoding="utf-8")
    given = ("--municipality", "751", "--facts", str(file), "--through", "2021-12-31")
    return CliRunner().invoke(cli.fokusstrom, ("reconcile", *given, *more))


def test_one_table(tmp_path: Path) -> None:
    """Without a folder all lists are one table on stdout; numbers, of protected citizens too, are on stderr."""
    result = _run(tmp_path)
    assert result.exit_code == 0
    rows = list(csv.DictReader(result.stdout.splitlines()))
    assert [(row["list"], row["fact_id"]) for row in rows] == [
        ("joint_only_a_kasse", "theirs"),
        ("without_spell", "2017, the first"),
    ]
    assert "without_spell: 1; 1 of protected citizens left out" in result.stderr
    assert "refused_by_dfdg: 0\n" in result.stderr
    assert BO not in result.stdout


def test_files(tmp_path: Path) -> None:
    """With a folder there is a file for each list, empty ones with their head."""
    out = tmp_path / "out"
    result = _run(tmp_path, "--out", str(out))
    assert result.stdout.splitlines() == [
        str(out / f"{name}.csv")
        for name in ("joint_only_a_kasse", "without_spell", "assessment_missing", "reported_twice", "refused_by_dfdg")
    ]
    (row,) = csv.DictReader((out / "without_spell.csv").read_text("utf-8").splitlines())
    assert (row["fact_id"], row["reason"], row["other_fact_id"]) == ("2017, the first", "no_spell", "")
    assert (out / "refused_by_dfdg.csv").read_text("utf-8").startswith("reason,source,fact_id,version,held_on,")


def test_without_facts() -> None:
    """It needs facts, and says so."""
    result = CliRunner().invoke(cli.fokusstrom, ("reconcile", "--municipality", "751", "--through", "2021-12-31"))
    assert (result.exit_code, "give --facts FILE" in result.stderr) == (2, True)
