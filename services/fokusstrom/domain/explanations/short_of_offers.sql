-- R9  The citizens of a municipality's month who were not served with offers or hours, and what each lacked.
WITH short AS (
    SELECT
        person.*,
        target.min_hours
    FROM focus_window AS person
    INNER JOIN focus_targets AS target ON person.target_row = target.row
    ANTI JOIN served_with_offers AS served ON person.citizen = served.citizen AND person.month = served.month
    WHERE
        person.municipality = getvariable('municipality')
        AND person.month = getvariable('month')
        AND (getvariable('benefit') IS NULL OR person.benefit = getvariable('benefit'))
),

worked AS (
    SELECT
        short.citizen,
        sum(hours.hours)::BIGINT AS hours
    FROM short
    INNER JOIN hours ON short.citizen = hours.citizen AND hours.month BETWEEN month_of(short.window_start) AND short.month
    GROUP BY short.citizen
),

offered AS (
    SELECT
        short.citizen,
        histogram(offer.offer_type::VARCHAR) AS offers
    FROM short
    INNER JOIN offers AS offer
        ON
            short.citizen = offer.citizen
            AND short.last_day >= offer.starts_on
            AND short.window_start <= offer.ends_on
    GROUP BY short.citizen
)

SELECT
    short.citizen,
    short.benefit::VARCHAR AS benefit,
    short.window_start,
    coalesce(worked.hours, 0) AS hours,
    in_hundredths(short.min_hours) - coalesce(worked.hours, 0) AS short_of,
    offered.offers AS not_counting
FROM short
LEFT JOIN worked ON short.citizen = worked.citizen
LEFT JOIN offered ON short.citizen = offered.citizen
