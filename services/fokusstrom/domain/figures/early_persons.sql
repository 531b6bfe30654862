-- Section 6, R13, R17  Chains that completed six months, of municipalities, and of the country by benefit, with the
--                      distinct persons behind them: a person can have two chains.
WITH chains_of_month AS (
    SELECT chain.*
    FROM early_contact_chains AS chain
    INNER JOIN months ON chain.month = months.month
),

in_areas AS (
    SELECT * REPLACE (municipality::VARCHAR AS municipality, NULL::VARCHAR AS benefit)
    FROM chains_of_month
    UNION ALL
    SELECT * REPLACE ('DK' AS municipality, benefit::VARCHAR AS benefit)
    FROM chains_of_month
)

SELECT
    citizen,
    municipality,
    month,
    benefit,
    count(*) AS chains,
    count(*) FILTER (WHERE NOT served) AS not_served,
    1 AS persons,
    bool_or(NOT served)::INTEGER AS persons_not_served,
    bool_and(NOT served)::INTEGER AS persons_only
FROM in_areas
GROUP BY citizen, municipality, month, benefit
