"""R17, who reads marks: numbers that are small, beside numbers that are nothing or large."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fokusstrom.domain.attack import Contradiction
from fokusstrom.domain.marked import Mark, Seen, Told, plain, read, too_tight
from fokusstrom.domain.small_cells import Suppression
from fokusstrom.domain.sums import Interval, Knowledge, Sum

SMALL, ONE_AT_LEAST = {"few": Interval(1, 4)}, {"few": Interval(1)}
GROUPS = Suppression(1, 4, 5)


def found(total: int, *large: str, least: int = 0) -> dict[str, Interval]:
    """Attack a few that are so many together with others, each of which is nothing or 5 at least."""
    parts = Sum("all", ("few", *large))
    somebody = {one: Interval(least) for one in large}
    return too_tight(Seen(Knowledge({"all": total}, [parts], intervals=somebody), SMALL, large), GROUPS, SMALL)


def test_five_at_least_of_six_leave_one() -> None:
    """The few are 1 where nobody else can be left: 6 less 5, for 6 by themselves are no few."""
    assert found(6, "others") == {"few": Interval(1, 1)}


@pytest.mark.parametrize(("total", "left"), [(7, Interval(1, 2)), (8, Interval(1, 3)), (9, None), (20, None)])
def test_what_is_left_of_a_total(total: int, left: Interval | None) -> None:
    """Of 7 the others are 5 or 6; of 9 they are 5 to 8, and the few all that few can be."""
    assert found(total, "others") == ({} if left is None else {"few": left})


def test_which_of_several_are_nothing_is_not_known() -> None:
    """7 together with two others: one of these is nothing, and it doesn't matter which; of 13 both can be there."""
    assert found(7, "others", "more") == {"few": Interval(1, 2)}
    assert found(13, "others", "more") == {}


def test_what_cannot_be_nothing_is_large() -> None:
    """Where there is somebody of each the two others are 10 at least: of 12 they leave 2."""
    assert found(12, "others", "more", least=1) == {"few": Interval(1, 2)}
    assert found(12, "others", "more") == {}


def test_marks_that_cannot_be_tell_nothing() -> None:
    """5 of which 1 to 4 are few leave 1 to 4 that should be nothing or large: somebody said that earlier."""
    assert found(5, "others") == {}


def test_what_does_not_add_up_is_refused() -> None:
    """A total that isn't the sum of what is known."""
    with pytest.raises(Contradiction, match="add up"):
        too_tight(Seen(Knowledge({"all": 9, "one": 3}, [Sum("all", ("one",))]), SMALL, []), GROUPS, SMALL)


def test_a_number_is_plainly_small_where_the_other_one_is_not() -> None:
    """Of 20 at least 8 at most are few, and 12 others none: of 12 they might be 8, and the 4 the few."""
    of_base = Sum("base", ("few", "others"))
    for least, plainly in ((20, SMALL), (13, SMALL), (12, {})):
        known = Knowledge({"all": 8}, [of_base, Sum("all", ("few", "more"))], intervals={"base": Interval(least)})
        assert plain(known, {"few": Mark("others", Interval(1, 4))}) == plainly


def test_one_plainly_small_number_shows_another() -> None:
    """30 of 40 are others or more, the rest of a few: these 1 to 4 leave 26 to the others of the second few."""
    sums = [Sum("rows", ("others", "more")), Sum("columns", ("more", "few"))]
    known = Knowledge({"rows": 30, "columns": 24, "big": 40}, sums)
    marks = {"few": Mark("big", Interval(1, 4)), "second": Mark("others", Interval(1, 4))}
    told = replace(known, sums=[*sums, Sum("base", ("second", "others"))])
    assert plain(told, marks) == {"few": Interval(1, 4), "second": Interval(1, 4)}
    assert plain(told, {"second": marks["second"]}) == {"second": Interval(1, 4)}


def test_meetings_keep_five_values() -> None:
    """Meetings of a few are 1 at least and have no end: beside others, 9 together, they are 1 to 4 or all 9.

    Of 8 they are 1 to 3 or 8, which is a value less.
    """

    def meetings(total: int) -> dict[str, Interval]:
        knowledge = Knowledge({"all": total}, [Sum("all", ("few", "others"))])
        return too_tight(Seen(knowledge, ONE_AT_LEAST, ["others"]), GROUPS, ONE_AT_LEAST)

    assert meetings(9) == {}
    assert meetings(8) == {"few": Interval(1, 8)}


def test_what_marks_tell_whatever_is_shown() -> None:
    """Three that are few and a total that is few too are 1 or 2 each, whatever is shown; that they are 3 tells more."""
    of_all = [Sum("all", ("one", "two", "three"))]
    few = dict.fromkeys(("one", "two", "three"), Interval(1, 4))
    unshown = Seen(Knowledge({}, of_all), {**few, "all": Interval(1, 4)}, [])
    one_or_two = dict.fromkeys(few, Interval(1, 2))
    assert read(unshown, lambda: unshown, GROUPS) == Told({}, {**one_or_two, "all": Interval(3, 4)})
    shown = Seen(Knowledge({"all": 3}, of_all), few, [])
    assert read(shown, lambda: unshown, GROUPS) == Told(dict.fromkeys(few, Interval(1, 1)), {})
