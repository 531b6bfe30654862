"""Which commands wait for what: pure values, from which follows which cuts to make and what to release.

A command is done when the log shows it: a cut when a mark names it, a release when the cut whose mark names
it is released. So a worker that starts again, and hears the same commands again, does nothing twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date, datetime

from fokusstrom.contracts.records import CommandKind, ControlCommand

_KINDS = frozenset({CommandKind.CUT, CommandKind.RELEASE})


@dataclass(frozen=True)
class Seen:
    """What the log shows, as far as commands are concerned."""

    answered: Mapping[str, int] = field(default_factory=dict)
    """The newest cut whose mark names a command, by the command's id."""
    under_way: AbstractSet[int] = frozenset()
    """Cuts that can still become complete here."""
    released: AbstractSet[int] = frozenset()
    """Cuts that are released."""


@dataclass(frozen=True)
class Wanted:
    """A cut to make."""

    through: date | None
    """None: the end date in force."""
    rule_set: str | None
    """None: the rule set in force."""
    requests: tuple[str, ...] = ()


class Agenda:
    """The commands that are not done."""

    def __init__(self) -> None:
        """Begin with none."""
        self._commands: dict[str, ControlCommand] = {}

    def hear(self, command: ControlCommand) -> bool:
        """Take a command; False when it is nothing for reporting."""
        if command.kind not in _KINDS:
            return False
        self._commands[command.id] = command
        return True

    def drop(self, request: str) -> None:
        """Give a command up."""
        self._commands.pop(request, None)

    @property
    def waiting(self) -> AbstractSet[str]:
        """Ids of the commands that are not done."""
        return self._commands.keys()

    def settle(self, seen: Seen, now: datetime) -> list[ControlCommand]:
        """Let go of what is done or expired; return what expired before it was done."""
        done = {one for one, command in self._commands.items() if _is_done(command, seen)}
        expired = [command for one, command in self._commands.items() if command.expires_at < now and one not in done]
        for one in [*done, *(command.id for command in expired)]:
            del self._commands[one]
        return expired

    def wanted(self, seen: Seen) -> list[Wanted]:
        """The cuts to make: one for all commands that ask for the same."""
        alike: dict[tuple[date | None, str | None], list[str]] = {}
        for command in self._commands.values():
            if _needs_cut(command, seen):
                alike.setdefault((command.through, command.rule_set), []).append(command.id)
        return [Wanted(through, rules, tuple(requests)) for (through, rules), requests in alike.items()]

    def to_release(self, seen: Seen) -> set[int]:
        """The cuts that are to be released when they are complete."""
        return {
            seen.answered[command.id]
            for command in self._commands.values()
            if _releases(command) and command.id in seen.answered
        }


def _releases(command: ControlCommand) -> bool:
    return command.kind is CommandKind.RELEASE and not command.dry_run


def _is_done(command: ControlCommand, seen: Seen) -> bool:
    cut = seen.answered.get(command.id)
    return cut is not None and (not _releases(command) or cut in seen.released)


def _needs_cut(command: ControlCommand, seen: Seen) -> bool:
    """Also when its cut was passed over, as when this worker wasn't there to gather it."""
    cut = seen.answered.get(command.id)
    return cut is None or (_releases(command) and cut not in seen.under_way and cut not in seen.released)
