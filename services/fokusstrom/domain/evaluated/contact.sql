-- Section 6  Contact, of the country by month and of municipalities by quarter: person-months in scope; and, by mode
--            and of all modes, meetings of those in scope, days between meetings, and minutes; each with what it is
--            counted of and the distinct citizens behind it. From the first month with a meeting on, and of quarters
--            only those of which every month is reported.
WITH told AS (
    SELECT months.*
    FROM months
    WHERE months.month >= (SELECT min(contact_between.month) FROM contact_between)
),

months_of_quarters AS (
    SELECT
        quarter_of(month) AS quarter,
        min(month) AS first_month,
        max(month) AS last_month
    FROM told
    GROUP BY ALL
),

quarters AS (
    SELECT quarter
    FROM months_of_quarters
    WHERE first_month = quarter AND months_apart(first_month, last_month) = 2
),

in_areas AS (
    SELECT
        contact.citizen,
        area.municipality,
        area.municipality_of_scope,
        area.period,
        unnest([contact.mode::VARCHAR, 'ALL']) AS mode,
        contact.days,
        contact.minutes
    FROM contact_between AS contact
    INNER JOIN told ON contact.month = told.month
    LEFT JOIN quarters ON quarter_of(contact.month) = quarters.quarter
    CROSS JOIN
        LATERAL (
            VALUES
            ('DK', CASE WHEN contact.in_scope_of IS NOT NULL THEN 'DK' END, month_text(contact.month)),
            (contact.told_by::VARCHAR, contact.in_scope_of::VARCHAR, quarter_text(quarters.quarter))
        ) AS area (municipality, municipality_of_scope, period)
    WHERE area.period IS NOT NULL
),

scope_in_areas AS (
    SELECT
        in_scope.citizen,
        area.municipality,
        area.period
    FROM in_scope
    INNER JOIN told ON in_scope.month = told.month
    LEFT JOIN quarters ON quarter_of(in_scope.month) = quarters.quarter
    CROSS JOIN
        LATERAL (
            VALUES
            ('DK', month_text(in_scope.month)),
            (in_scope.municipality::VARCHAR, quarter_text(quarters.quarter))
        ) AS area (municipality, period)
    WHERE area.period IS NOT NULL
)

SELECT
    municipality,
    period,
    'scope' AS part,
    'ALL' AS mode,
    count(*) AS counted,
    0 AS amount,
    count(DISTINCT citizen) AS citizens
FROM scope_in_areas
GROUP BY ALL
UNION ALL
SELECT
    municipality_of_scope AS municipality,
    period,
    'meetings' AS part,
    mode,
    count(*) AS counted,
    0 AS amount,
    count(DISTINCT citizen) AS citizens
FROM in_areas
WHERE municipality_of_scope IS NOT NULL
GROUP BY ALL
UNION ALL
SELECT
    municipality,
    period,
    'interval' AS part,
    mode,
    count(days) AS counted,
    sum(days)::BIGINT AS amount,
    count(DISTINCT citizen) AS citizens
FROM in_areas
WHERE days IS NOT NULL
GROUP BY ALL
UNION ALL
SELECT
    municipality,
    period,
    'duration' AS part,
    mode,
    count(minutes) AS counted,
    sum(minutes)::BIGINT AS amount,
    count(DISTINCT citizen) AS citizens
FROM in_areas
WHERE minutes IS NOT NULL
GROUP BY ALL
