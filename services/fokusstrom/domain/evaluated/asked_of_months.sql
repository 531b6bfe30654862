-- R14  What is asked of meetings by mode: each meeting held, kept and with a spell, once for each horizon that is
--      complete (the month's last day + horizon is no later than the end date) and each part that it belongs to.
WITH horizons AS (
    SELECT unnest(horizon_months) AS horizon
    FROM evaluation
)

SELECT
    NULL AS rule,
    parts.part,
    parts.code,
    unnest([meeting.mode::VARCHAR, 'ALL']) AS mode,
    meeting.fact,
    meeting.citizen,
    meeting.local_date,
    horizons.horizon
FROM kept_meetings AS meeting
INNER JOIN months ON meeting.month = months.month
CROSS JOIN horizons
CROSS JOIN end_date
CROSS JOIN
    LATERAL (
        VALUES
        ('all', NULL),
        ('year', year(meeting.local_date)::VARCHAR),
        ('benefit', meeting.benefit::VARCHAR),
        ('first', meeting.first::VARCHAR)
    ) AS parts (part, code)
WHERE
    meeting.benefit IS NOT NULL
    AND add_months(months.last_day, horizons.horizon) <= end_date.through
