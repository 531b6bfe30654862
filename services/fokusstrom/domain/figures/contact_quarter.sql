-- Section 6, R17  Contact, of municipalities by quarter: person-months in scope; meetings of those in scope, days between meetings,
--                 and minutes, by mode; each with what it is counted of and the distinct persons behind it.
WITH contact AS (
    SELECT contact_between.*
    FROM contact_between
    INNER JOIN months USING (month)
),

person_months AS (
    SELECT
        citizen,
        municipality,
        quarter_of(month) AS quarter,
        'scope' AS part,
        NULL AS mode,
        count(*) AS counted,
        0 AS amount,
        1 AS persons
    FROM in_scope
    GROUP BY ALL
),

meetings_in_scope AS (
    SELECT
        citizen,
        in_scope_of AS municipality,
        quarter_of(month) AS quarter,
        'meetings' AS part,
        mode,
        count(*) AS counted,
        0 AS amount,
        1 AS persons
    FROM contact
    WHERE in_scope_of IS NOT NULL
    GROUP BY ALL
),

intervals AS (
    SELECT
        citizen,
        told_by AS municipality,
        quarter_of(month) AS quarter,
        'interval' AS part,
        mode,
        count(*) AS counted,
        sum(days) AS amount,
        1 AS persons
    FROM contact
    WHERE days IS NOT NULL
    GROUP BY ALL
),

durations AS (
    SELECT
        citizen,
        told_by AS municipality,
        quarter_of(month) AS quarter,
        'duration' AS part,
        mode,
        count(*) AS counted,
        sum(minutes) AS amount,
        1 AS persons
    FROM contact
    WHERE minutes IS NOT NULL
    GROUP BY ALL
)

FROM person_months
UNION ALL
FROM meetings_in_scope
UNION ALL
FROM intervals
UNION ALL
FROM durations
