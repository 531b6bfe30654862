-- Section 6, R14, R17  Contact and what followed, of the country by quarter: meetings held, kept and with a spell, those after
--                      which each outcome was reached, and the distinct persons behind both.
WITH horizons AS (
    SELECT unnest(horizon_months) AS horizon
    FROM evaluation
),

meetings_followed AS (
    SELECT
        meeting.fact,
        meeting.citizen,
        quarter_of(meeting.month) AS quarter,
        meeting.benefit,
        meeting.mode,
        meeting.first,
        meeting.local_date
    FROM kept_meetings AS meeting
    INNER JOIN months ON meeting.month = months.month
    WHERE meeting.benefit IS NOT NULL
),

of_citizens AS (
    SELECT
        citizen,
        quarter,
        benefit,
        mode,
        first,
        count(*) AS meetings
    FROM meetings_followed
    GROUP BY ALL
),

reached AS (
    SELECT
        meeting.citizen,
        meeting.quarter,
        meeting.benefit,
        meeting.mode,
        meeting.first,
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
    'DK' AS municipality,
    quarter,
    'all' AS part,
    benefit,
    mode,
    first,
    NULL AS horizon,
    NULL AS outcome,
    meetings,
    1 AS persons,
    1 AS persons_only
FROM of_citizens
UNION ALL
SELECT
    reached.citizen,
    'DK' AS municipality,
    reached.quarter,
    'reached' AS part,
    reached.benefit,
    reached.mode,
    reached.first,
    reached.horizon,
    reached.outcome,
    reached.meetings,
    1 AS persons,
    (reached.meetings = of_citizens.meetings)::INTEGER AS persons_only
FROM reached
INNER JOIN of_citizens USING (citizen, quarter, benefit, mode, first)
