-- R2  The same meeting reported twice: what was set aside, and the record that was kept.
SELECT
    meeting.fact,
    CASE
        WHEN meeting.interview_type = 'JOINT' AND meeting.reporter <> kept.reporter THEN 'joint_by_both'
        ELSE 'same_minute'
    END AS reason,
    kept.fact AS other
FROM told_meetings AS meeting
INNER JOIN told_meetings AS kept ON meeting.duplicate_of = kept.fact
