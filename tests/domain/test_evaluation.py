"""R14 and section 6: contact, what followed it, and how sure that is."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from fractions import Fraction
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fokusstrom.domain import confidence
from fokusstrom.domain.book import CODE_LISTS
from fokusstrom.domain.evaluation import EVALUATED, Contact, Evaluation, Followed
from fokusstrom.domain.evaluation_tables import tables_of
from fokusstrom.domain.rule_set import in_force
from fokusstrom.domain.rules_and_figures import sql_of
from tests import reference
from tests.builders import BO, CARL, FactLine, meeting, meetings, outcome, spell
from tests.domain.evaluating import THROUGH, by_reference, evaluated, of_two_regions, one_of
from tests.effort import one_in, seeds
from tests.histories import histories, random_history

_ENDS = (THROUGH, date(2020, 6, 15), date(2024, 3, 31))


def _shares(meetings: int, reached: int, squares: int | None = None) -> Followed:
    return Followed(
        None, "all", None, "PHONE", 3, "JOB", meetings, meetings, squares or meetings, reached, reached, reached
    )


# Anna's three meetings by phone of March 2021 and Bo's one, all within three months before Anna's job of 1 June 2021:
# 1 March + 3 months is 1 June, the others end later. Carl's of October is not complete for three months at the end of
# 2021: 31 October + 3 months is 31 January.
_FACTS: list[FactLine] = [
    spell("2021-01-01"),
    *meetings("2021-03-01", "2021-03-15", "2021-03-31", mode="PHONE"),
    outcome("2021-06-01"),
    *(fact | {"citizen": BO, "source": "momentum:1"} for fact in (spell("2021-01-01"), meeting("2021-03-01"))),
    *(fact | {"citizen": CARL, "source": "momentum:2"} for fact in (spell("2021-01-01"), meeting("2021-10-01"))),
    *(meeting("2021-03-02", mode="PHONE", citizen=BO, source="momentum:1") for _ in range(1)),
]


def test_what_followed() -> None:
    """Of all meetings of complete months, those after which the outcome was reached no later than date + horizon."""
    followed = evaluated(_FACTS).followed
    phone = one_of(followed, part="all", mode="PHONE", horizon=3, outcome="JOB")
    assert (phone.meetings, phone.reached, phone.citizens) == (4, 3, 2)
    assert (phone.citizens_reached, phone.citizens_only) == (1, 1)
    assert phone.share == Fraction(3, 4)
    everything = one_of(followed, part="all", mode="ALL", horizon=3, outcome="JOB")
    assert (everything.meetings, everything.reached) == (5, 3)
    assert one_of(followed, part="all", mode="PHYSICAL", horizon=6, outcome="JOB").meetings == 1
    assert one_of(followed, part="all", mode="PHONE", horizon=6, outcome="FIT").reached == 0
    assert [one for one in followed if one.horizon == 12] == []


def test_parts() -> None:
    """The same by year, by benefit, and of first and later meetings."""
    followed = evaluated(_FACTS).followed
    asked = {"mode": "ALL", "horizon": 3, "outcome": "JOB"}
    assert one_of(followed, part="year", code="2021", **asked).meetings == 5
    assert one_of(followed, part="benefit", code="CASH", **asked).reached == 3
    first = one_of(followed, part="first", code="true", **asked)
    assert (first.meetings, first.reached) == (2, 1)
    assert one_of(followed, part="first", code="false", **asked).meetings == 3


def test_independent_meetings() -> None:
    """Meetings of which n_i are citizen i's tell as much as n² / Σ n_i²: three and one, 16 / 10."""
    phone = one_of(evaluated(_FACTS).followed, part="all", mode="PHONE", horizon=3, outcome="JOB")
    assert phone.squares == 3 * 3 + 1 * 1
    assert phone.independent == Fraction(16, 10)


@pytest.mark.parametrize(
    ("reached", "meetings", "low", "high"),
    [(0, 10, 0.0, 0.2775), (2, 10, 0.0567, 0.5098), (81, 263, 0.2553, 0.3662), (10, 10, 0.7225, 1.0)],
)
def test_interval_of_a_share(reached: int, meetings: int, low: float, high: float) -> None:
    """Wilson's interval at 95 %: (p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n) with z = 1.96."""
    (interval,) = confidence.of_shares([_shares(meetings, reached)])
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=5e-5)


