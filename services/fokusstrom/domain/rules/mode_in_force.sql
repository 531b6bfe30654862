-- R15  For each set of circumstances the first row of mode_rules that matches decides.
WITH circumstances AS (
    SELECT DISTINCT
        local_date,
        region,
        interview_type,
        first,
        six_months_reached
    FROM kept_meetings
)

SELECT
    meeting.local_date,
    meeting.region,
    meeting.interview_type,
    meeting.first,
    meeting.six_months_reached,
    rule.name AS mode_rule,
    rule.allowed,
    rule.with_assessment,
    rule.assessment_expected
FROM circumstances AS meeting
INNER JOIN mode_rules AS rule
    ON
        meeting.local_date BETWEEN rule.valid_from AND rule.valid_to
        AND (rule.regions IS NULL OR list_contains(rule.regions, meeting.region))
        AND (rule.only_type IS NULL OR meeting.interview_type = rule.only_type)
        AND (rule.only_first IS NULL OR meeting.first = rule.only_first)
        AND (rule.only_six_months IS NULL OR meeting.six_months_reached = rule.only_six_months)
QUALIFY
    row_number() OVER (
        PARTITION BY
            meeting.local_date, meeting.region, meeting.interview_type, meeting.first, meeting.six_months_reached
        ORDER BY rule.row
    ) = 1
