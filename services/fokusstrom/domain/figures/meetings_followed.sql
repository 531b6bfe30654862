-- R14  Meetings held, kept and with a spell, whatever followed: what each horizon and outcome is counted of.
SELECT
    meeting.citizen,
    meeting.told_by AS municipality,
    meeting.month,
    meeting.benefit,
    meeting.mode,
    meeting.first,
    1 AS meetings
FROM kept_meetings AS meeting
INNER JOIN months ON meeting.month = months.month
WHERE meeting.benefit IS NOT NULL
