-- Section 5, R15  Meetings held and kept, by mode and whether the mode was in force.
SELECT
    meeting.citizen,
    meeting.told_by AS municipality,
    meeting.month,
    meeting.interview_type,
    meeting.mode,
    meeting.first,
    meeting.mode_lawful AS lawful,
    meeting.assessment_missing,
    1 AS meetings
FROM mode_of_meeting AS meeting
INNER JOIN months ON meeting.month = months.month
