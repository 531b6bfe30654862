-- Section 6  Contact: each meeting of the types JOB, FOLLOW_UP and JOINT that is held and kept; the municipality under
--            which its citizen is in scope in its month, if they are (R6); the days since the citizen's previous such
--            meeting on or after the start of this one's spell; and its minutes.
SELECT
    meeting.fact,
    meeting.citizen,
    month_of(meeting.local_date) AS month,
    meeting.told_by,
    meeting.mode,
    in_scope.municipality AS in_scope_of,
    CASE
        WHEN lag(meeting.local_date) OVER in_order >= meeting.spell_start
            THEN meeting.local_date - lag(meeting.local_date) OVER in_order
    END AS days,
    meeting.duration_minutes AS minutes
FROM judged_meetings AS meeting
LEFT JOIN in_scope ON meeting.citizen = in_scope.citizen AND month_of(meeting.local_date) = in_scope.month
WHERE meeting.kept AND meeting.contact
WINDOW in_order AS (PARTITION BY meeting.citizen ORDER BY meeting.held_at, meeting.source, meeting.fact_id)
