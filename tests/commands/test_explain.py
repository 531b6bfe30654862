"""`fokusstrom explain`: what is said on stdout, as text and as JSON, and what is logged."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from fokusstrom import cli
from tests.builders import ANNA, FactLine, meeting, protection, spell

_FACTS: list[FactLine] = [spell("2018-01-01"), meeting("2020-04-01", fact_id="m", mode="PHONE")]
_MEETING = ("meeting", "momentum:751", "m")
_FIGURE = ("figure", "focus_meetings", "751", "2020-12")


def _file(folder: Path, facts: list[FactLine], name: str = "facts.jsonl") -> str:
    file = folder / name
    file.write_text("".join(f"{json.dumps(fact)}\n" for fact in facts), encoding="utf-8")
    return str(file)


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(cli.fokusstrom, ("explain", *arguments, "--through", "2020-12-31"))


def test_meeting_as_text(tmp_path: Path) -> None:
    """The first line says what came out; rows of the rule set have their reference; what is assumed is said."""
    result = _run(*_MEETING, "--facts", _file(tmp_path, _FACTS))
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == "meeting m of momentum:751: mode_not_counted"
    assert lines[2] == "Unsuppressed: for readers inside the trust boundary."
    assert "R7    It does not count: mode_not_counted, as its mode doesn't count on that date." in lines
    assert "      by counting_modes 3 (PHONE; from 2020-05-27): " in result.stdout
    assert "order on partial suspension of 20 March 2020 [sourced]" in result.stdout
    assert lines[-1] == "Rests on 2 rows assumed, not read in the law: counting_modes 2, counting_modes 3."


def test_meeting_as_json(tmp_path: Path) -> None:
    """The same as one JSON object: each step with its rule, finding, rows and listing."""
    result = _run(*_MEETING, "--format", "json", "--facts", _file(tmp_path, _FACTS))
    told = json.loads(result.stdout)
    assert (told["outcome"], told["rule_set"]["name"], told["suppressed"]) == ("mode_not_counted", "in-force", False)
    (r7,) = (step for step in told["steps"] if step["rule"] == "R7")
    assert [(row["table"], row["mode"], row["to"]) for row in r7["decided_by"]] == [
        ("counting_modes", "PHONE", "2020-03-19"),
        ("counting_modes", "PHONE", None),
    ]
    assert {"condition": "attendance", "is": "HELD", "holds": True} in r7["listing"]


def test_another_rule_set(tmp_path: Path) -> None:
    """Under a scenario the same meeting counts."""
    result = _run(*_MEETING, "--rules", "remote_meetings_count", "--facts", _file(tmp_path, _FACTS))
    assert result.stdout.splitlines()[0] == "meeting m of momentum:751: counts"


def test_unknown_meeting(tmp_path: Path) -> None:
    """A meeting that the files don't have: said on stderr, code 1."""
    result = _run("meeting", "momentum:751", "other", "--facts", _file(tmp_path, _FACTS))
    assert (result.exit_code, result.stdout) == (1, "")
    assert "no such meeting" in result.stderr


def test_figure_of_several_files(tmp_path: Path) -> None:
    """Further files follow the first, also behind a benefit; citizens are listed only with --citizens."""
    files = [_file(tmp_path, [fact], f"{place}.jsonl") for place, fact in enumerate(_FACTS)]
    result = _run(*_FIGURE, "CASH", "--citizens", "--facts", *files)
    assert result.stdout.splitlines()[0] == "focus_meetings of 751 Aarhus, 2020-12 CASH: 1 of 1"
    # The window of December 2020 begins in January: one meeting in it, that doesn't count.
    assert f"{ANNA}  CASH     2020-01-01   0         4         mode_not_counted: 1" in result.stdout
    assert ANNA not in _run(*_FIGURE, "--facts", *files).stdout


def test_protected_citizens(tmp_path: Path) -> None:
    """R18: a protected citizen is in no list; with the right they are, and that is logged without naming them."""
    file = _file(tmp_path, [*_FACTS, protection()])
    result = _run(*_FIGURE, "--citizens", "--facts", file)
    assert ANNA not in result.stdout
    assert "1 citizen with a protected address: in the numbers, in no list" in result.stdout
    assert "protected citizens shown" not in result.stderr
    result = _run(*_FIGURE, "--citizens", "--with-protected", "--facts", file)
    assert ANNA in result.stdout
    assert "protected citizens shown" in result.stderr
    assert ANNA not in result.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("figure", "supervision", "751", "2020-12"), "supervision is of a year: give YYYY"),
        (("figure", "focus_meetings", "751", "2020"), "focus_meetings is of a month: give YYYY-MM"),
        (("figure", "mode_use", "751", "2020-12", "CASH"), "mode_use is not of a benefit: leave it out"),
        (("figure", "focus_meetings", "999", "2020-12"), "'999' is not one of"),
        (("meeting", "momentum:751", "m"), "give --facts FILE"),
    ],
)
def test_wrong_use(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    """Wrong use is answered with what to change, and code 2."""
    given = () if arguments[0] == "meeting" else ("--facts", _file(tmp_path, _FACTS))
    result = _run(*arguments, *given)
    assert result.exit_code == 2
    assert said in result.stderr
