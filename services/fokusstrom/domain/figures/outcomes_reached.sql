-- R14  Of those meetings, the ones after which an outcome was reached no later than the date + horizon.
WITH horizons AS (
    SELECT unnest(horizon_months) AS horizon
    FROM evaluation
)

SELECT
    meeting.citizen,
    meeting.told_by AS municipality,
    meeting.month,
    meeting.benefit,
    meeting.mode,
    meeting.first,
    horizons.horizon,
    followed.outcome,
    1 AS reached
FROM what_followed AS followed
INNER JOIN kept_meetings AS meeting ON followed.fact = meeting.fact
INNER JOIN months ON meeting.month = months.month
INNER JOIN horizons ON followed.reached_on <= add_months(meeting.local_date, horizons.horizon)
