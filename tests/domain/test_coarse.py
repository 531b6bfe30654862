"""R17 where most groups are small: which of the country's figures are shown, and that they tell of no group."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from fokusstrom.domain import audit, disclosure, relations
from fokusstrom.domain.coarse import shown_of_country
from fokusstrom.domain.earlier import Forms
from fokusstrom.domain.lines import Table
from fokusstrom.domain.measures import Cell, Key
from fokusstrom.domain.past import Held, Past
from fokusstrom.domain.publication import Publication
from fokusstrom.domain.releases import Confidence, Published, Shown, Status
from fokusstrom.domain.small_cells import Suppression
from fokusstrom.domain.sums import Interval
from tests.domain.published import AREAS, RULES, THROUGH, Figures, cells, key, released

GROUPS = Suppression.of(RULES)
APART = 4


def shown(figures: Sequence[Cell]) -> set[Key]:
    """Give what is shown of the country when everything else is hidden."""
    small = {one.key for one in figures if any(map(GROUPS.is_small, one.groups))}
    return shown_of_country(figures, small, APART, GROUPS.most)


GIVING = (9, 30)
"""9 of 30 aren't served: four of either kind can be elsewhere, and both are no small group still."""


def test_two_that_can_give_let_all_be_shown() -> None:
    """In each benefit two municipalities can give four of either kind to any other."""
    figures = cells(((GIVING, GIVING, GIVING), (GIVING, GIVING, GIVING), ((1, 2), (3, 4), (0, 1))))
    assert shown(figures) == {key("DK"), *(key("DK", benefit) for benefit in ("CASH", "EDUCATION", "SICKNESS"))}


def test_who_gives_is_not_small_afterwards() -> None:
    """8 of 30 less four are 4: a group that its mark D says isn't small. Not being served, two have 8, and one has 3.

    Of 19 together 3 would be told: who reads marks takes each of the others for nobody or for 5 at least, and the
    one that is marked C for 1 to 4. So nothing is shown of it.
    """
    eight = (8, 30)
    figures = cells(((eight, GIVING, GIVING), (eight, GIVING, GIVING), ((3, 30), (3, 4), (0, 1))))
    assert key("DK", "CASH") not in shown(figures)


def test_a_benefit_that_only_one_can_give_of_is_hidden_with_another() -> None:
    """Of CASH only 101 can give: by itself 101 would be too close to the total; so the smallest other is hidden too."""
    figures = cells(((GIVING, GIVING, (9, 60)), ((1, 2), GIVING, (9, 60)), ((1, 2), (3, 4), (0, 1))))
    assert shown(figures) == {key("DK"), key("DK", "SICKNESS")}


def test_without_two_that_can_give_nothing_is_shown() -> None:
    """A single large group among small ones is what the country's figure says, nearly."""
    assert shown(cells(((GIVING, (1, 3), (2, 4)), ((1, 2), (1, 2), (2, 3)), ((1, 2), (3, 4), (0, 1))))) == set()


def test_nobody_of_a_kind_needs_no_giver_of_it() -> None:
    """Where the country's figure says that all are served, nobody who isn't can be moved, and none is secret."""
    figures = cells((((0, 9), (0, 9), (0, 9)), ((0, 9), (0, 9), (0, 9)), ((0, 2), (0, 1), (0, 3))))
    assert key("DK", "CASH") in shown(figures)


def test_who_could_not_give_before_does_not_now() -> None:
    """Readers remember earlier releases: a group must have been able to give then as well."""
    figures = cells(((GIVING, GIVING, GIVING), (GIVING, GIVING, GIVING), ((1, 2), (3, 4), (0, 1))))
    assert shown_of_country(figures, set(), APART, GROUPS.most, lambda one, _: one.area != "101") == set()


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_what_is_shown_withstands_the_attack(data: st.DataObject) -> None:
    """Linear programs over all sums find nothing that is bounded to fewer than 5 values."""
    kinds = st.sampled_from([0, 0, 1, 2, 3, 4, 5, 9])
    pairs = st.tuples(kinds, kinds).map(lambda one: (one[0], max(1, one[0] + one[1])))
    drawn: Figures = data.draw(st.lists(st.lists(pairs, min_size=3, max_size=3), min_size=3, max_size=3))
    figures = cells(drawn)
    told = shown(figures)
    related = relations.relate(figures)
    nothing = {
        part
        for each in related.sums
        for part in each.parts
        if related.values[each.total] == 0 and any(each.total in related.shows[one] for one in told)
    }
    table = Table(related.shows, related.values, related.sums, intervals=related.somebody, never=nothing)
    hidden = [one.key for one in figures if one.key not in told]
    found = disclosure.exposed(table, hidden, GROUPS.candidates)
    zeros = {one for one in found if related.values[one] == 0 and _is_nothing(one, related, nothing)}
    assert not told or not found.keys() - zeros


def _is_nothing(one: relations.Quantity, related: relations.Related, nothing: set[relations.Quantity]) -> bool:
    """Whether all that a quantity is the sum of is known to be nothing."""
    return any(each.total == one and nothing.issuperset(each.parts) for each in related.sums)


