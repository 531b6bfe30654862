"""R17, the audit of yearly averages: what several of them tell of hidden months together."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st

from fokusstrom.domain.audit import Found, Stand, stands
from fokusstrom.domain.audit_averages import Attack
from fokusstrom.domain.earlier import Forms
from fokusstrom.domain.measures import Key
from fokusstrom.domain.releases import Shown
from fokusstrom.domain.small_cells import Suppression
from fokusstrom.domain.sums import Interval
from tests.domain.averaging import DECEMBER, HIDDEN, RULES, Release, Share, average, free, hidden, month, released
from tests.effort import one_in

GROUPS = Suppression.of(RULES)


def attack(releases: Sequence[tuple[int, Forms]]) -> Attack:
    """Attack the averages of releases."""
    return Attack(releases, RULES, stands(releases, RULES))


def found(*releases: Forms) -> dict[str, Interval]:
    """Attack releases, believing that what is hidden throughout stays as it is."""
    return {
        f"{part.key.period} at {release}": interval
        for release, part, interval in attack(list(enumerate(releases, 1))).found(GROUPS)
    }


def test_a_month_more_is_told_by_two_averages() -> None:
    """50.0 % of two months and 36.7 % of three: three times 36.7 less twice 50.0 are 10.1 %, of 40 persons 4.

    Of the first two it is still told nothing: each is 0 to 40.
    """
    assert found(
        hidden(1, 2) | average(500, 2),
        hidden(3) | average(367, 3),
    ) == {"2021-03 at 2": Interval(4, 4)}


def test_one_average_of_many_hidden_months_tells_little() -> None:
    """36.7 % of three months are 110.1 % for each that the others leave nothing of: 0 to 40."""
    assert found(hidden(1, 2, 3) | average(367, 3)) == {}


def test_one_average_of_little_tells_of_each() -> None:
    """2.5 % of two months are 5 % together: 0 to 2 of 40."""
    assert found(hidden(1, 2) | average(25, 2, met=True)) == {
        "2021-01 at 1": Interval(0, 2),
        "2021-02 at 1": Interval(0, 2),
    }


def test_a_month_of_which_nobody_knows_how_many_it_is_of_tells_no_number() -> None:
    """Shares of 0 to 5 % of an unknown number are any number."""
    assert found({month(1): HIDDEN, month(2): HIDDEN} | average(25, 2, met=True)) == {}


def test_shown_months_are_taken_off_first() -> None:
    """Of 30.0 % of three months 75 % of one is shown: 15 % are left for two, so each is 0 to 6 of 40.

    Where 82.5 % are, 7.5 % are left, or 7.65 % before it was rounded: 0 to 3.
    """
    assert found(hidden(1, 2) | {month(3): free(30, 40)} | average(300, 3)) == {}
    assert found(hidden(1, 2) | {month(3): free(33, 40)} | average(300, 3)) == {
        "2021-01 at 1": Interval(0, 3),
        "2021-02 at 1": Interval(0, 3),
    }


def test_an_average_whose_months_are_not_all_on_the_topic_tells_nothing() -> None:
    """What it is the mean of isn't known."""
    assert found(hidden(1, 2) | average(25, 3, met=True)) == {}


def test_a_belief_that_cannot_be_is_no_finding() -> None:
    """The sum of both hidden months is another one: they can't both be what they were."""
    assert found(hidden(1, 2) | average(500, 2), average(600, 2)) == {}


