-- Section 4  Joint meetings that only the a-kasse knows: no jobcentre reported one of the citizen on that date (R2).
SELECT
    meeting.fact,
    'only_a_kasse' AS reason,
    NULL::BIGINT AS other
FROM told_meetings AS meeting
WHERE meeting.kept AND meeting.interview_type = 'JOINT' AND meeting.reporter = 'A_KASSE'
