"""The rule set that ships is the specification's, and a wrong one is answered with everything to change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from fokusstrom.domain import rule_set
from fokusstrom.domain.errors import ConfigError
from fokusstrom.domain.rule_set import FOREVER, PROVENANCES, TABLES, in_force, parse
from tests.reference import SHIPPED

_SPECIFICATION = Path(__file__).parents[2] / "docs" / "specification.md"
_EAST = ["Hovedstaden", "Sjælland"]
_WHICH: Mapping[str, dict[str, Any]] = {
    "all": {},
    "others": {},
    "`JOINT`": {"only_type": "JOINT"},
    "six months reached": {"only_six_months": True},
    "earlier": {},
    "first meeting": {"only_first": True},
    "later": {},
}
"""What a row of the specification asks of a meeting; the row before it has what the others are."""


def _table_of_the_specification() -> Iterator[list[str]]:
    lines = iter(_SPECIFICATION.read_text("utf-8").splitlines())
    assert any(line.startswith("| From | To | Where | Which |") for line in lines)
    next(lines)
    for line in lines:
        if not line.startswith("|"):
            return
        yield [cell.strip() for cell in line.strip("|").split("|")]


def _modes(cell: str) -> list[str]:
    return [mode.strip() for mode in cell.split(",") if mode.strip()]


def _as_rule(cells: list[str]) -> dict[str, Any]:
    since, until, where, which, allowed, with_assessment, expected, reference = cells
    asked = {"only_type": None, "only_first": None, "only_six_months": None} | _WHICH[which]
    return asked | {
        "valid_from": date.fromisoformat(since),
        "valid_to": date.fromisoformat(until) if until else FOREVER,
        "regions": _EAST if where == "Hovedstaden, Sjælland" else None,
        "allowed": _modes(allowed),
        "with_assessment": _modes(with_assessment),
        "assessment_expected": _modes(expected),
        "reference": reference,
    }


def test_mode_rules() -> None:
    """Every row of `mode_rules` is a row of the specification's table, in its order."""
    expected = [_as_rule(cells) for cells in _table_of_the_specification()]
    shipped = [{name: row[name] for name in expected[0]} for row in in_force().rows["mode_rules"]]
    assert shipped == expected
    assert len(expected) == 18


def test_what_the_specification_says_in_words() -> None:
    """Modes, reporters, targets and months left out are those that the specification names."""
    rows = in_force().rows
    counting = {
        name: {(row[code], row["valid_from"], row["valid_to"]) for row in rows[name]}
        for name, code in (("counting_modes", "mode"), ("counting_reporters", "reporter"))
    }
    first = date(1900, 1, 1)
    assert counting["counting_modes"] == {
        (row.code, row.since or first, row.until or FOREVER) for row in SHIPPED.counting_modes
    }
    assert counting["counting_reporters"] == {
        (row.code, row.since or first, row.until or FOREVER) for row in SHIPPED.counting_reporters
    }
    (target,) = rows["focus_targets"]
    assert [target[name] for name in ("min_meetings", "min_hours", "window_months", "seniority_months")] == [
        4, 225, 12, 12,
    ]  # fmt: skip
    assert (target["seniority_days"], target["meetings_threshold_permille"]) == (365, 200)
    assert [(row["valid_from"], row["valid_to"]) for row in rows["excluded_months"]] == [
        (date(2020, 3, 1), date(2020, 6, 30))
    ]
    early, evaluation, release = (in_force().row(name) for name in ("early_contact", "evaluation", "release"))
    assert (early["min_meetings"], early["months"]) == (4, 6)
    assert (evaluation["horizon_months"], evaluation["outcome_months"]) == ([3, 6, 12], 12)
    assert (release["final_after_days"], release["closing_months"]) == (45, 36)


def test_names_of_mode_rules() -> None:
    """`mode_rule` names the row: names are those of the reference, and each is of one row."""
    assert [row["name"] for row in in_force().rows["mode_rules"]] == [row.name for row in SHIPPED.mode_rules]
    assert len({row.name for row in SHIPPED.mode_rules}) == len(SHIPPED.mode_rules)


