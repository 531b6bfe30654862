-- R14  For each meeting that is held, kept and has a spell: the first day after the meeting's date on which the
--      citizen reached each kind of outcome, within the longest horizon.
SELECT
    meeting.fact,
    outcome.outcome,
    min(outcome.reached_on) AS reached_on
FROM kept_meetings AS meeting
CROSS JOIN evaluation
INNER JOIN outcomes AS outcome
    ON
        meeting.citizen = outcome.citizen
        AND meeting.local_date < outcome.reached_on
        AND outcome.reached_on <= add_months(meeting.local_date, list_max(evaluation.horizon_months))
WHERE meeting.benefit IS NOT NULL
GROUP BY meeting.fact, outcome.outcome