def test_a_month_is_attacked_with_what_the_others_leave_of_it() -> None:
    """50.0 % of two months are 99.9 % together at least: each may be nothing, if all of the other are not served.

    In February 751 and 147 are hidden of a country with 10 not served: so 751 has 10 of 40 at most, 25 %, and 74.9 %
    at least in January.
    """
    february = month(2)
    country = {
        february._replace(area="147"): HIDDEN,
        february._replace(area="147", measure="focus_offers"): free(10, 60),
        february._replace(area="DK"): free(10, 100),
        february._replace(area="DK", measure="focus_offers"): free(20, 100),
    }

    def least_of_january(forms: Forms) -> float:
        (january,) = (stand for stand in stands([(1, forms)], RULES) if stand.period == "2021-01")
        ((_, least, _),) = attack([(1, forms)]).narrowed(january).averages
        return round(float(least), 3)

    told = hidden(1, 2) | average(500, 2)
    assert least_of_january(told) == 0
    assert least_of_january(told | country) == 0.749


def test_averages_of_several_municipalities_tell_of_each_other() -> None:
    """35.0 % and 40.0 % of two hidden months each, of a country that is shown: what 751 has less 147 has more.

    In January 751 has 30 of 100 and 147 20 of 100, in February 40 of 100 and 30 of 50. By its own average 751 is
    0 to 50 in January, as the country has 50, and 20 to 70 in February. Were it one more in January and one less in
    February, 147 were one less and one more, and its average half a percent larger.
    """
    told: dict[Key, Shown] = {}
    for number, country, bases in ((1, (50, 200), (100, 100)), (2, (70, 150), (100, 50))):
        for area, base in zip(("751", "147"), bases, strict=True):
            told[month(number)._replace(area=area)] = HIDDEN
            told[month(number, measure="focus_offers")._replace(area=area)] = free(10, base)
        told[month(number)._replace(area="DK")] = free(*country)
        told[month(number, measure="focus_offers")._replace(area="DK")] = free(20, country[1])
    one = average(350, 2)
    other = {key._replace(area="147"): shown for key, shown in average(400, 2).items()}
    assert attack([(1, told | one)]).across(GROUPS) == attack([(1, told | other)]).across(GROUPS) == []
    both = attack([(1, told | one | other)])
    assert both.found(GROUPS) == []
    assert {(part.key.area, part.key.period[-2:]): left for _, part, left in both.across(GROUPS)} == {
        ("751", "01"): Interval(30, 30),
        ("751", "02"): Interval(40, 40),
        ("147", "01"): Interval(20, 20),
        ("147", "02"): Interval(30, 30),
    }
    assert [at for at, *_ in attack([(1, told | one), (2, other)]).across(GROUPS)] == [2] * 4


@one_in(2)
@given(data=st.data())
def test_what_is_published_of_a_year_withstands(data: st.DataObject) -> None:
    """Whatever changes from release to release: who reads all averages, and knows what stayed, finds nothing."""
    missed = st.sampled_from([2, 4, 12, 36, 38])
    shares = st.tuples(st.sampled_from([40, 60]), missed)
    count = data.draw(st.integers(3, 4))
    months: Mapping[int, Share] = {number: data.draw(shares) for number in range(1, count + 1)}
    before = {number: share for number, share in months.items() if number < count}
    releases = [Release(before, dt.date(2021, count - 1, 28))] if data.draw(st.booleans()) else []
    for _ in range(data.draw(st.integers(1, 3))):
        releases.append(Release(months, DECEMBER))
        months = {**months, data.draw(st.integers(1, count)): data.draw(shares)}
    assert _told(released(*releases), releases) == []


def _told(said: Sequence[Forms], releases: Sequence[Release]) -> list[Found]:
    """Attack with all bases known, and which months stayed as they were."""
    known: list[tuple[int, Forms]] = []
    for at, (forms, each) in enumerate(zip(said, releases, strict=True), 1):
        offers = {month(one, measure="focus_offers"): free(0, base) for one, (base, _) in each.months.items()}
        known.append((at, {**forms, **offers}))
    true = {at: each.months for at, each in enumerate(releases, 1)}

    def is_same(before: Stand, after: Stand, key: Key) -> bool:
        number = int(key.period[-2:])
        return true[before.release].get(number) == true[after.release].get(number)

    return attack(known).found(GROUPS, is_same)
