-- R9  Served with at least one offer that covers a day of the window, or with at least 225 ordinary hours in
--     total in those of the window's months whose last day is not before the chain's start.
SELECT
    person.citizen,
    person.month
FROM focus_window AS person
INNER JOIN offers AS offer
    ON
        person.citizen = offer.citizen
        AND person.last_day >= offer.starts_on
        AND person.window_start <= offer.ends_on
WHERE offer.offer_type IN ('INTERNSHIP', 'UTILITY_JOB', 'WAGE_SUBSIDY', 'GUIDANCE_UPGRADING')

UNION

SELECT
    person.citizen,
    person.month
FROM focus_window AS person
INNER JOIN focus_targets AS target ON person.target_row = target.row
INNER JOIN hours AS worked
    ON
        person.citizen = worked.citizen
        AND worked.month BETWEEN month_of(person.window_start) AND person.month
GROUP BY person.citizen, person.month, target.min_hours
HAVING sum(worked.hours) >= in_hundredths(target.min_hours)
