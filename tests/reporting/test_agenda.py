"""Which commands wait for what, as values."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from fokusstrom.contracts.records import CommandKind, ControlCommand
from fokusstrom.reporting.agenda import Agenda, Seen, Wanted

NOW = datetime(2022, 1, 1, tzinfo=UTC)
DAY = date(2021, 12, 31)


def agenda(*commands: ControlCommand) -> Agenda:
    """Give an agenda that has heard these."""
    made = Agenda()
    for one in commands:
        made.hear(one)
    return made


def command(name: str, kind: CommandKind = CommandKind.CUT, **changed: Any) -> ControlCommand:  # noqa: ANN401
    """Give a command that lives for an hour."""
    return ControlCommand(id=name, kind=kind, issued_at=NOW, expires_at=NOW + timedelta(hours=1), **changed)


def test_requests_for_the_same_are_answered_by_one_cut() -> None:
    """Several waiting requests with the same parameters are answered by one cut."""
    waiting = agenda(command("a", through=DAY), command("b"), command("c", CommandKind.RELEASE, through=DAY))
    assert waiting.wanted(Seen()) == [Wanted(DAY, None, ("a", "c")), Wanted(None, None, ("b",))]


def test_a_cut_is_done_when_a_mark_names_it() -> None:
    """A request that is heard again after a restart makes no second cut."""
    waiting = agenda(command("a"))
    seen = Seen(answered={"a": 7})
    assert waiting.wanted(seen) == []
    assert waiting.settle(seen, NOW) == []
    assert not waiting.waiting


def test_a_release_is_done_when_its_cut_is_released() -> None:
    """A release waits for its cut to be complete; a released cut isn't released again."""
    waiting = agenda(command("a", CommandKind.RELEASE))
    under_way = Seen(answered={"a": 7}, under_way={7})
    waiting.settle(under_way, NOW)
    assert waiting.waiting == {"a"}
    assert waiting.wanted(under_way) == []
    assert waiting.to_release(under_way) == {7}
    released = Seen(answered={"a": 7}, released={7})
    waiting.settle(released, NOW)
    assert not waiting.waiting


def test_a_release_whose_cut_was_passed_over_gets_another() -> None:
    """A cut that can no longer become complete here is made again."""
    waiting = agenda(command("a", CommandKind.RELEASE))
    assert waiting.wanted(Seen(answered={"a": 7}, under_way={8})) == [Wanted(None, None, ("a",))]


def test_a_dry_run_is_a_cut() -> None:
    """A dry run publishes nothing."""
    waiting = agenda(command("a", CommandKind.RELEASE, dry_run=True))
    seen = Seen(answered={"a": 7}, under_way={7})
    assert waiting.to_release(seen) == set()
    waiting.settle(seen, NOW)
    assert not waiting.waiting


def test_expired_commands_are_ignored() -> None:
    """Nobody waits for them any more."""
    waiting = agenda(command("a"))
    assert [one.id for one in waiting.settle(Seen(), NOW + timedelta(hours=2))] == ["a"]
    assert waiting.wanted(Seen()) == []


def test_other_services_commands_are_left_to_them() -> None:
    """Each hears every command."""
    assert not Agenda().hear(command("a", CommandKind.SCENARIO))
