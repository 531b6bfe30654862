-- R14, R15  What is asked of meetings where a rule on modes held in some regions only: each meeting held, kept and
--           with a spell, on the days of the rule (during) and on as many days before it (before), in those regions
--           (restricted) and in all others (elsewhere); once for each horizon that is complete, from the last day on.
WITH horizons AS (
    SELECT unnest(horizon_months) AS horizon
    FROM evaluation
),

regional AS (
    SELECT
        *,
        (valid_to - valid_from + 1)::INTEGER AS days
    FROM mode_rules
    WHERE regions IS NOT NULL
),

stretches AS (
    SELECT
        * REPLACE ((valid_from - days) AS valid_from, (valid_from - 1) AS valid_to),
        'before' AS part
    FROM regional
    UNION ALL
    SELECT
        *,
        'during' AS part
    FROM regional
)

SELECT
    rule.name AS rule,
    rule.part,
    CASE WHEN list_contains(rule.regions, meeting.region) THEN 'restricted' ELSE 'elsewhere' END AS code,
    unnest([meeting.mode::VARCHAR, 'ALL']) AS mode,
    meeting.fact,
    meeting.citizen,
    meeting.local_date,
    horizons.horizon
FROM kept_meetings AS meeting
INNER JOIN stretches AS rule
    ON
        meeting.local_date BETWEEN rule.valid_from AND rule.valid_to
        AND (rule.only_type IS NULL OR meeting.interview_type = rule.only_type)
        AND (rule.only_first IS NULL OR meeting.first = rule.only_first)
        AND (rule.only_six_months IS NULL OR meeting.six_months_reached = rule.only_six_months)
CROSS JOIN horizons
CROSS JOIN end_date
WHERE
    meeting.benefit IS NOT NULL
    AND add_months(rule.valid_to, horizons.horizon) <= end_date.through
