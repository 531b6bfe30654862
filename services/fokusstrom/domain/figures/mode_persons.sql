-- Section 6, R17  The country's meetings by mode (JOB, FOLLOW_UP, JOINT; held and kept), and the distinct
--                 persons behind each: six meetings can be one person.
SELECT
    meeting.citizen,
    'DK' AS municipality,
    meeting.month,
    meeting.mode,
    count(*) AS meetings,
    1 AS persons
FROM kept_meetings AS meeting
INNER JOIN months ON meeting.month = months.month
WHERE meeting.contact
GROUP BY ALL
