"""R17 on the pages of an evaluation: small groups, and what would give them away on the same page."""

from __future__ import annotations

from fokusstrom.domain.evaluation import Contact, Counted, Followed
from fokusstrom.domain.evaluation_shown import hidden_contact, hidden_shares
from fokusstrom.domain.small_cells import Suppression

_GROUPS = Suppression(1, 4, 5)


def _of(mode: str, citizens: int, reached: int, horizon: int = 3) -> Followed:
    """Give a meeting each of so many citizens."""
    return Followed(
        None, "all", None, mode, horizon, "JOB", citizens, citizens, citizens, reached, reached, reached
    )  # fmt: skip


def _modes(*followed: Followed) -> set[str]:
    return {one.mode for one in hidden_shares(followed, _GROUPS)}


def test_small_groups() -> None:
    """Nothing is shown where 1 to 4 citizens are behind a number, behind the rest or behind its base; 0 and 5 are."""
    assert _modes(_of("PHONE", 20, 4)) == {"PHONE"}
    assert _modes(_of("PHONE", 20, 16)) == {"PHONE"}
    assert _modes(_of("PHONE", 4, 0)) == {"PHONE"}
    assert _modes(_of("PHONE", 20, 5), _of("VIDEO", 20, 0), _of("OTHER", 20, 20)) == set()


def test_many_meetings_of_few() -> None:
    """Six meetings can be one citizen's: citizens are counted, also those to whom it came after some of them only."""
    few = Followed(None, "all", None, "PHONE", 3, "JOB", 60, 10, 360, 24, 4, 4)
    some = Followed(None, "all", None, "VIDEO", 3, "JOB", 60, 10, 360, 24, 8, 8)
    spread = Followed(None, "all", None, "OTHER", 3, "JOB", 60, 10, 360, 24, 8, 1)
    assert hidden_shares([few, some, spread], _GROUPS) == {few, some}


def test_what_gives_them_away() -> None:
    """One hidden mode beside all modes together would be the rest: another one is hidden with it."""
    shown = [_of("PHONE", 40, 10), _of("VIDEO", 30, 9), _of("OTHER", 20, 3)]
    assert _modes(*shown) == {"OTHER"}
    hidden = _modes(*shown, _of("ALL", 90, 22))
    assert "OTHER" in hidden
    assert len(hidden) == 2


def test_first_and_later() -> None:
    """First and later meetings are all meetings: neither is worked out of the other."""
    parts = [
        Followed(None, part, code, "PHONE", 3, "JOB", n, n, n, reached, reached, reached)
        for part, code, n, reached in (("all", None, 50, 13), ("first", "true", 10, 3), ("first", "false", 40, 10))
    ]
    assert len(hidden_shares(parts, _GROUPS)) >= 2


def _contact(mode: str, meetings: int, citizens: int) -> Contact:
    return Contact("DK", "2020-05", mode, Counted(50, 0, 50), Counted(meetings, 0, citizens), Counted(), Counted())


def test_contact() -> None:
    """Meetings of one to four citizens are hidden, and another mode where all modes together would tell."""
    modes = [_contact("PHONE", 30, 20), _contact("VIDEO", 12, 9), _contact("OTHER", 6, 1)]
    assert hidden_contact(modes, _GROUPS) == {("2020-05", "meetings", "OTHER")}
    hidden = hidden_contact([*modes, _contact("ALL", 48, 25)], _GROUPS)
    assert len(hidden) == 2
    assert {part for _, part, _ in hidden} == {"meetings"}
    assert hidden_contact([_contact("PHONE", 30, 20)], _GROUPS) == frozenset()
