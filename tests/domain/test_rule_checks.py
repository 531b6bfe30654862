"""A rule set whose rows contradict each other or themselves is refused, with table, row and field of each fault."""

from __future__ import annotations

import re

import pytest

from fokusstrom.domain.errors import ConfigError
from fokusstrom.domain.rule_set import in_force, parse

_SAYS_WHERE_IT_IS_FROM = 'reference = "a test"\nprovenance = "seed"\n'


def _broken(*changes: tuple[str, str]) -> str:
    text = in_force().text
    for before, after in changes:
        assert before in text
        text = text.replace(before, after, 1)
    return text


def _with(*rows: str) -> str:
    """The rule set in force and more rows behind its own."""
    return in_force().text + "".join(f"\n{row}\n{_SAYS_WHERE_IT_IS_FROM}" for row in rows)


def _problems(text: str) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        parse(text)
    return list(raised.value.problems)


def _mode_rule(name: str, dates: str, asks: str = "") -> str:
    modes = 'allowed = ["PHYSICAL"]\nwith_assessment = []\nassessment_expected = []'
    return f'[[mode_rules]]\nname = "{name}"\n{dates}\n{asks}\n{modes}'


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (
            '[[counting_modes]]\nmode = "PHONE"\nfrom = 2021-01-01',
            "counting_modes row 6: from: counting_modes row 3 also holds on 2021-01-01, and only one row can",
        ),
        (
            '[[counting_modes]]\nmode = "PHONE"\nfrom = 2020-03-19\nto = 2020-05-27',
            "counting_modes row 6: from: counting_modes row 2 also holds on 2020-03-19, and only one row can",
        ),
        (
            '[[counting_reporters]]\nreporter = "A_KASSE"\nfrom = 2023-01-01',
            "counting_reporters row 3: from: counting_reporters row 2 also holds on 2024-01-01, and only one row can",
        ),
        (
            "[[excluded_months]]\nfrom = 2020-06-01\nto = 2020-06-30",
            "excluded_months row 2: from: excluded_months row 1 also holds on 2020-06-01, and only one row can",
        ),
    ],
)
def test_overlaps(row: str, said: str) -> None:
    """Where a table has one row for a day and code, two that share a day are refused; each pair is named."""
    problems = _problems(_with(row))
    assert said in problems
    assert {problem.partition(":")[0] for problem in problems} == {said.partition(":")[0]}


def test_touching_rows_do_not_overlap() -> None:
    """Rows of other codes, and rows that end the day before the next begins, are no contradiction."""
    more = '[[counting_modes]]\nmode = "PHONE"\nfrom = 2020-03-20\nto = 2020-05-26'
    other = '[[counting_modes]]\nmode = "OTHER"\nfrom = 1900-01-01'
    assert len(parse(_with(more, other)).rows["counting_modes"]) == 7


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            [('name = "2020"\nfrom = 1900-01-01', 'name = "2020"\nfrom = 2020-01-01')],
            "focus_targets row 1: from: no row holds from 1900-01-01 to 2019-12-31, and one must",
        ),
        (
            [('name = "2020"\nfrom = 1900-01-01', 'name = "2020"\nfrom = 1900-01-01\nto = 2020-12-31')],
            "focus_targets: to: no row holds from 2021-01-01 on, and one must",
        ),
        (
            [("[[suppression]]\nfrom = 1900-01-01", "[[suppression]]\nfrom = 1900-01-01\nto = 2025-12-31")],
            "suppression: to: no row holds from 2026-01-01 on, and one must",
        ),
    ],
)
def test_gaps(changes: list[tuple[str, str]], said: str) -> None:
    """A day without a focus target, or without a rule for hiding groups, is refused: it would silently have none."""
    assert _problems(_broken(*changes)) == [said]


def test_a_gap_between_targets() -> None:
    """Between two rows, the days without any are named."""
    row = in_force().text.partition("[[focus_targets]]")[2].partition("[[excluded_months]]")[0]
    numbers = "".join(
        line + "\n" for line in row.splitlines() if re.match("min_|window|seniority|meetings|offers", line)
    )
    later = f'[[focus_targets]]\nname = "later"\nfrom = 2023-03-01\n{numbers}'
    text = _with(later).replace('name = "2020"\nfrom = 1900-01-01', 'name = "2020"\nfrom = 1900-01-01\nto = 2022-12-31')
    assert _problems(text) == ["focus_targets row 2: from: no row holds from 2023-01-01 to 2023-02-28, and one must"]
    assert len(parse(text.replace("from = 2023-03-01", "from = 2023-01-01")).rows["focus_targets"]) == 2


