-- Section 4  The citizen's first outcome on a day after the meeting and no later than 12 calendar months
--            after it; on the same day JOB before EDUCATION before FIT.
SELECT
    meeting.fact,
    outcome.outcome,
    outcome.reached_on
FROM meetings AS meeting
CROSS JOIN evaluation
INNER JOIN outcomes AS outcome
    ON
        meeting.citizen = outcome.citizen
        AND meeting.local_date < outcome.reached_on
        AND outcome.reached_on <= add_months(meeting.local_date, evaluation.outcome_months)
QUALIFY
    row_number() OVER (
        PARTITION BY meeting.fact
        ORDER BY
            outcome.reached_on,
            CASE outcome.outcome WHEN 'JOB' THEN 1 WHEN 'EDUCATION' THEN 2 WHEN 'FIT' THEN 3 END,
            outcome.source,
            outcome.fact_id
    ) = 1
