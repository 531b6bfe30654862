-- R15  Was the mode lawful, was an assessment missing; mode_lawful is null where no row matches,
--      assessment_missing is then false.
SELECT
    meeting.fact,
    meeting.citizen,
    meeting.local_date,
    meeting.month,
    meeting.told_by,
    meeting.region,
    meeting.benefit,
    meeting.interview_type,
    meeting.contact,
    meeting.mode,
    meeting.assessment_documented,
    meeting.first,
    meeting.six_months_reached,
    rule.mode_rule,
    list_contains(rule.allowed, meeting.mode)
    OR (list_contains(rule.with_assessment, meeting.mode) AND meeting.assessment_documented) AS mode_lawful,
    coalesce(
        list_contains(rule.with_assessment, meeting.mode) OR list_contains(rule.assessment_expected, meeting.mode), false
    ) AND NOT meeting.assessment_documented AS assessment_missing
FROM kept_meetings AS meeting
LEFT JOIN mode_in_force AS rule
    ON
        meeting.local_date = rule.local_date
        AND meeting.region = rule.region
        AND meeting.interview_type = rule.interview_type
        AND meeting.first = rule.first
        AND meeting.six_months_reached = rule.six_months_reached