def _crowd(figures: Figures) -> list[Cell]:
    """Give these figures thirty times over, of other municipalities each time, with the country's sums."""
    parts = [one for one in cells(figures) if one.key.dimensions and one.key.area != "DK"]
    every = [
        one._replace(key=one.key._replace(area=f"{copy:02}{AREAS.index(one.key.area)}"))
        for copy in range(30)
        for one in parts
    ]
    totals = [one for one in cells(figures) if one.key.area == "DK"]
    return [*every, *(Cell(one.key, 30 * (one.value or 0), 30 * (one.base or 0), (99, 99, 99)) for one in totals)]


MOSTLY_SMALL: Figures = ((GIVING, (1, 3), (2, 4)), ((1, 2), GIVING, (2, 3)), ((1, 2), (3, 4), (1, 1)))
"""Of CASH and EDUCATION many can give, of SICKNESS nobody: so it is hidden, and both others with it."""


def test_a_trial_with_few_citizens_shows_the_country() -> None:
    """Where most cells are small, the country is shown and none of its parts."""
    figures = _crowd(MOSTLY_SMALL)
    judged = Publication(figures, Past(), RULES, THROUGH).judge()
    assert {one.key for one in figures} - judged.hidden.keys() == {key("DK")}
    assert judged.hidden[key("000", "EDUCATION")] is Confidence.PRIMARY
    assert judged.hidden[key("000", "CASH")] is Confidence.SECONDARY


def test_a_later_release_of_a_trial_shows_it_again() -> None:
    """What is shown of the country and stays so is no reason to look at each figure by itself."""
    figures = _crowd(MOSTLY_SMALL)
    held = {one.key: Held.of(one) for one in figures}
    free = Shown(1, 2, None, None, Confidence.FREE, rests_on_assumed=False)
    past = Past({key("DK"): Published(free, Status.PRELIMINARY, 0, RULES.digest, "urn:x")}, held, RULES.digest)
    later = [one._replace(value=2) if one.key == key("001", "CASH") else one for one in figures]
    judged = Publication(later, past, RULES, THROUGH).judge()
    assert {one.key for one in figures} - judged.hidden.keys() == {key("DK")}


def _trial(*figures: tuple[int, int]) -> list[Cell]:
    """Give municipalities of one benefit with these figures, and sixty with two persons each, who are all served."""
    municipal = {f"{900 + number}": one for number, one in enumerate((*figures, *((0, 2),) * 60))}
    value, base = (sum(column) for column in zip(*municipal.values(), strict=True))
    return [
        Cell(key(area, benefit), missed, persons, (missed, persons - missed, persons))
        for area, (missed, persons) in {**municipal, "DK": (value, base)}.items()
        for benefit in (None, "CASH")
    ]


FEW, MANY, NOBODY = (3, 20), (9, 30), (0, 30)


def _told_of_the_few(releases: Sequence[tuple[int, Forms]], *months: Sequence[Cell]) -> list[Interval]:
    """Say what all releases tell of the 3 of 20 to who knows which figures stayed as they were."""
    true = {number: {one.key: one for one in each} for number, each in enumerate(months, 1)}
    found = audit.together(
        list(audit.stands(releases, RULES)),
        GROUPS,
        lambda before, after, one: true[before.release].get(one) == true[after.release].get(one),
    )
    return [one.interval for one in found if one.part == (key("900"), "value")]


def test_three_releases_tell_what_no_two_of_them_do() -> None:
    """Who could give at the last release and now could not before it; who could then, can't now.

    Not served are 3 of 20 in one municipality throughout. Two have 9 at the first two releases and nobody at the
    third; two others nobody at the first and 9 at the other two. The country has 21, 39 and 21:

        3 + 9 + 9 + 0 + 0 = 21      The second less the first: the last two have 18 more, so at least 18.
        3 + 9 + 9 + 9 + 9 = 39      The second less the third: the first two had 18 more, so at least 18.
        3 + 0 + 0 + 9 + 9 = 21      So of the 39 at most 3 are left for the few: 0 to 3 are four values.
    """
    months = (
        _trial(FEW, MANY, MANY, NOBODY, NOBODY),
        _trial(FEW, MANY, MANY, MANY, MANY),
        _trial(FEW, NOBODY, NOBODY, MANY, MANY),
    )
    forgetful = released(*months, remembers=False)
    assert [forms[key("DK")].value for _, forms in forgetful] == [21, 39, 21]
    assert _told_of_the_few(forgetful[:2], *months) == []
    assert _told_of_the_few(forgetful, *months) == [Interval(0, 3)]
    releases = released(*months)
    assert [forms[key("DK")].value for _, forms in releases[:2]] == [21, 39]
    assert _told_of_the_few(releases, *months) == []


def test_a_trial_goes_on_showing_the_country_when_others_could_give_throughout() -> None:
    """Two more municipalities have 9 at all releases: these and the few are 21 together, so the few are 0 to 21."""
    months = (
        _trial(FEW, MANY, MANY, MANY, MANY, NOBODY, NOBODY),
        _trial(FEW, MANY, MANY, MANY, MANY, MANY, MANY),
        _trial(FEW, MANY, MANY, NOBODY, NOBODY, MANY, MANY),
    )
    releases = released(*months)
    assert [forms[key("DK")].value for _, forms in releases] == [39, 57, 39]
    assert _told_of_the_few(releases, *months) == []
