-- Section 6, R17  Contact, of the country by month: person-months in scope; meetings of those in scope, days between meetings,
--                 and minutes, by mode; each with what it is counted of and the distinct persons behind it.
WITH contact AS (
    SELECT contact_between.*
    FROM contact_between
    INNER JOIN months USING (month)
),

person_months AS (
    SELECT
        citizen,
        'DK' AS municipality,
        month,
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
        'DK' AS municipality,
        month,
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
        'DK' AS municipality,
        month,
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
        'DK' AS municipality,
        month,
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
