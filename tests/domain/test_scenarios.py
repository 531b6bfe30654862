"""Two rule sets side by side: what each says of an area and a period, and where they differ."""

from __future__ import annotations

from datetime import date

from fokusstrom.domain.scenarios import MEASURES, Compared
from tests.domain.comparing import AGAINST, comparison, tables


def _of(measure: str) -> list[tuple[str, str, str, str]]:
    return [(one.area, one.period, one.against, one.under) for one in comparison().values if one.measure == measure]


def test_counts_by_month() -> None:
    """Counts of a municipality are summed over all else; the country's are the sums of its municipalities."""
    assert _of("not_served_with_meetings") == [
        ("101", "2020-01", "4", "1"),
        ("101", "2020-02", "5", "1"),
        ("751", "2020-01", "1", "1"),
        ("DK", "2020-01", "5", "2"),  # 4 + 1, 1 + 1
        ("DK", "2020-02", "5", "1"),
    ]
    assert _of("meetings_counting") == [("101", "2020-01", "12", "15"), ("DK", "2020-01", "12", "15")]
    assert _of("not_served_with_offers") == [("101", "2020-01", "1", "1"), ("DK", "2020-01", "1", "1")]


def test_what_one_rule_set_has_no_row_for() -> None:
    """A count without a row is 0, also where modes that no rule judges (null) are neither lawful nor not."""
    assert _of("meetings_unlawful") == [("101", "2020-01", "2", "0"), ("DK", "2020-01", "2", "0")]
    assert _of("assessments_missing") == [("101", "2020-01", "3", "0"), ("DK", "2020-01", "3", "0")]
    without = [one for one in comparison(AGAINST, tables()).values if one.measure == "supervision_status"]
    assert [(one.against, one.under) for one in without] == [("SELECTED", ""), ("NOT_SELECTED", "")]


def test_switches() -> None:
    """Which municipality meets a target, or is selected, under one rule set and not the other."""
    assert comparison().switches() == [
        Compared("meetings_target_met", "101", "2020", "false", "true"),
        Compared("supervision_status", "101", "2021", "SELECTED", "NOT_SELECTED"),
    ]
    assert comparison(AGAINST, AGAINST).changed == []


def test_the_country_by_year() -> None:
    """The country says how many municipalities miss each target and are selected."""
    assert _of("municipalities_missing_meetings") == [("DK", "2020", "1", "0")]
    assert _of("municipalities_missing_offers") == [("DK", "2020", "0", "0")]
    assert _of("municipalities_selected") == [("DK", "2021", "1", "0")]
    assert _of("municipalities_postponed") == [("DK", "2021", "0", "0")]
    assert [(one.measure, one.period) for one in comparison().municipalities()] == [
        ("municipalities_missing_meetings", "2020"),
        ("municipalities_selected", "2021"),
    ]
    assert comparison(AGAINST, AGAINST).municipalities() == []


def test_order() -> None:
    """Values come by measure in the order of what matters most, then by area and period."""
    found = comparison()
    assert list(dict.fromkeys(one.measure for one in found.values)) == [
        measure for measure in MEASURES if not measure.startswith("early")
    ]
    assert found.changed_measures() == [
        "municipalities_missing_meetings", "municipalities_selected", "meetings_target_met", "supervision_status",
        "supervision_reasons", "meetings_average", "not_served_with_meetings", "meetings_counting",
        "meetings_unlawful", "assessments_missing",
    ]  # fmt: skip
    assert found.changed_municipalities("not_served_with_meetings") == 1
    assert found.of_country(["persons_in_scope"]) == [
        Compared("persons_in_scope", "DK", "2020-01", "30", "30"),
        Compared("persons_in_scope", "DK", "2020-02", "10", "10"),
    ]


def test_months_around_changes() -> None:
    """A measure is shown by month from six months before it first differs to six months after it last does."""
    months = [f"{year}-{month:02}" for year in (2019, 2020, 2021) for month in range(1, 13)]
    held = [("101", month, True, 10) for month in months]
    other = [("101", month, True, 11 if month in {"2020-03", "2020-05"} else 10) for month in months]
    found = comparison(tables(meetings_held=held), tables(meetings_held=other)).around_changes("meetings_counting")
    assert (found[0].period, found[-1].period) == ("2019-09", "2020-11")
    early = comparison(tables(meetings_held=held), tables(meetings_held=other[1:])).around_changes("meetings_counting")
    assert early[0].period == "2019-01"
    assert comparison().around_changes("persons_in_scope") == []


def test_changed_rules() -> None:
    """It says which rows of the rules differ: here the modes that count in the suspension."""
    (changed,) = comparison().changed_rules()
    rows = [(row["mode"], row["valid_from"], row["valid_to"]) for row in changed.under]
    suspension = (date(2020, 3, 20), date(2020, 5, 26))
    assert (changed.table, changed.against) == ("counting_modes", [])
    assert rows == [("PHONE", *suspension), ("VIDEO", *suspension)]
