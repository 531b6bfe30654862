"""A scenario says what it replaces of the rule set in force; what comes out is whole, and named by all of it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from fokusstrom.domain.errors import ConfigError
from fokusstrom.domain.rule_set import FOREVER, TABLES, in_force, parse, scenarios, shipped

_DOCUMENTATION = Path(__file__).parents[2] / "docs" / "scenarios"
_HEAD = 'name = "a scenario"\nversion = "1"\nbased_on = "in_force"\n'
_PHONE = '[[counting_modes]]\nmode = "PHONE"\nreference = "a test"\nprovenance = "seed"\n'


def _problems(text: str) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        parse(_HEAD + text)
    return list(raised.value.problems)


def _changed(name: str) -> set[str]:
    """The tables in which a scenario that ships differs from the rules in force."""
    return {table for table in TABLES if shipped(name).rows[table] != in_force().rows[table]}


def test_nothing_else_changes() -> None:
    """Tables that a scenario doesn't name are those in force, each row with its reference."""
    for name, tables in {
        "digital_choice": {"mode_rules"},
        "targets_suspended": {"excluded_months", "selection"},
        "remote_meetings_count": {"counting_modes"},
        "no_month_excluded": {"excluded_months"},
        "hours_100_percent_30": {"focus_targets"},
    }.items():
        assert _changed(name) == tables
    assert len(scenarios()) == 5


def test_what_the_five_say() -> None:
    """Each of the five that ship says what the letters of 2020 and the page of the agency ask for."""
    choice = [row for row in shipped("digital_choice").rows["mode_rules"] if row["valid_to"] > date(2020, 12, 31)]
    assert [(row["valid_from"], row["allowed"]) for row in choice] == [
        (date(2021, 1, 1), ["PHYSICAL", "PHONE", "VIDEO"])
    ]
    (left_out,) = shipped("targets_suspended").rows["excluded_months"]
    assert (left_out["valid_from"], left_out["valid_to"]) == (date(2020, 3, 1), date(2020, 12, 31))
    assert shipped("targets_suspended").row("selection")["first_year"] == 2021
    counting = shipped("remote_meetings_count").rows["counting_modes"]
    in_april = {row["mode"] for row in counting if row["valid_from"] <= date(2020, 4, 15) <= row["valid_to"]}
    assert in_april == {"PHYSICAL", "PHONE", "VIDEO"}
    assert shipped("no_month_excluded").rows["excluded_months"] == ()
    (target,) = shipped("hours_100_percent_30").rows["focus_targets"]
    assert (target["min_hours"], target["offers_threshold_permille"]) == (100, 300)
    assert (target["min_meetings"], target["meetings_threshold_permille"]) == (4, 200)


def test_rows_are_cut_where_others_hold() -> None:
    """A row of the base that reaches into the dates is cut before and after them, one within them falls away."""
    one_day = _PHONE + "from = 2021-01-10\nto = 2021-01-10\n"
    text = _HEAD + '[[replaced]]\ntable = "counting_modes"\nfrom = 2021-01-10\nto = 2021-01-10\n' + one_day
    phone = [row for row in parse(text).rows["counting_modes"] if row["mode"] == "PHONE"]
    assert [(row["valid_from"], row["valid_to"]) for row in phone] == [
        (date(1900, 1, 1), date(2020, 3, 19)),
        (date(2020, 5, 27), date(2021, 1, 9)),
        (date(2021, 1, 11), FOREVER),
        (date(2021, 1, 10), date(2021, 1, 10)),
    ]
    rules = parse(_HEAD + '[[replaced]]\ntable = "mode_rules"\nfrom = 2020-04-01\nto = 2020-04-30\n').rows["mode_rules"]
    suspension = [(row["valid_from"], row["valid_to"]) for row in rules if row["name"] == "2020-03 suspension"]
    assert suspension == [(date(2020, 3, 20), date(2020, 3, 31)), (date(2020, 5, 1), date(2020, 5, 26))]


def test_rows_of_other_codes_stay() -> None:
    """Where only some codes are replaced, rows of all others are those in force; two codes can be replaced apart."""
    replaced = '[[replaced]]\ntable = "counting_modes"\ncodes = ["PHONE"]\n'
    apart = replaced + replaced.replace("PHONE", "VIDEO")
    left = [row["mode"] for row in parse(_HEAD + replaced).rows["counting_modes"]]
    assert left == ["PHYSICAL", "VIDEO", "VIDEO"]
    assert [row["mode"] for row in parse(_HEAD + apart).rows["counting_modes"]] == ["PHYSICAL"]


@pytest.mark.parametrize("name", [*scenarios(), "in_force"])
def test_the_text_is_whole(name: str) -> None:
    """The text of a scenario is the whole rule set: read alone, it is the same, of the same digest."""
    alone = parse(shipped(name).text)
    assert alone == shipped(name)
    assert alone.digest == shipped(name).digest
    assert "based_on" not in alone.text


