-- Section 5  All meetings after R1, by what they count for and why not.
SELECT
    meeting.citizen,
    meeting.told_by AS municipality,
    month_of(meeting.local_date) AS month,
    meeting.benefit,
    meeting.interview_type,
    meeting.mode,
    meeting.a_kasse IS NOT NULL AS a_kasse,
    meeting.reason IS NULL AS counts,
    meeting.reason,
    1 AS meetings
FROM judged_meetings AS meeting
INNER JOIN months ON month_of(meeting.local_date) = months.month
