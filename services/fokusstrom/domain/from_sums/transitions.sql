-- R14  Contact and what followed: all combinations of horizon and outcome are rows, also with 0 reached.
WITH asked AS (
    SELECT
        horizons.horizon,
        outcomes.outcome
    FROM (SELECT unnest(horizon_months) AS horizon FROM evaluation) AS horizons
    CROSS JOIN (VALUES ('JOB'), ('EDUCATION'), ('FIT')) AS outcomes (outcome)
)

SELECT
    cell.municipality,
    cell.month,
    cell.benefit,
    cell.mode,
    cell.first,
    asked.horizon,
    asked.outcome,
    cell.meetings,
    coalesce(after.reached, 0) AS reached,
    -- complete: the month's last day + horizon is no later than the end date
    add_months(last_day(cell.month), asked.horizon) <= end_date.through AS complete
FROM sums_meetings_followed AS cell
CROSS JOIN asked
CROSS JOIN end_date
LEFT JOIN sums_outcomes_reached AS after
    ON
        cell.municipality = after.municipality
        AND cell.month = after.month
        AND cell.benefit = after.benefit
        AND cell.mode = after.mode
        AND cell.first = after.first
        AND asked.horizon = after.horizon
        AND asked.outcome = after.outcome
