"""R17, yearly averages: what they would tell of hidden months, at one release and over several."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from fokusstrom.domain.averages import Averages, Limits, Published, Year
from fokusstrom.domain.earlier import Forms
from fokusstrom.domain.lines import Table
from fokusstrom.domain.marked import Mark
from fokusstrom.domain.measures import Cell, Key
from fokusstrom.domain.past import Past
from fokusstrom.domain.publication import Publication
from fokusstrom.domain.relations import relate
from fokusstrom.domain.releases import Confidence
from fokusstrom.domain.sums import Interval
from tests.domain.averaging import AVERAGE, DECEMBER, RULES, Release, Share, cells_of, month, released, year_of
from tests.domain.elsewhere import elsewhere

FREE, PRIMARY, SECONDARY = Confidence.FREE, Confidence.PRIMARY, Confidence.SECONDARY

STATUS = Key("supervision", "751", "2021")


def january_on(*shares: Share) -> dict[int, Share]:
    """Count months from January."""
    return dict(enumerate(shares, 1))


def judged(*shares: Share, through: dt.date = DECEMBER) -> tuple[Confidence, Confidence]:
    """Say whether the average of these months, and the status that rests on it, may be shown at a first release."""
    average = year_of(january_on(*shares))
    judging = Publication(cells_of(january_on(*shares)), Past(), RULES, through, elsewhere)
    found = judging.judge([average], [STATUS]).hidden
    return found.get(average.key, FREE), found.get(STATUS, FREE)


def test_an_average_of_months_that_are_all_shown_is_shown() -> None:
    """Nothing is hidden that it could tell of, also while its year runs."""
    assert judged((40, 10), (40, 12), (40, 9)) == (FREE, FREE)
    assert judged((40, 10), (40, 12), (40, 9), through=dt.date(2021, 3, 31)) == (FREE, FREE)


def test_an_average_with_one_hidden_month_is_hidden_with_it() -> None:
    """An average or status with fewer than two hidden months among its parts is hidden with them."""
    assert judged((40, 10), (40, 2), (40, 9)) == (SECONDARY, SECONDARY)


def test_an_average_that_bounds_its_hidden_months_is_hidden() -> None:
    """1 and 1 of 40: the average of 2.5 % leaves each 0, 1 or 2, which are fewer than 5 candidates."""
    assert judged((40, 1), (40, 1)) == (SECONDARY, SECONDARY)


def test_an_average_that_leaves_its_hidden_months_enough_is_shown() -> None:
    """4 of 40 and 36 of 40 are hidden: their mean of 50 % leaves each 0 to 40, or 1 to 4 and 36 to 39."""
    assert judged((40, 4), (40, 36)) == (FREE, FREE)


def test_a_sum_that_leaves_one_answer_to_who_reads_marks_is_hidden() -> None:
    """4 and 4 of 40, and marked C: 8 together leaves each 0 to 8, but 4 alone to who knows that both are 1 to 4.

    With 1 and 4 it is 5 together: each is 1 to 4 still.
    """
    assert judged((40, 4), (40, 4)) == (SECONDARY, SECONDARY)
    assert judged((40, 1), (40, 4)) == (FREE, FREE)


def test_a_month_that_is_marked_as_large_leaves_less_to_one_that_is_small() -> None:
    """3 and 5 of 40 are 8 together: as the second is 5 at least, the first is 1 to 3. With 6 it is 1 to 4 of 9."""
    whole = {1: Interval(0, 40), 2: Interval(0, 40)}
    assert not shown_beside(whole, (40, 3), (40, 5), small={1})
    assert shown_beside(whole, (40, 3), (40, 6), small={1})
    assert shown_beside(whole, (40, 3), (40, 5)), "to who doesn't know that the 3 is small"


def test_an_average_with_hidden_months_waits_for_its_year_to_end() -> None:
    """With a month more at the next release, the difference would be that month."""
    assert judged((40, 4), (40, 36), through=dt.date(2021, 11, 30)) == (SECONDARY, SECONDARY)


@dataclass(frozen=True)
class Told:
    """A month of which this is told, and which gives these areas away whatever is known besides."""

    limits: Limits
    areas: Collection[str] = ()

    def given_away(self, _: Limits) -> Collection[str]:
        """Give the areas."""
        return self.areas


def shown_beside(limits: Mapping[int, Interval], *shares: Share, small: Collection[int] = ()) -> bool:
    """Say whether an average may be shown of months that are all hidden, and that other figures bound so."""
    months = january_on(*shares)
    cells = {cell.key: cell for cell in cells_of(months)}
    hidden = {month(number): PRIMARY if number in small else SECONDARY for number in months}

    def told(together: tuple[str, str]) -> Told:
        return Told({month(number): limits[number] for number in months if month(number).period == together[1]})

    return Averages(cells, hidden, Past(), RULES, DECEMBER, told).may_show(year_of(months))


def test_what_else_is_told_of_one_month_tells_of_the_other() -> None:
    """6 and 4 of 40 are 10 together, which leaves each 0 to 10.

    Other figures leave the first 4 to 9 and the second 0 to 5. Together the first is 10 less 0 to 5: 5 to 9 are left,
    which are five, and the second is 1 to 5. Were the second 0 to 4, as it could be, the first would be 6 to 9.
    """
    assert shown_beside({1: Interval(4, 9), 2: Interval(0, 5)}, (40, 6), (40, 4))
    assert not shown_beside({1: Interval(4, 9), 2: Interval(0, 4)}, (40, 6), (40, 4))


def test_a_month_of_many_tells_of_one_of_few() -> None:
    """Of 800 persons 16 to 40 leave shares of 2 to 5 %: then of 40, 1.2 persons are between all that is left."""
    assert not shown_beside({1: Interval(0, 40), 2: Interval(16, 40)}, (40, 12), (800, 20))


def test_a_month_in_which_nobody_can_be_is_no_secret() -> None:
    """Where the country says that nobody is not served, so it is of the municipality, which tells of no group."""
    assert shown_beside({1: Interval(0, 0), 2: Interval(0, 40), 3: Interval(0, 40)}, (40, 0), (40, 4), (40, 36))


def test_a_total_is_bounded_by_its_table_to_who_knows_of_how_many_it_is() -> None:
    """Two municipalities are hidden of a country that is shown: 8 of 40 and 12 of 60 are 20 of 100 together.

    So each is 0 to 20; what isn't served of the rest leaves more than that.
    """
    figures = {"101": (40, 8), "147": (60, 12), "751": (50, 10), "DK": (150, 30)}
    cells = [
        Cell(Key("focus_meetings", area, "2021-01"), missed, persons, (missed, persons - missed, persons))
        for area, (persons, missed) in figures.items()
    ]
    related = relate(cells)
    table = Table(related.shows, related.values, related.sums, intervals=related.somebody)
    hidden = [cell.key for cell in cells if cell.key.area in {"101", "147"}]
    assert Published(table, hidden, 5).limits == {key: Interval(0, 20) for key in hidden}


def test_averages_of_two_municipalities_tell_of_each_other_through_the_country() -> None:
    """751 and 101 are hidden in both months: 20 of 100 and 20 of 50, then 20 of 50 and 20 of 100; 461 is shown.

    Where x and y are what 751 and 101 have in the first month, x + y = 40 by the country. By one average the second
    month of 751 has 20 + (20 - x) / 2, of 101 20 + 2 (20 - y), and these are 40 together: (20 - x) / 2 = - 2 (20 - y).
    As 20 - x is - (20 - y), only 20 and 20 will do. One average by itself leaves x free, so one of them is hidden.
    """
    shares = {"751": ((100, 20), (50, 20)), "101": ((50, 20), (100, 20)), "461": ((90, 30), (90, 30))}
    shares["DK"] = ((240, 70), (240, 70))
    cells = {
        key: Cell(key, missed, persons, (missed, persons - missed, persons))
        for area, months in shares.items()
        for number, (persons, missed) in enumerate(months, 1)
        for key in [month(number)._replace(area=area)]
    }
    hidden = {key: SECONDARY for key in cells if key.area in {"751", "101"}}
    years = [
        Year("focus_meetings", AVERAGE._replace(area=area), Fraction(3, 10), Fraction(1, 5), ("2021-01", "2021-02"))
        for area in ("751", "101")
    ]

    def told(_: tuple[str, str]) -> Told:
        return Told({key: Interval(0, min(40, cells[key].base or 0)) for key in hidden})

    judging = Averages(cells, hidden, Past(), RULES, DECEMBER, told)
    assert all(map(judging.may_show, years)), "each by itself"
    assert len(judging.shown(years)) == 1
    assert judging.shown(years[:1]) == {years[0].key}


WITH_BENEFITS: Mapping[str, tuple[Share, Share]] = {"101": ((100, 3), (100, 12)), "147": ((100, 20), (100, 30))}
"""Municipality: persons and not served of CASH, and of EDUCATION."""


def month_with_benefits() -> Published:
    """Give a month in which totals are hidden with the figures of CASH; the other target shows how many they are of."""
    figures: dict[Key, Share] = {}
    for area, shares in WITH_BENEFITS.items():
        for benefit, (persons, missed) in zip(("CASH", "EDUCATION"), shares, strict=True):
            for whose in (area, "DK"):
                for of in ((), (("benefit", benefit),)):
                    before = figures.get(month(1)._replace(area=whose, dimensions=of), (0, 0))
                    figures[month(1)._replace(area=whose, dimensions=of)] = before[0] + persons, before[1] + missed
    offers = {key._replace(measure="focus_offers"): (persons, persons) for key, (persons, _) in figures.items()}
    cells = [Cell(key, missed, persons) for key, (persons, missed) in {**figures, **offers}.items()]
    related = relate(cells)
    few = month(1)._replace(area="101", dimensions=(("benefit", "CASH"),))
    value, _, rest = related.shows[few]
    table = Table(related.shows, related.values, related.sums, marks={value: Mark(rest, Interval(1, 4))})
    hidden = {key for key in figures if key.area != "DK" and key.dimensions != (("benefit", "EDUCATION"),)}
    return Published(table, hidden, 5)


def test_what_is_left_for_a_total_tells_of_its_benefits() -> None:
    """101 shows 12 of EDUCATION and hides 3 of CASH and its total of 15.

    A total of 12 to 16 leaves the 3 all that is few, 0 to 4. One of 14 to 18 leaves 2 to 6: that 1 are few but not
    these is told to who reads the mark of 3.
    """
    published = month_with_benefits()
    total = month(1)._replace(area="101")
    assert published.given_away({}) == set()
    assert published.given_away({total: Interval(12, 16)}) == set()
    assert published.given_away({total: Interval(14, 18)}) == {"101"}


def test_an_average_that_tells_of_a_benefit_is_hidden() -> None:
    """Whether what is given away is of its own municipality, or of one that has no average to hide."""
    months = january_on((40, 4), (40, 36))
    cells = {cell.key: cell for cell in cells_of(months)}

    def shown(*areas: str) -> set[Key]:
        limits = {month(number): Interval(0, 40) for number in months}
        judging = Averages(
            cells, dict.fromkeys(cells, SECONDARY), Past(), RULES, DECEMBER, lambda _: Told(limits, areas)
        )
        return judging.shown([year_of(months)])

    assert shown() == {AVERAGE}
    assert shown("751") == set()
    assert shown("147") == set()


# --- several releases -----------------------------------------------------------------------------------------


def averages(releases: Sequence[Forms]) -> list[int | None]:
    """Give the average as it stands after each release, None where it is hidden."""
    found: list[int | None] = []
    for forms in releases:
        found.append(forms[AVERAGE].value if AVERAGE in forms else found[-1])
    return found


def test_averages_of_consecutive_releases_would_tell_of_the_month_between() -> None:
    """4, 36 and 4 of 40 are hidden in January, February and March.

    The averages would be 50.0 % of two and 36.7 % of three months: 110.1 % less 100.0 % is 10.1 % of 40, which is 4
    persons, exactly. At the end of the year the 12 months' average is told at once: of all three the sum.
    """
    months = {1: (40, 4), 2: (40, 36), 3: (40, 4)}
    rest = dict.fromkeys(range(4, 13), (40, 12))
    assert averages(
        released(
            Release({1: months[1], 2: months[2]}, dt.date(2021, 2, 28)),
            Release(months, dt.date(2021, 3, 31)),
            Release(months | rest),
        )
    ) == [None, None, 317]


YEAR = {1: (40, 4), 2: (40, 36), 3: (40, 10), 4: (40, 12)}


def test_an_average_is_shown_anew_when_a_shown_month_changes() -> None:
    """Of the hidden ones it tells the same sum as before: 62 of 160 are 38.75 %, 68 are 42.5 %."""
    assert averages(released(Release(YEAR), Release(YEAR | {3: (40, 16)}))) == [388, 425]


def test_an_average_is_hidden_when_a_hidden_month_changes() -> None:
    """36 of 40 became 37: the sum of what is hidden is another one, of one month that is as it was."""
    assert averages(released(Release(YEAR), Release(YEAR | {2: (40, 37)}))) == [388, None]


def test_an_average_is_hidden_when_another_month_is() -> None:
    """10 of 40 became 3: three hidden shares less the two of before would be the third."""
    assert averages(released(Release(YEAR), Release(YEAR | {3: (40, 3)}))) == [388, None]


def test_an_average_is_hidden_when_nobody_is_left_in_a_hidden_month() -> None:
    """Without the third of the hidden months the sum of the other two would tell what the third was."""
    months = YEAR | {5: (40, 3)}
    left = {number: share for number, share in months.items() if number != 5}
    assert averages(released(Release(months), Release(left)))[1] is None


def test_what_was_hidden_for_that_comes_back_when_no_month_is_hidden_any_more() -> None:
    """All months are shown then, and the average tells nothing besides: 10, 30, 10 and 12 of 160 are 38.75 %."""
    free = {1: (40, 10), 2: (40, 30), 3: (40, 10), 4: (40, 12)}
    changed = YEAR | {2: (40, 37)}
    assert averages(released(Release(YEAR), Release(changed), Release(changed), Release(free))) == [
        388,
        None,
        None,
        388,
    ]