def test_interval_of_a_difference() -> None:
    """Newcombe's own example: 56 of 70 less 48 of 80 is 0.2, from 0.0524 to 0.3339."""
    (interval,) = confidence.of_differences([(_shares(70, 56), _shares(80, 48))])
    assert (interval.low, interval.high) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_an_interval_is_as_wide_as_that_of_independent_meetings() -> None:
    """Ten citizens with four meetings each, all ending alike, are as sure as ten meetings of ten citizens."""
    many, few = confidence.of_shares([_shares(40, 8, squares=10 * 4 * 4), _shares(10, 2)])
    assert (many.low, many.high) == pytest.approx((few.low, few.high))


def test_natural_experiment() -> None:
    """From 27 May to 14 June 2020: Hovedstaden and Sjælland on one side, all others on the other; and 19 days before.

    Of 20 citizens of Aarhus 5 have a job within three months, of 20 of København 2.
    """
    evaluation = evaluated(of_two_regions())
    asked = {"horizon": 3, "outcome": "JOB"}
    found = {
        (one.sides[0].part, one.sides[0].mode): one
        for one in evaluation.compared
        if all(getattr(one.sides[0], name) == value for name, value in asked.items())
    }
    assert set(found) == {
        ("before", "ALL"), ("before", "PHONE"), ("during", "ALL"), ("during", "PHONE"), ("during", "PHYSICAL"),
    }  # fmt: skip
    during = found["during", "ALL"]
    assert during.difference == Fraction(5, 20) - Fraction(2, 20)
    assert found["during", "PHONE"].elsewhere is None
    assert found["during", "PHYSICAL"].restricted is None
    assert found["during", "PHYSICAL"].difference is None
    rows = {(row["part"], row["mode"], row["horizon"], row["outcome"]): row for row in _compared(evaluation)}
    row = rows["during", "ALL", 3, "JOB"]
    assert (row["rule"], row["first_day"], row["last_day"]) == ("2020-05 reopening east", "2020-05-27", "2020-06-14")
    assert rows["before", "ALL", 3, "JOB"]["first_day"] == "2020-05-08"
    assert (f"{row['difference']}", row["elsewhere_reached"], row["restricted_meetings"]) == ("0.150000", 5, 20)


def _compared(evaluation: Evaluation) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = tables_of(evaluation, in_force())["natural_experiment"].to_pylist()
    return rows


@pytest.mark.parametrize(
    ("held_at", "part"),
    [
        ("2020-05-07 23:59", None), ("2020-05-08 00:00", "before"), ("2020-05-26 23:59", "before"),
        ("2020-05-27 00:00", "during"), ("2020-06-14 23:59", "during"), ("2020-06-15 00:00", None),
    ],
)  # fmt: skip
def test_days_of_the_experiment(held_at: str, part: str | None) -> None:
    """Local dates, both ends included; the days of the rule set's rows by region, and as many before."""
    compared = evaluated([spell("2020-01-01"), meeting(held_at)]).compared
    assert {one.sides[0].part for one in compared} == ({part} if part else set())


@pytest.mark.parametrize(
    ("through", "horizons"), [("2020-09-13", set()), ("2020-09-14", {3}), ("2021-06-14", {3, 6, 12})]
)
def test_the_experiment_is_complete(through: str, horizons: set[int]) -> None:
    """A horizon is there when the rule's last day, 14 June 2020, + horizon is no later than the end date."""
    compared = evaluated([spell("2020-01-01"), meeting("2020-06-02")], date.fromisoformat(through)).compared
    assert {one.sides[0].horizon for one in compared} == horizons


# Anna is in scope from December 2019 on. In May 2020: meetings on 4 and 18 May (14 days apart) of 20 and 40 minutes by
# phone, and one on 28 May in person, 10 days later. Bo, without a year of seniority, is met on 5 May.
_CONTACT = [
    spell("2019-01-01"),
    meeting("2020-05-04", mode="PHONE", duration_minutes=20),
    meeting("2020-05-18", mode="PHONE", duration_minutes=40),
    meeting("2020-05-28"),
    *(fact | {"citizen": BO, "source": "momentum:1"} for fact in (spell("2020-01-01"), meeting("2020-05-05"))),
]


def _contact(facts: list[FactLine], through: date) -> dict[tuple[str, str, str], Contact]:
    return {(one.municipality, one.period, one.mode): one for one in evaluated(facts, through).contact}


