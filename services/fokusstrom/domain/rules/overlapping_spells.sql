-- R4, R6  Citizens of whom two spells cover a same day: of them alone it is to be asked which spell decides.
WITH in_order AS (
    SELECT
        citizen,
        starts_on,
        max(ends_on) OVER (
            PARTITION BY citizen
            ORDER BY starts_on, source, fact_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS latest_end
    FROM spells
)

SELECT DISTINCT citizen
FROM in_order
WHERE starts_on <= latest_end
