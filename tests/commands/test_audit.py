"""`fokusstrom audit`: what it says of a topic."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fokusstrom.commands.audit import Finding, attack
from fokusstrom.domain import audit
from fokusstrom.domain.measures import Cell, Key
from fokusstrom.domain.past import Past
from fokusstrom.domain.publication import Publication
from tests.domain import averaging
from tests.domain.averaging import average, month
from tests.domain.published import FIGURES, RULES, SMALL, THROUGH, cells, shown
from tests.effort import one_in

FIGURE = "focus_meetings 101 2021-03 benefit=CASH"


def test_each_exposure_is_a_line_with_its_release_and_bounds() -> None:
    """Release 3 hides too little, release 4 says nothing new: three numbers of release 3 are known exactly."""
    found, size = attack([(3, shown(cells(FIGURES), SMALL)), (4, {})], (), RULES, None, 3)
    assert found == [
        Finding("exposed", 3, f"value of {FIGURE}", 3, 3),
        Finding("exposed", 3, f"base of {FIGURE}", 20, 20),
        Finding("exposed", 3, f"rest of {FIGURE}", 17, 17),
    ]
    assert all(one.is_exposure for one in found)
    assert size.startswith("attacked 1 releases with hidden figures: 16 records, 1 of them hidden, 3 unknown")


def test_the_narrowest_bounds_are_named_when_nothing_is_exposed() -> None:
    """Of twelve hidden numbers the two that are bounded most narrowly."""
    figures = cells(FIGURES)
    hidden = Publication(figures, Past(), RULES, THROUGH).judge().hidden
    found, _ = attack([(1, shown(figures, hidden))], (), RULES, None, 2)
    assert [one.finding for one in found] == ["narrow", "narrow"]
    assert not any(one.is_exposure for one in found)


def test_one_release_is_attacked_by_itself() -> None:
    """What another release exposed is not said of this one."""
    figures = cells(FIGURES)
    hidden = Publication(figures, Past(), RULES, THROUGH).judge().hidden
    releases = [(1, shown(figures, SMALL)), (2, shown(figures, hidden))]
    assert not any(one.is_exposure for one in attack(releases, (), RULES, 2, 0)[0])
    assert {one.release for one in attack(releases, (), RULES, None, 0)[0]} == {1}


def test_averages_of_several_releases_are_attacked_where_the_truth_is_known() -> None:
    """50.0 % of two months and 36.7 % of three tell of the third: 4 of 40, if the first two stayed as they were.

    Without the truth nobody knows; and where it is 9 of 40, who believes it is wrong.
    """
    releases = [(1, averaging.hidden(1, 2) | average(500, 2)), (2, averaging.hidden(3) | average(367, 3))]
    assert attack(releases, (), RULES, None, 0)[0] == []
    assert attack(releases, [Cell(month(3), 4, 40)], RULES, None, 0)[0] == [
        Finding("average", 2, "value of focus_meetings 751 2021-03", 4, 4)
    ]
    assert attack(releases, [Cell(month(3), 9, 40)], RULES, None, 0)[0] == []


def test_what_one_average_tells_is_said_once() -> None:
    """2.5 % of two months are 5 % together, which are 2 of 40 at most: whoever looks at it finds the same."""
    found, _ = attack([(1, averaging.hidden(1, 2) | average(25, 2, met=True))], (), RULES, None, 0)
    values = [one for one in found if one.figure.startswith("value")]
    assert values == [Finding("exposed", 1, f"value of focus_meetings 751 2021-0{month}", 0, 2) for month in (1, 2)]


OTHER_YEAR = {key._replace(period="2022-03"): said for key, said in shown(cells(FIGURES), SMALL).items()}
SAID = (
    averaging.hidden(1, 2),
    averaging.hidden(3),
    average(500, 2),
    average(367, 3),
    {month(1): averaging.free(10, 40)},
    shown(cells(FIGURES), SMALL),
    OTHER_YEAR,
)
"""What releases say of the months and averages of a municipality's year, of the country, and of another year."""


@given(st.lists(st.sets(st.sampled_from(range(len(SAID))), min_size=1, max_size=3), min_size=2, max_size=4))
@one_in(2)
def test_an_attack_on_one_release_needs_to_know_no_more(told: list[set[int]]) -> None:
    """What is of no concern changes nothing of what is found."""
    releases = [
        (number, {key: form for block in sorted(blocks) for key, form in SAID[block].items()})
        for number, blocks in enumerate(told, 1)
    ]
    number = len(releases)
    is_concerned = audit.concerned(key._replace(dimensions=()) for key in releases[-1][1])
    left = [
        (release, {key: form for key, form in forms.items() if is_concerned(key._replace(dimensions=()))})
        for release, forms in releases
    ]
    true = [Cell(month(3), 4, 40)]
    assert attack(left, true, RULES, number, 2) == attack(releases, true, RULES, number, 2)


def test_what_is_of_no_concern_is_left_out() -> None:
    """A month of another year, another family, and a measure that isn't known here."""
    is_concerned = audit.concerned([month(3), Key("invented", "751", "2020")])
    assert is_concerned(Key("focus_offers", "101", "2021-12"))
    assert is_concerned(Key("focus_meetings_average", "101", "2021"))
    assert not is_concerned(Key("focus_offers", "751", "2020-12"))
    assert not is_concerned(Key("meetings_by_mode", "751", "2021-03"))


def test_what_is_only_settled_is_not_attacked_again() -> None:
    """The second release says the same as the first, now for good."""
    figures = shown(cells(FIGURES), SMALL)
    found, size = attack([(1, figures), (2, figures)], (), RULES, 2, 3)
    assert (found, size.split(":")[0]) == ([], "attacked 0 releases with hidden figures")
