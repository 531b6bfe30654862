-- R10, R11  The monthly shares that a yearly average is made of, and the threshold that it is compared with.
WITH of_targets AS (
    SELECT
        'meetings' AS target,
        municipality,
        month,
        persons,
        not_served
    FROM sums_focus_meetings
    UNION ALL
    SELECT
        'offers' AS target,
        municipality,
        month,
        persons,
        not_served
    FROM sums_focus_offers
),

-- all benefits of the municipality together; the counted months of the year that have persons
monthly AS (
    SELECT
        cell.target,
        cell.municipality,
        cell.month,
        sum(cell.not_served)::BIGINT AS not_served,
        sum(cell.persons)::BIGINT AS persons
    FROM of_targets AS cell
    ANTI JOIN excluded_months AS excluded ON cell.month BETWEEN excluded.valid_from AND excluded.valid_to
    GROUP BY cell.target, cell.municipality, cell.month
)

SELECT
    monthly.municipality,
    year(monthly.month) AS year,
    monthly.target,
    list(monthly.month ORDER BY monthly.month) AS months,
    list(monthly.not_served ORDER BY monthly.month) AS not_served,
    list(monthly.persons ORDER BY monthly.month) AS persons,
    -- of several in one year, that of the last month counted
    arg_max(
        CASE monthly.target
            WHEN 'meetings' THEN in_force.meetings_threshold_permille
            WHEN 'offers' THEN in_force.offers_threshold_permille
        END,
        monthly.month
    ) AS threshold_permille
FROM monthly
INNER JOIN focus_targets AS in_force ON last_day(monthly.month) BETWEEN in_force.valid_from AND in_force.valid_to
GROUP BY monthly.municipality, year(monthly.month), monthly.target
