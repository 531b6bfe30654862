-- R2  The records that were set aside for one that is kept.
SELECT
    duplicate.source,
    duplicate.fact_id,
    duplicate.reporter::VARCHAR AS reporter,
    duplicate.a_kasse
FROM held_meetings_once AS once
INNER JOIN meetings AS duplicate ON once.fact = duplicate.fact
WHERE once.duplicate_of = getvariable('fact')
ORDER BY duplicate.source, duplicate.fact_id
