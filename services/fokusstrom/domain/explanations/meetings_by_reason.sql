-- R7  The meetings of a municipality's month: what they count for, why not, and the rows by which they count.
SELECT
    meeting.reason,
    meeting.reporter::VARCHAR AS reporter,
    meeting.mode::VARCHAR AS mode,
    meeting.reporter_row,
    meeting.mode_row,
    count(*) AS meetings
FROM judged_meetings AS meeting
INNER JOIN months ON month_of(meeting.local_date) = months.month
WHERE
    meeting.told_by = getvariable('municipality')
    AND months.month = getvariable('month')
    AND (getvariable('benefit') IS NULL OR meeting.benefit = getvariable('benefit'))
GROUP BY ALL
ORDER BY ALL
