"""What a simulation may be asked for."""

from __future__ import annotations

import datetime as dt

import pytest

from fokusstrom.domain.errors import ConfigError
from fokusstrom.simulation.settings import CLEAN, Rates, Settings, rates_of


def test_months_bound_the_days() -> None:
    """The first month's first day and the last month's last day are the bounds."""
    settings = Settings(1, 1, "2019-12", "2020-02")

    assert (settings.first_day, settings.last_day) == (dt.date(2019, 12, 1), dt.date(2020, 2, 29))


def test_everything_wrong_is_said_at_once() -> None:
    """The message lists all that has to change."""
    with pytest.raises(ConfigError) as raised:
        Settings(0, -1, "2019-13", "1901-01")

    assert [problem.split()[0] for problem in raised.value.problems] == [
        "--from", "--to", "--citizens", "--seed"
    ]  # fmt: skip


def test_the_last_month_is_not_before_the_first() -> None:
    """A window that ends before it begins is refused."""
    with pytest.raises(ConfigError, match="--from must not be later than --to"):
        Settings(1, 1, "2020-02", "2020-01")


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_rate_is_a_share(share: float) -> None:
    """What is not from 0 to 1 is refused by the rate's name."""
    with pytest.raises(ConfigError, match="'corrected'"):
        Rates(corrected=share)


def test_ways_of_reporting_a_joint_meeting_exclude_each_other() -> None:
    """A joint meeting is reported twice or by the fund alone, not both."""
    with pytest.raises(ConfigError, match="together"):
        Rates(joint_reported_twice=0.6, joint_only_by_fund=0.5)


def test_rates_are_given_by_name() -> None:
    """Given ones are set, the others have their defaults."""
    assert rates_of(["corrected=0.5", "moved=0"]) == Rates(corrected=0.5, moved=0)


def test_wrongly_given_rates_are_all_named() -> None:
    """An unknown name and a share that is no number are both in the message."""
    with pytest.raises(ConfigError) as raised:
        rates_of(["correct=0.5", "moved=often", "delayed"])

    assert len(raised.value.problems) == 3
    assert "moved=SHARE" in raised.value.problems[1]


def test_clean_has_no_rate_above_zero() -> None:
    """Clean facts know no errors, delays or repeats."""
    assert set(vars(CLEAN).values()) == {0.0}
