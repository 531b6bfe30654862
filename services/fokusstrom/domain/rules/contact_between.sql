-- Section 6  Contact: each meeting of the types JOB, FOLLOW_UP and JOINT that is held and kept; the municipality under
--            which its citizen is in scope in its month, if they are (R6); the days since the citizen's previous such
--            meeting on or after the start of this one's spell; and its minutes.
SELECT
    meeting.fact,
    meeting.citizen,
    meeting.month,
    meeting.told_by,
    meeting.mode,
    in_scope.municipality AS in_scope_of,
    meeting.local_date - meeting.previous_on AS days,
    meeting.duration_minutes AS minutes
FROM kept_meetings AS meeting
LEFT JOIN in_scope ON meeting.citizen = in_scope.citizen AND meeting.month = in_scope.month
WHERE meeting.contact
