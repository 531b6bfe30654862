-- Section 6, R14, R17  Contact and what followed, of municipalities by year: meetings held, kept and with a spell, those after
--                      which each outcome was reached, and the distinct persons behind both.
WITH horizons AS (
    SELECT unnest(horizon_months) AS horizon
    FROM evaluation
),

meetings_followed AS (
    SELECT
        meeting.fact,
        meeting.citizen,
        meeting.told_by AS municipality,
        year(meeting.month)::INTEGER AS year,
        meeting.mode,
        meeting.local_date
    FROM kept_meetings AS meeting
    INNER JOIN months ON meeting.month = months.month
    WHERE meeting.benefit IS NOT NULL
),

of_citizens AS (
    SELECT
        citizen,
        municipality,
        year,
        mode,
        count(*) AS meetings
    FROM meetings_followed
    GROUP BY ALL
),

reached AS (
    SELECT
        meeting.citizen,
        meeting.municipality,
        meeting.year,
        meeting.mode,
        horizons.horizon,
        followed.outcome,
        count(*) AS meetings
    FROM meetings_followed AS meeting
    INNER JOIN what_followed AS followed ON meeting.fact = followed.fact
    INNER JOIN horizons ON followed.reached_on <= add_months(meeting.local_date, horizons.horizon)
    GROUP BY ALL
)

SELECT
    citizen,
    municipality,
    year,
    'all' AS part,
    mode,
    NULL AS horizon,
    NULL AS outcome,
    meetings,
    1 AS persons,
    1 AS persons_only
FROM of_citizens
UNION ALL
SELECT
    reached.citizen,
    reached.municipality,
    reached.year,
    'reached' AS part,
    reached.mode,
    reached.horizon,
    reached.outcome,
    reached.meetings,
    1 AS persons,
    (reached.meetings = of_citizens.meetings)::INTEGER AS persons_only
FROM reached
INNER JOIN of_citizens USING (citizen, municipality, year, mode)
