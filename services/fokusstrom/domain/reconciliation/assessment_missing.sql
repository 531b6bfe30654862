-- Section 4  Missing assessments: the mode was allowed only with one, or one should be documented (R15).
SELECT
    meeting.fact,
    CASE WHEN meeting.mode_lawful THEN 'assessment_expected' ELSE 'assessment_required' END AS reason,
    NULL::BIGINT AS other
FROM mode_of_meeting AS meeting
WHERE meeting.assessment_missing