@pytest.mark.parametrize(
    ("dates", "asks"),
    [
        ("from = 2020-04-01\nto = 2020-04-30", ""),
        ("from = 2020-05-27\nto = 2020-06-14", 'regions = ["Hovedstaden"]'),
        ("from = 2022-06-01\nto = 2022-06-30", "only_six_months = true"),
        ("from = 2023-03-22", 'only_type = "JOB"\nonly_first = true'),
    ],
)
def test_rows_that_never_match(dates: str, asks: str) -> None:
    """A mode rule is refused when the rows before it cover every day, region, type and circumstance it names."""
    said = "mode_rules row 19: from: it can never match, the rows before it cover all that it names"
    assert _problems(_with(_mode_rule("covered", dates, asks))) == [said]


def test_several_rows_may_cover_together() -> None:
    """Two rows that leave nothing between them cover a third; where one day or case is left, it can match."""
    first = _mode_rule("first", "from = 1950-01-01\nto = 1950-12-31", "only_first = true")
    later = _mode_rule("later", "from = 1950-01-01\nto = 1950-12-31", "only_first = false")
    same = _mode_rule("same", "from = 1950-01-01\nto = 1950-12-31")
    longer = _mode_rule("longer", "from = 1950-01-01\nto = 1951-01-01")
    assert [problem.partition(":")[0] for problem in _problems(_with(first, later, same))] == ["mode_rules row 21"]
    assert len(parse(_with(first, later, longer)).rows["mode_rules"]) == 21


def test_names_of_rows() -> None:
    """Two mode rules of one name are refused, as `mode_rule` would name both."""
    again = _mode_rule("2021-05", "from = 1950-01-01\nto = 1950-12-31")
    assert _problems(_with(again)) == [
        "mode_rules row 19: name: mode_rules row 11 has the same, and figures name rows by it"
    ]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (
            "meetings_threshold_permille = 200", "meetings_threshold_permille = 1001",
            "focus_targets row 1: meetings_threshold_permille must lie between 1 and 1000",
        ),
        ("min_meetings = 4", "min_meetings = -4", "focus_targets row 1: min_meetings must lie between 1 and 100000"),
        ("window_months = 12", "window_months = 0", "focus_targets row 1: window_months must lie between 1 and 1200"),
        (
            "final_after_days = 45", "final_after_days = -1",
            "release row 1: final_after_days must lie between 0 and 100000",
        ),
        ("horizon_months = [3, 6, 12]", "horizon_months = []", "evaluation row 1: horizon_months must not be empty"),
        (
            "horizon_months = [3, 6, 12]", "horizon_months = [3, 3]",
            "evaluation row 1: horizon_months must name nothing twice",
        ),
        (
            'regions = ["Hovedstaden", "Sjælland"]', 'regions = ["Hovedstaden", "Skåne"]',
            "mode_rules row 4: regions must be of Hovedstaden, Sjælland, Syddanmark, Midtjylland, Nordjylland",
        ),
        ('reference = "reopening, first phase"', 'reference = " "', "mode_rules row 4: reference must not be empty"),
        (
            "from = 2020-03-01", "from = 1820-03-01",
            "excluded_months row 1: from must lie between 1900-01-01 and 2100-12-31, as every fact does",
        ),
        ("from = 2020-03-01", "from = 2020-03-12", "excluded_months row 1: from must be the first day of a month"),
        ("to = 2020-06-30", "to = 2020-06-29", "excluded_months row 1: to must be the last day of a month"),
        (
            'with_assessment = ["PHONE", "VIDEO", "WRITTEN"]', 'with_assessment = ["PHYSICAL", "VIDEO"]',
            "mode_rules row 2: with_assessment names PHYSICAL, which allowed lets without one",
        ),
        (
            'assessment_expected = ["PHONE", "VIDEO"]', 'assessment_expected = ["PHONE", "WRITTEN"]',
            "mode_rules row 6: assessment_expected names WRITTEN, which allowed does not",
        ),
        ("most_hidden = 4", "most_hidden = 4_000_000_000", "suppression row 1: most_hidden must be of type INTEGER"),
        ("fewest_hidden = 1", "fewest_hidden = 5", "suppression row 1: most_hidden is less than fewest_hidden"),
        (
            "regime_ends_after = 2025", "regime_ends_after = 2020",
            "selection row 1: regime_ends_after lies before first_year: nobody could ever be selected",
        ),
    ],
)  # fmt: skip
def test_impossible_values(before: str, after: str, said: str) -> None:
    """A value that no law can mean is refused, with table, row, field and what it must be."""
    assert _problems(_broken((before, after))) == [said]


def test_all_faults_at_once() -> None:
    """Faults of rows and faults between rows are said in one run; a broken row is not a gap besides."""
    text = _broken(("min_hours = 225", "min_hours = 0"), ("fewest_candidates = 5", "fewest_candidates = 'many'"))
    overlap = '\n[[counting_modes]]\nmode = "PHYSICAL"\nfrom = 2021-01-01\n' + _SAYS_WHERE_IT_IS_FROM
    assert [problem.partition(" must")[0] for problem in _problems(text + overlap)] == [
        "focus_targets row 1: min_hours",
        "suppression row 1: fewest_candidates",
        "counting_modes row 6: from: counting_modes row 1 also holds on 2021-01-01, and only one row can",
    ]
