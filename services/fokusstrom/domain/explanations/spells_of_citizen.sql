-- R4  The spells of a citizen, and which of them cover a day.
SELECT
    source,
    fact_id,
    municipality::VARCHAR AS municipality,
    benefit::VARCHAR AS benefit,
    starts_on,
    nullif(ends_on, forever()) AS ends_on,
    getvariable('day') BETWEEN starts_on AND ends_on AS covers
FROM spells
WHERE citizen = getvariable('citizen')
ORDER BY starts_on, source, fact_id
