"""R2, R4, R7 and the `first` of R14: what one person's meetings are worth."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime

from tests.reference.persons import Key, Meeting, Person, Spell
from tests.reference.rules import Counts, RuleSet

CONTACT_TYPES = ("JOB", "FOLLOW_UP", "JOINT")


def judge(person: Person, rules: RuleSet) -> None:
    """Fill in what the rules say of each of the person's meetings."""
    set_duplicates_aside(person.meetings)
    for meeting in person.meetings:
        meeting.spell = spell_of(meeting, person.spells)
        meeting.reason = why_it_does_not_count(meeting, rules)
    mark_first(person.meetings)


def set_duplicates_aside(meetings: Sequence[Meeting]) -> None:
    """R2 One meeting, reported twice: (a) first, then (b) among those that (a) kept."""
    held = [meeting for meeting in meetings if meeting.attendance == "HELD"]
    _same_minute(held)
    _same_day([meeting for meeting in held if meeting.is_kept and meeting.interview_type == "JOINT"])
    _name_the_record_kept_in_the_end(held)


def _same_minute(held: Iterable[Meeting]) -> None:
    """(a) The same interview type and minute of the instant is one meeting."""
    minutes: dict[tuple[str, datetime], list[Meeting]] = defaultdict(list)
    for meeting in held:
        minute = meeting.held_at.replace(second=0, microsecond=0)
        minutes[meeting.interview_type, minute].append(meeting)
    for records in minutes.values():
        # the jobcentre's if there is one, then the smallest (source, fact_id)
        kept = min(records, key=lambda record: (record.reporter != "JOBCENTER", record.key))
        _merge(kept, [record for record in records if record is not kept])


def _same_day(joint: Iterable[Meeting]) -> None:
    """(b) Joint meetings of one local date, reported by a jobcentre and by an a-kasse."""
    dates: dict[date, list[Meeting]] = defaultdict(list)
    for meeting in joint:
        dates[meeting.local_date].append(meeting)
    for records in dates.values():
        by_jobcentre = [record for record in records if record.reporter == "JOBCENTER"]
        by_a_kasse = [record for record in records if record.reporter == "A_KASSE"]
        if by_jobcentre and by_a_kasse:
            _merge(min(by_jobcentre, key=lambda record: (record.held_at, record.key)), by_a_kasse)


def _merge(kept: Meeting, duplicates: Iterable[Meeting]) -> None:
    """Set the duplicates aside; a kept record without an a-kasse takes the first of theirs."""
    for duplicate in sorted(duplicates, key=lambda record: record.key):
        duplicate.duplicate_of = kept.key
        if kept.a_kasse is None:
            kept.a_kasse = duplicate.a_kasse


def _name_the_record_kept_in_the_end(held: Iterable[Meeting]) -> None:
    kept_by: dict[Key, Key | None] = {meeting.key: meeting.duplicate_of for meeting in held}
    for meeting in held:
        while meeting.duplicate_of is not None and kept_by[meeting.duplicate_of] is not None:
            meeting.duplicate_of = kept_by[meeting.duplicate_of]


def spell_of(meeting: Meeting, spells: Iterable[Spell]) -> Spell | None:
    """R4 The spell of a meeting: of those covering its date, its municipality's, the latest, the smallest."""
    covering = [spell for spell in spells if spell.covers(meeting.local_date)]
    return min(
        covering,
        key=lambda spell: (
            spell.municipality != meeting.municipality,
            -spell.starts_on.toordinal(),
            spell.key,
        ),
        default=None,
    )


def _counts_on(day: date, code: str, rows: Iterable[Counts]) -> bool:
    return any(row.code == code and row.holds_on(day) for row in rows)


def why_it_does_not_count(meeting: Meeting, rules: RuleSet) -> str | None:
    """R7 The first reason that applies; None for a counting meeting."""
    if meeting.duplicate_of is not None:
        return "duplicate"
    if meeting.attendance != "HELD":
        return "no_show"
    if meeting.interview_type not in CONTACT_TYPES:
        return "type_not_counted"
    if not _counts_on(meeting.local_date, meeting.reporter, rules.counting_reporters):
        return "unconfirmed_joint" if meeting.interview_type == "JOINT" else "reported_by_a_kasse"
    if not _counts_on(meeting.local_date, meeting.mode, rules.counting_modes):
        return "mode_not_counted"
    return "no_spell" if meeting.spell is None else None


def mark_first(meetings: Iterable[Meeting]) -> None:
    """R14 `first`: the earliest contact meeting on or after the start of its own spell."""
    contacts = sorted(
        (
            meeting
            for meeting in meetings
            if meeting.is_kept and meeting.interview_type in CONTACT_TYPES and meeting.spell is not None
        ),
        key=lambda meeting: (meeting.held_at, meeting.key),
    )
    dates = [meeting.local_date for meeting in contacts]  # in order too: no clock change crosses midnight
    for meeting in contacts:
        if meeting.spell is not None:
            meeting.first = contacts[bisect_left(dates, meeting.spell.starts_on)] is meeting