def test_contact_of_the_country_by_month() -> None:
    """Meetings a person-month in scope, days between meetings and minutes, by mode and of all."""
    contact = _contact(_CONTACT, date(2020, 6, 30))
    everything, phone = contact["DK", "2020-05", "ALL"], contact["DK", "2020-05", "PHONE"]
    assert (everything.scope.counted, everything.rate, phone.rate) == (1, Fraction(3), Fraction(2))
    assert (everything.intervals.mean, phone.intervals.mean) == (Fraction(14 + 10, 2), Fraction(14))
    assert (everything.durations.mean, phone.durations.mean) == (Fraction(20 + 40, 2), Fraction(30))
    assert contact["DK", "2020-05", "PHYSICAL"].durations.mean is None
    assert contact["DK", "2020-06", "ALL"].rate == 0
    assert everything.intervals.citizens == 1


def test_contact_of_municipalities_by_quarter() -> None:
    """Of quarters with all their months reported and none before the first meeting: April has none, so no quarter."""
    assert {area for area, *_ in _contact(_CONTACT, date(2020, 6, 30))} == {"DK"}
    since = [*_CONTACT, meeting("2020-04-06", citizen=BO, source="momentum:1")]
    contact = _contact(since, date(2020, 6, 30))
    assert contact["751", "2020-Q2", "ALL"].rate == Fraction(3, 3)
    assert {area for area, *_ in _contact(since, date(2020, 6, 29))} == {"DK"}


def test_contact_table() -> None:
    """Rates and means have six decimals; of nothing there is no mean."""
    table = tables_of(evaluated(_CONTACT, date(2020, 6, 30)), in_force())["contact"].to_pylist()
    (phone,) = [row for row in table if (row["period"], row["mode"]) == ("2020-05", "PHYSICAL")]
    assert f"{phone['meetings_per_person_month']}" == "1.000000"
    assert f"{phone['days_between']}" == "10.000000"
    assert phone["minutes"] is None


def test_nothing() -> None:
    """Without facts there is nothing to say, and all tables are there."""
    evaluation = evaluated([])
    assert [table.num_rows for table in tables_of(evaluation, in_force()).values()] == [0, 0, 0]


def _as_counted(followed: list[Followed]) -> Counter[tuple[str, str | None, str, int, str, str]]:
    found: Counter[tuple[str, str | None, str, int, str, str]] = Counter()
    for one in followed:
        for what in ("meetings", "reached"):
            found[one.part, one.code, one.mode, one.horizon, one.outcome, what] = getattr(one, what)
    return found


@one_in(10)
@given(histories(), st.sampled_from(_ENDS))
def test_drawn_histories(history: list[FactLine], through: date) -> None:
    """Meetings and reached are those of the reference's transitions, of complete months, added up."""
    expected = by_reference(reference.tables(history, through)["transitions.csv"])
    assert _as_counted(list(evaluated(history, through).followed)) == expected


@pytest.mark.parametrize("seed", seeds(2))
def test_random_histories(seed: int) -> None:
    """The same of a country; and a citizen reached is one of the citizens, once."""
    history = random_history(seed)
    followed = evaluated(history).followed
    assert _as_counted(list(followed)) == by_reference(reference.tables(history, THROUGH)["transitions.csv"])
    for one in followed:
        assert one.citizens_only <= one.citizens_reached <= min(one.citizens, one.reached)
        assert 1 <= one.independent <= one.meetings


@pytest.mark.parametrize("name", EVALUATED)
def test_files(name: str) -> None:
    """A file opens with its rule or section, and says codes of the lists and names of parts only."""
    text = sql_of("evaluated", name)
    assert re.match(r"-- (R\d+|Section \d)(, R\d+)*  +\S.*\w", text)
    codes = {code for codes in CODE_LISTS.values() for code in codes}
    names = {
        "ALL", "DK", "all", "year", "benefit", "first", "before", "during", "restricted", "elsewhere", "scope",
        "meetings", "interval", "duration",
    }  # fmt: skip
    assert set(re.findall("'([^']*)'", re.sub("--[^\n]*", "", text))) <= codes | names


def test_every_file_is_run() -> None:
    """What lies in the folder is what is run."""
    files = resources.files("fokusstrom.domain").joinpath("evaluated").iterdir()
    assert {file.name for file in files} == {f"{name}.sql" for name in EVALUATED}
