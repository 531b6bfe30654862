-- Section 6, R17  Contact, of the country by month: person-months in scope; meetings of those in scope, days between meetings,
--                 and minutes, by mode; each with what it is counted of and the distinct persons behind it.
WITH of_citizens AS (
    SELECT
        contact.citizen,
        contact.month,
        contact.mode,
        count(contact.in_scope_of) AS in_scope,
        count(contact.days) AS intervals,
        sum(contact.days) AS days,
        count(contact.minutes) AS durations,
        sum(contact.minutes) AS minutes
    FROM contact_between AS contact
    INNER JOIN months ON contact.month = months.month
    GROUP BY ALL
)

SELECT
    citizen,
    'DK' AS municipality,
    month,
    'scope' AS part,
    NULL AS mode,
    1 AS counted,                                 -- who is in scope in a month is so once
    0 AS amount,
    1 AS persons
FROM in_scope
UNION ALL
SELECT
    citizen,
    'DK' AS municipality,
    month,
    'meetings' AS part,
    mode,
    in_scope AS counted,
    0 AS amount,
    1 AS persons
FROM of_citizens
WHERE in_scope > 0
UNION ALL
SELECT
    citizen,
    'DK' AS municipality,
    month,
    'interval' AS part,
    mode,
    intervals AS counted,
    days AS amount,
    1 AS persons
FROM of_citizens
WHERE intervals > 0
UNION ALL
SELECT
    citizen,
    'DK' AS municipality,
    month,
    'duration' AS part,
    mode,
    durations AS counted,
    minutes AS amount,
    1 AS persons
FROM of_citizens
WHERE durations > 0
