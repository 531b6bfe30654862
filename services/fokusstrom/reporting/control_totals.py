"""Control totals from source to figure: that a cut's numbers add up is checked here, before anything is published.

    MeetingHeld facts that hold, of all sources
      = meetings that count, or don't for a reason (R7)
      + meetings beyond the end date, or in a month that it does not complete
    meetings that count or don't  = the meetings of the figure `meetings_held`
    those held, kept, and of a type that counts  = the meetings of the figure by mode, and of the country's
    persons in scope  = the same for both focus targets

Every slice reads every fact, so the totals by source are any slice's; the meetings are the slices' sum.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from fokusstrom.contracts.cuts import CompleteCut
from fokusstrom.contracts.records import ControlTotal, CutStatus, MeetingsBeyond, MeetingsByReason
from fokusstrom.domain.facts import MEETING_HELD
from fokusstrom.domain.measures import COUNTRY

_NOT_BY_MODE = frozenset({"duplicate", "no_show", "type_not_counted"})

T = TypeVar("T")


def meetings_by_reason(statuses: Sequence[CutStatus]) -> tuple[MeetingsByReason, ...]:
    """Sum the slices' meetings by reason; those that count first."""
    sums = _summed(statuses, lambda status: [(one.reason or "", one.meetings) for one in status.meetings_by_reason])
    return tuple(MeetingsByReason(reason=reason or None, meetings=count) for reason, count in sums.items())


def meetings_beyond(statuses: Sequence[CutStatus]) -> tuple[MeetingsBeyond, ...]:
    """Sum the slices' meetings that are in no figure, by why."""
    sums = _summed(statuses, lambda status: [(one.why, one.meetings) for one in status.beyond])
    return tuple(MeetingsBeyond(why=why, meetings=count) for why, count in sums.items())


def contradictions(cut: CompleteCut) -> list[str]:
    """Say what doesn't add up, a sentence each; nothing when all does."""
    return [f"{what} are {left}, {other} are {right}" for what, left, other, right in _compared(cut) if left != right]


def adds_up(
    totals: Sequence[ControlTotal], by_reason: Sequence[MeetingsByReason], beyond: Sequence[MeetingsBeyond]
) -> bool:
    """Whether the meetings of a manifest are the facts that hold."""
    holding = sum(total.holding for total in totals if total.type == MEETING_HELD.name)
    return holding == sum(one.meetings for one in by_reason) + sum(one.meetings for one in beyond)


def _compared(cut: CompleteCut) -> Iterator[tuple[str, int, str, int]]:
    totals = cut.statuses[0].totals
    judged = meetings_by_reason(cut.statuses)
    beyond = sum(one.meetings for one in meetings_beyond(cut.statuses))
    counted = sum(one.meetings for one in judged)
    holding = sum(total.holding for total in totals if total.type == MEETING_HELD.name)
    yield "MeetingHeld facts that hold", holding, "meetings in figures and beyond them", counted + beyond
    yield "meetings by reason", counted, "those of meetings_held", cut.figures.total("meetings_held", "meetings")
    contact = sum(one.meetings for one in judged if one.reason not in _NOT_BY_MODE)
    for name, sign in (("municipalities", "<>"), ("the country", "=")):
        by_mode = cut.figures.total("mode_parts", "meetings", f"part = 'all' AND area {sign} '{COUNTRY}'")
        yield "meetings held, kept and of a type that counts", contact, f"those by mode of {name}", by_mode
    meetings, offers = (cut.figures.total(f"focus_{target}", "persons") for target in ("meetings", "offers"))
    yield "persons in scope for meetings", meetings, "those for offers", offers


def _summed(statuses: Sequence[T], each: Callable[[T], Sequence[tuple[str, int]]]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for status in statuses:
        for name, count in each(status):
            sums[name] = sums.get(name, 0) + count
    return dict(sorted(sums.items()))
