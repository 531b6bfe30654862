-- R10, R11  The monthly shares of a municipality's year, and which of them its average is made of.
WITH monthly AS (
    SELECT
        'meetings' AS target,
        month,
        sum(persons)::BIGINT AS persons,
        sum(not_served)::BIGINT AS not_served
    FROM sums_focus_meetings
    WHERE municipality = getvariable('municipality') AND year(month) = getvariable('year')
    GROUP BY month
    UNION ALL
    SELECT
        'offers' AS target,
        month,
        sum(persons)::BIGINT AS persons,
        sum(not_served)::BIGINT AS not_served
    FROM sums_focus_offers
    WHERE municipality = getvariable('municipality') AND year(month) = getvariable('year')
    GROUP BY month
)

SELECT
    monthly.target,
    monthly.month,
    monthly.persons,
    monthly.not_served,
    coalesce(list_contains(average.months, monthly.month), false) AS counted
FROM monthly
LEFT JOIN monthly_shares AS average
    ON
        monthly.target = average.target
        AND average.municipality = getvariable('municipality')
        AND average.year = getvariable('year')
ORDER BY monthly.target, monthly.month
