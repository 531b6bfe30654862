-- R6, R8, R9  The base of a municipality's month: persons in scope by benefit, and who of them was not served.
SELECT
    person.benefit::VARCHAR AS benefit,
    count(*) AS persons,
    count(*) FILTER (with_meetings.citizen IS NULL) AS not_served_with_meetings,
    count(*) FILTER (with_offers.citizen IS NULL) AS not_served_with_offers
FROM in_scope AS person
LEFT JOIN served_with_meetings AS with_meetings
    ON person.citizen = with_meetings.citizen AND person.month = with_meetings.month
LEFT JOIN served_with_offers AS with_offers
    ON person.citizen = with_offers.citizen AND person.month = with_offers.month
WHERE
    person.municipality = getvariable('municipality')
    AND person.month = getvariable('month')
    AND (getvariable('benefit') IS NULL OR person.benefit = getvariable('benefit'))
GROUP BY person.benefit
ORDER BY benefit
