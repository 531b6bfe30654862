"""R15 Mode in force: the first row of `mode_rules` that matches, and what follows from it."""

from __future__ import annotations

from tests.reference.days import add_months
from tests.reference.exchange import regions
from tests.reference.persons import Meeting
from tests.reference.rules import ModeRule, RuleSet

SIX_MONTHS = 6


def rule_in_force(meeting: Meeting, rules: RuleSet) -> ModeRule | None:
    """Give the row that decides; None where no row matches, or for a meeting not held or not kept."""
    if not meeting.is_kept:
        return None
    return next((rule for rule in rules.mode_rules if _matches(rule, meeting)), None)


def _matches(rule: ModeRule, meeting: Meeting) -> bool:
    return (
        rule.since <= meeting.local_date
        and (rule.until is None or meeting.local_date <= rule.until)
        and (rule.regions is None or regions()[told_by(meeting)] in rule.regions)
        and (rule.interview_type is None or rule.interview_type == meeting.interview_type)
        and (rule.first is None or rule.first == meeting.first)
        and (rule.six_months_reached is None or rule.six_months_reached == _six_months_reached(meeting))
    )


def told_by(meeting: Meeting) -> str:
    """Give the municipality of its spell, else its own."""
    return meeting.spell.municipality if meeting.spell else meeting.municipality


def _six_months_reached(meeting: Meeting) -> bool:
    """Six months since its spell's start, completed before its day; false without a spell."""
    return meeting.spell is not None and add_months(meeting.spell.starts_on, SIX_MONTHS) <= meeting.local_date


def is_lawful(meeting: Meeting, rule: ModeRule | None) -> bool | None:
    """Say whether the mode was lawful; None where no row matches."""
    if rule is None:
        return None
    return meeting.mode in rule.allowed or (
        meeting.mode in rule.with_assessment and meeting.assessment_documented is True
    )


def is_assessment_missing(meeting: Meeting, rule: ModeRule | None) -> bool:
    """Say whether the mode asks for an assessment that is not documented."""
    return (
        rule is not None
        and meeting.mode in rule.with_assessment | rule.assessment_expected
        and meeting.assessment_documented is not True
    )