def test_the_digest_covers_what_comes_out() -> None:
    """The same changes written otherwise are the same rule set; other rules in force are another."""
    plain = _HEAD + '[[replaced]]\ntable = "excluded_months"\n'
    written_otherwise = "# a comment\n" + _HEAD + "excluded_months = []\nreplaced = [{ table = 'excluded_months' }]\n"
    assert parse(plain).digest == parse(written_otherwise).digest
    assert len({shipped(name).digest for name in scenarios()} | {in_force().digest}) == 6


def test_texts_of_any_kind() -> None:
    """Whatever text a row has, it is written so that it reads the same."""
    reference = '"\\u007f \\" \\\\ \\t æøå § 33"'
    text = (
        _HEAD + '[[replaced]]\ntable = "counting_modes"\n' + _PHONE.replace('"a test"', reference) + "from = 1900-01-01"
    )
    assert parse(parse(text).text).rows["counting_modes"][0]["reference"] == '\x7f " \\ \t æøå § 33'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            _PHONE + "from = 2020-04-01\nto = 2020-04-30\n",
            ["counting_modes row 1: from: no [[replaced]] of counting_modes has its dates"],
        ),
        (
            '[[replaced]]\ntable = "counting_modes"\nfrom = 2020-04-02\n' + _PHONE + "from = 2020-04-01\n",
            ["counting_modes row 1: from: no [[replaced]] of counting_modes has its dates"],
        ),
        (
            '[[replaced]]\ntable = "excluded_months"\nfrom = 2022-01-01\n',
            ["replaced row 1: table: excluded_months has no row there to replace, and none is given"],
        ),
        (
            '[[replaced]]\ntable = "excluded_months"\n[[replaced]]\ntable = "excluded_months"\nto = 2020-12-31\n',
            ["replaced row 2: from: replaced row 1 replaces the same dates of excluded_months"],
        ),
        (
            '[[replaced]]\ntable = "speed_limits"\nuntil = 2020-12-31\n',
            ["replaced row 1: until is not one of table, codes, from, to",
             "replaced row 1: table must be of counting_modes,"],
        ),
        (
            '[[replaced]]\ntable = "excluded_months"\nfrom = 2020-04-01\nto = 2020-03-31\n',
            ["replaced row 1: 'to' lies before 'from'"],
        ),
        (
            '[[replaced]]\ntable = "counting_modes"\ncodes = ["VIDEO"]\n' + _PHONE + "from = 2020-04-01\n",
            ["counting_modes row 1: from: no [[replaced]] of counting_modes has its dates"],
        ),
        (
            'replaced = [{table="counting_modes", codes=["FAX"]}, {table="selection", codes=["A"]}]\n',
            ["replaced row 1: codes must be of PHYSICAL, PHONE", "replaced row 2: codes: only rows of counting_modes"],
        ),
        ("replaced = [1]", ["replaced row 1: write it as [[replaced]]"]),
        ("counting_modes = 1", ["counting_modes: write its rows as [[counting_modes]]"]),
        ('[[replaced]]\ntable = "focus_targets"\n', ["focus_targets: to: no row holds from 1900-01-01 on"]),
        ('[[replaced]]\ntable = "selection"\nfrom = 2021-01-01\n', ["selection: to: no row holds from 2021-01-01 on"]),
    ],
)  # fmt: skip
def test_unclear_changes(text: str, said: list[str]) -> None:
    """Changes that don't say where they hold, or change nothing, are refused like any other fault."""
    problems = _problems(text)
    assert all(any(problem.startswith(one) for problem in problems) for one in said), problems


def test_what_it_is_based_on() -> None:
    """A scenario is based on the rules in force, and one that replaces says so."""
    with pytest.raises(ConfigError, match="based_on: must be in_force"):
        parse('name = "a"\nversion = "1"\nbased_on = "another"\n')
    with pytest.raises(ConfigError, match="replaced: say with based_on"):
        parse('name = "a"\nversion = "1"\n[[replaced]]\ntable = "excluded_months"\n')
    with pytest.raises(ConfigError, match="title: give it as text for each of da, en"):
        parse(_HEAD + 'title = { de = "Szenario" }\n')


def test_names_of_what_ships() -> None:
    """A rule set that ships is found by its file's name, and is read once."""
    assert shipped("in_force") is in_force()
    assert shipped("no_month_excluded") is shipped("no_month_excluded")
    with pytest.raises(KeyError):
        shipped("no_such_scenario")
    assert in_force().title("da") == "Reglerne som de gælder"
    assert parse(_HEAD).title("en") == "a scenario"


def test_documentation() -> None:
    """Each scenario that ships has its page."""
    assert {page.stem for page in _DOCUMENTATION.glob("*.md")} == set(scenarios())
