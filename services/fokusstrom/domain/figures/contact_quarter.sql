-- Section 6, R17  Contact, of municipalities by quarter: person-months in scope; meetings of those in scope, days between meetings,
--                 and minutes, by mode; each with what it is counted of and the distinct persons behind it.
WITH contact AS (
    SELECT
        contact.*,
        quarter_of(contact.month) AS quarter
    FROM contact_between AS contact
    INNER JOIN months ON contact.month = months.month
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
        quarter,
        'meetings' AS part,
        mode,
        count(*) AS counted,
        0 AS amount,
        1 AS persons
    FROM contact
    WHERE in_scope_of IS NOT NULL
    GROUP BY ALL
),

told AS (
    SELECT
        citizen,
        told_by AS municipality,
        quarter,
        mode,
        count(days) AS intervals,
        sum(days) AS days,
        count(minutes) AS durations,
        sum(minutes) AS minutes
    FROM contact
    GROUP BY ALL
)

FROM person_months
UNION ALL
FROM meetings_in_scope
UNION ALL
SELECT
    citizen,
    municipality,
    quarter,
    'interval' AS part,
    mode,
    intervals AS counted,
    days AS amount,
    1 AS persons
FROM told
WHERE intervals > 0
UNION ALL
SELECT
    citizen,
    municipality,
    quarter,
    'duration' AS part,
    mode,
    durations AS counted,
    minutes AS amount,
    1 AS persons
FROM told
WHERE durations > 0
