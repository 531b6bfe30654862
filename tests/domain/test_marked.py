"""R17, who reads marks: numbers that are small, beside numbers that are nothing or large."""

from __future__ import annotations

import pytest

from fokusstrom.domain.attack import Contradiction
from fokusstrom.domain.marked import too_tight
from fokusstrom.domain.sums import Interval, Knowledge, Sum

SMALL = {"few": Interval(1, 4)}


def found(total: int, *large: str, least: int = 0) -> dict[str, Interval]:
    """Attack a few that are so many together with others, each of which is nothing or 5 at least."""
    parts = Sum("all", ("few", *large))
    somebody = {one: Interval(least) for one in large}
    return too_tight(Knowledge({"all": total}, [parts], intervals=somebody), SMALL, large)


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
        too_tight(Knowledge({"all": 9, "one": 3}, [Sum("all", ("one",))]), SMALL, [])
