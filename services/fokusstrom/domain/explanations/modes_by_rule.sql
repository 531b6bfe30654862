-- R15  The meetings of a municipality's month that are held and kept, by the row of mode_rules that judged them.
SELECT
    meeting.mode_rule,
    meeting.mode::VARCHAR AS mode,
    meeting.first,
    meeting.mode_lawful AS lawful,
    meeting.assessment_missing,
    count(*) AS meetings
FROM mode_of_meeting AS meeting
INNER JOIN months ON meeting.month = months.month
WHERE meeting.told_by = getvariable('municipality') AND months.month = getvariable('month')
GROUP BY ALL
ORDER BY ALL