def test_every_row_says_where_it_is_from() -> None:
    """Each row has its legal reference and a provenance."""
    rows = [row for table in in_force().rows.values() for row in table]
    assert all(row["reference"] and row["provenance"] in PROVENANCES for row in rows)


def test_digest() -> None:
    """A rule set is named by its text: another text is another rule set."""
    assert parse(in_force().text).digest == in_force().digest
    assert parse(f"{in_force().text}\n").digest != in_force().digest


def test_relations() -> None:
    """Its tables become relations of the same names, rows numbered in their order, in place of earlier ones."""
    connection = duckdb.connect()
    for _ in range(2):
        in_force().install(connection)
    for name, columns in TABLES.items():
        described = [column for column, *_ in connection.execute(f"DESCRIBE {name}").fetchall()]
        assert described == ["row", *columns, "reference", "provenance"]
    rows = connection.execute("SELECT row, name FROM mode_rules ORDER BY row").fetchall()
    assert rows == [(number, row.name) for number, row in enumerate(SHIPPED.mode_rules, 1)]


def _broken(*changes: tuple[str, str]) -> str:
    text = in_force().text
    for before, after in changes:
        assert before in text
        text = text.replace(before, after, 1)
    return text


def test_all_problems_at_once() -> None:
    """Everything that is wrong is said in one run, each with its place."""
    text = _broken(
        ('version = "1"', "version = 1"),
        ('mode = "PHYSICAL"', 'mode = "SMOKE"'),
        ("min_meetings = 4", 'min_meetings = "four"'),
        ("from = 2020-03-01\nto = 2020-06-30", "from = 2020-07-01\nto = 2020-06-30"),
        ("closing_months = 36\n", ""),
        ("[[early_contact]]", "[[late_contact]]"),
        ('allowed = ["PHONE", "VIDEO"]', 'allowed = ["PHONE", "FAX"]'),
        ('provenance = "seed"', 'provenance = "hearsay"'),
        ("most_hidden = 4", "most_hidden = 4\nmost_seen = 4"),
    )
    with pytest.raises(ConfigError) as raised:
        parse(text)
    said = "\n".join(raised.value.problems)
    places = (
        "version:", "counting_modes row 1: mode", "focus_targets row 1: min_meetings",
        "excluded_months row 1: 'to' lies before", "release row 1: closing_months is missing",
        "late_contact: there is no such table", "early_contact: write its rows",
        "mode_rules row 3: allowed must be of", "mode_rules row 1: provenance", "suppression row 1: most_seen",
    )  # fmt: skip
    assert [place for place in places if place not in said] == []
    assert len(raised.value.problems) == len(places)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name = ", "not TOML"),
        ("", "name: give"),
        ("release = [1]", "release row 1: write it as"),
        (in_force().text + "\n[[selection]]\nfirst_year = 1\nreference = ''\nprovenance = 'seed'\n", "has 2 rows"),
    ],
)
def test_no_rule_set(text: str, said: str) -> None:
    """What isn't a rule set at all is answered likewise."""
    with pytest.raises(ConfigError, match=said):
        parse(text)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("min_hours = 225", "min_hours = true", "min_hours must be of type INTEGER"),
        ("min_hours = 225", "min_hours = 3_000_000_000", "min_hours must be of type INTEGER"),
        ("from = 2020-03-01", "from = 2020-03-01T00:00:00", "from must be of type DATE"),
        ("to = 2020-06-30", 'to = "2020-06-30"', "to must be of type DATE"),
        ("horizon_months = [3, 6, 12]", 'horizon_months = [3, "6"]', r"horizon_months must be of type INTEGER\[\]"),
        ("allowed = [", 'allowed = [["PHONE"], ', r"allowed must be of type VARCHAR\[\]"),
    ],
)
def test_types(before: str, after: str, said: str) -> None:
    """A value of another type is a problem like all others: TOML's `true` is no number, an instant no date."""
    with pytest.raises(ConfigError, match=said):
        parse(_broken((before, after)))


def test_it_is_read_once() -> None:
    """The rule set that ships is read once."""
    assert rule_set.in_force() is in_force()
